import json
import logging

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from carnet.ops.logging import JsonFormatter, correlation
from carnet.ops.middleware import content_security, correlated


@pytest.fixture
def get():
    return RequestFactory().get


def test_a_request_without_an_id_receives_one(get):
    request = get("/")
    response = correlated(lambda _request: HttpResponse())(request)
    assert response.headers["X-Correlation-Id"] == request.correlation
    assert len(request.correlation) == 36


def test_a_sound_id_of_the_caller_is_kept(get):
    request = get("/", headers={"X-Correlation-Id": "lettre-2026.11:42"})
    response = correlated(lambda _request: HttpResponse())(request)
    assert response.headers["X-Correlation-Id"] == "lettre-2026.11:42"


@pytest.mark.parametrize("forged", ["short", "x" * 81, 'a"} {"level": 1', "héhéhéhé"])
def test_an_unsound_id_is_replaced(get, forged):
    response = correlated(lambda _request: HttpResponse())(
        get("/", headers={"X-Correlation-Id": forged})
    )
    assert response.headers["X-Correlation-Id"] != forged


def test_the_id_lasts_as_long_as_the_request(get):
    seen = []
    correlated(lambda _request: seen.append(correlation.get()) or HttpResponse())(get("/"))
    assert seen[0]
    assert correlation.get() == ""


def test_the_line_of_a_request_holds_neither_path_nor_query(get, caplog):
    caplog.set_level(logging.INFO, "carnet.request")
    correlated(lambda _request: HttpResponse(status=404))(get("/secret-path/?q=secret-query"))
    (record,) = caplog.records
    line = json.loads(JsonFormatter().format(record))
    assert line["status"] == 404
    assert "secret" not in json.dumps(line)


def test_every_answer_carries_a_policy_without_inline_nor_third_party(get):
    response = content_security(lambda _request: HttpResponse())(get("/"))
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert not any(word in policy for word in ("unsafe", "http:", "https:", "*"))


def test_a_view_that_wrote_its_own_policy_keeps_it(get):
    own = HttpResponse(headers={"Content-Security-Policy": "sandbox"})
    response = content_security(lambda _request: own)(get("/"))
    assert response.headers["Content-Security-Policy"] == "sandbox"
