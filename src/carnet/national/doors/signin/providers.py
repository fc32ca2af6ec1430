"""The two providers, as tables: addresses, scopes, levels, lives of tokens (spec identity §4)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings

CIBA: Final = "urn:openid:params:grant-type:ciba"


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider: `addresses` are its endpoints by their name in the metadata, paths of ours."""

    key: str
    name: str
    issuer_path: str
    discovery: str  #: path of the metadata
    addresses: Mapping[str, str]
    scopes: tuple[str, ...]
    default_scopes: tuple[str, ...]  #: of which one asks all the claims
    levels: tuple[str, ...]  #: acr, weakest first
    weak: str  #: the level that is none of those asked
    algorithm: str
    methods: tuple[str, ...]  #: of client authentication
    grants: tuple[str, ...]
    access_seconds: int
    refresh_seconds: int  #: 0 when there are no refresh tokens
    session_seconds: int
    signed_information: bool

    @property
    def issuer(self) -> str:
        """The `iss` of every token."""
        return f"{settings.CARNET_SIGNIN_URL}{self.issuer_path}"

    def address(self, name: str) -> str:
        """The URL of an endpoint. People's browsers may be led to another host than software."""
        host = settings.CARNET_SIGNIN_URL
        if name == "authorization_endpoint":
            host = settings.CARNET_SIGNIN_WALLET_URL or host
        return f"{host}{self.addresses[name]}"

    def metadata(self) -> dict[str, Any]:
        """What discovery says (OpenID Connect Discovery 1.0 §3, CIBA Core 1.0 §4)."""
        found: dict[str, Any] = {
            "issuer": self.issuer,
            **{name: self.address(name) for name in self.addresses},
            "scopes_supported": list(self.scopes),
            "acr_values_supported": list(self.levels),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(self.grants),
            "subject_types_supported": ["public" if self.key == "psc" else "pairwise"],
            "id_token_signing_alg_values_supported": [self.algorithm],
            "token_endpoint_auth_methods_supported": list(self.methods),
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "authorization_response_iss_parameter_supported": True,
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
        }
        if CIBA in self.grants:
            found["backchannel_token_delivery_modes_supported"] = ["poll"]
            found["backchannel_user_code_parameter_supported"] = False
        if self.signed_information:
            found["userinfo_signing_alg_values_supported"] = [self.algorithm]
        if "tls_client_auth" in self.methods:
            found["tls_client_certificate_bound_access_tokens"] = True
        return found

    def subject(self, persona: str, client_id: str) -> str:
        """The `sub` of a persona: the same for all clients of PSC, one for each of FranceConnect's.

        That of PSC has the shape of the real one, and is no more stable across environments.
        """
        if self.key == "psc":
            return f"f:{uuid5(NAMESPACE_URL, self.issuer)}:{persona}"
        return hashlib.sha256(f"{client_id}\0{persona}".encode()).hexdigest() + "v1"


_REALM: Final = "/auth/realms/esante-wallet"
_PSC: Final = f"{_REALM}/protocol/openid-connect"
_FC: Final = "/api/v2"

PSC: Final = Provider(
    key="psc",
    name="Pro Santé Connect",
    issuer_path=_REALM,
    discovery=f"{_REALM}/.well-known/wallet-openid-configuration",
    addresses=MappingProxyType(
        {
            "authorization_endpoint": "/auth",
            "token_endpoint": f"{_PSC}/token",
            "userinfo_endpoint": f"{_PSC}/userinfo",
            "jwks_uri": f"{_PSC}/certs",
            "introspection_endpoint": f"{_PSC}/token/introspect",
            "revocation_endpoint": f"{_PSC}/revoke",
            "end_session_endpoint": f"{_PSC}/logout",
            "backchannel_authentication_endpoint": f"{_PSC}/ext/ciba/auth",
        }
    ),
    scopes=(
        "openid",
        "scope_all",
        "scope_1",
        "scope_2",
        "rpps",
        "identity",
        "referentiel",
        "interop",
    ),
    default_scopes=("openid", "scope_all"),
    levels=("eidas1",),
    weak="eidas0",
    algorithm="RS256",
    methods=("client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth"),
    grants=("authorization_code", "refresh_token", CIBA),
    access_seconds=120,
    refresh_seconds=1800,
    session_seconds=4 * 3600,
    signed_information=False,
)

FRANCE_CONNECT: Final = Provider(
    key="franceconnect",
    name="FranceConnect",
    issuer_path=_FC,
    discovery=f"{_FC}/.well-known/openid-configuration",
    addresses=MappingProxyType(
        {
            "authorization_endpoint": f"{_FC}/authorize",
            "token_endpoint": f"{_FC}/token",
            "userinfo_endpoint": f"{_FC}/userinfo",
            "jwks_uri": f"{_FC}/jwks",
            "end_session_endpoint": f"{_FC}/session/end",
        }
    ),
    scopes=(
        "openid",
        "given_name",
        "family_name",
        "gender",
        "birthdate",
        "birthplace",
        "birthcountry",
        "preferred_username",
        "email",
        "profile",
        "birth",
        "identite_pivot",
    ),
    default_scopes=("openid", "identite_pivot"),
    levels=("eidas1", "eidas2", "eidas3"),
    weak="eidas1",
    algorithm="ES256",
    methods=("client_secret_post", "client_secret_basic", "private_key_jwt"),
    grants=("authorization_code",),
    access_seconds=60,
    refresh_seconds=0,
    session_seconds=1800,
    signed_information=True,
)

PROVIDERS: Final[Mapping[str, Provider]] = MappingProxyType(
    {each.key: each for each in (PSC, FRANCE_CONNECT)}
)

#: Where the front leads to the stand-ins, as patterns of paths.
PATHS: Final = ("/auth", "/auth/*", f"{_FC}/*", "/bac-a-sable/*")

#: What each scope of FranceConnect opens (beside `sub`); a scope named as a claim opens it.
_PIVOT: Final = ("given_name", "family_name", "gender", "birthdate", "birthplace", "birthcountry")
_OPENED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "profile": ("given_name", "family_name", "gender", "birthdate", "preferred_username"),
        "birth": ("birthplace", "birthcountry"),
        "identite_pivot": (*_PIVOT, "given_name_array"),
        "given_name": ("given_name", "given_name_array"),
    }
)


def allowed_claims(provider: Provider, scope: str, claims: Mapping[str, Any]) -> dict[str, Any]:
    """What of `claims` this scope gives. Pro Santé Connect gives all of them for each scope."""
    if provider.key == "psc":
        return dict(claims)
    opened = {name for each in scope.split() for name in _OPENED.get(each, (each,))}
    return {name: value for name, value in claims.items() if name in opened}
