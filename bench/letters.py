"""What the load is made of: whole requests and messages, valid and each of its own.

A request is built once by the standards with marks in place of what must be its own (patient,
uniqueIds, message id, assertion), cut at the marks, and joined again for each sending.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from carnet.ops.pki import Issued
from carnet.ops.region import papers, people, places, ward
from carnet.ops.wiring import ESTABLISHMENT, NATIONAL_OID, Certificates
from carnet.standards import vihf
from carnet.standards.cda import level1, reading
from carnet.standards.cda.header import Id, Name, Organization, Participant, Patient
from carnet.standards.hl7v2 import mllp
from carnet.standards.ids import (
    INS_NIR_TEST,
    PS_AUTHORITY,
    STRUCT_AUTHORITY,
    Ins,
    Oid,
    matricule_key,
)
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Addressing
from carnet.standards.vihf import Mode, Software, Vihf
from carnet.standards.xds import from_cda, iti18, iti41, iti43
from carnet.standards.xds.iti18 import FindDocuments
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import Author, Code, Status

REPOSITORY: Final = f"{NATIONAL_OID}.1"
READER: Final = places.professional("cardio")
_SITE: Final = places.structure(READER.structure)
_PHYSICIAN: Final = Code("10", "1.2.250.1.71.1.2.7", "Médecin")
_CARDIOLOGY: Final = Code("SM04", "1.2.250.1.71.4.2.5", "Cardiologie")
_MACHINE: Final = Code("AUTOMATE", "1.2.250.1.213.1.1.4.6", "Automate")
_SOFTWARE: Final = Software("Carnet bench", "1", "non-homologue")
_UNSPECIFIED: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
_PUBLISHED: Final = f"{NATIONAL_OID}.9"

# Marks: of the length of what replaces them, since lengths are announced.
_MATRICULE: Final = "279039999999999"
_DOCUMENT: Final = f"{_PUBLISHED}.1000000000001"
_LOT: Final = f"{_PUBLISHED}.1000000000002"
_MESSAGE: Final = "00000000-0000-4000-8000-000000000001"
_ASSERTION: Final = "<bench-assertion/>"
_NUMBER: Final = "123456789"
_MARKS: Final = (_MATRICULE, _DOCUMENT, _LOT, _MESSAGE, _ASSERTION)


def person(number: int) -> Ins:
    """The `number`-th person of the bench: a well-formed test INS that no region has."""
    body = f"2{number % 100:02d}0399{number // 100:06d}"
    return Ins(body + matricule_key(body), INS_NIR_TEST)


def unique_id(number: int) -> str:
    """The `number`-th uniqueId of a document or a lot, all of one length."""
    return f"{_PUBLISHED}.2{number:012d}"


def letter(pdf: bytes) -> bytes:
    """A discharge letter of about 60 kB: a CDA level 1 about the marked patient."""
    paris = datetime(2026, 1, 12, 10, 0, tzinfo=UTC)
    structure = Organization(ids=(Id(STRUCT_AUTHORITY, _SITE.idnat),), name=_SITE.name)
    doctor = Participant(
        ids=(Id(PS_AUTHORITY, READER.idnat),),
        name=Name(families=(("", READER.family),), givens=(("", READER.given),)),
        code=level1.coded("author_specialties", "G15_10/SM04"),
        organization=replace(structure, industry=level1.coded("practice_settings", _SITE.setting)),
    )
    return level1.build(
        level1.Letter(
            id=Oid(_DOCUMENT),
            set_id=Id(_DOCUMENT),
            version=1,
            code=level1.coded("type_codes", "11490-0"),
            title="Lettre de liaison de sortie, cardiologie",
            created_at=paris,
            patient=Patient(
                ids=(Id(INS_NIR_TEST, _MATRICULE), Id(f"{NATIONAL_OID}.3", "VA100001")),
                name=level1.patient_name(birth_family="PAT-BANC", birth_givens="CAMILLE ANNE"),
                gender="F",
                birth_time="19790328",
                birth_place="51215",
            ),
            author=doctor,
            authored_at=paris,
            custodian=structure,
            legal_authenticator=doctor,
            authenticated_at=paris,
            performer=doctor,
            service_start=paris - timedelta(days=5),
            service_stop=paris,
            facility=level1.coded("facility_types", _SITE.sector),
        ),
        pdf,
    )


def _paper(patient: people.Citizen) -> papers.Paper:
    day = date(2026, 1, 12)
    return papers.discharge(patient, admitted=day - timedelta(days=5), discharged=day)


@dataclass(frozen=True, slots=True)
class _Template:
    """A body cut at its marks, and its HTTP head without the length."""

    head: bytes
    pieces: tuple[bytes, ...]

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """The request with these values in the place of the marks."""
        named = {mark.encode(): value for mark, value in values.items()}
        parts = [named.get(piece, piece) for piece in self.pieces]
        length = sum(map(len, parts))
        return b"".join((self.head, b"Content-Length: %d\r\n\r\n" % length, *parts))


def _template(
    service: str, action: str, payload: bytes, attachments: Mapping[str, bytes], client: Issued
) -> _Template:
    message = envelope.write(
        Addressing(action, f"urn:uuid:{_MESSAGE}"), payload, assertion=_ASSERTION.encode()
    )
    kind, body = mtom.write(message, attachments, boundary="carnet_bench_5d1c0a", action=action)
    der = x509.load_pem_x509_certificate(client.cert_pem).public_bytes(Encoding.DER)
    head = (
        f"POST /si-dmp-server/v2/services/{service} HTTP/1.1\r\nHost: localhost\r\n"
        f"X-Client-Cert: {base64.b64encode(der).decode()}\r\nContent-Type: {kind}\r\n"
    )
    marks = b"(" + b"|".join(re.escape(mark.encode()) for mark in _MARKS) + b")"
    return _Template(head.encode(), tuple(re.split(marks, body)))


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of the SOAP paths, sent by one hospital's system and one physician of it."""

    publish_: _Template
    find_: _Template
    retrieve_: _Template
    signature: Issued

    @classmethod
    def made(cls, held: Certificates) -> Requests:
        """The three templates, built by the standards around one real letter."""
        citizen = people.population()[0]
        document = letter(ward.to_pdf(_paper(citizen)))
        entry = from_cda.entry_from_cda(reading.read(document), entry_id="Document01")
        ins = Ins(_MATRICULE, INS_NIR_TEST)
        lot = from_cda.submission_set(
            lot_id="SubmissionSet01",
            unique_id=_LOT,
            source_id=f"{NATIONAL_OID}.4",
            patient_id=ins.cx,
            author=Author(
                person=f"{READER.idnat}^{READER.family}^{READER.given}^^^^^^"
                f"&{PS_AUTHORITY}&ISO^D^^^IDNPS",
                institutions=(f"{_SITE.name}^^^^^&{STRUCT_AUTHORITY}&ISO^IDNST^^^{_SITE.idnat}",),
            ),
            content_type=from_cda.content_type("I"),
            at=datetime(2026, 1, 12, 10, 0, tzinfo=UTC),
        )
        provided = ProvideRequest(from_cda.submission(lot, [entry]), {entry.id: document})
        query = FindDocuments(ins.cx, (Status.APPROVED,))
        client = held.establishment_client
        return cls(
            _template("repository", iti41.ACTION, *iti41.write(provided), client),
            _template("registry", iti18.ACTION, iti18.write(query), {}, client),
            _template(
                "repository",
                iti43.ACTION,
                iti43.write([DocumentRef(REPOSITORY, _DOCUMENT)]),
                {},
                client,
            ),
            held.establishment_signature,
        )

    def publish(self, patient: Ins, number: int, assertion: bytes) -> bytes:
        """ITI-41: one letter of about 60 kB, the `number`-th, about `patient`."""
        return self.publish_.fill(
            {
                **_own(patient, assertion),
                _DOCUMENT: unique_id(2 * number).encode(),
                _LOT: unique_id(2 * number + 1).encode(),
            }
        )

    def find(self, patient: Ins, assertion: bytes) -> bytes:
        """ITI-18: FindDocuments, LeafClass, all approved documents of `patient`."""
        return self.find_.fill(_own(patient, assertion))

    def retrieve(self, document: str, assertion: bytes) -> bytes:
        """ITI-43: one document by its uniqueId."""
        return self.retrieve_.fill(
            {_MESSAGE: _message(), _ASSERTION: assertion, _DOCUMENT: document.encode()}
        )

    def feeding(self, patients: Iterable[Ins]) -> list[bytes]:
        """A signed assertion of the hospital's system for each of these, in their order."""
        return _signed([_system(ins) for ins in patients], self.signature)

    def consulting(self, patients: Iterable[Ins]) -> list[bytes]:
        """A signed assertion of the physician for each of these, in their order."""
        return _signed([_physician(ins) for ins in patients], self.signature)


