"""The stand-ins, served over HTTP, with three clients and a few personas."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit
from uuid import uuid4

import pytest
import requests
from django.test import Client
from joserfc import jws
from joserfc.jwk import RSAKey

from carnet.national.doors.signin import actions
from carnet.national.doors.signin.providers import FRANCE_CONNECT, PSC, Provider
from tests.national.doors.signin.people import CITIZEN, DOCTOR, NURSE
from tests.waiting import LONG

BACK = "http://127.0.0.1:1/retour"
BYE = "http://127.0.0.1:1/au-revoir"
SECRET = "a secret of the tests, long enough"
VERIFIER = "v" * 64
FORM = "application/x-www-form-urlencoded"


@dataclass
class Sandbox:
    """The stand-ins as a client sees them, and what it does with a browser of its own."""

    url: str
    key: RSAKey
    told: list[str] = field(default_factory=list)  #: logout tokens received
    jar: requests.Session = field(default_factory=requests.Session)

    def question(self, provider: Provider = PSC, **changed: str | None) -> dict[str, str]:
        """A good authorization request, with what is changed in it (None: left out)."""
        verifier = secrets.token_urlsafe(48)
        self.verifier = verifier
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": "logiciel",
            "redirect_uri": BACK,
            "scope": " ".join(provider.default_scopes),
            "state": "état/1+2 %",
            "nonce": secrets.token_urlsafe(16),
            "acr_values": provider.levels[-1],
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **changed,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def ask(self, asked: dict[str, Any], provider: Provider = PSC) -> requests.Response:
        """The page of personas, or a refusal."""
        address = f"{self.url}{provider.addresses['authorization_endpoint']}"
        return self.jar.get(address, params=asked, allow_redirects=False, timeout=LONG)

    def choose(
        self, asked: dict[str, Any], persona: str, provider: Provider = PSC, **form: str
    ) -> requests.Response:
        """Choose a persona on the page; the answer is the way back."""
        page = self.ask(asked, provider)
        assert page.status_code == 200, page.text
        address = f"{self.url}{provider.addresses['authorization_endpoint']}/identite"
        return self.jar.post(
            f"{address}?{urlencode(asked, doseq=True)}",
            data={"csrfmiddlewaretoken": csrf(page.text), "persona": persona, **form},
            allow_redirects=False,
            timeout=LONG,
        )

    def code(self, provider: Provider = PSC, *, persona: str = "", **more: str) -> str:
        """A code, as a client receives it."""
        form = {"panne": more.pop("panne")} if "panne" in more else {}
        self.asked = self.question(provider, **more)
        who = persona or (DOCTOR.idnat if provider is PSC else CITIZEN)
        return back(self.choose(self.asked, who, provider, **form))["code"]

    def token(self, provider: Provider = PSC, **form: str | None) -> requests.Response:
        """Ask the token endpoint; `secret` and `client` may be said."""
        client, secret = form.pop("client", "logiciel"), form.pop("secret", SECRET)
        data = {"client_id": client, "client_secret": secret, **form}
        return requests.post(
            f"{self.url}{provider.addresses['token_endpoint']}",
            data={name: value for name, value in data.items() if value is not None},
            timeout=LONG,
        )

    def exchange(
        self, code: str | None, /, provider: Provider = PSC, **changed: str | None
    ) -> requests.Response:
        """Change a code for tokens."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": self.verifier,
        }
        return self.token(provider, **{**form, **changed})

    def tokens(self, provider: Provider = PSC, **more: str) -> dict[str, Any]:
        """The tokens of somebody who has just signed in."""
        answer = self.exchange(self.code(provider, **more), provider)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def about(self, bearer: str, provider: Provider = PSC) -> requests.Response:
        """The user information."""
        address = f"{self.url}{provider.addresses['userinfo_endpoint']}"
        return requests.get(address, headers={"Authorization": f"Bearer {bearer}"}, timeout=LONG)

    def post(self, name: str, **form: str) -> requests.Response:
        """Ask an endpoint of PSC by its name in the metadata, as the client."""
        data = {"client_id": "logiciel", "client_secret": SECRET, **form}
        return requests.post(f"{self.url}{PSC.addresses[name]}", data=data, timeout=LONG)


