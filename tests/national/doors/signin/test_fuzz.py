"""Whatever comes to a provider's endpoints: no crash, no token for what is altered, no way out."""

from __future__ import annotations

import base64
import hmac
import json
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from carnet.national.doors.signin.models import Request
from carnet.national.doors.signin.providers import CIBA, FRANCE_CONNECT, PSC, Provider
from tests.fuzz.driving import COUNT, spoilt
from tests.fuzz.mutations import NASTY, spoil_bytes
from tests.national.doors.signin import people
from tests.national.doors.signin.conftest import BACK, BYE, SECRET, challenge, register

pytestmark = pytest.mark.django_db

VERIFIER = "v" * 64
BOTH = pytest.mark.parametrize("provider", [PSC, FRANCE_CONNECT], ids=lambda p: p.key)
ASSERTED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"
TABLES = ("session", "code", "refreshtoken", "request", "seenassertion")
Pairs = list[tuple[str, str]]


@dataclass
class Software:
    """A client of both providers, without network: what our code does not catch is raised."""

    key: RSAKey
    browser: Client = field(default_factory=Client)

    def question(self, provider: Provider) -> dict[str, str]:
        return {
            "response_type": "code",
            "client_id": "logiciel",
            "redirect_uri": BACK,
            "scope": " ".join(provider.default_scopes),
            "state": "s",
            "nonce": str(uuid4()),
            "acr_values": provider.levels[-1],
            "code_challenge": challenge(VERIFIER),
            "code_challenge_method": "S256",
        }

    def code(self, provider: Provider) -> str:
        persona = people.CITIZEN if provider is FRANCE_CONNECT else people.DOCTOR.idnat
        address = f"{provider.addresses['authorization_endpoint']}/identite"
        asked = urlencode(self.question(provider))
        answer = self.browser.post(f"{address}?{asked}", {"persona": persona}, secure=True)
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def form(self, code: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
            "client_id": "logiciel",
            "client_secret": SECRET,
        }

    def send(self, path: str, said: Any, method: str = "POST", **headers: str) -> Any:
        """A form, or the query of an address; never a crash, and nobody is led elsewhere."""
        form = said if isinstance(said, str) else encoded(said)
        query = "" if method == "POST" else form
        answer = self.browser.generic(
            method,
            path,
            form.encode() if method == "POST" else b"",
            content_type=FORM,
            secure=True,
            QUERY_STRING=query,
            headers=headers,
        )
        assert answer.status_code < 500, (path, said, headers)
        place = answer.headers.get("Location", "")
        ours = place.startswith("/") and not place.startswith("//")
        assert not place or ours or place.split("?")[0] in (BACK, BYE), place
        return answer

    def assertion(self, claims: Mapping[str, Any], **header: Any) -> str:
        body = json.dumps(claims).encode()
        return jws.serialize_compact({"alg": "RS256", **header}, body, self.key)


def encoded(said: Pairs | Mapping[str, str]) -> str:
    pairs = said.items() if isinstance(said, Mapping) else said
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)


def altered(good: Mapping[str, str], chance: random.Random) -> Pairs:
    """The parameters with something left out, doubled, emptied, changed, huge or unknown."""
    pairs = list(good.items())
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(pairs))
        name, value = pairs[at]
        nasty = chance.choice(NASTY).decode("utf-8", "replace")
        match chance.randrange(7):
            case 0 if len(pairs) > 1:
                del pairs[at]
            case 1:
                pairs.insert(at, (name, chance.choice((value, nasty))))
            case 2:
                pairs[at] = (name, nasty)
            case 3:
                pairs[at] = (name, value[: chance.randrange(len(value) + 1)] + nasty)
            case 4:
                pairs[at] = (name, value * 3000)
            case 5:
                pairs[at] = (name + chance.choice(("[]", "\x00", " ", ".x")), value)
            case _:
                pairs.append((chance.choice(("request", "client_id", "prompt", "x")), nasty))
    return pairs


def alterations(name: str, good: Mapping[str, str], *, count: int = COUNT) -> Iterator[Pairs]:
    chance = random.Random(name)
    for _ in range(count):
        yield altered(good, chance)


def rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        counts = ", ".join(
            f"(SELECT count(*) FROM signin_{each})"  # noqa: S608 - ours
            for each in TABLES
        )
        cursor.execute(f"SELECT {counts}")
        return dict(zip(TABLES, cursor.fetchone(), strict=True))


