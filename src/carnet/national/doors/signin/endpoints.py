"""Endpoints beside tokens: a CIBA request, introspection, revocation, end of session."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.endpoint import Endpoint
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oidc.rpinitiated import EndSessionEndpoint
from django.core.exceptions import ValidationError
from django.utils import timezone

from carnet.national.doors.signin import keys, sessions, tokens
from carnet.national.doors.signin.clients import Client
from carnet.national.doors.signin.grants import CibaError, level
from carnet.national.doors.signin.models import Persona, RefreshToken, Request, Session
from carnet.national.doors.signin.providers import CIBA
from carnet.standards import openid
from carnet.standards.openid import TokenRefused

_EXPIRES: Final = 120  # seconds
_LONGEST: Final = 600
_INTERVAL: Final = 1
_TWO_DIGITS: Final = re.compile(r"[0-9]{2}")
_CHANNELS: Final = ("", "CARD", "MOBILE")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A CIBA request that is good."""

    client: Client
    persona: Persona
    scope: str
    acr: str
    message: str
    life: int


class Asking(Endpoint):  # type: ignore[misc]
    """The authentication request of CIBA (CIBA Core 1.0 §7; spec identity §4.3)."""

    ENDPOINT_NAME = "backchannel_authentication"

    def validate_request(self, request: Any) -> _Wanted:
        client: Client = self.server.authenticate_client(request, (), self.ENDPOINT_NAME)
        provider = self.server.provider
        if not client.check_grant_type(CIBA):
            raise CibaError("unauthorized_client")
        form = request.form
        if any(name in form for name in ("request", "login_hint_token", "id_token_hint")):
            raise InvalidRequestError("The person is named by 'login_hint' and nothing else.")
        scope = client.get_allowed_scope(form.get("scope"))
        if scope is None:
            raise InvalidScopeError()
        acr = level(form.get("acr_values", ""), provider.levels)
        if not acr:
            known = ", ".join(provider.levels)
            raise InvalidRequestError(f"'acr_values' must hold one of: {known}.")
        message = form.get("binding_message", "")
        if not _TWO_DIGITS.fullmatch(message):
            raise CibaError("invalid_binding_message", "Two digits, 00 to 99, are expected.")
        if form.get("channel", "") not in _CHANNELS:
            raise InvalidRequestError("'channel' must be CARD or MOBILE.")
        persona = Persona.objects.filter(provider=provider.key, key=form.get("login_hint", ""))
        found = persona.first()
        if found is None:
            raise CibaError("unknown_user_id")
        life = _life(form.get("requested_expiry", ""))
        return _Wanted(client, found, scope, acr, message, life)

    def create_response(self, validated_request: _Wanted) -> tuple[int, Any, list[Any]]:
        now, drawn = timezone.now(), secrets.token_urlsafe(32)
        Request.objects.create(
            digest=tokens.digest(drawn),
            provider=self.server.provider.key,
            client_id=validated_request.client.client_id,
            persona=validated_request.persona,
            scope=validated_request.scope,
            acr=validated_request.acr,
            message=validated_request.message,
            created_at=now,
            expires_at=now + timedelta(seconds=validated_request.life),
            interval=_INTERVAL,
        )
        answer = {
            "auth_req_id": drawn,
            "expires_in": validated_request.life,
            "interval": _INTERVAL,
        }
        return 200, answer, [("Content-Type", "application/json")]


def _life(said: str) -> int:
    if not said:
        return _EXPIRES
    if not said.isascii() or not said.isdigit() or not 0 < int(said[:9]) <= _LONGEST:
        raise InvalidRequestError(f"'requested_expiry' is a number of seconds, 1 to {_LONGEST}.")
    return int(said)


class _Found:
    """A token that a client shows, as Authlib reads it."""

    def __init__(self, session: Session, claims: dict[str, Any]) -> None:
        self.session, self.claims = session, claims

    def check_client(self, client: Client) -> bool:
        return (self.session.client_id, self.session.provider) == (
            client.client_id,
            client.provider,
        )

    def is_expired(self) -> bool:
        return False  # those that are over are not found

    def is_revoked(self) -> bool:
        return False


class _Finding:
    """Where tokens are looked for: access tokens by signature, refresh tokens by hash."""

    server: Any

    def query_token(self, token_string: str, _hint: str | None) -> _Found | None:
        now = timezone.now()
        try:
            return _Found(*tokens.opened(self.server.provider, token_string, now=now))
        except (TokenRefused, ValidationError):
            pass  # not an access token that is good: perhaps a refresh token
        row = (
            RefreshToken.objects.select_related("session__persona")
            .filter(
                digest=tokens.digest(token_string),
                used_at=None,
                expires_at__gt=now,
                session__ended_at=None,
                session__expires_at__gt=now,
                session__provider=self.server.provider.key,
            )
            .first()
        )
        return _Found(row.session, {"typ": "Refresh"}) if row else None


class Introspection(_Finding, IntrospectionEndpoint):  # type: ignore[misc]
    """What a token is worth now (RFC 7662). As with Keycloak, any client may ask."""

    def check_permission(self, _token: _Found, _client: Client, _request: Any) -> bool:
        return True

    def introspect_token(self, token: _Found) -> dict[str, Any]:
        session = token.session
        return {
            "active": True,
            **token.claims,
            "iss": self.server.provider.issuer,
            "sub": self.server.provider.subject(session.persona.key, session.client_id),
            "acr": session.acr,
            "azp": session.client_id,
            "client_id": session.client_id,
            "scope": session.scope,
            "username": session.persona.key,
            "preferred_username": session.persona.key,
            "session_state": str(session.id),
        }


class Revocation(_Finding, RevocationEndpoint):  # type: ignore[misc]
    """A client that wants no more of its tokens: the whole session ends (RFC 7009 §2.1)."""

    def revoke_token(self, token: _Found, _request: Any) -> None:
        sessions.end(token.session, now=timezone.now())


class Ending(EndSessionEndpoint):  # type: ignore[misc]
    """End of session asked by a client (RP-Initiated Logout 1.0), which `id_token_hint` proves."""

    def _validate_id_token_hint(self, id_token_hint: str) -> dict[str, Any]:
        """What we signed, whenever that was. Authlib's own lets out what joserfc breaks on."""
        known = keys.published(self.server.provider, now=timezone.now())
        try:
            return dict(openid.signed(id_token_hint, known))
        except TokenRefused as refusal:
            raise InvalidRequestError("'id_token_hint' is not signed by us.") from refusal

    def end_session(self, end_session_request: Any) -> None:
        claims = end_session_request.id_token_claims
        if claims is None:
            return
        if claims.get("iss") != self.server.provider.issuer:
            raise InvalidRequestError("'id_token_hint' is of another issuer.")
        session = (
            Session.objects.select_related("persona")
            .filter(
                id=claims.get("sid"),
                provider=self.server.provider.key,
                client_id=claims.get("aud"),
            )
            .first()
        )
        if session is not None:
            sessions.end(session, now=timezone.now())
