"""Calls of software do not go through what is for pages."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

BASE = "/si-dmp-server/v2/services"


def test_an_answer_says_its_length_and_carries_nothing_of_pages(client: Client) -> None:
    response = client.post(f"{BASE}/registry", data=b"", content_type="text/plain")
    assert response.status_code == 400
    assert response.headers["Content-Length"] == str(len(response.content))
    assert "X-Correlation-Id" in response.headers
    assert not {"Content-Security-Policy", "Vary", "Set-Cookie"} & set(response.headers)


def test_an_address_that_is_no_service_is_not_found(client: Client) -> None:
    assert client.post(f"{BASE}/unknown").status_code in {403, 404}


def test_a_service_only_takes_a_post(client: Client) -> None:
    response = client.get(f"{BASE}/registry")
    assert response.status_code == 405
    assert response.headers["Content-Length"] == "0"
