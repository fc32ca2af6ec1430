"""Whether a signed token is to be believed: signature, issuer, audience, kind, time.

One token must never pass for another (RFC 8725 §2.8, §3.12): besides its own claims, what Keycloak
writes in `typ` (`ID`, `Bearer`, `Logout`) is checked when it is there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

#: Never `none`, never a key that both sides share (RFC 8725 §3.1, §3.2).
ALGORITHMS: Final = ("RS256", "PS256", "ES256")
#: How far apart two clocks may be, in seconds.
SKEW: Final = 60
#: How old a logout token may be, in seconds (Back-Channel Logout 1.0 §2.6 leaves it to us).
_LOGOUT_AGE: Final = 300
#: No instant is later, in seconds.
_LATEST: Final = 2**53
_LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_LONGEST: Final = 32 * 1024
#: What joserfc lets out for a `crit` that is no list, and for claims that are too deep.
_UNREADABLE: Final = (TypeError, RecursionError)

Claims = Mapping[str, Any]


class TokenRefused(Exception):  # noqa: N818 - says what happened
    """A token is not to be believed. `code` is stable: `unreadable`, `signature`, `kind`,
    `issuer`, `audience`, `expired`, `early`, `nonce`, `hash`, `level`, `subject`, `session`.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


def keys(document: object) -> KeySet:
    """The keys of a provider (RFC 7517 §5). Raises `TokenRefused` (`unreadable`)."""
    try:
        if not isinstance(document, dict):
            raise TypeError("not an object")
        return KeySet.import_key_set(document)  # type: ignore[arg-type]
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise TokenRefused("unreadable", "the keys") from error


def identity_token(
    token: str,
    known: KeySet,
    *,
    issuer: str,
    client: str,
    now: datetime,
    nonce: str | None = None,
    bearer: str | None = None,
    levels: Collection[str] = (),
) -> Claims:
    """The claims of an identity token (OpenID Connect Core 1.0 §3.1.3.7).

    `nonce` is what was sent with the question, `bearer` the access token that came with it (its
    hash is checked if it is said), `levels` the `acr` that are enough, all when empty.
    Raises `TokenRefused`.
    """
    claims = _signed(token, known, kind="ID")
    _issued(claims, issuer, now)
    audience = _audience(claims)
    if client not in audience or claims.get("azp", client) != client:
        raise TokenRefused("audience")
    if len(audience) > 1 and "azp" not in claims:
        raise TokenRefused("audience", "several, and no azp")
    if not _text(claims, "sub"):
        raise TokenRefused("subject")
    if nonce is not None and not _same(_text(claims, "nonce"), nonce):
        raise TokenRefused("nonce")
    if bearer is not None and "at_hash" in claims:
        digest = hashlib.sha256(bearer.encode()).digest()[:16]
        expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if not _same(_text(claims, "at_hash"), expected):
            raise TokenRefused("hash")
    _level(claims, levels)
    return claims


def access_token(
    token: str,
    known: KeySet,
    *,
    issuer: str,
    clients: Collection[str] | None,
    now: datetime,
    levels: Collection[str] = (),
) -> Claims:
    """The claims of an access token that Keycloak signed, given to one of `clients` (`azp`).

    `clients` is None for its issuer, to whom any will do. That it was not revoked is known to its
    issuer alone. Raises `TokenRefused`.
    """
    claims = _signed(token, known, kind="Bearer", said=True)
    _issued(claims, issuer, now)
    if clients is not None and _text(claims, "azp") not in clients:
        raise TokenRefused("audience")
    _level(claims, levels)
    return claims


def logout_token(token: str, known: KeySet, *, issuer: str, client: str, now: datetime) -> Claims:
    """The claims of a logout token (Back-Channel Logout 1.0 §2.4, §2.6). Raises `TokenRefused`."""
    claims = _signed(token, known, kind="Logout")
    _issued(claims, issuer, now, ends=False)
    if client not in _audience(claims):
        raise TokenRefused("audience")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT_EVENT), dict):
        raise TokenRefused("kind", "no logout event")
    if "nonce" in claims:
        raise TokenRefused("kind", "a logout token has no nonce")
    if not (_text(claims, "sid") or _text(claims, "sub")):
        raise TokenRefused("session")
    if now.timestamp() - _number(claims, "iat") > _LOGOUT_AGE:
        raise TokenRefused("expired")
    return claims


def signed(token: str, known: KeySet) -> Claims:
    """The claims that one of these keys signed, not judged. Raises `TokenRefused`."""
    if len(token) > _LONGEST:
        raise TokenRefused("unreadable", "too long")
    try:
        read = jwt.decode(token, known, algorithms=ALGORITHMS)
    except (JoseError, ValueError, *_UNREADABLE) as error:
        raise TokenRefused("signature", type(error).__name__) from error
    if not isinstance(read.claims, dict):
        raise TokenRefused("unreadable")
    return read.claims


def _signed(token: str, known: KeySet, *, kind: str, said: bool = False) -> Claims:
    claims = signed(token, known)
    if claims.get("typ", "" if said else kind) != kind:
        raise TokenRefused("kind")
    return claims


def _issued(claims: Claims, issuer: str, now: datetime, *, ends: bool = True) -> None:
    if not _same(_text(claims, "iss"), issuer):
        raise TokenRefused("issuer")
    at = now.timestamp()
    if (ends or "exp" in claims) and _number(claims, "exp") <= at - SKEW:
        raise TokenRefused("expired")
    if _number(claims, "iat") > at + SKEW:
        raise TokenRefused("early")
    if "nbf" in claims and _number(claims, "nbf") > at + SKEW:
        raise TokenRefused("early")


def _audience(claims: Claims) -> list[str]:
    said = claims.get("aud", [])
    if isinstance(said, str):
        return [said]
    return [one for one in said if isinstance(one, str)] if isinstance(said, list) else []


def _level(claims: Claims, levels: Collection[str]) -> None:
    if levels and _text(claims, "acr") not in levels:
        raise TokenRefused("level", _text(claims, "acr")[:40])


def _text(claims: Claims, name: str) -> str:
    said = claims.get(name)
    return said if isinstance(said, str) else ""


def _number(claims: Claims, name: str) -> float:
    said = claims.get(name)
    # Python's JSON reads NaN, which is before and after nothing, and numbers that no float holds.
    if isinstance(said, bool) or not isinstance(said, int | float) or not abs(said) < _LATEST:
        raise TokenRefused("unreadable", name)
    return float(said)


def _same(one: str, other: str) -> bool:
    # A claim may hold half of a character, which UTF-8 has not.
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode())
