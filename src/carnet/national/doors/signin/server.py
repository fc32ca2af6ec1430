"""One authorization server for each provider: Authlib's, over our tables."""

from __future__ import annotations

import base64
import json
import re
import secrets
from datetime import timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import unquote_plus

from authlib.integrations.django_oauth2.requests import DjangoOAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError, OAuth2Request
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from joserfc.jwk import KeySet

from carnet.national.doors.calls import CERTIFICATE_HEADER, CallRefused, client_certificate
from carnet.national.doors.signin import clients, sessions, tokens
from carnet.national.doors.signin.clients import Client
from carnet.national.doors.signin.endpoints import (
    Asking,
    Ending,
    Introspection,
    Revocation,
)
from carnet.national.doors.signin.grants import (
    Asked,
    CibaGrant,
    CodeGrant,
    Identified,
    RefreshGrant,
    challenged,
)
from carnet.national.doors.signin.models import RefreshToken, SeenAssertion, Session
from carnet.national.doors.signin.providers import PROVIDERS, Provider
from carnet.national.doors.signin.troubles import Trouble
from carnet.standards import openid
from carnet.standards.certificates import Certificate
from carnet.standards.openid import TokenRefused

_LONGEST_ASSERTION: Final = 16 * 1024
_JTI: Final = re.compile("[\x20-\x7e]{1,512}")


class Server(AuthorizationServer):  # type: ignore[misc]
    """The protocol of a provider. What it issues belongs to a `Session`, Authlib's "user"."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(list(provider.scopes))
        self.provider = provider
        self.register_token_generator("default", self._bearer)
        self.register_grant(CodeGrant, [Asked(provider.levels), challenged()])
        if "refresh_token" in provider.grants:
            self.register_grant(RefreshGrant, [Identified()])
        if CibaGrant.GRANT_TYPE in provider.grants:
            self.register_grant(CibaGrant, [Identified()])
        for endpoint in (Asking, Ending, Introspection, Revocation):
            self.register_endpoint(endpoint)
        self.register_client_auth_method("client_secret_basic", _by_secret)
        self.register_client_auth_method("private_key_jwt", _Assertion(provider))
        self.register_client_auth_method("tls_client_auth", _by_certificate)

    def authenticate_client(self, request: Any, _methods: Any, endpoint: str = "token") -> Client:
        """By any of the provider's methods that the client holds."""
        found: Client = super().authenticate_client(request, self.provider.methods, endpoint)
        return found

    def query_client(self, client_id: str) -> Client | None:
        return clients.client(self.provider, client_id)

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        session: Session = request.user
        now = timezone.now()
        if refresh := token.get("refresh_token"):
            life = timedelta(seconds=self.provider.refresh_seconds)
            RefreshToken.objects.create(
                digest=tokens.digest(refresh), session=session, expires_at=now + life
            )
        if Trouble(session.trouble) is Trouble.REVOKED:
            sessions.end(session, now=now)
        token["session_state"] = str(session.id)
        if certificate := certificate_of(request) if request.client.bound_tokens else None:
            token["access_token"] = tokens.access(session, now=now, certificate=certificate.der)

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        return request if isinstance(request, OAuth2Request) else DjangoOAuth2Request(request)

    def handle_response(self, status: int, body: Any, headers: Any) -> HttpResponse:
        content = json.dumps(body) if isinstance(body, dict) else body
        response = HttpResponse(content, status=status)
        for name, value in headers:
            response.headers[name] = value
        response.headers["Cache-Control"] = "no-store"
        return response

    def send_signal(self, name: str, *arguments: Any, **named: Any) -> None:
        """Nobody listens."""

    def _bearer(self, *, user: Session, scope: str, **_named: Any) -> dict[str, Any]:
        token: dict[str, Any] = {
            "access_token": tokens.access(user, now=timezone.now(), certificate=None),
            "token_type": "Bearer",
            "expires_in": self.provider.access_seconds,
            "scope": scope,
        }
        if self.provider.refresh_seconds:
            token["refresh_token"] = secrets.token_urlsafe(48)
            token["refresh_expires_in"] = self.provider.refresh_seconds
        return token


def server(provider: Provider) -> Server:
    """The authorization server of a provider."""
    return _server(provider.key)


@cache
def _server(key: str) -> Server:
    return Server(PROVIDERS[key])


def certificate_of(request: Any) -> Certificate | None:
    """The certificate of the connection, verified; none without, or when it is not trusted."""
    header = request.headers.get(CERTIFICATE_HEADER)
    if not header:
        return None
    try:
        return client_certificate(header, now=timezone.now())
    except CallRefused:
        return None


def _by_secret(query_client: Any, request: Any) -> Client | None:
    """client_secret_basic (RFC 6749 §2.3.1). Authlib's own breaks on what is no base64 of UTF-8."""
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(said.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    known: Client | None = query_client(unquote_plus(name))
    return known if known is not None and known.check_client_secret(unquote_plus(secret)) else None


def _by_certificate(query_client: Any, request: Any) -> Client | None:
    """tls_client_auth (RFC 8705 §2.1): the subject of the certificate is the registered one."""
    known: Client | None = query_client(request.form.get("client_id", ""))
    if known is None or not known.certificate:
        return None
    held = certificate_of(request)
    return known if held is not None and held.subject == known.certificate else None


class _Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """private_key_jwt (RFC 7523 §2.2): a client signs that it is itself."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.provider = provider

    def get_audiences(self) -> list[str]:
        return [self.provider.address("token_endpoint"), self.provider.issuer]

    def resolve_client_public_key(self, client: Client) -> KeySet:
        if client.jwks is None:
            raise InvalidClientError(description="The client has registered no key.")
        return openid.keys(client.jwks)

    def extract_assertion(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Head and claims, before anything is verified: whatever anybody sends."""
        if len(assertion) > _LONGEST_ASSERTION:
            raise InvalidClientError(description="Invalid JWT assertion.")
        try:
            head, claims = super().extract_assertion(assertion)
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidClientError(description="Invalid JWT assertion.") from error
        return head, claims

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> openid.Claims:
        try:
            claims = openid.signed(assertion, resolve_key)
        except TokenRefused as refusal:
            raise InvalidClientError(description="Invalid JWT assertion.") from refusal
        self.verify_claims(claims)
        return claims

    def validate_jti(self, claims: openid.Claims, jti: object) -> bool:
        if not isinstance(jti, str) or not _JTI.fullmatch(jti):
            raise InvalidClientError(description="JWT ID is not 1 to 512 printable characters.")
        try:
            with transaction.atomic():
                SeenAssertion.objects.create(
                    client_id=claims["sub"], jti=jti, seen_at=timezone.now()
                )
        except IntegrityError:
            return False
        return True
