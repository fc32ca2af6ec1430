"""One SOAP service: bounded reading, the session, one handler by action, the answer.

Which fault answers what is in `faults`. An error of XDS is an answer like another (HTTP 200).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import BinaryIO, Protocol
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt
from lxml import etree

from carnet.national.doors.calls import (
    CERTIFICATE_HEADER,
    Session,
    client_certificate,
    open_session,
)
from carnet.national.doors.requests import announced, header, location, stream
from carnet.national.doors.soap import faults
from carnet.national.doors.soap.kept import kept
from carnet.national.doors.soap.retired import RETIRED
from carnet.standards.certificates import Certificate
from carnet.standards.soap import envelope, mtom, wsdl
from carnet.standards.soap.envelope import Envelope, SoapFault

_log = logging.getLogger(__name__)

#: What a request weighs beside its documents: envelope, assertion, metadata, signature of the lot.
_MARGIN = 2 * 1024 * 1024


class Caller(StrEnum):
    """Who may come to a service."""

    CERTIFIED = "client certificate and VIHF"
    NODE = "client certificate of the affinity domain"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, its caller known."""

    session: Session
    payload: etree._Element
    attachments: Mapping[str, bytes]
    message_id: str
    now: datetime
    correlation: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The element that answers, and what it refers to by Content-ID.

    `action` is set when it is not that of the operation: another interaction of HL7 v3.
    """

    payload: bytes
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    action: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is done for one `wsa:Action`, and the action of its answer; `also` are other names."""

    action: str
    answer_action: str
    handle: Callable[[Call], Answer]
    also: tuple[str, ...] = ()


View = Callable[[HttpRequest], HttpResponse]


class Opens(Protocol):
    """Makes the session of a caller from its certificate and its assertion, if it has one."""

    def __call__(
        self, client: Certificate, assertion: bytes | None, /, *, now: datetime
    ) -> Session: ...


def service(
    *operations: Operation,
    described: wsdl.Service | None = None,
    caller: Caller = Caller.CERTIFIED,
    opens: Opens = open_session,
) -> View:
    """The view of a service with these operations, to `caller`s, whose session `opens` makes.

    Its WSDL, when it is `described`, is given at `?wsdl` to whoever reaches the address.
    """
    by_action = {
        action: operation
        for operation in operations
        for action in (operation.action, *operation.also)
    }

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "GET" and described and "wsdl" in map(str.lower, request.GET):
            return _description(request, described)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return kept(request, stream(request), answered)

    def answered(request: HttpRequest, body: BinaryIO) -> HttpResponse:
        relates_to = holder = ""
        now = datetime.now(UTC)
        correlation = getattr(request, "correlation", "")
        try:
            with faults.translated():
                certificate = client_certificate(header(request, CERTIFICATE_HEADER), now=now)
                holder = certificate.subject
                package = mtom.read(
                    request.META.get("CONTENT_TYPE", ""),
                    body,
                    limit=_limit(request),
                )
                message = envelope.read(package.root)
                relates_to = message.addressing.message_id
                operation = _operation(by_action, message)
                session = opens(certificate, message.assertion, now=now)
                answer = operation.handle(
                    Call(
                        session,
                        message.payload,
                        package.attachments,
                        relates_to,
                        now,
                        correlation,
                    )
                )
        except SoapFault as fault:
            _log.warning("soap_fault", extra={"code": fault.subcode or fault.code})
            if holder and fault.code == "Sender":
                faults.write_refusal(fault, holder, now=now, correlation=correlation)
            return _fault(fault, relates_to)
        return _response(message, operation, answer)

    view.access = caller  # type: ignore[attr-defined]
    view.operations = operations  # type: ignore[attr-defined]
    return view


def _limit(request: HttpRequest) -> int:
    """How many bytes may be read. Raises `SoapFault` when more are announced."""
    limit = 2 * int(settings.CARNET_MAX_DOCUMENT_BYTES) + _MARGIN
    if announced(request) > limit:
        raise SoapFault("Sender", f"the message exceeds {limit} bytes")
    return limit


def _description(request: HttpRequest, described: wsdl.Service) -> HttpResponse:
    content = wsdl.write(described, location(request))
    return HttpResponse(content, content_type="text/xml; charset=UTF-8")


def _operation(by_action: Mapping[str, Operation], message: Envelope) -> Operation:
    operation = by_action.get(message.addressing.action)
    if operation is None:
        raise SoapFault(
            "Sender",
            RETIRED.get(etree.QName(message.payload).localname, "this service has no such action"),
            subcode="wsa:ActionNotSupported",
        )
    return operation


def _response(message: Envelope, operation: Operation, answer: Answer) -> HttpResponse:
    action = answer.action or operation.answer_action
    addressing = message.addressing.answer(action, f"urn:uuid:{uuid4()}")
    content_type, body = mtom.write(
        envelope.write(addressing, answer.payload),
        answer.attachments,
        boundary=f"carnet-{uuid4()}",
        action=action,
    )
    return HttpResponse(body, content_type=content_type)


def _fault(fault: SoapFault, relates_to: str) -> HttpResponse:
    """The fault, 400 when the sender must change the message (SOAP 1.2 part 2, §7.5.2)."""
    body = envelope.write_fault(fault, relates_to=relates_to, message_id=f"urn:uuid:{uuid4()}")
    return HttpResponse(
        body,
        status=400 if fault.code == "Sender" else 500,
        content_type="application/soap+xml; charset=UTF-8",
    )
