"""Addresses of the stand-ins: those of the real providers, and the sandbox's own pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.urls import URLPattern, path

from carnet.national.doors.signin import pages, protocol
from carnet.national.doors.signin.providers import PROVIDERS, Provider

#: Endpoints that Authlib knows by a name of its own.
_NAMED: Final = {
    "introspection_endpoint": "introspection",
    "revocation_endpoint": "revocation",
    "backchannel_authentication_endpoint": "backchannel_authentication",
}
_VIEWS: Final = {
    "token_endpoint": protocol.token,
    "userinfo_endpoint": protocol.userinfo,
    "jwks_uri": protocol.jwks,
    "end_session_endpoint": pages.end_session,
}

app_name = "signin"


def _of(provider: Provider) -> Iterator[URLPattern]:
    own = {"provider": provider}
    authorization = provider.addresses["authorization_endpoint"][1:]
    yield path(provider.discovery[1:], protocol.metadata, own, name=f"{provider.key}-metadata")
    yield path(authorization, pages.authorize, own, name=f"{provider.key}-authorize")
    yield path(f"{authorization}/identite", pages.choose, own, name=f"{provider.key}-choose")
    for name, address in provider.addresses.items():
        if name in _VIEWS:
            yield path(address[1:], _VIEWS[name], own, name=f"{provider.key}-{name}")
        elif name in _NAMED:
            given = {**own, "name": _NAMED[name]}
            yield path(address[1:], protocol.endpoint, given, name=f"{provider.key}-{name}")


urlpatterns = [
    *(pattern for provider in PROVIDERS.values() for pattern in _of(provider)),
    path("bac-a-sable/", pages.sandbox, name="sandbox"),
    path("bac-a-sable/demandes/<uuid:request_id>/", pages.answer, name="answer"),
    path("bac-a-sable/sessions/<uuid:session_id>/fin/", pages.end, name="end"),
]
