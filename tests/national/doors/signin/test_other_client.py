"""A client that is not ours, idpyoidc, through the checklist of each provider.

What it does not know of (CIBA, whose profile asks `acr_values` and two digits; the back channel) is
asked by hand in the tests beside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from django.core.management import call_command
from idpyoidc.client.rp_handler import RPHandler

from carnet.national.doors.signin.providers import FRANCE_CONNECT, PSC, Provider
from tests.national.doors.signin.conftest import BACK, BYE, SECRET, Sandbox, back
from tests.national.doors.signin.people import CITIZEN, DOCTOR
from tests.waiting import LONG

pytestmark = pytest.mark.django_db(transaction=True)

SERVICES = {
    "authorization": "authorization.Authorization",
    "accesstoken": "access_token.AccessToken",
    "refresh_accesstoken": "refresh_access_token.RefreshAccessToken",
    "userinfo": "userinfo.UserInfo",
    "end_session": "end_session.EndSession",
}


class Other:
    """An idpyoidc relying party, and the persona who signs in by it."""

    def __init__(self, sandbox: Sandbox, provider: Provider) -> None:
        self.sandbox, self.provider = sandbox, provider
        self.metadata = requests.get(sandbox.url + provider.discovery, timeout=LONG).json()
        preference: dict[str, Any] = {
            "scope": list(provider.default_scopes),
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": [provider.algorithm],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }
        if provider.signed_information:
            preference["userinfo_signing_alg_values_supported"] = [provider.algorithm]
        self.handler = RPHandler(
            "https://rp.example",
            # Without a path, which it has by default, it writes its keys nowhere.
            key_conf={"key_defs": [{"type": "EC", "crv": "P-256", "use": ["sig"]}]},
            client_configs={
                provider.issuer: {
                    "client_id": "logiciel",
                    "client_secret": SECRET,
                    "client_type": "oidc",
                    "redirect_uris": [BACK],
                    "post_logout_redirect_uris": [BYE],
                    "issuer": provider.issuer,
                    "provider_info": self.metadata,
                    "preference": preference,
                    "client_authn_methods": {
                        "client_secret_post": "idpyoidc.client.client_auth.ClientSecretPost",
                        "bearer_header": "idpyoidc.client.client_auth.BearerHeader",
                    },
                    "services": {
                        name: {"class": f"idpyoidc.client.oidc.{place}"}
                        for name, place in SERVICES.items()
                    },
                    "add_ons": {
                        "pkce": {
                            "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
                            "kwargs": {
                                "code_challenge_length": 64,
                                "code_challenge_method": "S256",
                            },
                        }
                    },
                }
            },
        )

    def sign_in(self, **more: str) -> dict[str, Any]:
        asked = self.handler.begin(
            self.provider.issuer,
            req_args={
                "acr_values": [self.provider.levels[-1]],
                "scope": list(self.provider.default_scopes),
                **more,
            },
        )
        self.asked = dict(parse_qsl(urlsplit(asked).query))
        who = DOCTOR.idnat if self.provider is PSC else CITIZEN
        answer = back(self.sandbox.choose(self.asked, who, self.provider))
        self.state = answer["state"]
        return dict(self.handler.finalize(self.provider.issuer, answer))


def code_and_pkce(other: Other) -> None:
    known = other.sign_in()
    assert other.asked["code_challenge_method"] == "S256"
    about = known["userinfo"]
    if other.provider is PSC:
        assert about["SubjectNameID"] == DOCTOR.idnat
        assert about["SubjectRefPro"]["exercices"][0]["codeProfession"] == "10"
    else:
        assert (about["family_name"], about["birthcountry"]) == ("DELACROIX", "99100")
    assert known["id_token"]["acr"] == other.provider.levels[-1]


def refresh(other: Other) -> None:
    known = other.sign_in()
    renewed = other.handler.refresh_access_token(other.state)
    assert renewed["access_token"] != known["token"]
    about = other.handler.get_user_info(other.state, access_token=renewed["access_token"])
    assert about["sub"] == known["userinfo"]["sub"]


def no_refresh(other: Other) -> None:
    other.sign_in()
    assert "refresh_token" not in other.metadata["grant_types_supported"]
    asked = {"grant_type": "refresh_token", "refresh_token": "x"}
    refused = other.sandbox.token(other.provider, **asked).json()
    assert refused["error"] == "unsupported_grant_type"


def key_rotation(other: Other) -> None:
    other.sign_in()
    call_command("rotate_signin_keys", other.provider.key)
    assert other.sign_in()["id_token"]["iss"] == other.provider.issuer


def logout(other: Other) -> None:
    known = other.sign_in()
    asked = other.handler.logout(other.state, post_logout_redirect_uri=BYE)
    answer = requests.get(asked["url"], allow_redirects=False, timeout=LONG)
    assert answer.headers["Location"].startswith(BYE)
    assert other.sandbox.about(known["token"], other.provider).status_code == 401


def metadata(other: Other) -> None:
    """Discovery 1.0 §3: what is required is there, and each address answers."""
    for name in (
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
    ):
        assert other.metadata[name], name
    for name, address in other.metadata.items():
        if name.endswith("_endpoint"):
            assert requests.get(address, timeout=LONG).status_code != 404, name


CHECKS: dict[str, tuple[Callable[[Other], None], ...]] = {
    "psc": (metadata, code_and_pkce, refresh, key_rotation, logout),
    "franceconnect": (metadata, code_and_pkce, no_refresh, key_rotation, logout),
}


@pytest.mark.parametrize(
    ("provider", "check"),
    [
        pytest.param(provider, check, id=f"{provider.key}-{check.__name__}")
        for provider in (PSC, FRANCE_CONNECT)
        for check in CHECKS[provider.key]
    ],
)
def test_the_checklist(
    sandbox: Sandbox, provider: Provider, check: Callable[[Other], None]
) -> None:
    check(Other(sandbox, provider))
