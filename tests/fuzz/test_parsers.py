"""Every reader of what comes from elsewhere: whatever comes, it is read or refused, and soon."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from carnet.ops import validate
from carnet.standards import habilitations, xml
from carnet.standards.cda import reading as cda
from carnet.standards.cda import sheet, validation
from carnet.standards.cda.document import CdaError
from carnet.standards.fhir import outcome, patch, provide, search, simplified
from carnet.standards.fhir import reading as fhir
from carnet.standards.gdp import td02, td05, td13a
from carnet.standards.gdp.messages import Frame, GdpRefused, MessageId
from carnet.standards.gdp.patient_query import PatientQuery
from carnet.standards.gdp.td05 import TraitsQuery
from carnet.standards.habilitations import AuthorizationMode, ListAuthorizations, ListPatients
from carnet.standards.hl7v2 import build, er7, header, mllp, reading
from carnet.standards.hl7v2.errors import Hl7Error
from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.ins import datamatrix
from carnet.standards.mss import message as mss
from carnet.standards.mss import xdm
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Addressing, SoapFault
from carnet.standards.texts import extraction
from carnet.standards.texts.parts import TextError
from carnet.standards.xds import iti18, iti41, iti43, iti57
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import Status
from carnet.standards.xml import XmlError
from tests.fuzz.driving import drive, spoilt
from tests.fuzz.mutations import (
    Mutation,
    any_of,
    spoil_bytes,
    spoil_er7,
    spoil_json,
    spoil_xml,
    spoil_zip,
)
from tests.national import messages, world
from tests.national.doors.fhir import bundles
from tests.standards.cda import letters
from tests.standards.hl7v2 import perfect as hl7

INS = Ins(letters.MATRICULE, INS_NIR_TEST)
XML = any_of(spoil_bytes, spoil_xml, spoil_xml)
FRAME = Frame(MessageId("1.2.250.1.999.5", "1"), "20260302090000", "1.2.250.1.999.5")
QUERY = PatientQuery(FRAME, MessageId("1.2.250.1.999.5", "q"), INS)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Target:
    """A reader, what it reads, how it refuses."""

    name: str
    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    mutation: Mutation = XML


@cache
def lot() -> iti41.ProvideRequest:
    return world.request(INS, world.letter(INS), letters.structured())


def envelopes() -> Sequence[bytes]:
    payload, _ = iti41.write(lot())
    return [envelope.write(Addressing(iti41.ACTION, "urn:uuid:1"), payload, assertion=b"<a/>")]


BOUNDARY = "fuzz"


def packages() -> Sequence[bytes]:
    payload, attachments = iti41.write(lot())
    message = envelope.write(Addressing(iti41.ACTION, "urn:uuid:1"), payload)
    _kind, body = mtom.write(message, attachments, boundary=BOUNDARY, action=iti41.ACTION)
    return [body]


def read_package(data: bytes) -> object:
    kind = f'multipart/related; boundary="{BOUNDARY}"; type="application/xop+xml"'
    package = mtom.read(kind, io.BytesIO(data), limit=10_000_000)
    message = envelope.read(package.root)
    return iti41.read(message.payload, package.attachments)


def of_xml(read: Callable[..., object]) -> Callable[[bytes], object]:
    return lambda data: read(xml.parse(data))


def read_cda(data: bytes) -> None:
    cda.read(data)
    validation.validate(data)
    sheet.to_html(data)
    sheet.sections(data)


def read_er7(data: bytes) -> None:
    header.peek(data)
    message = er7.read(data)
    reading.read_event(message)


def hl7_seeds() -> Sequence[bytes]:
    return [
        build.adt(hl7.admission(), hl7.ENVELOPE),
        build.mdm(hl7.letter(), hl7.ENVELOPE),
        build.oru(hl7.letter(), hl7.ENVELOPE),
    ]


def deframe(data: bytes) -> None:
    reader = mllp.Framer(limit=100_000)
    for at in range(0, len(data), 97):
        reader.feed(data[at : at + 97])


def read_simplified(data: bytes) -> None:
    simplified.read(
        fhir.parse(data),
        sender=world.sender(),
        source_id="1.2.250.1.999.5",
        content_type=world.CONTENT_TYPE,
        now="20260302090000",
        limit=1_000_000,
    )


def search_pairs(data: bytes) -> None:
    pairs = [(str(name), str(value)) for name, value in json.loads(data)]
    for resource in ("DocumentReference", "List", "AuditEvent"):
        search.read(resource, pairs, now=NOW, handling="lenient")


XDS = (XmlError, XdsRefused, SoapFault)
GDP = (XmlError, SoapFault, GdpRefused)
TARGETS = (
    Target("xml", envelopes, xml.parse, (XmlError,)),
    Target("soap", envelopes, envelope.read, (SoapFault,)),
    Target("mtom", packages, read_package, (SoapFault, XdsRefused), spoil_bytes),
    Target(
        "iti41",
        lambda: [iti41.write(lot())[0]],
        of_xml(lambda payload: iti41.read(payload, {})),
        XDS,
    ),
    Target(
        "iti18",
        lambda: [
            iti18.write(iti18.FindDocuments(INS.cx, (Status.APPROVED,), author_persons=("%",)))
        ],
        of_xml(iti18.read_query),
        XDS,
    ),
    Target("iti43", lambda: [iti43.write([DocumentRef("1.2", "1.2.3")])], of_xml(iti43.read), XDS),
    Target("iti57", lambda: [iti41.write(lot())[0]], of_xml(iti57.read_update), XDS),
    Target("td02", lambda: [td02.write_query(QUERY)], of_xml(td02.read_query), GDP),
    Target("td13a", lambda: [td13a.write_query(QUERY)], of_xml(td13a.read_query), GDP),
    Target(
        "td05",
        lambda: [td05.write_query(TraitsQuery(FRAME, QUERY.query_id, family="X", given="Y"))],
        of_xml(td05.read_query),
        GDP,
    ),
    Target(
        "habilitations",
        lambda: [
            habilitations.write_request(ListAuthorizations(AuthorizationMode.TOUTE)),
            habilitations.write_request(ListPatients("20260101000000")),
        ],
        of_xml(habilitations.read_request),
        (XmlError, SoapFault),
    ),
    Target(
        "cda",
        lambda: [letters.perfect(), letters.structured()],
        read_cda,
        (CdaError,),
    ),
    Target(
        "hl7v2",
        hl7_seeds,
        read_er7,
        (Hl7Error,),
        any_of(spoil_bytes, spoil_er7, spoil_er7),
    ),
    Target(
        "mllp",
        lambda: [b"".join(mllp.frame(each) for each in hl7_seeds())],
        deframe,
        (),
        spoil_bytes,
    ),
    Target(
        "xdm",
        lambda: [messages.package(lot())],
        xdm.read,
        (xdm.XdmError,),
        any_of(spoil_bytes, spoil_zip, spoil_zip),
    ),
    Target("mail", lambda: [messages.message(INS)], mss.read, (mss.MessageError,), spoil_bytes),
    Target(
        "datamatrix",
        lambda: [
            (
                f"{datamatrix.HEADER}S1{INS.matricule}S2{INS.oid}\x1dS3DOMINIQUE MARIE\x1d"
                "S4PAT-TROIS\x1dS5FS628-03-1979S751215"
            ).encode()
        ],
        lambda data: datamatrix.read(
            data.decode("utf-8", "surrogateescape"), separators=("<GS>", "\x1d")
        ),
        (datamatrix.DatamatrixError,),
        spoil_bytes,
    ),
    Target(
        "fhir bundle",
        lambda: [json.dumps(bundles.bundle(lot())).encode()],
        lambda data: provide.read(fhir.parse(data), limit=1_000_000),
        (outcome.FhirRefused,),
        any_of(spoil_bytes, spoil_json, spoil_json),
    ),
    Target(
        "fhir simplified",
        lambda: [json.dumps(bundles.document(lot())).encode()],
        read_simplified,
        (outcome.FhirRefused,),
        any_of(spoil_bytes, spoil_json, spoil_json),
    ),
    Target(
        "fhir search",
        lambda: [
            json.dumps(
                [
                    ["patient.identifier", "urn:oid:1.2|1"],
                    ["date", "ge2026-01-01T00:00Z"],
                    ["_cursor", "2026-01-01T00:00:00Z~x"],
                    ["_count", "3"],
                    ["type", "1.2|a,b"],
                ]
            ).encode()
        ],
        search_pairs,
        (outcome.FhirRefused, ValueError, TypeError),
        spoil_json,
    ),
    Target(
        "fhir patch",
        lambda: [
            b'[{"op":"replace","path":"/status","value":"superseded"},{"op":"add","path":"/securityLabel/-","value":{"coding":[{"system":"x","code":"y"}]}}]'
        ],
        lambda data: patch.patched(
            {"resourceType": "DocumentReference", "status": "current", "securityLabel": [{}]},
            data,
            "application/json-patch+json",
        ),
        (outcome.FhirRefused,),
        any_of(spoil_bytes, spoil_json, spoil_json),
    ),
    Target(
        "texts",
        lambda: [letters.structured(), letters.perfect()],
        lambda data: extraction.extract("text/xml", data),
        (TextError,),
    ),
    Target(
        "rtf",
        lambda: [
            rb"{\rtf1\ansi\ansicpg1252 Compte rendu {\b gras}\par \'e9t\'e9 \u8217? {\*\x y}}"
        ],
        lambda data: extraction.extract("text/rtf", data),
        (TextError,),
        spoil_bytes,
    ),
    Target(
        "validate",
        lambda: [
            letters.perfect(),
            *hl7_seeds(),
            messages.package(lot()),
            *packages(),
            *envelopes(),
        ],
        validate.judge,
        (),
        spoil_bytes,
    ),
)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_is_spoilt_is_read_or_refused_in_the_words_of_its_reader(
    target: Target, tmp_path: Path
) -> None:
    messages = spoilt(target.name, target.seeds(), target.mutation)
    drive(target.name, messages, target.read, target.refusals, tmp_path)
