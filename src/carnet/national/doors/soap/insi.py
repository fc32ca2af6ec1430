"""INSi at the address and in the messages of the real service (spec identity §1.11, §1.12).

What makes it other than the services of the record: no VIHF but a certificate of a structure or a
card with its assertion, two context blocks in the header, answers without header, faults that
carry an error of INSi.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, BinaryIO, Final
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from carnet.national.doors.calls import CERTIFICATE_HEADER, client_certificate
from carnet.national.doors.requests import announced, location, stream
from carnet.national.doors.soap import faults
from carnet.national.doors.soap.insi_callers import Caller, check_certificate, open_call
from carnet.national.doors.soap.kept import kept
from carnet.national.identity.insi import batches, quota, search
from carnet.standards.ins.insi import (
    Answer,
    BatchReceipt,
    CollectQuery,
    DepositQuery,
    InsiFault,
    Operation,
    Request,
    exchange,
    wsdl,
)
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import SoapFault

#: The path of the real service, on the host that takes certificates.
PATH: Final = "lps"
CONTENT_TYPE: Final = "application/soap+xml; charset=UTF-8"

_log = logging.getLogger(__name__)


class Access(StrEnum):
    """Who may come."""

    CERTIFIED = "certificate of a structure for INSi, or card and its assertion"


@csrf_exempt
def insi(request: HttpRequest) -> HttpResponse:
    """The five operations of INSi; its WSDL at `?wsdl`."""
    if request.method == "GET" and "wsdl" in map(str.lower, request.GET):
        content = wsdl.write(location(request))
        return HttpResponse(content, content_type="text/xml; charset=UTF-8")
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    return kept(request, stream(request), _answered)


insi.access = Access.CERTIFIED  # type: ignore[attr-defined]


def _answered(request: HttpRequest, source: BinaryIO) -> HttpResponse:
    now = datetime.now(UTC)
    correlation = getattr(request, "correlation", "")
    told: dict[str, str] = {}
    try:
        with faults.translated():
            operation, answer = _answer(request, source, told, now, correlation)
    except SoapFault as fault:
        code = fault.error if isinstance(fault, InsiFault) else fault.subcode or fault.code
        _log.warning("insi_fault", extra={"code": code})
        if told.get("certificate") and fault.code == "Sender":
            faults.write_refusal(fault, told["certificate"], now=now, correlation=correlation)
        return _fault(fault, told.get("message_id", ""))
    return HttpResponse(exchange.write_answer(answer, operation), content_type=CONTENT_TYPE)


def _answer(
    request: HttpRequest,
    source: BinaryIO,
    told: dict[str, str],
    now: datetime,
    correlation: str,
) -> tuple[Operation, Answer]:
    """What is answered to a call; `told` takes what a refusal needs to say of it."""
    certificate = client_certificate(request.headers.get(CERTIFICATE_HEADER), now=now)
    told["certificate"] = certificate.subject
    holder = check_certificate(certificate)
    quota.count(holder, most=settings.CARNET_INSI_CALLS_PER_MINUTE, now=now)
    message = _read(request, source)
    told["message_id"] = message.message_id
    caller = open_call(certificate, message, now=now)
    match message.query:
        case DepositQuery() as query:
            return query.operation, _deposit(caller, query, message.message_id, now, correlation)
        case CollectQuery() as query:
            return query.operation, batches.collect(
                caller.actor, query.batch_id, now=now, correlation=correlation
            )
        case query:
            return query.operation, search.ask(
                caller.actor, query, software=caller.software, now=now, correlation=correlation
            )


def _read(request: HttpRequest, source: BinaryIO) -> Request:
    """The question, read within its limit. Raises `SoapFault`."""
    if announced(request) > exchange.BATCH_LIMIT:
        raise SoapFault("Sender", f"the message exceeds {exchange.BATCH_LIMIT} bytes")
    package = mtom.read(request.headers.get("Content-Type", ""), source, limit=exchange.BATCH_LIMIT)
    if package.attachments:
        raise SoapFault("Sender", "a question to INSi carries no attachment")
    return exchange.read_request(package.root)


def _deposit(
    caller: Caller, query: DepositQuery, message_id: str, now: datetime, correlation: str
) -> Answer:
    batch_id = batches.deposit(
        caller.actor,
        query,
        message_id=message_id,
        keep=timedelta(days=settings.CARNET_INSI_RESULT_DAYS),
        now=now,
        correlation=correlation,
    )
    return BatchReceipt(str(batch_id))


def _fault(fault: SoapFault, message_id: str) -> HttpResponse:
    """The fault: as INSi has it when it carries an error of INSi, with HTTP 500 as it does."""
    headers: dict[str, Any] = {}
    if isinstance(fault, InsiFault):
        body, status = exchange.write_fault(fault), 500
        if fault.error == "carnet_quota":
            headers["Retry-After"] = "60"
    else:
        body = envelope.write_fault(fault, relates_to=message_id, message_id=f"urn:uuid:{uuid4()}")
        status = 400 if fault.code == "Sender" else 500
    return HttpResponse(body, status=status, headers=headers, content_type=CONTENT_TYPE)
