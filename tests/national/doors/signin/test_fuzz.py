"""Whatever is asked of a provider: no crash, nothing left behind, no way out."""

from __future__ import annotations

import json
import random

import pytest

from carnet.national.doors.signin.models import Request
from carnet.national.doors.signin.providers import CIBA, PSC, Provider
from tests.national.doors.signin import people
from tests.national.doors.signin.conftest import SECRET, VERIFIER, Software, encoded
from tests.national.doors.signin.spoiling import BOTH, alterations, altered, rows, succeeds

pytestmark = pytest.mark.django_db


@BOTH
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_question_leads_elsewhere_nor_leaves_anything(
    software: Software, provider: Provider, method: str
) -> None:
    path = provider.addresses["authorization_endpoint"]
    before = rows()
    for said in alterations(f"{provider.key}-{method}", software.question(provider)):
        software.send(path, said, method)
    assert rows() == before
    succeeds(software, provider)


@BOTH
def test_no_choice_leads_elsewhere(software: Software, provider: Provider) -> None:
    path = f"{provider.addresses['authorization_endpoint']}/identite"
    good = {"persona": people.DOCTOR.idnat, "panne": ""}
    for number, said in enumerate(alterations(provider.key, software.question(provider))):
        chosen = altered(good, random.Random(number)) if number % 3 else good.items()
        before = rows()
        answer = software.send(f"{path}?{encoded(said)}", list(chosen))
        if "code=" not in answer.headers.get("Location", ""):
            assert rows() == before
    succeeds(software, provider)


@BOTH
def test_no_altered_exchange_gives_a_token(software: Software, provider: Provider) -> None:
    path = provider.addresses["token_endpoint"]
    good = software.form(software.code(provider))
    for said in alterations(f"{provider.key}-code", good):
        if len(dict(said)) == len(said) and good.items() <= dict(said).items():
            continue  # something that nobody reads was added
        before = rows()
        assert software.send(path, said).status_code != 200, said
        assert rows() == before
    assert software.send(path, good).status_code == 200
    assert software.send(path, good).status_code == 400


def test_no_altered_refresh_gives_a_token(software: Software) -> None:
    path = PSC.addresses["token_endpoint"]
    good = {
        "grant_type": "refresh_token",
        "refresh_token": succeeds(software, PSC)["refresh_token"],
        "client_id": "logiciel",
        "client_secret": SECRET,
    }
    for said in alterations("refresh", good):
        if len(dict(said)) == len(said) and good.items() <= dict(said).items():
            continue
        before = rows()
        assert software.send(path, said).status_code != 200, said
        assert rows() == before
    first = software.send(path, good)
    assert first.status_code == 200
    # Taken twice: stolen once. All of the session is over, the new token too.
    assert software.send(path, good).status_code == 400
    newer = {**good, "refresh_token": json.loads(first.content)["refresh_token"]}
    assert software.send(path, newer).status_code == 400


def test_no_altered_demand_asks_anybody_anything(software: Software) -> None:
    path = PSC.addresses["backchannel_authentication_endpoint"]
    good = {
        "client_id": "logiciel",
        "client_secret": SECRET,
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "binding_message": "42",
        "login_hint": people.DOCTOR.idnat,
        "requested_expiry": "60",
    }
    for said in alterations("ciba", good):
        before = rows()
        answer = software.send(path, said)
        assert answer.status_code == 200 or rows() == before
    assert software.send(path, good).status_code == 200
    drawn = {"grant_type": CIBA, "auth_req_id": "", **dict(list(good.items())[:2])}
    before = rows()
    for said in alterations("polling", {**drawn, "auth_req_id": "x" * 43}):
        assert software.send(PSC.addresses["token_endpoint"], said).status_code != 200
    assert rows() == before
    assert not Request.objects.exclude(taken_at=None).exists()


def test_nothing_of_what_came_is_in_the_log(
    software: Software, caplog: pytest.LogCaptureFixture
) -> None:
    good = software.form(software.code(PSC))
    for said in alterations("log", good, count=20):
        software.send(PSC.addresses["token_endpoint"], said)
    for secret in (SECRET, good["code"], VERIFIER, people.DOCTOR.idnat):
        assert secret not in caplog.text