def _own(patient: Ins, assertion: bytes) -> dict[str, bytes]:
    return {
        _MATRICULE: patient.matricule.encode(),
        _MESSAGE: _message(),
        _ASSERTION: assertion,
    }


def _message() -> bytes:
    return str(uuid.uuid4()).encode()


def _system(patient: Ins) -> Vihf:
    now = datetime.now(UTC)
    return Vihf(
        id=f"_{uuid.uuid4()}",
        name_id=f"3{ESTABLISHMENT.idnat[1:]}/BENCH",
        issued_at=now,
        authn_instant=now,
        authn_class=_UNSPECIFIED,
        mode=Mode.INDIRECTE,
        structure=_SITE.idnat,
        sector=_SITE.sector,
        roles=(_MACHINE,),
        software=_SOFTWARE,
        patient=patient,
        subject_id="Carnet bench",
    )


def _physician(patient: Ins) -> Vihf:
    return replace(
        _system(patient),
        name_id=READER.idnat,
        mode=Mode.INDIRECTE_RENFORCEE,
        roles=(_PHYSICIAN, _CARDIOLOGY),
        subject_id=f"{READER.given} {READER.family}",
        authn_decl="CPS",
    )


def _signed(assertions: list[Vihf], signature: Issued) -> list[bytes]:
    """Signed before anything is measured, by all processors: a signature costs a millisecond."""
    slices = [assertions[at : at + 500] for at in range(0, len(assertions), 500)]
    with ProcessPoolExecutor() as pool:
        signed = pool.map(_sign, slices, [(signature.key_pem, signature.cert_pem)] * len(slices))
        return [each for slice_ in signed for each in slice_]


