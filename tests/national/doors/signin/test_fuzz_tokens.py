"""Whatever is shown to a provider as a proof: no token for what is altered, and no session ends."""

from __future__ import annotations

import base64
import hmac
import json
import random
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from carnet.national.doors.signin.providers import PSC, Provider
from tests.fuzz.driving import COUNT, spoilt
from tests.fuzz.mutations import spoil_bytes
from tests.national.doors.signin.conftest import BYE, SECRET, Software
from tests.national.doors.signin.spoiling import BOTH, alterations, altered, rows, succeeds

pytestmark = pytest.mark.django_db

ASSERTED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
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
STRANGE: tuple[Any, ...] = (
    *(None, True, -1, 10**400, 1e308, float("nan"), float("inf"), "", "\x00", "\ud800"),
    *([], {}, ["logiciel"], {"a": "b"}, "x" * 20_000, "9" * 5000),
)


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


def re_encoded(data: bytes) -> str:
    """What a header can carry."""
    return "".join(each for each in data.decode("latin-1") if each.isprintable())[:20_000]


def decoded(token: str) -> list[bytes]:
    """What is signed and its signature, as a lenient reader of base64 has them."""
    return [base64.urlsafe_b64decode(each + "=" * (-len(each) % 4)) for each in token.split(".")]


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
