"""Our OpenID Connect client, against a provider whose protocol is Authlib's."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from carnet.national.clients.openid import OpenIdError, Pending, Provider
from tests.national.clients.provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    PERSON,
    FranceConnect,
    serving,
)
from tests.waiting import LONG

BACK = "https://carnet.example/retour/"
LEVELS = ("eidas2", "eidas3")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        return None


def location(url: str) -> str:
    """Where a person's browser is sent by the provider."""
    try:
        urllib.request.build_opener(_Stay).open(url, timeout=LONG)
    except urllib.error.HTTPError as answer:
        with answer:
            return str(answer.headers["Location"])
    raise AssertionError("the provider did not redirect")


@pytest.fixture
def provider() -> Iterator[FranceConnect]:
    with serving(BACK) as running:
        yield running


@pytest.fixture
def client(provider: FranceConnect) -> Provider:
    return Provider(provider.http, CLIENT_ID, CLIENT_SECRET, "openid given_name")


def finish(client: Provider, address: str, pending: Pending, **changes: Any) -> dict[str, Any]:
    return client.finish(
        address, BACK, pending, **{"acrs": LEVELS, "now": datetime.now(UTC), **changes}
    )


def go_and_come_back(client: Provider) -> None:
    url, pending = client.begin(BACK, acr="eidas2")
    finish(client, location(url), pending)


def refusal(client: Provider) -> str:
    with pytest.raises(OpenIdError) as refused:
        go_and_come_back(client)
    return refused.value.code


def test_a_person_comes_back_with_their_identity(client: Provider) -> None:
    url, pending = client.begin(BACK, acr="eidas2")
    assert "code_challenge_method=S256" in url
    assert "acr_values=eidas2" in url
    assert pending.verifier not in url
    claims = finish(client, location(url), pending)
    assert claims["family_name"] == PERSON["family_name"]
    assert claims["acr"] == "eidas2"


def test_a_code_is_taken_once(client: Provider) -> None:
    url, pending = client.begin(BACK, acr="eidas2")
    address = location(url)
    finish(client, address, pending)
    with pytest.raises(OpenIdError, match="refused"):
        finish(client, address, pending)


def test_a_code_stolen_from_another_browser_opens_nothing(client: Provider) -> None:
    url, pending = client.begin(BACK, acr="eidas2")
    stolen = location(url)
    _url, other = client.begin(BACK, acr="eidas2")
    with pytest.raises(OpenIdError, match="state"):
        finish(client, stolen, other)
    with pytest.raises(OpenIdError, match="refused"):  # PKCE: the verifier is not the right one
        finish(client, stolen, Pending(pending.state, pending.nonce, other.verifier))


def test_an_answer_for_another_nonce_is_refused(client: Provider) -> None:
    url, pending = client.begin(BACK, acr="eidas2")
    with pytest.raises(OpenIdError, match="token"):
        finish(client, location(url), Pending(pending.state, "other", pending.verifier))


@pytest.mark.parametrize(
    ("bent", "code"),
    [
        ({"iss": "https://ailleurs.example"}, "token"),
        ({"aud": "another client"}, "token"),
        ({"exp": 1}, "token"),
        ({"iat": 99_999_999_999}, "token"),
        ({"nonce": "yesterday's"}, "token"),
        ({"acr": "eidas1"}, "level"),
        ({"acr": None}, "level"),
        ({"sub": "somebody else"}, "token"),
    ],
)
def test_an_identity_token_that_is_wrong_in_anything_is_refused(
    provider: FranceConnect, client: Provider, bent: dict[str, Any], code: str
) -> None:
    provider.identity = bent
    assert refusal(client) == code


def test_a_token_signed_by_nobody_or_with_our_own_secret_is_refused(
    provider: FranceConnect, client: Provider
) -> None:
    import_key = OctKey.import_key(CLIENT_SECRET)
    provider.sign = lambda claims: jwt.encode({"alg": "HS256"}, claims, import_key, ["HS256"])
    assert refusal(client) == "token"
    provider.sign = lambda claims: "eyJhbGciOiJub25lIn0.e30."
    assert refusal(client) == "token"


def test_a_key_that_was_replaced_is_asked_again(provider: FranceConnect, client: Provider) -> None:
    url, pending = client.begin(BACK, acr="eidas2")
    finish(client, location(url), pending)
    provider.rotate()
    url, pending = client.begin(BACK, acr="eidas2")
    assert finish(client, location(url), pending)


def test_the_refusal_of_the_person_is_told(client: Provider) -> None:
    _url, pending = client.begin(BACK, acr="eidas2")
    with pytest.raises(OpenIdError, match="access_denied"):
        finish(client, f"{BACK}?error=access_denied&state={pending.state}", pending)


def test_another_issuer_that_answers_is_refused(client: Provider) -> None:
    url, pending = client.begin(BACK, acr="eidas2")
    with pytest.raises(OpenIdError, match="another issuer"):
        finish(client, f"{location(url)}&iss=https://ailleurs.example", pending)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://ailleurs.example"},
        {"authorization_endpoint": None},
        {"token_endpoint": "http://ailleurs.example/token"},
        {"userinfo_endpoint": "ftp://ailleurs.example"},
    ],
)
def test_metadata_that_cannot_be_trusted_is_refused(
    provider: FranceConnect, client: Provider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    assert refusal(client) == "metadata"


def test_a_provider_that_does_not_answer_is_said_to() -> None:
    client = Provider("http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET, "openid")
    with pytest.raises(OpenIdError, match="unreachable"):
        client.begin(BACK, acr="eidas2")
