"""What reads XML: SOAP, XDS, HL7 v3, INSi, the assertions, the white list."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from carnet.standards import certificates, habilitations, xml
from carnet.standards.certificates import CertificateError
from carnet.standards.gdp import registration, td02, td05, td13a
from carnet.standards.gdp.messages import GdpRefused
from carnet.standards.gdp.patient_query import PatientQuery
from carnet.standards.gdp.td05 import TraitsQuery
from carnet.standards.habilitations import AuthorizationMode, ListAuthorizations, ListPatients
from carnet.standards.ids import INS_NIR_TEST, EntryUuid, Ins
from carnet.standards.ins.insi import Operation, exchange, scripted_questions
from carnet.standards.mss import whitelist
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Addressing, SoapFault
from carnet.standards.vihf import Vihf, VihfRefused, sign, verify
from carnet.standards.vihf import assertion as vihf_assertion
from carnet.standards.vihf import reading as vihf_reading
from carnet.standards.xds import iti18, iti41, iti43, iti44, iti57, iti62
from carnet.standards.xds.ebrim import read_submission, registry_object_list
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.iti57 import StatusUpdate, UpdateRequest
from carnet.standards.xds.metadata import Status
from carnet.standards.xml import XmlError
from tests.fuzz.mutations import spoil_bytes
from tests.fuzz.target import XML, Target
from tests.national import certificates as callers
from tests.national import world
from tests.nist.player import feed
from tests.standards.cda import letters
from tests.standards.conftest import LocalPki, make_pki
from tests.standards.gdp import perfect as gdp
from tests.standards.gdp.test_registration import CHANGE, CLOSE, CREATE, REOPEN
from tests.standards.ins.insi import test_exchange as insi

INS = Ins(letters.MATRICULE, INS_NIR_TEST)
QUERY = PatientQuery(gdp.ASKING, gdp.QUERY_ID, INS)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BOUNDARY = "fuzz"
REGISTRATIONS = (CHANGE, CLOSE, CREATE, REOPEN)


@cache
def lot() -> iti41.ProvideRequest:
    return world.request(INS, world.letter(INS), letters.structured())


def envelopes() -> Sequence[bytes]:
    payload, _ = iti41.write(lot())
    return [envelope.write(Addressing(iti41.ACTION, "urn:uuid:1"), payload, assertion=b"<a/>")]


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


def read_content_type(data: bytes) -> object:
    """The header, as a server gives it, before a good body."""
    return mtom.read(data.decode("latin-1"), io.BytesIO(packages()[0]), limit=10_000_000)


def update() -> UpdateRequest:
    """One status and one set of metadata that change."""
    submission = lot().submission
    change = StatusUpdate(EntryUuid.of(UUID(int=1)), Status.APPROVED, Status.ARCHIVED)
    return UpdateRequest(submission.submission_set, (change,))


def of_xml(read: Callable[..., object]) -> Callable[[bytes], object]:
    return lambda data: read(xml.parse(data))


def read_ebrim(data: bytes) -> None:
    """What is read is written, and reads back the same, but for ids that were not said."""
    written = registry_object_list(read_submission(xml.parse(data)))
    assert registry_object_list(read_submission(xml.parse(written.encode()))) == written


@cache
def pki() -> LocalPki:
    """One authority for the process: making keys is slow."""
    with tempfile.TemporaryDirectory() as folder:
        return make_pki(Path(folder) / "authority", NOW)


@cache
def vihf() -> tuple[Vihf, bytes]:
    """What an assertion says, and the assertion, signed."""
    told = callers.vihf(INS, issued_at=NOW, authn_instant=NOW)
    paper = pki().org_sign
    signed = sign(told, key_pem=paper.key_pem, certificate_pem=paper.cert_pem)
    return verify(signed, trust=pki().trust, now=NOW)[0], signed


def read_vihf(data: bytes) -> None:
    """As if the signature were good: what is signed may be wrong too."""
    told = vihf_reading.read(xml.parse(data))
    vihf_reading.check(told, certificates.read(pki().org_sign.cert_pem))


def read_assertion(data: bytes) -> None:
    """Refused, or read as it was signed."""
    assert verify(data, trust=pki().trust, now=NOW)[0] == vihf()[0]


def insi_questions() -> Sequence[bytes]:
    kinds = {one.query.operation: one.query for one in scripted_questions()}
    return [
        exchange.write_request(exchange.Request("uuid:1", insi.CONTEXT, query))
        for query in kinds.values()
    ]


XDS = (XmlError, XdsRefused, SoapFault)
GDP = (XmlError, SoapFault, GdpRefused)
SERVICES = (
    Target("xml", envelopes, xml.parse, (XmlError,), published=("xds/*/*.xml",)),
    Target("soap", envelopes, envelope.read, (SoapFault,), published=("xds/*/*.xml",)),
    Target("mtom", packages, read_package, (SoapFault, XdsRefused), spoil_bytes),
    Target(
        "content-type",
        lambda: [
            b'multipart/related; boundary=fuzz; type="application/xop+xml"; start="<root@carnet>"',
            b"application/soap+xml; charset=UTF-8",
        ],
        read_content_type,
        (SoapFault,),
        spoil_bytes,
    ),
    Target(
        "iti41",
        lambda: [iti41.write(lot())[0]],
        of_xml(lambda payload: iti41.read(payload, iti41.write(lot())[1])),
        XDS,
    ),
    Target(
        "ebrim",
        lambda: [registry_object_list(lot().submission).encode()],
        read_ebrim,
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
    Target("iti57", lambda: [iti57.write_update(update())], of_xml(iti57.read_update), XDS),
    Target("iti62", lambda: [iti62.write([f"urn:uuid:{UUID(int=1)}"])], of_xml(iti62.read), XDS),
    Target("td02", lambda: [td02.write_query(QUERY)], of_xml(td02.read_query), GDP),
    Target("td13a", lambda: [td13a.write_query(QUERY)], of_xml(td13a.read_query), GDP),
    Target(
        "td05",
        lambda: [td05.write_query(TraitsQuery(gdp.ASKING, QUERY.query_id, family="X", given="Y"))],
        of_xml(td05.read_query),
        GDP,
    ),
    Target(
        "registration",
        lambda: [registration.write(request) for request in REGISTRATIONS],
        of_xml(registration.read),
        GDP,
    ),
    Target(
        "iti44",
        lambda: [feed("IPP-1")],
        of_xml(iti44.read),
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
    Target("insi", insi_questions, exchange.read_request, (SoapFault,)),
    Target(
        "insi answers",
        lambda: [exchange.write_answer(insi.FOUND, Operation.SEARCH_BY_TRAITS)],
        exchange.read_answer,
        (SoapFault,),
    ),
    Target(
        "vihf",
        lambda: [xml.serialize(vihf_assertion.build(vihf()[0]))],
        read_vihf,
        (XmlError, VihfRefused),
    ),
    Target("assertion", lambda: [vihf()[1]], read_assertion, (VihfRefused,)),
    Target(
        "certificate",
        lambda: [pki().org_sign.cert_pem, certificates.read(pki().org_sign.cert_pem).der],
        certificates.read,
        (CertificateError,),
        spoil_bytes,
    ),
    Target(
        "distinguished name",
        lambda: [
            b"CN=INSI-AUTO,OU=1750100125+OU=x,O=CH de l'Exemple\\, Paris,ST=Paris (75),C=FR",
            b'2.5.4.3=#0c0141;cn="a;b", OID.2.5.4.11 = x\\C3\\A9',
        ],
        lambda data: certificates.name_attributes(data.decode("utf-8", "surrogateescape")),
        (CertificateError,),
        spoil_bytes,
    ),
    Target(
        "white list",
        lambda: [whitelist.write(NOW, [whitelist.Entry("a.mssante.fr", "CN=a,C=FR")])],
        whitelist.parse,
        (whitelist.WhitelistError,),
        XML,
    ),
)
