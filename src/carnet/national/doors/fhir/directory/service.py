"""One address of the directory: whose application asks, and every refusal as an OperationOutcome.

The directory is public: it knows no person who asks, only the key of an application, in the header
of the real API. Source: ANS, documentation of the API; spec identity §3.4.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from carnet.national.doors.fhir.service import Reply, respond
from carnet.national.doors.requests import location
from carnet.standards.fhir.directory.capability import KEY_HEADER
from carnet.standards.fhir.outcome import FhirRefused, Issue, refused

_log = logging.getLogger(__name__)

#: The address of the API; the real one's ends with /fhir/v2 too.
PATH: Final = "annuaire/fhir/v2"

Handler = Callable[..., Reply]


class Caller(StrEnum):
    """Who may come to an address."""

    APPLICATION = "any application; with a key when CARNET_DIRECTORY_KEYS tells some"
    ANYONE = "any software: it is told what is served"


def endpoint(
    handlers: Mapping[str, Handler], *, caller: Caller = Caller.APPLICATION
) -> Callable[..., HttpResponse]:
    """The view of an address, by method."""

    @csrf_exempt
    def view(request: HttpRequest, **parts: str) -> HttpResponse:
        try:
            if caller is Caller.APPLICATION:
                _check_key(request)
            method = "GET" if request.method == "HEAD" else request.method or ""
            if method not in handlers:
                raise refused(405, "not-supported", "the directory is read: GET, or POST _search")
            reply = handlers[method](request, now=datetime.now(UTC), **parts)
            return respond(request, reply)
        except FhirRefused as refusal:
            answer = respond(request, refusal, allowed=handlers)
            if refusal.status == 401:
                answer.headers["WWW-Authenticate"] = f'{KEY_HEADER} realm="carnet"'
            return answer
        except UnreadablePostError:
            return respond(request, refused(400, "incomplete", "the request was cut short"))
        except DatabaseError as error:
            _log.exception("directory_failure", extra={"reason": type(error).__name__})
            return respond(request, _FAILURE)

    view.access = caller  # type: ignore[attr-defined]
    return view


def base_of(request: HttpRequest) -> str:
    """The address of the API as the caller wrote it. Raises `FhirRefused`."""
    try:
        return location(request).removesuffix(request.path) + f"/{PATH}"
    except DisallowedHost:
        raise refused(400, "value", "the Host of the request is not this server's") from None


def _check_key(request: HttpRequest) -> None:
    keys = settings.CARNET_DIRECTORY_KEYS
    given = request.headers.get(KEY_HEADER, "").encode()
    # Every key is compared: the time says nothing of which is near.
    known = [hmac.compare_digest(given, key.encode()) for key in keys]
    if keys and not any(known):
        raise refused(401, "login", f"{KEY_HEADER} must be the key of an application")


_FAILURE: Final = FhirRefused(
    503, Issue("transient", "the directory cannot answer for now, try again later")
)
