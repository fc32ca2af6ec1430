"""How sessions end, keys change, clients prove themselves, and what each fault gives."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests
from django.core.management import CommandError, call_command
from joserfc import jwt
from joserfc.jwk import RSAKey

from carnet.national.doors.signin import clients
from carnet.national.doors.signin.models import Session, SigningKey
from carnet.national.doors.signin.providers import FRANCE_CONNECT, PSC
from carnet.national.doors.signin.troubles import Trouble
from carnet.standards import openid
from tests.national.doors.signin.conftest import BYE, SECRET, Sandbox, back, csrf
from tests.national.doors.signin.people import DOCTOR
from tests.waiting import LONG

pytestmark = pytest.mark.django_db(transaction=True)


def now() -> datetime:
    return datetime.now(UTC)


def keys(sandbox: Sandbox, provider=PSC):
    return openid.keys(
        requests.get(sandbox.url + provider.addresses["jwks_uri"], timeout=LONG).json()
    )


def leave(sandbox: Sandbox, provider=PSC, **asked: str) -> requests.Response:
    address = sandbox.url + provider.addresses["end_session_endpoint"]
    return requests.get(address, params=asked, allow_redirects=False, timeout=LONG)


@pytest.mark.parametrize("provider", [PSC, FRANCE_CONNECT], ids=lambda p: p.key)
def test_a_client_ends_the_session_and_is_told_by_the_back_channel(sandbox, provider):
    held = sandbox.tokens(provider)
    hint = held["id_token"]
    answer = leave(
        sandbox, provider, id_token_hint=hint, post_logout_redirect_uri=BYE, state="à demain"
    )
    assert answer.headers["Location"] == f"{BYE}?state=%C3%A0%20demain".replace("%20", "+")
    assert sandbox.about(held["access_token"], provider).status_code == 401
    told = openid.logout_token(
        sandbox.told[0],
        keys(sandbox, provider),
        issuer=provider.issuer,
        client="logiciel",
        now=now(),
    )
    assert told["sid"] == held["session_state"]
    leave(sandbox, provider, id_token_hint=hint)
    assert len(sandbox.told) == 1, "a session ends once"


@pytest.mark.parametrize("to", ["https://ailleurs.example/", f"{BYE}/", f"{BYE}#x"])
def test_the_end_of_a_session_leads_to_no_other_address(sandbox, to):
    held = sandbox.tokens()
    answer = leave(sandbox, id_token_hint=held["id_token"], post_logout_redirect_uri=to)
    assert answer.status_code == 200
    assert "Location" not in answer.headers


def test_without_a_hint_of_ours_nothing_ends(sandbox):
    held = sandbox.tokens()
    assert leave(sandbox, client_id="logiciel", post_logout_redirect_uri=BYE).status_code == 200
    forged = jwt.encode(
        {"alg": "RS256"},
        {"iss": PSC.issuer, "aud": "logiciel", "sid": held["session_state"]},
        RSAKey.generate_key(2048),
    )
    assert leave(sandbox, id_token_hint=forged).status_code == 400
    assert leave(sandbox, FRANCE_CONNECT, id_token_hint=held["id_token"]).status_code == 400
    assert sandbox.about(held["access_token"]).status_code == 200
    assert sandbox.told == []


def test_a_session_ends_from_the_page_of_the_sandbox(sandbox):
    held = sandbox.tokens()
    page = sandbox.jar.get(f"{sandbox.url}/bac-a-sable/", timeout=LONG).text
    address = f"{sandbox.url}/bac-a-sable/sessions/{held['session_state']}/fin/"
    assert requests.post(address, timeout=LONG).status_code == 403
    sandbox.jar.post(address, data={"csrfmiddlewaretoken": csrf(page)}, timeout=LONG)
    assert sandbox.about(held["access_token"]).status_code == 401
    assert len(sandbox.told) == 1


def test_introspection_says_what_a_token_is_worth(sandbox):
    held = sandbox.tokens()
    about = sandbox.post("introspection_endpoint", token=held["access_token"]).json()
    assert about["active"] is True
    assert about["SubjectNameID"] == about["username"] == DOCTOR.idnat
    assert about["client_id"] == about["azp"] == "logiciel"
    assert sandbox.post("introspection_endpoint", token=held["refresh_token"]).json()["active"]
    for none in ("faux", held["id_token"]):
        assert sandbox.post("introspection_endpoint", token=none).json() == {"active": False}
    stranger = requests.post(
        sandbox.url + PSC.addresses["introspection_endpoint"],
        data={"token": held["access_token"]},
        timeout=LONG,
    )
    assert stranger.status_code == 401


def test_a_client_revokes_its_own_tokens_and_no_others(sandbox):
    held = sandbox.tokens()
    other = {"client_id": "voisin", "client_secret": SECRET}
    refused = sandbox.post("revocation_endpoint", token=held["access_token"], **other)
    assert refused.status_code == 400
    assert sandbox.about(held["access_token"]).status_code == 200
    assert sandbox.post("revocation_endpoint", token=held["refresh_token"]).status_code == 200
    assert sandbox.about(held["access_token"]).status_code == 401
    assert not sandbox.post("introspection_endpoint", token=held["access_token"]).json()["active"]


def test_after_a_rotation_both_keys_verify_and_the_new_one_signs(sandbox, capsys):
    before = sandbox.tokens()
    call_command("rotate_signin_keys", "psc")
    after = sandbox.tokens()
    published = keys(sandbox)
    assert len(published.keys) == 2
    signers = [jwt.decode(each["id_token"], published).header["kid"] for each in (before, after)]
    assert signers[0] != signers[1] == capsys.readouterr().out.split()[1]
    assert sandbox.about(before["access_token"]).status_code == 200
    SigningKey.objects.exclude(retires_at=None).update(retires_at=now() - timedelta(seconds=1))
    assert len(keys(sandbox).keys) == 1
    assert sandbox.about(before["access_token"]).status_code == 401


def test_a_rotation_of_no_provider_is_refused(db):
    with pytest.raises(CommandError):
        call_command("rotate_signin_keys", "autre")


def assertion(sandbox: Sandbox, key: RSAKey | None = None, **changed):
    at = int(time.time())
    claims = {
        "iss": "logiciel",
        "sub": "logiciel",
        "aud": f"{sandbox.url}{PSC.addresses['token_endpoint']}",
        "iat": at,
        "exp": at + 60,
        "jti": str(uuid4()),
        **changed,
    }
    return {
        "client": None,
        "secret": None,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(
            {"alg": "RS256", "kid": "client"}, claims, key or sandbox.key
        ),
    }


def test_a_client_proves_itself_by_its_key_once_for_each_assertion(sandbox):
    proof = assertion(sandbox)
    assert sandbox.exchange(sandbox.code(), **proof).status_code == 200
    assert sandbox.exchange(sandbox.code(), **proof).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "changed", [{"aud": "https://autre.example"}, {"exp": 1}, {"sub": "voisin"}, {"iss": "voisin"}]
)
def test_an_assertion_that_is_not_for_us_is_refused(sandbox, changed):
    answer = sandbox.exchange(sandbox.code(), **assertion(sandbox, **changed))
    assert answer.json()["error"] == "invalid_client"


def test_an_assertion_signed_by_another_is_refused(sandbox):
    forged = assertion(sandbox, RSAKey.generate_key(2048, {"kid": "client"}))
    assert sandbox.exchange(sandbox.code(), **forged).json()["error"] == "invalid_client"


#: What a careful client says of each fault that a token shows.
SEEN = {
    Trouble.EXPIRED: "expired",
    Trouble.EARLY: "early",
    Trouble.WEAK: "level",
    Trouble.AUDIENCE: "audience",
    Trouble.ISSUER: "issuer",
    Trouble.NONCE: "nonce",
    Trouble.FORGED: "signature",
    Trouble.UNSIGNED: "signature",
}


@pytest.mark.parametrize("trouble", SEEN)
def test_each_fault_bends_what_it_says(sandbox, trouble):
    held = sandbox.tokens(panne=trouble.value)
    with pytest.raises(openid.TokenRefused) as refused:
        openid.identity_token(
            held["id_token"],
            keys(sandbox),
            issuer=PSC.issuer,
            client="logiciel",
            nonce=sandbox.asked["nonce"],
            bearer=held["access_token"],
            levels=PSC.levels,
            now=now(),
        )
    assert refused.value.code == SEEN[trouble]


def test_the_other_faults(sandbox):
    asked = sandbox.question()
    assert back(sandbox.choose(asked, DOCTOR.idnat, panne="refused"))["error"] == "access_denied"
    used = sandbox.code(panne="code-reused")
    assert sandbox.exchange(used).json()["error"] == "invalid_grant"
    revoked = sandbox.tokens(panne="revoked")
    assert sandbox.about(revoked["access_token"]).status_code == 401
    other = sandbox.tokens(panne="wrong-subject")
    claims = jwt.decode(other["id_token"], keys(sandbox)).claims
    assert sandbox.about(other["access_token"]).json()["sub"] != claims["sub"]


def test_what_is_long_over_is_forgotten(sandbox):
    sandbox.tokens()
    Session.objects.update(expires_at=now() - timedelta(days=2))
    sandbox.code()
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "[]",
        '{"clients": 1}',
        '{"clients": ["x"]}',
        {"client_id": ""},
        {"provider": "google"},
        {"secret": "court"},
        {"redirect_uris": ["/relative"]},
        {"redirect_uris": ["https://a.example/;script-src *"]},
        {"redirect_uris": ["https://a.example/#x"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"backchannel_logout_uri": "ftp://a.example/"},
        {"jwks": {"keys": "x"}},
        {"inconnu": 1},
    ],
)
def test_a_file_of_clients_that_is_wrong_is_refused(wrong):
    good = {"client_id": "a", "provider": "psc", "secret": SECRET}
    text = wrong if isinstance(wrong, str) else json.dumps({"clients": [{**good, **wrong}]})
    with pytest.raises(clients.ClientsError):
        clients.read(text)


def test_a_client_that_stands_twice_is_refused():
    one = {"client_id": "a", "provider": "psc", "secret": SECRET}
    with pytest.raises(clients.ClientsError):
        clients.read(json.dumps({"clients": [one, one]}))
