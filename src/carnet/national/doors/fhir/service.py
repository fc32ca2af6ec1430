"""One address of FHIR: who calls, what is read, and every refusal as an OperationOutcome.

A caller shows the same papers as for SOAP: a client certificate and a VIHF, which is here the
access token of IHE IUA (SAML token option), or instead of it an access token of Pro Santé Connect.
What a token may be is the table `_TOKENS`.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from carnet.national.clients.documents import DocumentStoreError
from carnet.national.doors import prosante
from carnet.national.doors.calls import (
    CERTIFICATE_HEADER,
    CallRefused,
    Session,
    client_certificate,
    open_session,
)
from carnet.national.doors.requests import announced, location, stream
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import System
from carnet.standards.certificates import Certificate, CertificateError
from carnet.standards.fhir import outcome
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.outcome import FhirRefused, Issue, refused
from carnet.standards.xds.errors import XdsRefused

_log = logging.getLogger(__name__)

PATH: Final = "fhir"
JSON: Final = "application/fhir+json"
_JSON_TYPES: Final = frozenset({JSON, "application/json", "text/json"})
#: What a request weighs beside its documents.
_MARGIN: Final = 2 * 1024 * 1024
#: An assertion in base64.
_LONGEST_TOKEN: Final = 64 * 1024
_CHALLENGE: Final = 'IHE-SAML, Bearer realm="carnet"'


class Caller(StrEnum):
    """Who may come to an address."""

    CERTIFIED = "client certificate and access token (VIHF)"
    ANYONE = "any software: it is told what is served, nothing of anybody"


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known caller. `base` is the address of the server, no slash at its end."""

    session: Session
    request: HttpRequest
    base: str
    now: datetime
    correlation: str

    @property
    def context(self) -> dict[str, Any]:
        """What the deeds and queries of the record take of every call."""
        return {
            "patient": self.session.patient,
            "now": self.now,
            "correlation": self.correlation,
        }

    def body(self, *types: str) -> tuple[bytes, str]:
        """The bytes of the request, and their media type, one of `types`. Raises `FhirRefused`."""
        said = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if said not in types:
            raise refused(415, "not-supported", f"Content-Type must be {' or '.join(types)}")
        # Three bytes are four characters in base64.
        limit = 3 * int(settings.CARNET_MAX_DOCUMENT_BYTES) + _MARGIN
        too_long = announced(self.request) > limit
        data = b"" if too_long else stream(self.request).read(limit + 1)
        if too_long or len(data) > limit:
            raise refused(413, "too-long", f"the request exceeds {limit} bytes")
        return data, said

    def prefers(self, name: str) -> str:
        """What the header Prefer says of `name`; empty when it says nothing (RFC 7240)."""
        for each in self.request.headers.get("Prefer", "").replace(";", ",").split(","):
            said, _, value = each.strip().partition("=")
            if said == name:
                return value.strip('" ')
        return ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What answers: a resource, or bytes of a media type; `headers` beside those of every reply."""

    resource: Resource | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes = b""
    media_type: str = ""


Handler = Callable[..., Reply]
View = Callable[..., HttpResponse]


def json_types() -> tuple[str, ...]:
    """The media types of a resource in JSON."""
    return (JSON, "application/json")


def endpoint(handlers: Mapping[str, Handler]) -> View:
    """The view of an address, by method, open to callers with certificate and token."""

    @csrf_exempt
    def view(request: HttpRequest, **parts: str) -> HttpResponse:
        now = datetime.now(UTC)
        caller = ""
        try:
            handler = _handler(handlers, request)
            certificate = client_certificate(request.headers.get(CERTIFICATE_HEADER), now=now)
            caller = certificate.subject
            session = _session(request, certificate, now)
            call = Call(session, request, base_of(request), now, _correlation(request))
            return _response(request, handler(call, **parts))
        except CallRefused as refusal:
            _write_refusal(refusal, caller, now=now, correlation=_correlation(request))
            return _refusal(FhirRefused(401, Issue("login", refusal.reason, reason=refusal.code)))
        except FhirRefused as refusal:
            return _refusal(refusal, allowed=handlers)
        except XdsRefused as refusal:
            return _refusal(outcome.of_xds(refusal.errors))
        except UnreadablePostError:
            return _refusal(refused(400, "incomplete", "the request was cut short"))
        except (DatabaseError, DocumentStoreError, CertificateError, OSError) as error:
            _log.exception("fhir_failure", extra={"reason": type(error).__name__})
            return _refusal(_FAILURE)

    view.access = Caller.CERTIFIED  # type: ignore[attr-defined]
    return view


def open_endpoint(handlers: Mapping[str, Callable[[HttpRequest], Reply]]) -> View:
    """The view of an address that tells nothing of anybody."""

    @csrf_exempt
    def view(request: HttpRequest, **_parts: str) -> HttpResponse:
        try:
            return _response(request, _handler(handlers, request)(request))
        except FhirRefused as refusal:
            return _refusal(refusal, allowed=handlers)

    view.access = Caller.ANYONE  # type: ignore[attr-defined]
    return view


def base_of(request: HttpRequest) -> str:
    """The address of the server as the caller wrote it. Raises `FhirRefused`."""
    try:
        return location(request).removesuffix(request.path) + f"/{PATH}"
    except DisallowedHost:
        raise refused(400, "value", "the Host of the request is not this server's") from None


def wants_json(request: HttpRequest) -> bool:
    """Whether the answer may be JSON: by `_format`, else by Accept (HL7 FHIR R4, 3.1.0.1.11)."""
    said = request.GET.get("_format", "").replace(" ", "+") or request.headers.get("Accept", "")
    return not said or any(
        each in _JSON_TYPES | {"json", "*/*", "application/*"} for each in media_types(said)
    )


def media_types(said: str) -> list[str]:
    """The media types of a header Accept; one of another version of FHIR is none of ours."""
    found = []
    for each in said.lower().split(","):
        media_type, *parameters = (part.strip() for part in each.split(";"))
        version = next((p[12:] for p in parameters if p.startswith("fhirversion=")), "4.0")
        if version in ("4.0", "4.0.1") and "q=0" not in parameters:
            found.append(media_type)
    return found


def _handler(handlers: Mapping[str, Callable[..., Reply]], request: HttpRequest) -> Any:
    method = "GET" if request.method == "HEAD" else request.method or ""
    if method not in handlers:
        raise refused(405, "not-supported", "this interaction is not served at this address")
    return handlers[method]


def _correlation(request: HttpRequest) -> str:
    return getattr(request, "correlation", "")


# Who calls


def _session(request: HttpRequest, certificate: Certificate, now: datetime) -> Session:
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if not scheme:
        raise CallRefused("wsse:InvalidSecurity", "the request has no Authorization")
    open_with = _TOKENS.get(scheme.lower())
    if open_with is None or not token or len(token) > _LONGEST_TOKEN:
        raise CallRefused("wsse:InvalidSecurity", "Authorization must be: IHE-SAML [VIHF, base64]")
    return open_with(request, token.strip(), certificate, now)


def _by_assertion(_request: HttpRequest, token: str, holder: Certificate, now: datetime) -> Session:
    """A VIHF in base64url, or base64 (IHE ITI IUA, SAML token option; RFC 7522, 2.1)."""
    text = token.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        assertion = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise CallRefused("wsse:InvalidSecurityToken", "the token is not base64") from None
    return open_session(holder, assertion, now=now)


def _by_bearer(request: HttpRequest, token: str, holder: Certificate, now: datetime) -> Session:
    """A JWT of Pro Santé Connect, or a VIHF: IUA has called that one a bearer token too."""
    if token.count(".") == 2:
        patient = request.GET.get("patient.identifier", "")
        return prosante.open_session(holder, token, patient, now=now)
    return _by_assertion(request, token, holder, now)


_Proof = Callable[[HttpRequest, str, Certificate, datetime], Session]
#: How each scheme of Authorization proves a caller.
_TOKENS: Final[Mapping[str, _Proof]] = MappingProxyType(
    {"ihe-saml": _by_assertion, "bearer": _by_bearer}
)


def _write_refusal(refusal: CallRefused, caller: str, *, now: datetime, correlation: str) -> None:
    """As the SOAP door: a call refused before anybody was known is written (dmp §4.4, 15)."""
    _log.warning("fhir_caller_refused", extra={"code": refusal.code})
    if not caller:
        return
    try:
        journal.record(
            System("fhir"),
            "call.refused",
            at=now,
            patient_id=None,
            outcome="refused",
            reasons=[refusal.code],
            details={"certificate": caller},
            correlation=correlation,
        )
    except DatabaseError as error:
        _log.error("journal_failed", extra={"reason": type(error).__name__})


# What answers

_FAILURE: Final = FhirRefused(
    503, Issue("transient", "the service cannot answer for now, try again later")
)


def respond(
    request: HttpRequest,
    answer: Reply | FhirRefused,
    *,
    allowed: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The response of a service of FHIR that knows its callers by itself."""
    if isinstance(answer, FhirRefused):
        return _refusal(answer, allowed=allowed)
    try:
        return _response(request, answer)
    except FhirRefused as refusal:
        return _refusal(refusal)