@pytest.fixture
def software(settings: Any, tmp_path: Any, client_key: RSAKey) -> Software:
    settings.CARNET_SIGNIN_URL = "https://testserver"
    register(settings, tmp_path, client_key)
    return Software(client_key)


def succeeds(software: Software, provider: Provider) -> dict[str, Any]:
    """The next good request is served: the tokens of somebody who signs in."""
    answer = software.send(
        provider.addresses["token_endpoint"], software.form(software.code(provider))
    )
    assert answer.status_code == 200, answer.content
    return dict(json.loads(answer.content))


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


@BOTH
def test_no_header_opens_the_user_information(software: Software, provider: Provider) -> None:
    path = provider.addresses["userinfo_endpoint"]
    bearer = succeeds(software, provider)["access_token"]
    head, body, signature = bearer.split(".")
    for name, data in (("head", head), ("body", body), ("signature", signature)):
        parts = {"head": head, "body": body, "signature": signature}
        for said in spoilt(f"{provider.key}-{name}", [data.encode()], spoil_bytes, least=20):
            parts[name] = re_encoded(said)
            written = ".".join(parts.values())
            answer = software.send(path, "", "GET", Authorization=f"Bearer {written}")
            assert answer.status_code == 401 or decoded(written) == decoded(bearer)
    for scheme in ("", "Basic ", "Bearer", "bearer  ", "DPoP ", "Bearer " * 9):
        assert software.send(path, "", "GET", Authorization=scheme).status_code == 401
    answer = software.send(path, "", "GET", Authorization=f"Bearer {bearer}")
    assert answer.status_code == 200


def re_encoded(data: bytes) -> str:
    """What a header can carry."""
    return "".join(each for each in data.decode("latin-1") if each.isprintable())[:20_000]


def decoded(token: str) -> list[bytes]:
    """What is signed and its signature, as a lenient reader of base64 has them."""
    return [base64.urlsafe_b64decode(each + "=" * (-len(each) % 4)) for each in token.split(".")]


def claims(provider: Provider) -> dict[str, Any]:
    at = int(time.time())
    return {
        "iss": "logiciel",
        "sub": "logiciel",
        "aud": provider.address("token_endpoint"),
        "jti": str(uuid4()),
        "iat": at,
        "exp": at + 60,
    }


STRANGE: tuple[Any, ...] = (
    *(None, True, -1, 10**400, 1e308, float("nan"), float("inf"), "", "\x00", "\ud800"),
    *([], {}, ["logiciel"], {"a": "b"}, "x" * 20_000, "9" * 5000),
)


def test_no_altered_assertion_of_a_client_is_believed(software: Software) -> None:
    path = PSC.addresses["token_endpoint"]
    code = software.code(PSC)
    form = {
        name: value
        for name, value in software.form(code).items()
        if name not in ("client_secret", "client_id")
    } | {"client_assertion_type": ASSERTED}
    good = claims(PSC)
    wrong = [
        software.assertion({**good, name: value})
        for name in ("iss", "sub", "aud", "exp")
        for value in STRANGE
        if not (name == "exp" and value in (10**400, 1e308, float("inf")))
    ]
    wrong += [software.assertion({**good, "jti": value}) for value in ("\x00", "\ud800")]
    wrong += [
        *(raw(head, json.dumps(good).encode()) for head in (b'{"alg":"none"}', b'{"alg":"None"}')),
        *(by_shared_key(key, good) for key in (software.key.as_pem(private=False), b"")),
        jwt.encode({"alg": "RS256"}, good, RSAKey.generate_key(2048)),
        raw(b'{"alg":"RS256","crit":1}', json.dumps(good).encode()),
        raw(b'{"alg":"RS256","jwk":{"kty":"oct","k":"AA"}}', json.dumps(good).encode()),
        *(raw(b'{"alg":"RS256"}', body) for body in BODIES),
    ]
    for written in wrong:
        before = rows()
        answer = software.send(path, {**form, "client_assertion": written})
        assert answer.status_code in (400, 401), (written[:300], answer.content)
        assert rows() == before
    fine = software.assertion(good)
    for data in spoilt("client assertion", [fine.encode()], spoil_bytes):
        written = data.decode("latin-1")
        answer = software.send(path, {**form, "client_assertion": written})
        assert answer.status_code != 200 or written == fine
    answer = software.send(path, {**form, "client_assertion": fine})
    assert answer.status_code == 200, answer.content
    again = {**form, "code": software.code(PSC), "client_assertion": fine}
    assert json.loads(software.send(path, again).content)["error"] == "invalid_client"


