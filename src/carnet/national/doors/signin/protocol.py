"""What software asks of a provider: metadata, keys, tokens, information. No page, no cookie."""

from __future__ import annotations

import base64
import hashlib

from authlib.oauth2.rfc6749 import InvalidRequestError
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from carnet.national.doors.signin import keys, questions, tokens
from carnet.national.doors.signin.access import Caller, open_to
from carnet.national.doors.signin.providers import Provider
from carnet.national.doors.signin.server import certificate_of, server
from carnet.standards.openid import TokenRefused


@open_to(Caller.ANYBODY)
@require_safe
def metadata(_request: HttpRequest, provider: Provider) -> HttpResponse:
    """Discovery."""
    return JsonResponse(provider.metadata())


@open_to(Caller.ANYBODY)
@require_safe
def jwks(_request: HttpRequest, provider: Provider) -> HttpResponse:
    """The public keys: the one that signs, and the former ones until they retire."""
    known = keys.published(provider, now=timezone.now())
    return JsonResponse(dict(known.as_dict(private=False)))


@csrf_exempt
@open_to(Caller.CLIENT)
@require_POST
@transaction.atomic
def token(request: HttpRequest, provider: Provider) -> HttpResponse:
    """The token endpoint, all grants."""
    asked = server(provider)
    try:
        return _answer(asked.create_token_response(questions.read(request)))
    except InvalidRequestError as error:
        return _answer(asked.handle_error_response(request, error))


@csrf_exempt
@open_to(Caller.CLIENT)
@require_POST
@transaction.atomic
def endpoint(request: HttpRequest, provider: Provider, name: str) -> HttpResponse:
    """An endpoint of Authlib's by its name: introspection, revocation, a CIBA request."""
    asked = server(provider)
    try:
        return _answer(asked.create_endpoint_response(name, questions.read(request)))
    except InvalidRequestError as error:
        return _answer(asked.handle_error_response(request, error))


@csrf_exempt
@open_to(Caller.BEARER)
@require_http_methods(["GET", "HEAD", "POST"])
def userinfo(request: HttpRequest, provider: Provider) -> HttpResponse:
    """The user information (OpenID Connect Core 1.0 §5.3), for a token in the header alone."""
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not said:
        return _unauthorised("")
    now = timezone.now()
    try:
        session, claims = tokens.opened(provider, said.strip(), now=now)
    except (TokenRefused, ValidationError):
        return _unauthorised("invalid_token")
    bound = claims.get("cnf", {}).get("x5t#S256")
    if bound and bound != _thumbprint(request):
        return _unauthorised("invalid_token")
    found = tokens.information(session, now=now)
    if isinstance(found, str):
        return _answer(HttpResponse(found, content_type="application/jwt"))
    return _answer(JsonResponse(found))


def _thumbprint(request: HttpRequest) -> str:
    held = certificate_of(request)
    digest = hashlib.sha256(held.der).digest() if held else b""
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _unauthorised(error: str) -> HttpResponse:
    response = JsonResponse({"error": error} if error else {}, status=401)
    challenge = 'Bearer realm="carnet"'
    response.headers["WWW-Authenticate"] = f'{challenge}, error="{error}"' if error else challenge
    return _answer(response)


def _answer(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
