"""The tokens of a session, as Keycloak (Pro Santé Connect) and FranceConnect write them."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from authlib.oidc.core.util import create_half_hash

from carnet.national.doors.signin import keys
from carnet.national.doors.signin.models import Session
from carnet.national.doors.signin.providers import PROVIDERS, Provider, allowed_claims
from carnet.national.doors.signin.troubles import Trouble, bent
from carnet.standards import openid
from carnet.standards.openid import TokenRefused

_LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_SECONDS: Final = 120


def digest(secret: str) -> str:
    """What is kept of a code or a token that is drawn."""
    return hashlib.sha256(secret.encode()).hexdigest()


def access(session: Session, *, now: datetime, certificate: bytes | None) -> str:
    """An access token; bound to the client's certificate (DER) when there is one (RFC 8705 §3)."""
    provider = PROVIDERS[session.provider]
    claims = _common(session, provider, "Bearer", now, provider.access_seconds)
    claims |= {"azp": session.client_id, "scope": session.scope}
    if certificate is not None:
        thumbprint = base64.urlsafe_b64encode(hashlib.sha256(certificate).digest())
        claims["cnf"] = {"x5t#S256": thumbprint.decode().rstrip("=")}
    return _signed(session, provider, claims, now)


def identity(session: Session, bearer: str, *, now: datetime, first: bool) -> str:
    """The identity token that goes with an access token; the nonce is told the first time only."""
    provider = PROVIDERS[session.provider]
    claims = _common(session, provider, "ID", now, provider.access_seconds)
    claims |= {"aud": session.client_id, "azp": session.client_id}
    half = create_half_hash(bearer, provider.algorithm)
    if half is not None:
        claims["at_hash"] = half.decode()
    if session.nonce and first:
        claims["nonce"] = session.nonce
    if Trouble(session.trouble) is Trouble.UNSIGNED:
        return _unsigned(claims)
    return _signed(session, provider, claims, now)


def logout(session: Session, *, now: datetime) -> str:
    """What tells a client that the session has ended (Back-Channel Logout 1.0 §2.4)."""
    provider = PROVIDERS[session.provider]
    at = int(now.timestamp())
    claims = {
        "iss": provider.issuer,
        "sub": provider.subject(session.persona.key, session.client_id),
        "aud": session.client_id,
        "iat": at,
        "exp": at + _LOGOUT_SECONDS,
        "jti": str(uuid4()),
        "typ": "Logout",
        "sid": str(session.id),
        "events": {_LOGOUT_EVENT: {}},
    }
    return keys.sign(provider, claims, now=now, typ="logout+jwt", forged=False)


def information(session: Session, *, now: datetime) -> dict[str, Any] | str:
    """The user information: an object, or for FranceConnect a signed token."""
    provider = PROVIDERS[session.provider]
    persona = session.persona
    key = persona.key
    if Trouble(session.trouble) is Trouble.SUBJECT:
        key += "-quelqu-un-d-autre"
    subject = provider.subject(key, session.client_id)
    claims = {"sub": subject, **allowed_claims(provider, session.scope, persona.claims)}
    if not provider.signed_information:
        return claims
    at = int(now.timestamp())
    claims |= {"iss": provider.issuer, "aud": session.client_id, "iat": at, "exp": at + 60}
    return _signed(session, provider, claims, now)


def opened(provider: Provider, token: str, *, now: datetime) -> tuple[Session, dict[str, Any]]:
    """The session of an access token that is good now, and what it says. Raises `TokenRefused`."""
    claims = openid.access_token(
        token, keys.published(provider, now=now), issuer=provider.issuer, clients=None, now=now
    )
    session = (
        Session.objects.select_related("persona")
        .filter(id=str(claims.get("sid")), provider=provider.key, ended_at=None, expires_at__gt=now)
        .first()
    )
    if session is None:
        raise TokenRefused("session")
    return session, dict(claims)


def _common(
    session: Session, provider: Provider, kind: str, now: datetime, life: int
) -> dict[str, Any]:
    at = int(now.timestamp())
    claims: dict[str, Any] = {
        "exp": at + life,
        "iat": at,
        "auth_time": int(session.started_at.timestamp()),
        "jti": str(uuid4()),
        "iss": provider.issuer,
        "sub": provider.subject(session.persona.key, session.client_id),
        "typ": kind,
        "sid": str(session.id),
        "session_state": str(session.id),
        "acr": session.acr,
    }
    if provider.key == "psc":
        claims |= {
            "preferred_username": session.persona.key,
            "SubjectNameID": session.persona.key,
        }
    return claims


def _signed(session: Session, provider: Provider, claims: dict[str, Any], now: datetime) -> str:
    trouble = Trouble(session.trouble)
    return keys.sign(provider, bent(trouble, claims), now=now, forged=trouble is Trouble.FORGED)


def _unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    written = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join((*(part.rstrip("=") for part in written), ""))
