"""What is wrong in a token, signed or not, is refused in our own words."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet

from carnet.standards import openid
from carnet.standards.openid import TokenRefused

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = ECKey.generate_key("P-256")
KNOWN = KeySet([KEY])


def claims(**changed: Any) -> dict[str, Any]:
    at = int(NOW.timestamp())
    said = {"iss": "i", "aud": "c", "sub": "s", "nonce": "n", "iat": at, "exp": at + 60}
    return {**said, **changed}


def read(said: dict[str, Any] | bytes) -> openid.Claims:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    token = jws.serialize_compact({"alg": "ES256"}, body, KEY)
    return openid.identity_token(token, KNOWN, issuer="i", client="c", nonce="n", now=NOW)


def test_a_good_token_is_believed() -> None:
    assert read(claims())["sub"] == "s"


@pytest.mark.parametrize("name", ["iat", "exp", "nbf"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, 2**60, True, "1", None])
def test_an_instant_that_is_none_is_refused(name: str, value: object) -> None:
    """NaN above all: it is never after anything, so that a token would never end."""
    with pytest.raises(TokenRefused) as refused:
        read(claims(**{name: value}))
    assert refused.value.code == "unreadable"


@pytest.mark.parametrize(("name", "code"), [("iss", "issuer"), ("nonce", "nonce")])
def test_half_a_character_is_the_text_of_nobody(name: str, code: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        read(claims(**{name: "\ud800"}))
    assert refused.value.code == code


@pytest.mark.parametrize("body", [b"[" * 9000, b'{"a":' * 3000, b"[]", b"1", b"\xff", b""])
def test_claims_that_are_no_object_are_refused(body: bytes) -> None:
    with pytest.raises(TokenRefused):
        read(body)


@pytest.mark.parametrize("crit", [1, True, {}, "b64", ["b64"], [1]])
def test_a_head_that_asks_what_we_do_not_do_is_refused(crit: object) -> None:
    head = json.dumps({"alg": "ES256", "crit": crit}).encode()
    token = ".".join(base64.urlsafe_b64encode(each).decode() for each in (head, b"{}", b"x"))
    with pytest.raises(TokenRefused):
        openid.identity_token(token, KNOWN, issuer="i", client="c", now=NOW)
