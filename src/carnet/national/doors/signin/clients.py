"""The software that may use the stand-ins: a file, which one writes as one asks the real providers.

`{"clients": [{"client_id": "…", "provider": "psc", "secret": "…", "redirect_uris": ["…"]}]}`; every
field is in docs/reference/sign-in.md. It is read again when it changes.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin
from django.conf import settings

from carnet.national.clients.watched import Watched
from carnet.national.doors.signin.providers import PROVIDERS, Provider
from carnet.standards.openid import TokenRefused, keys

#: What may stand in a header of ours: no space, comma, semicolon or quote.
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?\[\]@!$&()*+=%-]+")
_LEAST_SECRET: Final = 16


class ClientsError(ValueError):
    """The file of clients is wrong; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Client(ClientMixin):  # type: ignore[misc]
    """One software at one provider. Empty fields: it does not use what they are for."""

    client_id: str
    provider: str
    name: str = ""
    secret: str = ""
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    jwks: Mapping[str, Any] | None = None  #: its public keys, for private_key_jwt
    certificate: str = ""  #: subject of its certificate (RFC 4514), for tls_client_auth
    bound_tokens: bool = False  #: its tokens are bound to its certificate (RFC 8705)
    pkce: bool = True  #: False: PKCE is not asked of it, as the real PSC does not

    @property
    def client_metadata(self) -> dict[str, Any]:
        """What Authlib asks of a client that ends a session."""
        return {"post_logout_redirect_uris": list(self.post_logout_redirect_uris)}

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: `redirect_uri` is always said (OpenID Connect Core 1.0 §3.1.2.1)."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        known = PROVIDERS[self.provider].scopes
        asked = (scope or "").split()
        return " ".join(asked) if "openid" in asked and set(asked) <= set(known) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        known = hmac.compare_digest(client_secret.encode(), self.secret.encode())
        return bool(self.secret) and known

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in self._methods

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and bool(self.redirect_uris)

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in PROVIDERS[self.provider].grants

    @property
    def _methods(self) -> set[str]:
        held = {
            "client_secret_basic": self.secret,
            "client_secret_post": self.secret,
            "private_key_jwt": self.jwks,
            "tls_client_auth": self.certificate,
        }
        return {name for name in PROVIDERS[self.provider].methods if held[name]}


def client(provider: Provider, client_id: str) -> Client | None:
    """The client of this name at this provider."""
    return registered().get((provider.key, client_id))


def registered() -> Mapping[tuple[str, str], Client]:
    """Every client, by provider and name. Raises `ClientsError` or `OSError` the first time."""
    if settings.CARNET_SIGNIN_CLIENTS is None:
        return {}
    return _watched(settings.CARNET_SIGNIN_CLIENTS).current()


@cache
def _watched(path: Path) -> Watched[Mapping[tuple[str, str], Client]]:
    return Watched((path,), lambda _last: read(path.read_text(encoding="utf-8")))


def read(text: str) -> Mapping[tuple[str, str], Client]:
    """The clients that a file describes. Raises `ClientsError`."""
    try:
        listed = json.loads(text)["clients"]
        found = [_client(each) for each in listed]
    except ClientsError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise ClientsError('a JSON object {"clients": […]} is expected') from error
    known = {(each.provider, each.client_id): each for each in found}
    if len(known) != len(found):
        raise ClientsError("a client_id stands twice at one provider")
    return known


def _client(said: dict[str, Any]) -> Client:
    if not isinstance(said, dict):
        raise ClientsError("each client is an object")
    name = said.get("client_id", "")
    unknown = set(said) - {field.name for field in fields(Client)}
    if unknown:
        raise ClientsError(f"{name}: {', '.join(sorted(unknown))} is no field of a client")
    made: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in said.items()
    }
    one = Client(**{"client_id": "", "provider": "", **made})
    if not (isinstance(name, str) and name) or one.provider not in PROVIDERS:
        raise ClientsError(f"{name}: client_id and provider ({', '.join(PROVIDERS)}) are expected")
    if one.secret and len(one.secret) < _LEAST_SECRET:
        raise ClientsError(f"{name}: the secret has {_LEAST_SECRET} characters or more")
    for address in (*one.redirect_uris, *one.post_logout_redirect_uris):
        _check_address(name, address)
    if one.backchannel_logout_uri:
        _check_address(name, one.backchannel_logout_uri)
        if urlsplit(one.backchannel_logout_uri).scheme not in ("http", "https"):
            raise ClientsError(f"{name}: backchannel_logout_uri is an address http or https")
    if one.jwks is not None:
        try:
            keys(one.jwks)
        except TokenRefused as error:
            raise ClientsError(f"{name}: jwks cannot be read") from error
    return one


def _check_address(name: str, address: object) -> None:
    if not (isinstance(address, str) and _ADDRESS.fullmatch(address)):
        raise ClientsError(f"{name}: {address!r} is not an absolute address without fragment")
    if urlsplit(address).scheme in ("javascript", "data", "vbscript"):
        raise ClientsError(f"{name}: {address!r} leads nowhere")
