"""The messages of a ward on the wire, and the document they carry."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from carnet.standards.cda import level1
from carnet.standards.cda.header import Coded, Id, Name, Organization, Participant, Patient
from carnet.standards.hl7v2 import build
from carnet.standards.hl7v2.messages import (
    Action,
    AdtEvent,
    CarriedDocument,
    DocumentEvent,
    Flags,
    Party,
)
from carnet.standards.ids import PS_AUTHORITY, STRUCT_AUTHORITY, Ins, Oid
from tests.establishment.people import INS, QUALIFIED

ENVELOPE = build.Envelope("DPI", "990000028", "CARNET", "CH-AUBRE", "20260302100000+0100")
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
DOCTOR = "dr.martin@pro.valdaubre.mssante.fr"

SENDER = Party(
    person_id="899900000017",
    person_id_type="IDNPS",
    family="MARTIN",
    given="CLAIRE",
    structure_id="990000028",
    structure_id_type="FINEG",
    structure_name="Hôpital d'Aubreville",
)


def wire(event: AdtEvent | DocumentEvent) -> bytes:
    """The event as the hospital sends it."""
    return build.adt(event, ENVELOPE) if isinstance(event, AdtEvent) else build.mdm(event, ENVELOPE)


def cda(
    uid: str = "1.2.250.1.999.7.9.1",
    *,
    version: int = 1,
    ins: Ins | None = INS,
    set_id: str = "1.2.250.1.999.7.9.1",
    replaces: str = "",
    **patient: Any,
) -> bytes:
    """A level 1 discharge letter about the patient of `people`, valid in every respect."""
    place = Organization(
        ids=(Id(STRUCT_AUTHORITY, "1990000028"),),
        name="Hôpital d'Aubreville",
        industry=level1.coded("practice_settings", "ETABLISSEMENT"),
    )
    author = Participant(
        ids=(Id(PS_AUTHORITY, "899900000017"),),
        name=Name(families=(("", "MARTIN"),), givens=(("", "CLAIRE"),)),
        code=level1.coded("author_specialties", "G15_10/SM04"),
        organization=place,
    )
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    return level1.build(
        level1.Letter(
            id=Oid(uid),
            set_id=Id(set_id),
            version=version,
            code=Coded("11490-0", "2.16.840.1.113883.6.1", "Lettre de liaison à la sortie"),
            title="Lettre de liaison à la sortie",
            created_at=at,
            patient=replace(
                Patient(
                    ids=((Id(ins.oid, ins.matricule),) if ins else ())
                    + (Id("1.2.250.1.999.7.1", "IPP1"),),
                    name=level1.patient_name(birth_family="CARRIERE", birth_givens="LOUISE ANNE"),
                    gender="F",
                    birth_time="19810412",
                    birth_place="63220",
                ),
                **patient,
            ),
            author=author,
            authored_at=at,
            custodian=place,
            legal_authenticator=author,
            authenticated_at=at,
            performer=author,
            service_start=at,
            facility=level1.coded("facility_types", "SA01"),
            replaces=Id(replaces) if replaces else None,
        ),
        PDF,
    )


def document(
    data: bytes | None = None, *, media_type: str = "text/xml", **fields: Any
) -> DocumentEvent:
    """One message that sends a letter to the record, to a doctor and to the patient."""
    event = DocumentEvent(
        trigger="T02",
        control_id="D1",
        action=Action.NEW,
        patient=QUALIFIED,
        documents=(
            CarriedDocument(
                media_type,
                cda() if data is None else data,
                "11490-0",
                "Lettre de liaison à la sortie",
                "LN",
            ),
        ),
        type_code="11490-0",
        type_display="Lettre de liaison à la sortie",
        type_system="LN",
        flags=Flags(to_record=True, to_professionals=True, to_patient=True),
        document_id="1.2.250.1.999.7.9.1",
        title="Lettre de liaison à la sortie",
        activity_time="20260302090000+0100",
        patient_class="N",
        sender=SENDER,
        recipients=(
            Party(
                person_id="899900000025",
                person_id_type="IDNPS",
                family="DURAND",
                given="PAUL",
                mail=DOCTOR,
            ),
        ),
    )
    return replace(event, **fields)


def pdf(**fields: Any) -> DocumentEvent:
    """The same message with the PDF alone."""
    return document(PDF, media_type="application/pdf", **fields)
