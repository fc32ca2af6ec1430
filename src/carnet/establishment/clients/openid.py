"""Pro Santé Connect as a client: code flow with PKCE, refresh, end of session by either side.

Issuer, address of discovery, client and secret are all that is needed; a standard provider does as
well. Sources: OpenID Connect Core 1.0, Back-Channel Logout 1.0, RFC 7636, RFC 9207; spec identity
§4 (the metadata is not at its usual place, the authorization address on another host).
"""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from joserfc.jwk import KeySet

from carnet.standards import openid
from carnet.standards.openid import Professional, ProfessionalError, TokenRefused

_TIMEOUT: Final = 10.0
_LARGEST: Final = 256 * 1024
_KEPT: Final = 3600.0
#: The least between two readings of the keys, in seconds: forged tokens make us ask no more often.
_PATIENCE: Final = 10.0
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class OpenIdError(Exception):
    """The provider refused, could not be reached, or gave what cannot be trusted; `code` is stable.

    `unreachable`, `metadata`, `state`, `refused` (the provider's own error), `token`, `level`.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Pending:
    """What must be remembered between leaving for the provider and coming back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identified:
    """Who came back, at which level, and what keeps the provider's session."""

    professional: Professional
    level: str  #: acr
    session: str  #: sid, may be empty
    identity_token: str
    refresh_token: str  #: may be empty


@dataclass(frozen=True, slots=True)
class _Answer:
    """What authlib's client asks of a response."""

    status_code: int
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        if self.status_code >= 500:
            raise OpenIdError("unreachable", f"HTTP {self.status_code}")
        if self.status_code >= 400:
            raise OpenIdError("refused", f"HTTP {self.status_code}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A provider's own addresses do not lead elsewhere: our secret would follow."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


class _Http:
    """The few requests that authlib's client makes."""

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth
    ) -> _Answer:
        url, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return _ask(url, dict(sent), body.encode() if isinstance(body, str) else body)


def _ask(url: str, headers: Mapping[str, str], body: bytes | None = None) -> _Answer:
    _check(url)
    request = urllib.request.Request(url, body, dict(headers))  # noqa: S310 - checked above
    try:
        with _opener.open(request, timeout=_TIMEOUT) as answer:
            return _read(answer.status, answer)
    except urllib.error.HTTPError as error:
        with error:
            return _read(error.code, error)
    except (OSError, ValueError) as error:
        raise OpenIdError("unreachable", type(error).__name__) from error


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise OpenIdError("metadata", "an address is not https")


def _read(status: int, answer: Any) -> _Answer:
    content = answer.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise OpenIdError("token", "the answer is too long")
    return _Answer(status, content)


