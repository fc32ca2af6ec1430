"""Each exchange of a sandbox is kept, once it is answered (`national.exchanges`)."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import BinaryIO, Final, cast

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from lxml import etree

from carnet.national.doors.calls import CERTIFICATE_HEADER, CallRefused, client_certificate
from carnet.national.exchanges import actions as exchanges
from carnet.national.exchanges.actions import Heard
from carnet.standards.gdp.messages import HL7
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import SOAP, Envelope, SoapFault

_log = logging.getLogger(__name__)

#: Where an answer says its code, the most telling first.
_OUTCOMES: Final = tuple(
    etree.XPath(place, namespaces={"h": HL7, "s": SOAP})
    for place in (
        ".//*[local-name() = 'RegistryError']/@errorCode",
        "h:acknowledgement/h:acknowledgementDetail/h:code/@code",
        "h:acknowledgement/@typeCode",
        "*[local-name() = 'output']/*[local-name() = 'status']/text()",
        "self::s:Fault/s:Code/s:Subcode/s:Value/text()",
        "self::s:Fault/s:Code/s:Value/text()",
        "(self::*|.//*[local-name() = 'RegistryResponse'])/@status",
    )
)


class Tape:
    """A body that is remembered as it is read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._chunks: list[bytes] = []

    def read(self, size: int = -1) -> bytes:
        """As any file."""
        chunk = self._source.read(size)
        self._chunks.append(chunk)
        return chunk

    @property
    def heard(self) -> bytes:
        """What was read; nothing of a body that was refused unread."""
        return b"".join(self._chunks)


class _Remembered(HttpResponse):
    """An answer that is kept when the server closes it: after it was sent."""

    remember: Callable[[], None]

    def close(self) -> None:
        self.remember()
        super().close()


Answer = Callable[[HttpRequest, BinaryIO], HttpResponse]


def kept(request: HttpRequest, source: BinaryIO, answer: Answer) -> HttpResponse:
    """Answer a call from its body, `source`; in a sandbox, keep both once the answer is sent."""
    if not exchanges.is_kept():
        return answer(request, source)
    tape, begun = Tape(source), time.perf_counter()
    response = answer(request, cast(BinaryIO, tape))
    elapsed = (time.perf_counter() - begun) * 1000
    remembered = _Remembered(
        response.content, status=response.status_code, headers=dict(response.headers)
    )
    remembered.remember = lambda: _keep(request, tape, response, elapsed)
    return remembered


def _keep(request: HttpRequest, tape: Tape, response: HttpResponse, elapsed: float) -> None:
    """Keep an exchange; a log that cannot be written is told, and breaks nothing."""
    now = datetime.now(UTC)
    request_type = request.headers.get("Content-Type", "")
    asked = _envelope(request_type, tape.heard)
    answered = _envelope(response.headers["Content-Type"], response.content)
    try:
        exchanges.keep(
            Heard(
                service=request.path_info.rpartition("/")[2],
                request_type=request_type,
                request=tape.heard,
                status=response.status_code,
                answer_type=response.headers["Content-Type"],
                answer=response.content,
                milliseconds=round(elapsed, 1),
                action=asked.addressing.action if asked else "",
                message_id=asked.addressing.message_id if asked else "",
                caller=_caller(request, now),
                outcome=_outcome(answered),
                correlation=getattr(request, "correlation", ""),
            ),
            now=now,
        )
    except DatabaseError as error:
        _log.error("exchange_not_kept", extra={"reason": type(error).__name__})


def _caller(request: HttpRequest, now: datetime) -> str:
    try:
        return client_certificate(request.headers.get(CERTIFICATE_HEADER), now=now).subject
    except CallRefused:
        return ""


def _envelope(content_type: str, body: bytes) -> Envelope | None:
    try:
        return envelope.read(mtom.read(content_type, io.BytesIO(body), limit=len(body)).root)
    except SoapFault:
        return None


def _outcome(answered: Envelope | None) -> str:
    """The code of an answer, of the DMP, of XDS or of SOAP, by its last name."""
    if answered is None:
        return ""
    found = (code for place in _OUTCOMES for code in place(answered.payload))
    return str(next(found, "")).rpartition(":")[2]