def _sign(assertions: list[Vihf], pair: tuple[bytes, bytes]) -> list[bytes]:
    key, certificate = pair
    return [vihf.sign(each, key_pem=key, certificate_pem=certificate) for each in assertions]


@dataclass(frozen=True, slots=True)
class Messages:
    """The HL7 v2 messages of one citizen: registration, a letter (MDM), an admission (ADT)."""

    registration: bytes
    letter_: tuple[bytes, ...]
    admission_: tuple[bytes, ...]

    @classmethod
    def made(cls, citizen: people.Citizen) -> Messages:
        """The messages that the region's wards send, with a mark for the stay's number."""
        at = datetime.now(UTC)
        paper = _paper(citizen)
        return cls(
            mllp.frame(ward.registration(citizen, at=at)),
            _cut(ward.validation(paper, ward.to_pdf(paper), number=_NUMBER, at=at)),
            _cut(ward.admission(paper, number=_NUMBER, at=at)),
        )

    def letter(self, number: int) -> bytes:
        """MDM^T02 with a PDF of 40 kB."""
        return f"{number:09d}".encode().join(self.letter_)

    def admission(self, number: int) -> bytes:
        """ADT^A01 with a movement."""
        return f"{number:09d}".encode().join(self.admission_)


def _cut(message: bytes) -> tuple[bytes, ...]:
    return tuple(mllp.frame(message).split(_NUMBER.encode()))
