"""A small FranceConnect for the tests: a real server, whose protocol is Authlib's.

One client, one person who is always signed in. `claims` are those of the identity token and of the
user information; a test bends them, or `sign`, to see what the client believes.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    AuthorizationServer,
    ClientMixin,
    OAuth2Payload,
    OAuth2Request,
    grants,
)
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

CLIENT_ID, CLIENT_SECRET = "carnet", "a secret of the tests, long enough"

PERSON = {
    "sub": "b6048e95bb134ec5b1d1e1fa69f287172e91722b9354d637a1bcf2ebb0fd2ef5v1",
    "family_name": "DELACROIX",
    "given_name": "JEANNE",
    "gender": "female",
    "birthdate": "1944-03-02",
    "birthplace": "31555",
    "birthcountry": "99100",
}


@dataclass
class Client(ClientMixin):
    """The one client."""

    redirect_uri: str

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_post"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    """A code given, and what was asked with it."""

    asked: dict[str, str]

    @property
    def code_challenge(self) -> str | None:
        return self.asked.get("code_challenge")

    @property
    def code_challenge_method(self) -> str | None:
        return self.asked.get("code_challenge_method")

    def get_redirect_uri(self) -> str:
        return self.asked["redirect_uri"]

    def get_scope(self) -> str:
        return self.asked["scope"]


class Payload(OAuth2Payload):
    """The fields of a request."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields

    @property
    def data(self) -> dict[str, str]:
        return self._fields

    @property
    def datalist(self) -> dict[str, list[str]]:
        return defaultdict(list, {name: [value] for name, value in self._fields.items()})


class Request(OAuth2Request):
    """A request as Authlib takes it."""

    def __init__(self, method: str, path: str, fields: dict[str, str]) -> None:
        super().__init__(method, f"https://provider.invalid{path}", headers={})
        self.payload = Payload(fields)
        self._fields = fields

    @property
    def args(self) -> dict[str, str]:
        return self._fields

    @property
    def form(self) -> dict[str, str]:
        return self._fields


class CodeGrant(grants.AuthorizationCodeGrant):
    """Codes kept in memory, taken once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post",)

    def save_authorization_code(self, code: str, request: Request) -> None:
        self.server.codes[code] = Code(request.payload.data)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        return self.server.codes.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        codes = self.server.codes
        for name in [name for name, kept in codes.items() if kept is authorization_code]:
            del codes[name]

    def authenticate_user(self, authorization_code: Code) -> Code:
        return authorization_code


@dataclass
class FranceConnect(AuthorizationServer):
    """The provider. `http` is its address once it serves."""

    redirect_uri: str
    claims: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    acr: str = "eidas2"
    identity: dict[str, Any] = field(default_factory=dict)  #: what bends the identity token
    key: ECKey = field(default_factory=lambda: _key("first"))
    algorithm: str = "ES256"
    metadata: dict[str, Any] = field(default_factory=dict)
    http: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.codes: dict[str, Code] = {}
        self.tokens: set[str] = set()
        self.keys = [self.key]
        self.sign: Callable[[dict[str, Any]], str] = self._sign
        self.register_grant(CodeGrant, [CodeChallenge(required=True), self._identify])
        self.register_token_generator(
            "default", BearerTokenGenerator(lambda *_a, **_n: generate_token(42))
        )

    def query_client(self, client_id: str) -> Client | None:
        return Client(self.redirect_uri) if client_id == CLIENT_ID else None

    def save_token(self, token: dict[str, Any], request: Request) -> None:
        self.tokens.add(token["access_token"])

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def handle_response(self, status: int, payload: Any, headers: Any) -> tuple[int, Any, Any]:
        return status, payload, headers

    def send_signal(self, *_arguments: Any, **_named: Any) -> None:
        pass

    def _identify(self, grant: CodeGrant) -> None:
        def add(_grant: CodeGrant, response: Any) -> None:
            _status, token, _headers = response
            now = int(time.time())
            asked = grant.request.authorization_code.asked
            token["id_token"] = self.sign(
                {
                    "iss": self.http,
                    "sub": self.claims["sub"],
                    "aud": CLIENT_ID,
                    "iat": now,
                    "exp": now + 60,
                    "nonce": asked["nonce"],
                    "acr": self.acr,
                    **self.identity,
                }
            )

        grant.register_hook("after_create_token_response", add)

    def _sign(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, [self.algorithm])

    def rotate(self) -> None:
        """Sign with another key from now on."""
        self.key = _key("second")
        self.keys = [self.key]

    def answer(self, method: str, path: str, fields: dict[str, str], bearer: str) -> Any:
        match path:
            case "/.well-known/openid-configuration":
                return 200, self._metadata(), []
            case "/jwks":
                return 200, KeySet(self.keys).as_dict(private=False), []
            case "/authorize":
                request = Request(method, path, fields)
                grant = self.get_consent_grant(request, end_user="somebody")
                return self.create_authorization_response(request, "somebody", grant)
            case "/token":
                return self.create_token_response(Request(method, path, fields))
            case "/userinfo" if bearer in self.tokens:
                about = {**self.claims, "iss": self.http, "aud": CLIENT_ID}
                return 200, self._sign(about), [("Content-Type", "application/jwt")]
        return 401, {"error": "invalid_token"}, []

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.http,
            "authorization_endpoint": f"{self.http}/authorize",
            "token_endpoint": f"{self.http}/token",
            "userinfo_endpoint": f"{self.http}/userinfo",
            "jwks_uri": f"{self.http}/jwks",
            "end_session_endpoint": f"{self.http}/session/end",
            **self.metadata,
        }


def _key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig", "alg": "ES256"})


class _Handler(BaseHTTPRequestHandler):
    provider: FranceConnect

    def do_GET(self) -> None:
        self._reply(dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._reply(dict(parse_qsl(body)))

    def _reply(self, fields: dict[str, str]) -> None:
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        status, payload, headers = self.provider.answer(
            self.command, urlsplit(self.path).path, fields, bearer
        )
        named = {"Content-Type": "application/json", **dict(headers)}
        body = payload if isinstance(payload, str) else json.dumps(payload)
        self.send_response(status)
        for name, value in named.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_arguments: Any) -> None:
        pass


@contextmanager
def serving(redirect_uri: str) -> Iterator[FranceConnect]:
    """The provider, served on this machine."""
    provider = FranceConnect(redirect_uri)
    handler = type("Handler", (_Handler,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        provider.http = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
