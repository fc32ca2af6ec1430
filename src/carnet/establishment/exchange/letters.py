"""The CDA level 1 around a PDF that came alone (spec dmp §5.1, §5.2).

Its header is made of the message, of the *qualifiée* identity and of the establishment's settings.
All that could change between two attempts (ids, times) comes from stored rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.models import Document
from carnet.establishment.patients.queries import LocalPatient
from carnet.establishment.patients.rules import instant
from carnet.standards import nos
from carnet.standards.cda import level1, validation
from carnet.standards.cda.document import CdaError
from carnet.standards.cda.header import (
    Coded,
    Id,
    Name,
    Organization,
    Participant,
    Patient,
)
from carnet.standards.hl7v2.errors import Business, Condition, Hl7Error, Hl7Errors, Problem, erl
from carnet.standards.hl7v2.messages import DocumentEvent, Party
from carnet.standards.ids import PS_AUTHORITY, STRUCT_AUTHORITY, IdentifierError, Oid

#: PV1-2 and the kind of encounter (JDV_J142).
ENCOUNTERS: Final = {"I": "IMP", "O": "EXTERNE", "E": "EMER", "R": "SEANCE"}


@dataclass(frozen=True, slots=True)
class Sending:
    """A party of the message with the national identifiers that record and mail ask for."""

    person: str  #: PS_IdNat, or structure/internal id of a system
    family: str
    given: str
    is_device: bool
    structure: str  #: Struct_IdNat
    structure_name: str

    @property
    def party(self) -> Party:
        """The same, as a message says it, with nothing left out."""
        return Party(
            person_id="" if self.is_device else self.person,
            person_id_type="" if self.is_device else "IDNPS",
            family=self.family,
            given=self.given,
            structure_id=self.structure,
            structure_id_type="IDNST",
            structure_name=self.structure_name,
            device_id=self.person.rpartition("/")[2] if self.is_device else "",
        )


def sending(party: Party | None, configuration: Configuration) -> Sending:
    """Who sends, by the PRT of the message; the establishment itself for what it leaves out."""
    party = party or Party()
    structure = party.struct_idnat or configuration.structure
    finess = structure[1:] if structure.startswith("1") else ""
    name = party.structure_name or configuration.site_name(finess)
    person = party.ps_idnat
    return Sending(
        person=person or f"3{configuration.structure[1:]}/{party.device_id or 'CARNET'}",
        family=party.family,
        given=party.given,
        is_device=not person,
        structure=structure,
        structure_name=name,
    )


def participant(who: Sending, configuration: Configuration) -> Participant:
    """The author, the legal authenticator and the performer of a letter."""
    organization = Organization(
        ids=(Id(STRUCT_AUTHORITY, who.structure),),
        name=who.structure_name,
        industry=level1.coded("practice_settings", configuration.setting),
    )
    if who.is_device:
        return Participant(
            ids=(Id(PS_AUTHORITY, who.person),),
            device=configuration.software.name,
            device_model=configuration.software.name,
            code=level1.coded("author_specialties", "AUTOMATE"),
            organization=organization,
        )
    return Participant(
        ids=(Id(PS_AUTHORITY, who.person),),
        name=Name(families=(("", who.family),), givens=(("", who.given),) if who.given else ()),
        organization=organization,
    )


def build(
    event: DocumentEvent, document: Document, patient: LocalPatient, configuration: Configuration
) -> bytes:
    """The level 1 document but its content, which `complete` puts in.

    Raises `Hl7Error` that says which field of the message is missing.
    """
    place = erl("OBX", 5)
    try:
        built = level1.without_body(_letter(event, document, patient, configuration))
    except nos.UnknownCode as error:
        reason = f"Le type de document {error.code} est inconnu (JDV_J07)."
        raise Hl7Error(Condition.TABLE_VALUE_NOT_FOUND, erl("TXA", 2), reason) from None
    except (CdaError, IdentifierError) as error:
        reason = f"Le document ne peut pas être construit : {error}."
        raise Hl7Error(Condition.APPLICATION, place, reason, Business.OTHER) from None
    findings = [f for f in validation.validate(complete(built, event)) if f.severity == "error"]
    if findings:
        raise Hl7Errors(
            tuple(
                Problem(
                    Condition.APPLICATION,
                    place,
                    f"{f.problem} {f.remedy} [{f.rule}]",
                    Business.OTHER,
                )
                for f in findings
            )
        )
    return built


def complete(built: bytes, event: DocumentEvent) -> bytes:
    """The document to send: what was built, with the PDF of its message."""
    return level1.with_body(built, pdf(event))


def pdf(event: DocumentEvent) -> bytes:
    """The PDF that came alone."""
    return next(d.data for d in event.documents if d.media_type == "application/pdf")


def _letter(
    event: DocumentEvent, document: Document, patient: LocalPatient, configuration: Configuration
) -> level1.Letter:
    made = instant(event.activity_time) or document.received_at
    kind = nos.document_type(document.type_code)
    site = sending(event.sender, configuration)
    author = participant(sending(_author(event), configuration), configuration)
    legal = author if not author.device else participant(site, configuration)
    admitted, discharged = instant(event.admitted_at), instant(event.discharged_at)
    return level1.Letter(
        id=Oid(document.uid),
        set_id=Id(document.set_id),
        version=document.version,
        code=Coded(kind.code, kind.system, kind.display),
        title=(document.title or kind.display)[:128],
        created_at=made,
        patient=_patient(patient, configuration),
        author=author,
        authored_at=made,
        custodian=Organization(
            ids=(Id(STRUCT_AUTHORITY, configuration.structure),), name=configuration.name
        ),
        legal_authenticator=legal,
        authenticated_at=made,
        performer=legal,
        service_start=admitted or made,
        service_stop=discharged,
        facility=level1.coded("facility_types", configuration.sector),
        encounter_ids=_encounter(event, configuration),
        encounter_code=_encounter_code(event.patient_class),
        encounter_start=admitted,
        encounter_stop=discharged,
        facility_name=site.structure_name,
        replaces=_replaced(document),
    )


def _author(event: DocumentEvent) -> Party | None:
    """Who wrote the letter, and where.

    TXA-9 and OBR-16 name a person alone: the place is that of the sender (PRT-8), the geographic
    entity that the document must carry like the lot and the VIHF (spec dmp §1).
    """
    author, sender = event.author, event.sender
    if author is None or sender is None or author.struct_idnat:
        return author or sender
    return replace(
        author,
        structure_id=sender.structure_id,
        structure_id_type=sender.structure_id_type,
        structure_name=sender.structure_name,
    )


def _replaced(document: Document) -> Id | None:
    uid = document.target.uid if document.target else document.parent_uid
    if document.action != Document.Action.REPLACE or not uid:
        return None
    root, _, extension = uid.partition("^")
    return Id(root, extension)


def _patient(patient: LocalPatient, configuration: Configuration) -> Patient:
    ins = patient.ins
    ids = [Id(str(ins.oid), ins.matricule)] if ins else []
    ids += [
        Id(_root(i.domain, configuration), i.value) for i in patient.local_ids if i.type == "PI"
    ]
    return Patient(
        ids=tuple(ids),
        name=level1.patient_name(
            birth_family=patient.birth_name,
            birth_givens=patient.given_names or patient.first_given_name,
            used_family=patient.used_name,
            used_given=patient.used_given_name,
        ),
        gender=patient.sex if patient.sex in {"F", "M"} else "UN",
        birth_time=patient.birth_date,
        birth_place=patient.birth_place,
    )


def _root(domain: str, configuration: Configuration) -> str:
    """The OID of a local domain: its own, or the establishment's when it is named otherwise."""
    try:
        return Oid(domain)
    except IdentifierError:
        return configuration.oid_root


def _encounter(event: DocumentEvent, configuration: Configuration) -> tuple[Id, ...]:
    visit = event.visit
    return (Id(_root(visit.domain, configuration), visit.value),) if visit else ()


def _encounter_code(patient_class: str) -> Coded | None:
    code = ENCOUNTERS.get(patient_class)
    return level1.coded("encounter_types", code) if code else None