@dataclass
class Software:
    """A client of both providers, without network: what our code does not catch is raised."""

    key: RSAKey
    browser: Client = field(default_factory=Client)

    def question(self, provider: Provider) -> dict[str, str]:
        return {
            "response_type": "code",
            "client_id": "logiciel",
            "redirect_uri": BACK,
            "scope": " ".join(provider.default_scopes),
            "state": "s",
            "nonce": str(uuid4()),
            "acr_values": provider.levels[-1],
            "code_challenge": challenge(VERIFIER),
            "code_challenge_method": "S256",
        }

    def code(self, provider: Provider) -> str:
        persona = CITIZEN if provider is FRANCE_CONNECT else DOCTOR.idnat
        address = f"{provider.addresses['authorization_endpoint']}/identite"
        asked = urlencode(self.question(provider))
        answer = self.browser.post(f"{address}?{asked}", {"persona": persona}, secure=True)
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def form(self, code: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
            "client_id": "logiciel",
            "client_secret": SECRET,
        }

    def send(self, path: str, said: Any, method: str = "POST", **headers: str) -> Any:
        """A form, or the query of an address; never a crash, and nobody is led elsewhere."""
        form = said if isinstance(said, str) else encoded(said)
        query = "" if method == "POST" else form
        answer = self.browser.generic(
            method,
            path,
            form.encode() if method == "POST" else b"",
            content_type=FORM,
            secure=True,
            QUERY_STRING=query,
            headers=headers,
        )
        assert answer.status_code < 500, (path, said, headers)
        place = answer.headers.get("Location", "")
        ours = place.startswith("/") and not place.startswith("//")
        assert not place or ours or place.split("?")[0] in (BACK, BYE), place
        return answer

    def assertion(self, claims: Mapping[str, Any], **header: Any) -> str:
        body = json.dumps(claims).encode()
        return jws.serialize_compact({"alg": "RS256", **header}, body, self.key)


def encoded(said: list[tuple[str, str]] | Mapping[str, str]) -> str:
    pairs = said.items() if isinstance(said, Mapping) else said
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)


def challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def csrf(page: str) -> str:
    return page.split('name="csrfmiddlewaretoken" value="')[1].split('"', maxsplit=1)[0]


def back(answer: requests.Response) -> dict[str, str]:
    """What is in the address that a client receives."""
    assert answer.status_code == 302, answer.text
    address = answer.headers["Location"]
    assert address.startswith(f"{BACK}?"), address
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.fixture
def logouts() -> Iterator[tuple[str, list[str]]]:
    """Where a client is told of the end of sessions, and what it was told."""
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told.append(parse_qs(body)["logout_token"][0])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/fin", told
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def client_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "client", "use": "sig"})


@pytest.fixture
def sandbox(
    live_server: Any,
    settings: Any,
    tmp_path: Path,
    client_key: RSAKey,
    logouts: tuple[str, list[str]],
) -> Sandbox:
    """The stand-ins, running."""
    address, told = logouts
    settings.CARNET_SIGNIN_URL = live_server.url
    register(settings, tmp_path, client_key, backchannel_logout_uri=address)
    return Sandbox(live_server.url, client_key, told)


@pytest.fixture
def software(settings: Any, tmp_path: Any, client_key: RSAKey) -> Software:
    settings.CARNET_SIGNIN_URL = "https://testserver"
    register(settings, tmp_path, client_key)
    return Software(client_key)


def register(settings: Any, folder: Path, key: RSAKey, **more: str) -> None:
    """Three clients, the first of both providers, and a few personas."""
    registered: list[dict[str, Any]] = [
        {
            "client_id": "logiciel",
            "provider": provider,
            "name": "Mon logiciel",
            "secret": SECRET,
            "redirect_uris": [BACK],
            "post_logout_redirect_uris": [BYE],
            "jwks": {"keys": [key.as_dict(private=False)]},
            **more,
        }
        for provider in ("psc", "franceconnect")
    ]
    registered += [
        {"client_id": "voisin", "provider": "psc", "secret": SECRET, "redirect_uris": [BACK]},
        {
            "client_id": "ancien",
            "provider": "psc",
            "secret": SECRET,
            "redirect_uris": [BACK],
            "pkce": False,
        },
    ]
    file = folder / "clients.json"
    file.write_text(json.dumps({"clients": registered}), encoding="utf-8")
    settings.CARNET_SIGNIN_CLIENTS = file
    for position, person in enumerate((DOCTOR, NURSE)):
        actions.register_persona(
            "psc",
            person.idnat,
            name=person.name,
            what="Profession",
            claims=person.claims(),
            position=position,
        )
    actions.register_persona(
        "franceconnect",
        CITIZEN,
        name="Jeanne DELACROIX",
        what="née le 2 mars 1944",
        claims={
            "family_name": "DELACROIX",
            "given_name": "JEANNE",
            "given_name_array": ["JEANNE"],
            "gender": "female",
            "birthdate": "1944-03-02",
            "birthplace": "31555",
            "birthcountry": "99100",
            "email": "jeanne@courriel.invalid",
        },
        position=0,
    )
