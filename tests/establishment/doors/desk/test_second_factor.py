"""The establishment's own sign-in: password, then the code of a telephone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from django.test import Client

from carnet.establishment.accounts import second_factor, sessions
from carnet.establishment.accounts.models import DeskSession, SecondFactor
from carnet.establishment.patients import operators
from tests.establishment.doors.desk.screens import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("carnet.ops.urls_establishment")]


@pytest.fixture
def claire(settings):
    settings.CARNET_DESK_SECOND_FACTOR = "required"
    return operators.create("claire", "Claire Martin", PASSWORD)


def password(client: Client) -> str:
    answer = client.post("/connexion/", {"login": "claire", "password": PASSWORD})
    return answer.headers["Location"]


def enrolled(claire) -> str:
    secret = second_factor.new_secret()
    before = datetime.now(UTC) - timedelta(minutes=5)
    second_factor.enrol(claire.account_id, secret, pyotp.TOTP(secret).at(before), now=before)
    return secret


def test_the_first_time_a_telephone_is_enrolled(claire, client):
    assert password(client) == "/connexion/telephone/"
    assert client.get("/").status_code == 302, "a password alone opens nothing"
    page = client.get("/connexion/telephone/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]
    assert client.post("/connexion/telephone/", {"code": "000000"}).status_code == 403
    answer = client.post("/connexion/telephone/", {"code": pyotp.TOTP(secret).now()})
    assert answer.headers["Location"] == "/"
    assert client.get("/").status_code == 200
    assert secret.encode() not in bytes(SecondFactor.objects.get().secret)


def test_then_its_code_is_asked_and_the_proof_is_kept(claire, client):
    secret = enrolled(claire)
    assert password(client) == "/connexion/code/"
    before = client.session.session_key
    client.post("/connexion/code/", {"code": pyotp.TOTP(secret).now()})
    assert client.get("/").status_code == 200
    assert client.session.session_key != before
    row = DeskSession.objects.get()
    operator, _ask = sessions.current(row.id, now=row.started_at)
    assert operator.label == "Claire Martin (mot de passe et code)"
    assert operator.strong


def test_a_code_serves_once(claire):
    secret = enrolled(claire)
    code = pyotp.TOTP(secret).now()
    for client, status in ((Client(), 302), (Client(), 403)):
        password(client)
        assert client.post("/connexion/code/", {"code": code}).status_code == status


def test_five_wrong_codes_rest_the_telephone(claire, client):
    secret = enrolled(claire)
    password(client)
    for _ in range(5):
        assert client.post("/connexion/code/", {"code": "000000"}).status_code == 403
    right = {"code": pyotp.TOTP(secret).now()}
    assert client.post("/connexion/code/", right).status_code == 403


def test_who_has_a_telephone_cannot_enrol_another(claire, client):
    enrolled(claire)
    password(client)
    assert client.get("/connexion/telephone/").headers["Location"] == "/connexion/"
    drawn = second_factor.new_secret()
    with pytest.raises(second_factor.CodeRefused):
        second_factor.enrol(
            claire.account_id, drawn, pyotp.TOTP(drawn).now(), now=datetime.now(UTC)
        )


def test_without_the_password_there_is_no_second_step(claire, client):
    for path in ("code", "telephone"):
        assert client.get(f"/connexion/{path}/").headers["Location"] == "/connexion/"


def test_a_new_password_ends_what_was_pending(claire, client):
    enrolled(claire)
    password(client)
    operators.create("claire", "Claire Martin", "un autre mot de passe")
    assert client.get("/connexion/code/").headers["Location"] == "/connexion/"


def test_a_password_alone_is_a_weak_proof(claire, client, settings):
    """R-017."""
    settings.CARNET_DESK_SECOND_FACTOR = "optional"
    assert password(client) == "/"
    row = DeskSession.objects.get()
    operator, _ask = sessions.current(row.id, now=row.started_at)
    assert not operator.strong
    assert sessions.current(row.id, now=row.started_at + timedelta(hours=9)) is None
