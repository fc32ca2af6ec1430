"""The code flow of both stand-ins: what is asked, refused, given."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
from joserfc import jwt

from carnet.national.doors.signin.providers import FRANCE_CONNECT, PSC
from carnet.standards import openid
from tests.national.doors.signin.conftest import BACK, Sandbox, back, challenge
from tests.national.doors.signin.people import DOCTOR, NURSE
from tests.waiting import LONG

pytestmark = pytest.mark.django_db(transaction=True)

BOTH = pytest.mark.parametrize("provider", [PSC, FRANCE_CONNECT], ids=lambda p: p.key)


def now() -> datetime:
    return datetime.now(UTC)


def keys(sandbox: Sandbox, provider=PSC):
    return openid.keys(
        requests.get(sandbox.url + provider.addresses["jwks_uri"], timeout=LONG).json()
    )


@BOTH
def test_a_persona_signs_in_and_the_client_knows_who_it_is(sandbox, provider):
    answer = sandbox.tokens(provider)
    claims = openid.identity_token(
        answer["id_token"],
        keys(sandbox, provider),
        issuer=provider.issuer,
        client="logiciel",
        nonce=sandbox.asked["nonce"],
        bearer=answer["access_token"],
        levels=provider.levels[-1:],
        now=now(),
    )
    about = sandbox.about(answer["access_token"], provider)
    assert about.status_code == 200
    if provider is PSC:
        assert about.json()["sub"] == claims["sub"]
        assert openid.Professional.read(about.json()) == DOCTOR
    else:
        read = jwt.decode(about.text, keys(sandbox, provider), algorithms=["ES256"]).claims
        assert (read["sub"], read["family_name"]) == (claims["sub"], "DELACROIX")


@BOTH
def test_the_state_comes_back_as_it_was(sandbox, provider):
    asked = sandbox.question(provider, state="a b&c=d/é+%00")
    assert back(sandbox.choose(asked, persona_of(provider), provider))["state"] == asked["state"]


def persona_of(provider):
    return DOCTOR.idnat if provider is PSC else "jeanne"


@BOTH
@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"acr_values": None}, "invalid_request"),
        ({"acr_values": "eidas9"}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "court"}, "invalid_request"),
        ({"scope": "openid tout"}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "eyJ"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_what_is_wrong_in_the_question_is_told_to_the_client(sandbox, provider, changed, error):
    answer = sandbox.ask(sandbox.question(provider, **changed), provider)
    assert back(answer)["error"] == error
    if "state" not in changed:
        assert back(answer)["state"] == "état/1+2 %"


@BOTH
@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "inconnu"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://ailleurs.example/"},
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": f"{BACK}?x=1"},
        {"redirect_uri": f"{BACK}#x"},
        {"redirect_uri": "http://127.0.0.1:1@ailleurs.example/retour"},
    ],
)
def test_nobody_is_led_to_an_address_that_is_not_registered(sandbox, provider, changed):
    for question in (changed, {**changed, "scope": "faux"}, {**changed, "response_type": "x"}):
        answer = sandbox.ask(sandbox.question(provider, **question), provider)
        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert "La demande n’est pas bonne" in answer.text


def test_a_parameter_told_twice_is_refused(sandbox):
    asked = {**sandbox.question(), "redirect_uri": [BACK, "https://ailleurs.example/"]}
    assert sandbox.ask(asked).status_code == 400


def test_choosing_a_persona_needs_the_page(sandbox):
    """Another site cannot make a browser sign in (CSRF): the form has a token and a cookie."""
    address = f"{sandbox.url}/auth/identite"
    for jar in (requests.Session(), sandbox.jar):
        sandbox.ask(sandbox.question())
        answer = jar.post(
            address,
            params=sandbox.question(),
            data={"persona": DOCTOR.idnat},
            allow_redirects=False,
            timeout=LONG,
        )
        assert answer.status_code == 403


def test_a_form_cannot_change_the_question(sandbox):
    asked = sandbox.question()
    answer = sandbox.choose(asked, DOCTOR.idnat, redirect_uri="https://ailleurs.example/")
    assert answer.headers["Location"].startswith(BACK)


def test_a_persona_that_does_not_exist_is_asked_again(sandbox):
    answer = sandbox.choose(sandbox.question(), "personne")
    assert answer.headers["Location"].startswith("/auth?")


def test_a_nonce_serves_once(sandbox):
    asked = sandbox.question()
    back(sandbox.choose(asked, DOCTOR.idnat))
    assert back(sandbox.ask(asked))["error"] == "invalid_request"


def test_a_code_serves_once_and_a_second_use_ends_the_session(sandbox):
    code = sandbox.code()
    first = sandbox.exchange(code).json()
    assert sandbox.about(first["access_token"]).status_code == 200
    again = sandbox.exchange(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert sandbox.about(first["access_token"]).status_code == 401
    refused = sandbox.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert refused.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client": "voisin"}, "invalid_grant"),
        ({"secret": "un autre secret assez long"}, "invalid_client"),
        ({"secret": None}, "invalid_client"),
        ({"client": "inconnu"}, "invalid_client"),
        ({"redirect_uri": "https://ailleurs.example/"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code": "faux"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_code_is_for_the_client_that_asked_it_and_as_it_asked(sandbox, changed, error):
    code = sandbox.code()
    answer = sandbox.exchange(changed.get("code", code), **changed)
    assert answer.json()["error"] == error
    assert answer.status_code in (400, 401)
    assert sandbox.exchange(code).status_code == 200, "a wrong try takes nothing from the client"


def test_a_client_excused_from_pkce_cannot_be_downgraded(sandbox):
    """One that asked with a challenge must show the verifier; one that did not may not show one."""
    code = sandbox.code(client_id="ancien")
    assert sandbox.exchange(code, client="ancien", code_verifier=None).status_code == 400
    code = sandbox.code(client_id="ancien", code_challenge=None, code_challenge_method=None)
    assert sandbox.exchange(code, client="ancien").status_code == 400
    assert sandbox.exchange(code, client="ancien", code_verifier=None).status_code == 200


def test_the_verifier_itself_is_not_a_challenge(sandbox):
    asked = sandbox.question(code_challenge=challenge("autre"))
    code = back(sandbox.choose(asked, DOCTOR.idnat))["code"]
    assert sandbox.exchange(code).json()["error"] == "invalid_grant"


def test_a_refresh_token_serves_once_and_a_second_use_ends_the_family(sandbox):
    first = sandbox.tokens()
    ask = {"grant_type": "refresh_token"}
    second = sandbox.token(**ask, refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert sandbox.about(second["access_token"]).json()["SubjectNameID"] == DOCTOR.idnat
    assert sandbox.token(**ask, refresh_token=first["refresh_token"]).status_code == 400
    assert sandbox.token(**ask, refresh_token=second["refresh_token"]).status_code == 400
    assert sandbox.about(second["access_token"]).status_code == 401


def test_a_refresh_token_of_another_client_ends_nothing(sandbox):
    mine = sandbox.tokens()
    ask = {"grant_type": "refresh_token", "refresh_token": mine["refresh_token"]}
    assert sandbox.token(**ask, client="voisin").json()["error"] == "invalid_grant"
    assert sandbox.token(**ask).status_code == 200


@pytest.mark.parametrize("weird", ["", "x.y.z", "é", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_access_token_gives_no_information(sandbox, weird):
    answer = sandbox.about(weird.encode().decode("latin-1"))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_one_token_does_not_pass_for_another(sandbox):
    held = sandbox.tokens()
    assert sandbox.about(held["id_token"]).status_code == 401
    assert sandbox.about(held["refresh_token"]).status_code == 401
    assert sandbox.about(held["access_token"], FRANCE_CONNECT).status_code == 401


def test_the_subject_of_france_connect_is_of_one_client(sandbox):
    assert FRANCE_CONNECT.subject("jeanne", "a") != FRANCE_CONNECT.subject("jeanne", "b")
    assert PSC.subject("899", "a") == PSC.subject("899", "b")


def test_france_connect_gives_what_the_scope_opens(sandbox):
    held = sandbox.tokens(FRANCE_CONNECT, scope="openid given_name")
    known = keys(sandbox, FRANCE_CONNECT)
    about = jwt.decode(sandbox.about(held["access_token"], FRANCE_CONNECT).text, known).claims
    assert about["given_name"] == "JEANNE"
    assert "family_name" not in about


def test_a_hint_leaves_one_persona(sandbox):
    page = sandbox.ask(sandbox.question(login_hint=NURSE.idnat)).text
    assert "JOUBERT" in page
    assert "ARNOUX" not in page


def test_without_the_setting_nothing_of_it_exists(sandbox, settings):
    settings.CARNET_SIGNIN_URL = ""
    for provider in (PSC, FRANCE_CONNECT):
        for address in (provider.discovery, *provider.addresses.values()):
            assert requests.get(sandbox.url + address, timeout=LONG).status_code == 404
    assert requests.get(f"{sandbox.url}/bac-a-sable/", timeout=LONG).status_code == 404


def test_discovery_of_psc_is_not_where_one_would_guess(sandbox):
    issuer = PSC.issuer
    guessed = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=LONG)
    told = requests.get(f"{issuer}/.well-known/wallet-openid-configuration", timeout=LONG).json()
    assert guessed.status_code == 404
    assert told["issuer"] == issuer
    assert not told["authorization_endpoint"].startswith(issuer)
