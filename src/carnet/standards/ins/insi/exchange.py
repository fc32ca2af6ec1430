"""Whole messages of INSi, from both sides: what the client sends, what the service answers.

A question carries its action and id (WS-Addressing), the two contexts, and the assertion of the
professional unless the connection is authenticated by a certificate. An answer has no header, as
the published ones: a client that knows nothing of WS-Addressing must be able to read it.
Source: WSDL DESIR_ICIR_EXP 1.5.0, published messages (spec identity §1.11).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from carnet.standards import xml
from carnet.standards.ins.insi import context as contexts
from carnet.standards.ins.insi import faults, queries, results
from carnet.standards.ins.insi.context import Context
from carnet.standards.ins.insi.faults import InsiFault
from carnet.standards.ins.insi.queries import DepositQuery, Operation, Question
from carnet.standards.ins.insi.results import Answer
from carnet.standards.soap import envelope
from carnet.standards.soap.envelope import SOAP, WSA, WSSE, SoapFault
from carnet.standards.xml import XmlError, escape

#: Bytes of a message at most: the longest history and a signed assertion stay far below.
LIMIT: Final = 512 * 1024
#: Bytes of a batch at most, or of its result.
BATCH_LIMIT: Final = 16 * 1024 * 1024
#: The header blocks of INSi that are read: they may be marked mustUnderstand.
UNDERSTOOD: Final = frozenset({contexts.LPS_TAG, contexts.BAM_TAG})

_OPEN: Final = f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{SOAP}">'
_CLOSE: Final = "</soap:Body></soap:Envelope>"


@dataclass(frozen=True, slots=True)
class Request:
    """A question with what surrounds it. `assertion` is the bytes of saml:Assertion, not judged."""

    message_id: str
    context: Context
    query: Question
    assertion: bytes | None = None


def write_request(request: Request) -> bytes:
    """The message that asks."""
    security = b"" if request.assertion is None else _security(request.assertion)
    head = (
        f"{contexts.write(request.context)}"
        f'<wsa:Action xmlns:wsa="{WSA}">{escape(request.query.operation.action)}</wsa:Action>'
        f'<wsa:MessageID xmlns:wsa="{WSA}">{escape(request.message_id)}</wsa:MessageID>'
        "</soap:Header><soap:Body>"
    )
    return b"".join(
        (
            f"{_OPEN}<soap:Header>".encode(),
            security,
            head.encode(),
            queries.write(request.query),
            _CLOSE.encode(),
        )
    )


def _security(assertion: bytes) -> bytes:
    return b'<wsse:Security xmlns:wsse="%s">%s</wsse:Security>' % (WSSE.encode(), assertion)


def read_request(data: bytes) -> Request:
    """Read a question. Raises `SoapFault` (Sender, or as the envelope says)."""
    message = envelope.read(data, limit=BATCH_LIMIT, understood=UNDERSTOOD)
    query = queries.read(message.payload)
    if len(data) > LIMIT and not isinstance(query, DepositQuery):
        raise SoapFault("Sender", f"the message exceeds {LIMIT} bytes")
    if message.addressing.action != query.operation.action:
        raise SoapFault(
            "Sender", "the action is not the one of the payload", subcode="wsa:ActionNotSupported"
        )
    context = contexts.read(message.payload.getroottree().getroot())
    return Request(message.addressing.message_id, context, query, message.assertion)


def write_answer(result: Answer, operation: Operation) -> bytes:
    """The message that answers `operation`."""
    return _bare(results.write(result, operation))


def write_fault(fault: InsiFault) -> bytes:
    """The message that refuses as INSi does, sent with HTTP 500.

    A message that is no SOAP is refused by `soap.envelope.write_fault`.
    """
    return _bare(faults.write(fault))


def _bare(payload: bytes) -> bytes:
    return b"".join((f"{_OPEN}<soap:Body>".encode(), payload, _CLOSE.encode()))


def read_answer(data: bytes) -> Answer:
    """Read an answer, with or without header. Raises `InsiFault` or `SoapFault`.

    What is not an answer of INSi (a page of a proxy, say) is a `SoapFault` of code Receiver.
    """
    payload = _payload(data)
    fault = faults.read(payload)
    if fault is not None:
        raise fault
    return results.read(payload)


def _payload(data: bytes) -> etree._Element:
    try:
        root = xml.parse(data, limit=BATCH_LIMIT)
    except XmlError as error:
        raise SoapFault("Receiver", f"the answer is not acceptable XML: {error}") from None
    bodies = root.findall(f"{{{SOAP}}}Body")
    if root.tag != f"{{{SOAP}}}Envelope" or len(bodies) != 1:
        raise SoapFault("Receiver", "the answer is not a message of SOAP 1.2")
    payloads = list(bodies[0].iterchildren(etree.Element))
    if len(payloads) != 1:
        raise SoapFault("Receiver", "the answer must hold one element")
    return payloads[0]
