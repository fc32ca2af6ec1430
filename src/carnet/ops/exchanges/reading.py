"""An exchange, decoded: its parts, what its assertion says, the verdict rule by rule."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from carnet.national.exchanges.queries import Exchanged
from carnet.ops.validate import Verdict, judge
from carnet.ops.validate.soap import read_vihf
from carnet.ops.validate.verdict import shown
from carnet.standards import xml
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import SoapFault
from carnet.standards.xml import XmlError


@dataclass(frozen=True, slots=True)
class Part:
    """What a message carries beside its envelope: Content-ID and size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """One side of an exchange. `xml` is the envelope, indented; empty when it cannot be read."""

    content_type: str
    size: int
    xml: str
    parts: tuple[Part, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Explained:
    """Both sides, and what the assertion of the request says, by name."""

    request: Decoded
    answer: Decoded
    vihf: tuple[tuple[str, str], ...]


def explain(exchange: Exchanged) -> Explained:
    """Decode and judge an exchange. Raises nothing: what cannot be read is a finding."""
    return Explained(
        _decoded(
            f"POST /{exchange.line.service} HTTP/1.1", exchange.request_type, exchange.request
        ),
        _decoded(f"HTTP/1.1 {exchange.line.status}", exchange.answer_type, exchange.answer),
        tuple(_said(exchange)),
    )


def as_http(first_line: str, content_type: str, body: bytes) -> bytes:
    """The bytes as a file that `carnet validate` takes."""
    return f"{first_line}\r\nContent-Type: {content_type}\r\n\r\n".encode() + body


def _decoded(first_line: str, content_type: str, body: bytes) -> Decoded:
    verdict = judge(as_http(first_line, content_type, body))
    try:
        package = mtom.read(content_type, io.BytesIO(body), limit=len(body))
    except SoapFault:
        return Decoded(content_type, len(body), "", (), verdict)
    parts = tuple(Part(name, len(data)) for name, data in package.attachments.items())
    return Decoded(content_type, len(body), _indented(package.root), parts, verdict)


def _indented(root: bytes) -> str:
    try:
        tree = xml.parse(root)
    except XmlError:
        return ""
    etree.indent(tree)
    return xml.serialize(tree).decode()


def _said(exchange: Exchanged) -> Iterator[tuple[str, str]]:
    """What the assertion says that one looks for first; nothing of it is verified here."""
    try:
        package = mtom.read(
            exchange.request_type, io.BytesIO(exchange.request), limit=len(exchange.request)
        )
        assertion = envelope.read(package.root).assertion
    except SoapFault:
        return
    vihf, _findings = read_vihf(assertion) if assertion else (None, [])
    if vihf is None:
        return
    yield "NameID", vihf.name_id
    yield "subject-id", vihf.subject_id
    yield "Authentification_mode", vihf.mode
    yield "Identifiant_Structure", vihf.structure
    yield "Secteur_Activite", vihf.sector
    yield "subject:role", ", ".join(f"{role.code} ({role.scheme})" for role in vihf.roles)
    yield "purposeofuse", vihf.purpose
    yield "resource-id", shown(vihf.patient.cx) if vihf.patient else ""
    yield "LPS", f"{vihf.software.name} {vihf.software.version}"
    yield "VIHF_Version", vihf.version