BODIES = (
    b"",
    b"1",
    b"[]",
    b"null",
    b'"sub"',
    b"[" * 5000,
    b'{"sub":' * 3000,
    b"\xff",
    b'{"sub":[]}',
)


def raw(head: bytes, body: bytes, signature: bytes = b"\x01") -> str:
    """A token that nobody signed."""
    return ".".join(
        base64.urlsafe_b64encode(each).decode().rstrip("=") for each in (head, body, signature)
    )


def by_shared_key(key: bytes, said: Mapping[str, Any]) -> str:
    """A token whose public key is taken for a secret that both sides share (RFC 8725 §2.1)."""
    head, body = b'{"alg":"HS256"}', json.dumps(said).encode()
    signed = raw(head, body).rpartition(".")[0].encode()
    return raw(head, body, hmac.digest(key, signed, "sha256"))


def test_no_header_of_a_client_passes_for_its_secret(software: Software) -> None:
    path = PSC.addresses["token_endpoint"]
    good = base64.b64encode(f"logiciel:{SECRET}".encode())
    form = {
        name: value
        for name, value in software.form(software.code(PSC)).items()
        if not name.startswith("client_")
    }
    others = [b"", b" ", b"=", b"a", b"/////w==", base64.b64encode(b"\xff\xfe:x"), b":", b"Og=="]
    for data in [*others, *spoilt("basic", [good], spoil_bytes)]:
        if (said := re_encoded(data)) != good.decode():
            assert software.send(path, form, Authorization=f"Basic {said}").status_code != 200
    answer = software.send(path, form, Authorization=f"Basic {good.decode()}")
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("name", ["introspection_endpoint", "revocation_endpoint"])
def test_what_is_asked_of_a_token_is_answered_and_nothing_ends(
    software: Software, name: str
) -> None:
    issued = succeeds(software, PSC)
    good = {"client_id": "logiciel", "client_secret": SECRET, "token": "x"}
    for said in alterations(name, good):
        software.send(PSC.addresses[name], said)
    for text in ("\x00", "\x00.\x00.\x00", "a.b.c", "x" * 70_000, raw(b'{"alg":"RS256"}', b"[]")):
        answer = software.send(PSC.addresses[name], {**good, "token": text})
        assert answer.status_code == (400 if "\x00" in text else 200)
    about = PSC.addresses["userinfo_endpoint"]
    bearer = f"Bearer {issued['access_token']}"
    assert software.send(about, "", "GET", Authorization=bearer).status_code == 200


@BOTH
def test_no_altered_hint_ends_a_session_nor_leads_elsewhere(
    software: Software, provider: Provider
) -> None:
    issued = succeeds(software, provider)
    path = provider.addresses["end_session_endpoint"]
    good = {
        "id_token_hint": issued["id_token"],
        "post_logout_redirect_uri": BYE,
        "client_id": "logiciel",
        "state": "s",
    }
    hints = [
        raw(b'{"alg":"none"}', b'{"aud":"logiciel"}'),
        raw(b'{"alg":"RS256","crit":1}', b"{}"),
        raw(b'{"alg":"ES256","crit":{}}', b"{}"),
        *(raw(b'{"alg":"RS256"}', body) for body in BODIES),
        "\x00",
        "x" * 70_000,
    ]
    for hint in hints:
        for method in ("GET", "POST"):
            software.send(path, {**good, "id_token_hint": hint}, method)
    chance = random.Random(provider.key)
    for _ in range(COUNT):
        said = altered({**good, "id_token_hint": good["id_token_hint"][:-9]}, chance)
        answer = software.send(path, said, chance.choice(("GET", "POST")))
        assert BYE not in answer.headers.get("Location", "")
    about = provider.addresses["userinfo_endpoint"]
    bearer = f"Bearer {issued['access_token']}"
    assert software.send(about, "", "GET", Authorization=bearer).status_code == 200
    assert software.send(path, good).headers["Location"].startswith(BYE)
    assert software.send(about, "", "GET", Authorization=bearer).status_code == 401


def test_nothing_of_what_came_is_in_the_log(
    software: Software, caplog: pytest.LogCaptureFixture
) -> None:
    good = software.form(software.code(PSC))
    for said in alterations("log", good, count=20):
        software.send(PSC.addresses["token_endpoint"], said)
    for secret in (SECRET, good["code"], VERIFIER, people.DOCTOR.idnat):
        assert secret not in caplog.text
