"""CIBA of the stand-in Pro Santé Connect, in poll mode: asked, answered, hurried, too late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from django.db.models import F

from carnet.national.doors.signin.models import Request
from carnet.national.doors.signin.providers import CIBA
from tests.national.doors.signin.conftest import Sandbox, csrf
from tests.national.doors.signin.people import DOCTOR
from tests.waiting import LONG

pytestmark = pytest.mark.django_db(transaction=True)


def ask(sandbox: Sandbox, **changed: str | None) -> requests.Response:
    form = {
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "login_hint": DOCTOR.idnat,
        "binding_message": "42",
        "channel": "MOBILE",
        **changed,
    }
    given = {name: value for name, value in form.items() if value is not None}
    return sandbox.post("backchannel_authentication_endpoint", **given)


def poll(sandbox: Sandbox, asked: dict[str, Any], **more: str) -> requests.Response:
    return sandbox.token(grant_type=CIBA, auth_req_id=asked["auth_req_id"], **more)


def patiently() -> None:
    """As if the interval had passed."""
    Request.objects.update(polled_at=F("polled_at") - timedelta(minutes=1))


def hastily() -> None:
    """As if no time had passed, however slow the machine."""
    Request.objects.update(polled_at=F("polled_at") + timedelta(minutes=1))


def answer(sandbox: Sandbox, what: str, **form: str) -> None:
    page = sandbox.jar.get(f"{sandbox.url}/bac-a-sable/", timeout=LONG).text
    address = page.split('action="/bac-a-sable/demandes/', 1)[1].split('"', 1)[0]
    told = sandbox.jar.post(
        f"{sandbox.url}/bac-a-sable/demandes/{address}",
        data={"csrfmiddlewaretoken": csrf(page), "answer": what, **form},
        timeout=LONG,
    )
    assert told.status_code == 200


def test_a_persona_accepts_and_the_client_has_tokens(sandbox):
    asked = ask(sandbox).json()
    assert (asked["expires_in"], asked["interval"]) == (120, 1)
    pending = poll(sandbox, asked)
    assert (pending.status_code, pending.json()["error"]) == (400, "authorization_pending")
    page = requests.get(f"{sandbox.url}/bac-a-sable/", timeout=LONG).text
    assert "Hélène ARNOUX" in page
    assert "<strong>42</strong>" in page
    answer(sandbox, "accept")
    patiently()
    tokens = poll(sandbox, asked).json()
    assert sandbox.about(tokens["access_token"]).json()["SubjectNameID"] == DOCTOR.idnat
    assert tokens["refresh_token"]
    assert tokens["id_token"]
    again = poll(sandbox, asked)
    assert again.json()["error"] == "invalid_grant", "tokens are given once"


def test_a_persona_refuses(sandbox):
    asked = ask(sandbox).json()
    answer(sandbox, "refuse")
    assert poll(sandbox, asked).json()["error"] == "access_denied"


def test_who_polls_too_fast_is_slowed_down(sandbox):
    asked = ask(sandbox).json()
    assert poll(sandbox, asked).json()["error"] == "authorization_pending"
    hastily()
    assert poll(sandbox, asked).json()["error"] == "slow_down"
    assert Request.objects.get().interval == 6
    answer(sandbox, "accept")
    hastily()
    assert poll(sandbox, asked).json()["error"] == "slow_down", "an answer does not excuse haste"
    patiently()
    assert poll(sandbox, asked).status_code == 200


def test_a_request_expires(sandbox):
    asked = ask(sandbox, requested_expiry="30").json()
    assert asked["expires_in"] == 30
    Request.objects.update(expires_at=F("expires_at") - timedelta(seconds=31))
    assert poll(sandbox, asked).json()["error"] == "expired_token"
    page = requests.get(f"{sandbox.url}/bac-a-sable/", timeout=LONG).text
    assert "Rien n’est demandé" in page


def test_a_request_is_for_the_client_that_made_it(sandbox):
    asked = ask(sandbox).json()
    assert poll(sandbox, asked, client="voisin").json()["error"] == "invalid_grant"
    assert poll(sandbox, {"auth_req_id": "autre"}).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"login_hint": "899999999999"}, "unknown_user_id"),
        ({"login_hint": None}, "unknown_user_id"),
        ({"binding_message": "1"}, "invalid_binding_message"),
        ({"binding_message": "quarante"}, "invalid_binding_message"),
        ({"binding_message": None}, "invalid_binding_message"),
        ({"acr_values": None}, "invalid_request"),
        ({"channel": "FAX"}, "invalid_request"),
        ({"scope": "tout"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"requested_expiry": "0"}, "invalid_request"),
        ({"requested_expiry": "²"}, "invalid_request"),
        ({"requested_expiry": "9" * 30}, "invalid_request"),
        ({"id_token_hint": "x"}, "invalid_request"),
        ({"client_secret": "un autre secret assez long"}, "invalid_client"),
    ],
)
def test_what_is_wrong_is_told(sandbox, changed, error):
    refused = ask(sandbox, **changed)
    assert refused.json()["error"] == error
    assert refused.status_code in (400, 401)
    assert not Request.objects.exists()


def test_the_page_of_requests_is_guarded_against_other_sites(sandbox):
    ask(sandbox)
    address = f"{sandbox.url}/bac-a-sable/demandes/{Request.objects.get().id}/"
    assert requests.post(address, data={"answer": "accept"}, timeout=LONG).status_code == 403
    assert Request.objects.get().accepted is None
