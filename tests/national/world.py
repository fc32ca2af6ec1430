"""A small world for the tests of the national wing: people, a hospital, and what it sends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection

from carnet.national.directory import actions as directory
from carnet.national.identity import actions as identity
from carnet.national.journal.actors import Citizen, Establishment, Professional, System
from carnet.national.record import actions as record
from carnet.national.record.rules import Authorisation
from carnet.standards.cda import level1, reading
from carnet.standards.cda.header import Id
from carnet.standards.ids import INS_NIR_TEST, Ins, Oid, PsIdNat, StructIdNat, matricule_key
from carnet.standards.ins import BirthDate, Sex, Traits
from carnet.standards.xds import from_cda
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.metadata import Author, Code
from tests.standards.cda.letters import PATIENT, PDF, perfect_letter

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TESTS = System("tests")
LEGAL_ENTITY = StructIdNat("1750100125")
SITE = StructIdNat("1750803447")
PHYSICIAN = Code("10", "1.2.250.1.71.1.2.7", "Médecin")
GENERAL_PRACTICE = Code("SM26", "1.2.250.1.71.4.2.5", "Qualifié en médecine générale (SM)")
VISIBILITY = "1.2.250.1.213.1.1.4.13"
CONTENT_TYPE = Code("03", "1.2.250.1.213.2.2", "Hospitalisation de jour")

HOSPITAL_SYSTEM = Establishment(
    struct_idnat=SITE,
    name="CH de l'Exemple",
    certificate_dn="CN=ch.example,OU=1750100125",
    holder=LEGAL_ENTITY,
    responsible="899900063480",
)
PHYSICIAN_READER = Professional(
    ps_idnat="899900063499",
    name="Camille DURAND",
    profession=PHYSICIAN,
    specialty=GENERAL_PRACTICE,
    structure=SITE,
    structure_name="CH de l'Exemple",
)

_serial = count(1)
_document = count(1)


def make_hospital() -> None:
    """A legal entity and its site, in the directory."""
    directory.register_structure(TESTS, LEGAL_ENTITY, name="GH de l'Exemple", kind="EJ", now=NOW)
    directory.register_structure(
        TESTS, SITE, name="CH de l'Exemple", kind="EG", parent=LEGAL_ENTITY, now=NOW
    )
    directory.register_professional(
        TESTS,
        PsIdNat("899900063480"),
        family_name="MAX",
        given_name="Libre",
        title="Dr",
        profession=PHYSICIAN,
        specialty=GENERAL_PRACTICE,
        structures=[SITE],
        now=NOW,
    )


def new_ins() -> Ins:
    """An INS that no other test has."""
    body = f"279035121{next(_serial):04d}"
    return Ins(body + matricule_key(body), INS_NIR_TEST)


def make_patient(
    *, birth_name: str = "PAT-TROIS", with_record: bool = True, born: str = "19790328"
) -> tuple[UUID, Ins]:
    """A person, with an open record."""
    ins = new_ins()
    patient_id = identity.register_person(
        TESTS,
        ins,
        Traits(
            birth_name=birth_name,
            first_given_name="DOMINIQUE",
            given_names="DOMINIQUE MARIE-LOUISE",
            sex=Sex.FEMININE,
            birth_date=BirthDate.parse(born),
            birth_place="51215",
        ),
        now=NOW,
    )
    if with_record:
        record.open_record(TESTS, patient_id, now=NOW)
    return patient_id, ins


def holder(patient_id: UUID) -> Citizen:
    """The person themselves, signed in."""
    return Citizen(patient_id, patient_id, "Dominique PAT-TROIS")


def authorise(patient_id: UUID, reader: Professional = PHYSICIAN_READER) -> None:
    """Let a professional read."""
    record.authorise(TESTS, patient_id, reader.ps_idnat, Authorisation.VALID, now=NOW)


def new_oid() -> Oid:
    """A uniqueId that no other test has."""
    return Oid(f"1.2.250.1.213.1.1.9.2026.{next(_document)}")


def letter(ins: Ins, **changes: Any) -> bytes:
    """A discharge letter about this person, as a level 1 CDA."""
    patient = replace(PATIENT, ids=(Id(ins.oid, ins.matricule), *PATIENT.ids[1:]))
    pdf = changes.pop("pdf", PDF)
    return level1.build(
        perfect_letter(
            **{"id": new_oid(), "patient": patient, "replaces": None, **changes},
        ),
        pdf,
    )


def visibility(*codes: str) -> tuple[Code, ...]:
    """Visibility codes of TRE_A07."""
    return tuple(Code(code, VISIBILITY, code) for code in codes)


def sender() -> Author:
    """The hospital's system, as author of a lot."""
    return Author(
        person="3750803447/88^DPI^Exemple^^^^^^&1.2.250.1.71.4.2.1&ISO^U^^^RI",
        institutions=(f"CH de l'Exemple^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^{SITE}",),
    )


def request(
    ins: Ins,
    *documents: bytes,
    confidentiality: tuple[Code, ...] = (),
    lot: str = "",
    replaces: dict[str, str] | None = None,
) -> ProvideRequest:
    """A perfect lot of these documents, one letter when none is given."""
    bytes_ = {f"Document{place:02d}": each for place, each in enumerate(documents or [letter(ins)])}
    entries = [
        from_cda.entry_from_cda(reading.read(data), entry_id=name, confidentiality=confidentiality)
        for name, data in bytes_.items()
    ]
    submission_set = from_cda.submission_set(
        lot_id="SubmissionSet01",
        unique_id=lot or new_oid(),
        source_id="1.2.250.1.999.5",
        patient_id=ins.cx,
        author=sender(),
        content_type=CONTENT_TYPE,
        at=NOW,
        title="Sortie",
    )
    return ProvideRequest(
        from_cda.submission(submission_set, entries, replaces=replaces or {}), bytes_
    )


def rows(table: str) -> int:
    """How many lines a table has."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - a test's own table name
        return int(cursor.fetchone()[0])


STORED = (
    "record_document",
    "record_submissionset",
    "record_association",
    "record_locator",
    "record_outbox",
)


def stored() -> dict[str, int]:
    """What is stored of lots and documents, by table."""
    return {table: rows(table) for table in STORED}
