"""Signing in elsewhere by OpenID Connect: code flow with PKCE, state, nonce and a level asked.

For FranceConnect (v2: identity token and user information signed, ES256 or RS256) and any other
provider: issuer, client and secret are all that is needed, the rest is discovered.
Sources: OpenID Connect Core 1.0, Discovery 1.0, RFC 7636, RFC 9207.
"""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

_TIMEOUT: Final = 10.0
_LARGEST: Final = 256 * 1024
_KEPT: Final = 3600.0
_LEEWAY: Final = 60
#: Never `none`, never a secret shared with others.
_ALGORITHMS: Final = ("ES256", "RS256", "PS256")
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
class Answer:
    """What the body of an answer says; what authlib's client asks of a response."""

    status_code: int
    content: bytes
    media_type: str

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> None:
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
    ) -> Answer:
        body = urllib.parse.urlencode(data)
        url, sent, body = auth.prepare("POST", url, dict(headers), body)
        return _ask(url, dict(sent), body.encode() if isinstance(body, str) else body)


def _ask(url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise OpenIdError("metadata", "an address is not https")
    request = urllib.request.Request(url, body, dict(headers))  # noqa: S310 - checked above
    try:
        with _opener.open(request, timeout=_TIMEOUT) as answer:
            return _read(answer.status, answer)
    except urllib.error.HTTPError as error:
        with error:
            return _read(error.code, error)
    except (OSError, ValueError) as error:
        raise OpenIdError("unreachable", type(error).__name__) from error


def _read(status: int, answer: Any) -> Answer:
    content = answer.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise OpenIdError("token", "the answer is too long")
    return Answer(status, content, answer.headers.get_content_type())


@dataclass
class Provider:
    """A provider, and who we are for it. Its metadata and keys are kept for an hour."""

    issuer: str
    client_id: str
    client_secret: str
    scope: str
    clock: Callable[[], float] = time.monotonic
    _metadata: tuple[float, dict[str, Any]] | None = None
    _keys: tuple[float, KeySet] | None = None

    def begin(self, redirect_uri: str, *, acr: str) -> tuple[str, Pending]:
        """Where to send the person, and what to remember. Raises `OpenIdError`."""
        pending = Pending(*(secrets.token_urlsafe(32) for _ in range(3)))
        url, _state = self._client(redirect_uri).create_authorization_url(
            self._endpoint("authorization_endpoint"),
            state=pending.state,
            code_verifier=pending.verifier,
            nonce=pending.nonce,
            acr_values=acr,
        )
        return str(url), pending

    def finish(
        self,
        address: str,
        redirect_uri: str,
        pending: Pending,
        *,
        acrs: tuple[str, ...],
        now: datetime,
    ) -> dict[str, Any]:
        """The claims about the person who came back to `address`. Raises `OpenIdError`.

        `id_token` among them is the identity token, which `way_out` takes.
        `acrs` are the levels that are enough. The user information must be about the same `sub`.
        """
        given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        if not secrets.compare_digest(given.get("state", "").encode(), pending.state.encode()):
            raise OpenIdError("state")
        if given.get("iss", self.issuer) != self.issuer:
            raise OpenIdError("state", "another issuer answers")
        if "error" in given or "code" not in given:
            raise OpenIdError("refused", given.get("error", "no code")[:80])
        try:
            token = self._client(redirect_uri).fetch_token(
                self._endpoint("token_endpoint"),
                grant_type="authorization_code",
                code=given["code"],
                code_verifier=pending.verifier,
                redirect_uri=redirect_uri,
            )
        except (AuthlibBaseError, ValueError) as error:
            raise OpenIdError("refused", type(error).__name__) from error
        identity = self._identity(token, pending, now)
        if identity.get("acr") not in acrs:
            raise OpenIdError("level", str(identity.get("acr", ""))[:40])
        about = self._user_information(str(token.get("access_token", "")), now)
        if about.get("sub") != identity["sub"]:
            raise OpenIdError("token", "the information is about somebody else")
        told = {name: identity[name] for name in ("sub", "acr")}
        return {**about, **told, "id_token": str(token["id_token"])}

    def way_out(self, identity_token: str, back_to: str) -> str:
        """Where the person ends the provider's session too (RP-Initiated Logout 1.0 §2).

        Raises `OpenIdError`. FranceConnect asks for a state, which nothing depends on here.
        """
        asked = {
            "id_token_hint": identity_token,
            "state": secrets.token_urlsafe(16),
            "post_logout_redirect_uri": back_to,
        }
        return f"{self._endpoint('end_session_endpoint')}?{urllib.parse.urlencode(asked)}"

    def _client(self, redirect_uri: str) -> OAuth2Client:
        return OAuth2Client(
            _Http(),
            self.client_id,
            self.client_secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - a method's name
            scope=self.scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _identity(
        self, token: Mapping[str, Any], pending: Pending, now: datetime
    ) -> dict[str, Any]:
        claims, header = self._signed(str(token.get("id_token", "")))
        wanted = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
            "nonce": {"essential": True, "value": pending.nonce},
        }
        checked = CodeIDToken(
            claims,
            header,
            options=wanted,
            params={
                "nonce": pending.nonce,
                "client_id": self.client_id,
                "access_token": token.get("access_token"),
            },
        )
        try:
            checked.validate(now=int(now.timestamp()), leeway=_LEEWAY)
        except (JoseError, AuthlibBaseError) as error:
            raise OpenIdError("token", str(error)) from error
        return dict(claims)

    def _user_information(self, access_token: str, now: datetime) -> dict[str, Any]:
        answer = _ask(
            self._endpoint("userinfo_endpoint"), {"Authorization": f"Bearer {access_token}"}
        )
        answer.raise_for_status()
        if answer.media_type != "application/jwt":
            return _object(answer)
        claims, _header = self._signed(answer.content.decode("ascii", "replace"))
        audience = claims.get("aud", [])
        if claims.get("iss") != self.issuer or self.client_id not in (
            audience if isinstance(audience, list) else [audience]
        ):
            raise OpenIdError("token", "the information is not for us")
        if claims.get("exp", now.timestamp()) < now.timestamp() - _LEEWAY:
            raise OpenIdError("token", "the information is too old")
        return claims

    def _signed(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Claims and header of a token of the provider; keys that changed are asked again."""
        try:
            read = self._decoded(token, again=False)
        except (JoseError, ValueError):
            read = self._decoded_or_refused(token)
        return dict(read.claims), dict(read.header)

    def _decoded(self, token: str, *, again: bool) -> jwt.Token:
        return jwt.decode(token, self._key_set(again=again), algorithms=_ALGORITHMS)

    def _decoded_or_refused(self, token: str) -> jwt.Token:
        try:
            return self._decoded(token, again=True)
        except (JoseError, ValueError) as error:
            raise OpenIdError("token", type(error).__name__) from error

    def _key_set(self, *, again: bool) -> KeySet:
        if again or self._keys is None or self.clock() - self._keys[0] > _KEPT:
            self._keys = (self.clock(), key_set(self._endpoint("jwks_uri")))
        return self._keys[1]

    def _endpoint(self, name: str) -> str:
        if self._metadata is None or self.clock() - self._metadata[0] > _KEPT:
            answer = _ask(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", {})
            answer.raise_for_status()
            found = _object(answer)
            if found.get("issuer") != self.issuer:
                raise OpenIdError("metadata", "it names another issuer")
            self._metadata = (self.clock(), found)
        address = self._metadata[1].get(name)
        if not isinstance(address, str):
            raise OpenIdError("metadata", f"no {name}")
        return address


def key_set(address: str) -> KeySet:
    """The keys that a provider publishes at this address. Raises `OpenIdError`."""
    answer = _ask(address, {})
    answer.raise_for_status()
    try:
        return KeySet.import_key_set(_object(answer))  # type: ignore[arg-type]
    except (JoseError, ValueError, KeyError) as error:
        raise OpenIdError("metadata", "the keys cannot be read") from error


def _object(answer: Answer) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as error:
        raise OpenIdError("metadata", "not JSON") from error
    if not isinstance(found, dict):
        raise OpenIdError("metadata", "not a JSON object")
    return found