def _refusal(refusal: FhirRefused, *, allowed: Mapping[str, Any] | None = None) -> HttpResponse:
    headers = {}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = _CHALLENGE
    elif refusal.status == 405 and allowed:
        headers["Allow"] = ", ".join(allowed)
    elif refusal.status == 503:
        headers["Retry-After"] = "2"
    return _written(Reply(outcome.write(refusal.issues), refusal.status, headers))


def _response(request: HttpRequest, reply: Reply) -> HttpResponse:
    if reply.resource is not None and not wants_json(request):
        raise refused(406, "not-supported", f"only {JSON} of FHIR 4.0 is served")
    response = _written(reply)
    if request.method == "HEAD":
        length = str(len(response.content))
        response.content = b""
        response.headers["Content-Length"] = length
    return response


def _written(reply: Reply) -> HttpResponse:
    if reply.resource is not None:
        content = json.dumps(reply.resource, ensure_ascii=False, separators=(",", ":")).encode()
        media_type = f"{JSON}; charset=utf-8; fhirVersion=4.0"
    else:
        content, media_type = reply.data, reply.media_type
    response = HttpResponse(content, status=reply.status, content_type=media_type or None)
    if not content and not media_type:
        del response.headers["Content-Type"]
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    for name, value in reply.headers.items():
        response.headers[name] = value
    return response