@dataclass
class Provider:
    """The provider, and who we are for it. Its metadata and keys are kept for an hour."""

    issuer: str
    discovery: str
    client_id: str
    client_secret: str
    scope: str
    levels: tuple[str, ...]  #: acr that are enough; the first is the one asked
    clock: Callable[[], float] = time.monotonic
    _metadata: tuple[float, dict[str, Any]] | None = None
    _keys: tuple[float, KeySet] | None = None

    def begin(self, redirect_uri: str) -> tuple[str, Pending]:
        """Where to send the person, and what to remember. Raises `OpenIdError`."""
        pending = Pending(*(secrets.token_urlsafe(32) for _ in range(3)))
        url, _state = self._client(redirect_uri).create_authorization_url(
            self._endpoint("authorization_endpoint"),
            state=pending.state,
            code_verifier=pending.verifier,
            nonce=pending.nonce,
            acr_values=self.levels[0],
        )
        return str(url), pending

    def finish(
        self, address: str, redirect_uri: str, pending: Pending, *, now: datetime
    ) -> Identified:
        """Who came back to `address`. Raises `OpenIdError`."""
        given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        if not secrets.compare_digest(given.get("state", "").encode(), pending.state.encode()):
            raise OpenIdError("state")
        if given.get("iss", self.issuer) != self.issuer:
            raise OpenIdError("state", "another issuer answers")
        if "error" in given or "code" not in given:
            raise OpenIdError("refused", given.get("error", "no code")[:80])
        token = self._token(
            grant_type="authorization_code",
            code=given["code"],
            code_verifier=pending.verifier,
            redirect_uri=redirect_uri,
        )
        bearer, identity = (str(token.get(name, "")) for name in ("access_token", "id_token"))
        claims = self._believed(
            lambda keys: openid.identity_token(
                identity,
                keys,
                issuer=self.issuer,
                client=self.client_id,
                nonce=pending.nonce,
                bearer=bearer,
                levels=self.levels,
                now=now,
            )
        )
        about = self._information(bearer)
        if about.get("sub") != claims["sub"]:
            raise OpenIdError("token", "the information is about somebody else")
        try:
            professional = Professional.read(about)
        except ProfessionalError as error:
            raise OpenIdError("token", str(error)) from error
        return Identified(
            professional,
            str(claims.get("acr", "")),
            str(claims.get("sid", "")),
            identity,
            str(token.get("refresh_token", "")),
        )

    def refresh(self, refresh_token: str, idnat: str, *, now: datetime) -> str:
        """Ask whether the session of `idnat` still lives; the next refresh token.

        Raises `OpenIdError`: `unreachable` says nothing of the session, anything else ends it.
        """
        token = self._token(grant_type="refresh_token", refresh_token=refresh_token)
        if identity := str(token.get("id_token", "")):
            claims = self._believed(
                lambda keys: openid.identity_token(
                    identity, keys, issuer=self.issuer, client=self.client_id, now=now
                )
            )
            if claims.get("SubjectNameID", idnat) != idnat:
                raise OpenIdError("token", "it is about somebody else")
        return str(token.get("refresh_token", refresh_token))

    def way_out(self, identity_token: str, back_to: str) -> str:
        """Where the person ends the provider's session too. Raises `OpenIdError`."""
        query = urlencode({"id_token_hint": identity_token, "post_logout_redirect_uri": back_to})
        return f"{self._endpoint('end_session_endpoint')}?{query}"

    def ended(self, logout_token: str, *, now: datetime) -> tuple[str, str]:
        """Which session of the provider has ended, and of whom, either of them perhaps empty.

        Raises `OpenIdError` when the token is not to be believed.
        """
        claims = self._believed(
            lambda keys: openid.logout_token(
                logout_token, keys, issuer=self.issuer, client=self.client_id, now=now
            )
        )
        subject = str(claims.get("sub", "")).rpartition(":")[2]
        return str(claims.get("sid", "")), subject

    def _client(self, redirect_uri: str) -> OAuth2Client:
        return OAuth2Client(
            _Http(),
            self.client_id,
            self.client_secret,
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - a method's name
            scope=self.scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _token(self, **asked: str) -> Mapping[str, Any]:
        try:
            found = self._client(asked.get("redirect_uri", "")).fetch_token(
                self._endpoint("token_endpoint"), **asked
            )
        except (AuthlibBaseError, ValueError) as error:
            raise OpenIdError("refused", type(error).__name__) from error
        return dict(found)

    def _information(self, bearer: str) -> dict[str, Any]:
        answer = _ask(self._endpoint("userinfo_endpoint"), {"Authorization": f"Bearer {bearer}"})
        answer.raise_for_status()
        return _object(answer)

    def _believed(self, check: Callable[[KeySet], Mapping[str, Any]]) -> Mapping[str, Any]:
        """What `check` makes of the keys; keys that may have changed are asked again, once."""
        try:
            return check(self._key_set())
        except TokenRefused as error:
            if error.code != "signature":
                raise _untrusted(error) from error
        try:
            return check(self._key_set(newer_than=_PATIENCE))
        except TokenRefused as error:
            raise _untrusted(error) from error

    def _key_set(self, *, newer_than: float = _KEPT) -> KeySet:
        if self._keys is None or self.clock() - self._keys[0] > newer_than:
            answer = _ask(self._endpoint("jwks_uri"), {})
            answer.raise_for_status()
            try:
                self._keys = (self.clock(), openid.keys(_object(answer)))
            except TokenRefused as error:
                raise OpenIdError("metadata", "the keys cannot be read") from error
        return self._keys[1]

    def _endpoint(self, name: str) -> str:
        if self._metadata is None or self.clock() - self._metadata[0] > _KEPT:
            answer = _ask(self.discovery, {})
            answer.raise_for_status()
            found = _object(answer)
            if found.get("issuer") != self.issuer:
                raise OpenIdError("metadata", "it names another issuer")
            self._metadata = (self.clock(), found)
        address = self._metadata[1].get(name)
        if not isinstance(address, str):
            raise OpenIdError("metadata", f"no {name}")
        _check(address)
        return address


def _untrusted(error: TokenRefused) -> OpenIdError:
    return OpenIdError("level" if error.code == "level" else "token", str(error))


def _object(answer: _Answer) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as error:
        raise OpenIdError("metadata", "not JSON") from error
    if not isinstance(found, dict):
        raise OpenIdError("metadata", "not a JSON object")
    return found
