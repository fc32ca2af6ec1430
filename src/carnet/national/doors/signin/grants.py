"""The grants: code with PKCE, refresh with rotation, CIBA (which Authlib does not have)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
    OAuth2Error,
    UnauthorizedClientError,
    grants,
)
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc6749.hooks import hooked
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import AuthorizationPendingError, ExpiredTokenError, SlowDownError
from authlib.oidc.core.errors import LoginRequiredError
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.grants.code import OpenIDToken
from django.utils import timezone

from carnet.national.doors.signin import sessions, tokens
from carnet.national.doors.signin.clients import Client
from carnet.national.doors.signin.models import Code, RefreshToken, Request, Session
from carnet.national.doors.signin.providers import CIBA
from carnet.national.doors.signin.troubles import Trouble

_CODE_LIFE: Final = timedelta(seconds=60)
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SLOWER: Final = 5  # seconds (CIBA Core 1.0 §11)
_LONGEST: Final = 512


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """Codes taken once: a second use ends the session that the first one opened (RFC 6749 §4.1.2).

    The rows are locked: of two requests at once with one code, the second finds it used.
    """

    def save_authorization_code(self, code: str, request: Any) -> None:
        session: Session = request.user
        now = timezone.now()
        session.save()
        Code.objects.create(
            digest=tokens.digest(code),
            session=session,
            redirect_uri=request.payload.redirect_uri,
            challenge=request.payload.data.get("code_challenge", ""),
            expires_at=now + _CODE_LIFE,
            used_at=now if Trouble(session.trouble) is Trouble.CODE_REUSED else None,
        )

    def create_authorization_response(self, redirect_uri: str, grant_user: Any) -> Any:
        if Trouble(grant_user.trouble) is Trouble.REFUSED:
            raise AccessDeniedError(redirect_uri=redirect_uri)
        return super().create_authorization_response(redirect_uri, grant_user)

    def query_authorization_code(self, code: str, client: Client) -> _Code | None:
        now = timezone.now()
        row = (
            Code.objects.select_for_update(of=("self",))
            .select_related("session__persona")
            .filter(
                digest=tokens.digest(code),
                session__client_id=client.client_id,
                session__provider=client.provider,
            )
            .first()
        )
        if row is None or row.expires_at <= now or row.session.ended_at:
            return None
        if row.used_at is not None:
            sessions.end(row.session, now=now)
            return None
        return _Code(row)

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        Code.objects.filter(digest=authorization_code.row.digest).update(used_at=timezone.now())

    def authenticate_user(self, authorization_code: _Code) -> Session:
        return authorization_code.row.session


class _Code:
    """A code as Authlib reads it."""

    def __init__(self, row: Code) -> None:
        self.row = row
        self.code_challenge = row.challenge
        self.code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return self.row.session.scope


class Asked(OpenIDCode):  # type: ignore[misc]
    """What both providers ask of an authorization request besides RFC 6749 (spec identity §4.2).

    state, nonce, a known level and, unless the client is excused, PKCE by S256. Nobody is signed in
    beforehand, so `prompt=none` never succeeds.
    """

    def __init__(self, levels: tuple[str, ...]) -> None:
        super().__init__(require_nonce=True)
        self.levels = levels

    def __call__(self, grant: Any) -> None:
        super().__call__(grant)
        grant.register_hook("after_validate_authorization_request_payload", self.check)

    def check(self, grant: Any, redirect_uri: str) -> None:
        payload = grant.request.payload
        data: Mapping[str, str] = payload.data
        if any(len(data.get(name, "")) > _LONGEST for name in ("state", "nonce")):
            raise InvalidRequestError(f"'state' and 'nonce' have at most {_LONGEST} characters.")
        if not payload.state:
            raise InvalidRequestError("Missing 'state' in request.")
        if not level(data.get("acr_values", ""), self.levels):
            known = ", ".join(self.levels)
            raise InvalidRequestError(f"'acr_values' must hold one of: {known}.")
        if data.get("response_mode", "query") != "query":
            raise InvalidRequestError("'response_mode' must be query.")
        if "request" in data or "request_uri" in data:
            raise InvalidRequestError("Request objects are not supported.")
        challenge = data.get("code_challenge", "")
        if challenge or grant.request.client.pkce:
            if data.get("code_challenge_method") != "S256":
                raise InvalidRequestError("'code_challenge_method' must be S256.")
            if not _CHALLENGE.fullmatch(challenge):
                raise InvalidRequestError("'code_challenge' must be a SHA-256 in base64url.")
        if data.get("prompt") == "none":
            raise LoginRequiredError(redirect_uri=redirect_uri)

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return Session.objects.filter(client_id=request.payload.client_id, nonce=nonce).exists()

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        now = timezone.now()
        return tokens.identity(request.user, token["access_token"], now=now, first=True)


class Identified(OpenIDToken):  # type: ignore[misc]
    """An identity token beside the access token of a refresh or of CIBA."""

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        now = timezone.now()
        return tokens.identity(request.user, token["access_token"], now=now, first=False)


def challenged() -> CodeChallenge:
    """PKCE at the token endpoint (RFC 7636 §4.6), by S256 and nothing else."""
    extension = CodeChallenge(required=True)
    extension.SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]
    extension.DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    return extension


def level(asked: str, known: tuple[str, ...]) -> str:
    """The first of the levels asked that is known (acr_values, in order of preference)."""
    return next((each for each in asked.split() if each in known), "")


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    """Each refresh token is taken once; a second use ends the session (RFC 9700 §4.14.2)."""

    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> _Refresh | None:
        now = timezone.now()
        row = (
            RefreshToken.objects.select_for_update(of=("self",))
            .select_related("session__persona")
            .filter(digest=tokens.digest(refresh_token))
            .first()
        )
        client: Client = self.request.client
        if row is None or not _Refresh(row).check_client(client):
            return None
        if row.used_at is not None:
            sessions.end(row.session, now=now)
            return None
        over = row.session.ended_at or min(row.expires_at, row.session.expires_at) <= now
        return None if over else _Refresh(row)

    def authenticate_user(self, refresh_token: _Refresh) -> Session:
        return refresh_token.row.session

    def revoke_old_credential(self, refresh_token: _Refresh) -> None:
        RefreshToken.objects.filter(digest=refresh_token.row.digest).update(used_at=timezone.now())


class _Refresh:
    """A refresh token as Authlib reads it."""

    def __init__(self, row: RefreshToken) -> None:
        self.row = row

    def check_client(self, client: Client) -> bool:
        return (self.row.session.client_id, self.row.session.provider) == (
            client.client_id,
            client.provider,
        )

    def get_scope(self) -> str:
        return self.row.session.scope


class CibaGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """A client asks whether the person has answered (CIBA Core 1.0 §10.1, poll mode; §11)."""

    GRANT_TYPE = CIBA

    def validate_token_request(self) -> None:
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError()
        self.request.client = client
        said = self.request.form.get("auth_req_id")
        if not said:
            raise InvalidRequestError("Missing 'auth_req_id' in request.")
        asked = (
            Request.objects.select_for_update(of=("self",))
            .select_related("persona")
            .filter(
                digest=tokens.digest(said),
                client_id=client.client_id,
                provider=client.provider,
            )
            .first()
        )
        if asked is None or asked.taken_at is not None:
            raise InvalidGrantError("Invalid 'auth_req_id' in request.")
        self.request.credential = asked
        self._decide(asked)

    def _decide(self, asked: Request) -> None:
        now = timezone.now()
        if asked.expires_at <= now:
            raise ExpiredTokenError()
        since = asked.polled_at or asked.created_at
        hurried = now - since < timedelta(seconds=asked.interval) and asked.polled_at is not None
        asked.polled_at = now
        if hurried:
            asked.interval += _SLOWER
        asked.save(update_fields=["polled_at", "interval"])
        if hurried:
            raise SlowDownError()
        if asked.accepted is None:
            raise AuthorizationPendingError()
        if not asked.accepted:
            raise AccessDeniedError()

    @hooked  # type: ignore[untyped-decorator]
    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        asked: Request = self.request.credential
        now = timezone.now()
        session = sessions.begin(
            self.server.provider,
            asked.persona,
            client_id=asked.client_id,
            scope=asked.scope,
            acr=asked.acr,
            nonce="",
            trouble=Trouble(asked.trouble),
            now=now,
        )
        session.save()
        asked.taken_at = now
        asked.save(update_fields=["taken_at"])
        self.request.user = session
        token = self.generate_token(user=session, scope=session.scope)
        self.save_token(token)
        return 200, token, self.TOKEN_RESPONSE_HEADER


class CibaError(OAuth2Error):  # type: ignore[misc]
    """An error of the authentication request (CIBA Core 1.0 §13)."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(description=description)
        self.error = error
