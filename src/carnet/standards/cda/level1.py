"""A CDA R2 level 1 around a PDF, as "structuration minimale" asks (spec dmp §5.1, §5.2).

The people and structures of a `Letter` are those of `header`, so that what is read from one
document can be written in another. Building does not judge: `validation` says whether the result
may be shared.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

from lxml import etree

from carnet.standards import nos
from carnet.standards.cda.document import HL7, CdaError
from carnet.standards.cda.header import Coded, Id, Name, Organization, Participant, Patient
from carnet.standards.ids import INS_OIDS, Oid

#: templateId of a level 1: HL7 France, CI-SIS, and IHE XDS-SD for a body that is not structured.
TEMPLATES: Final = (
    "2.16.840.1.113883.2.8.2.1",
    "1.2.250.1.213.1.1.1.1",
    "1.3.6.1.4.1.19376.1.2.20",
)
#: How a document ends, and one whose content is still to be put in.
_END: Final = b"</nonXMLBody></component></ClinicalDocument>"
_EMPTY: Final = b"/>" + _END


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """All that the header of a level 1 says. Times are aware; `birth_time` is an HL7 TS."""

    id: Oid
    set_id: Id
    version: int
    code: Coded  #: typeCode (JDV_J07)
    title: str
    created_at: datetime
    patient: Patient  #: ids in any order: the INS is written first
    author: Participant
    authored_at: datetime
    custodian: Organization
    legal_authenticator: Participant
    authenticated_at: datetime
    performer: Participant  #: its organization has `industry` (cadre d'exercice, JDV_J04)
    service_start: datetime
    facility: Coded  #: secteur d'activité (JDV_J02)
    service_stop: datetime | None = None
    service_code: Coded | None = None
    encounter_ids: tuple[Id, ...] = ()
    encounter_code: Coded | None = None  #: JDV_J142
    encounter_start: datetime | None = None
    encounter_stop: datetime | None = None
    facility_name: str = ""
    recipients: tuple[Participant, ...] = ()
    orders: tuple[Id, ...] = ()
    replaces: Id | None = None
    confidentiality: str = "N"
    language: str = "fr-FR"


def coded(value_set: str, code: str) -> Coded:
    """The code with its system and published label, from a value set of `nos`.

    Raises `nos.UnknownCode`.
    """
    concept = nos.value_set(value_set).find(code)
    if concept is None:
        raise nos.UnknownCode(value_set, code)
    return Coded(concept.code, concept.system, concept.display)


def patient_name(
    *, birth_family: str, birth_givens: str, used_family: str = "", used_given: str = ""
) -> Name:
    """The name of a patient as RNIV writes it: strict traits, then the used name when there is one.

    `birth_givens` is the list of the birth certificate, its first given name first.
    """
    first, *_ = birth_givens.split() or [""]
    return Name(
        families=(("BR", birth_family), *((("CL", used_family),) if used_family else ())),
        givens=(("", birth_givens), ("BR", first), *((("CL", used_given),) if used_given else ())),
    )


def build(letter: Letter, pdf: bytes) -> bytes:
    """The document as UTF-8 XML. Raises `CdaError` (`letter`) for what XML cannot say."""
    return with_body(without_body(letter), pdf)


def without_body(letter: Letter) -> bytes:
    """The document but its content, which `with_body` puts in. Raises `CdaError` as `build`."""
    root = etree.Element(_tag("ClinicalDocument"), nsmap={None: HL7})
    try:
        _document(root, letter)
        _patient(root, letter.patient)
        _people(root, letter)
        _care(root, letter)
    except (ValueError, nos.UnknownCode) as error:
        raise CdaError("letter", str(error)) from None
    body = _add(_add(root, "component"), "nonXMLBody")
    _add(body, "text", mediaType="application/pdf", representation="B64")
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def with_body(document: bytes, pdf: bytes) -> bytes:
    """What `without_body` gave, with its content; a document that has one stays as it is."""
    if not document.endswith(_EMPTY):
        return document
    body = (document.removesuffix(_EMPTY), b">", base64.b64encode(pdf), b"</text>", _END)
    return b"".join(body)


def hl7_time(moment: datetime) -> str:
    """An aware time as HL7 TS, to the second with its offset. Raises `ValueError` if naive."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a time without offset cannot be written")
    if offset.seconds % 60:  # HL7 offsets are whole minutes
        moment = moment.astimezone(UTC)
    return f"{moment.year:04d}{moment:%m%d%H%M%S%z}"


def _document(root: etree._Element, letter: Letter) -> None:
    _add(root, "realmCode", code="FR")
    _add(root, "typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    for template in TEMPLATES:
        _add(root, "templateId", root=template)
    _id(root, Id(letter.id))
    _coded(root, "code", letter.code)
    _add(root, "title", text=letter.title)
    _time(root, "effectiveTime", letter.created_at)
    _coded(root, "confidentialityCode", coded("confidentiality_codes", letter.confidentiality))
    _add(root, "languageCode", code=letter.language)
    _id(root, letter.set_id, "setId")
    _add(root, "versionNumber", value=str(letter.version))


def _patient(root: etree._Element, patient: Patient) -> None:
    role = _add(_add(root, "recordTarget"), "patientRole")
    for identifier in sorted(patient.ids, key=lambda i: i.root not in INS_OIDS):
        _id(role, identifier)
    _contact(role, patient.address, patient.telecoms)
    person = _add(role, "patient")
    _name(person, patient.name)
    _coded(person, "administrativeGenderCode", coded("administrative_genders", patient.gender))
    _add(person, "birthTime", value=patient.birth_time)
    if patient.birth_place:
        address = _add(_add(_add(person, "birthplace"), "place"), "addr")
        _add(address, "county", text=patient.birth_place)


def _people(root: etree._Element, letter: Letter) -> None:
    author = _add(root, "author")
    _optional_coded(author, "functionCode", letter.author.function)
    _time(author, "time", letter.authored_at)
    _entity(author, "assignedAuthor", letter.author)

    custodian = _add(_add(root, "custodian"), "assignedCustodian")
    # One way to call and no field of activity: the schema has no more for a custodian.
    keeper = replace(letter.custodian, telecoms=letter.custodian.telecoms[:1], industry=None)
    _organization(custodian, "representedCustodianOrganization", keeper)

    for recipient in letter.recipients:
        intended = _add(_add(root, "informationRecipient"), "intendedRecipient")
        for identifier in recipient.ids:
            _id(intended, identifier)
        _contact(intended, "", recipient.telecoms)
        if recipient.name:
            _name(_add(intended, "informationRecipient"), recipient.name)
        if recipient.organization:
            _organization(intended, "receivedOrganization", recipient.organization)

    legal = _add(root, "legalAuthenticator")
    _time(legal, "time", letter.authenticated_at)
    _add(legal, "signatureCode", code="S")
    _entity(legal, "assignedEntity", letter.legal_authenticator)


def _care(root: etree._Element, letter: Letter) -> None:
    for order in letter.orders:
        _id(_add(_add(root, "inFulfillmentOf"), "order"), order)

    service = _add(_add(root, "documentationOf"), "serviceEvent")
    _optional_coded(service, "code", letter.service_code)
    _interval(service, letter.service_start, letter.service_stop)
    performer = _add(service, "performer", typeCode="PRF")
    _entity(performer, "assignedEntity", letter.performer)

    if letter.replaces:
        related = _add(root, "relatedDocument", typeCode="RPLC")
        _id(_add(related, "parentDocument"), letter.replaces)

    encounter = _add(_add(root, "componentOf"), "encompassingEncounter")
    for identifier in letter.encounter_ids:
        _id(encounter, identifier)
    _optional_coded(encounter, "code", letter.encounter_code)
    _interval(encounter, letter.encounter_start, letter.encounter_stop)
    facility = _add(_add(encounter, "location"), "healthCareFacility")
    _coded(facility, "code", letter.facility)
    if letter.facility_name:
        _add(_add(facility, "location"), "name", text=letter.facility_name)


def _entity(parent: etree._Element, tag: str, participant: Participant) -> None:
    entity = _add(parent, tag)
    for identifier in participant.ids:
        _id(entity, identifier)
    _optional_coded(entity, "code", participant.code)
    _contact(entity, "", participant.telecoms)
    if participant.device:
        device = _add(entity, "assignedAuthoringDevice")
        _add(device, "manufacturerModelName", text=participant.device_model)
        _add(device, "softwareName", text=participant.device)
    elif participant.name:
        _name(_add(entity, "assignedPerson"), participant.name)
    if participant.organization:
        _organization(entity, "representedOrganization", participant.organization)


def _organization(parent: etree._Element, tag: str, organization: Organization) -> None:
    element = _add(parent, tag)
    for identifier in organization.ids:
        _id(element, identifier)
    if organization.name:
        _add(element, "name", text=organization.name)
    for telecom in organization.telecoms:
        _add(element, "telecom", value=telecom)
    if organization.address:
        _add(_add(element, "addr"), "streetAddressLine", text=organization.address)
    _optional_coded(element, "standardIndustryClassCode", organization.industry)


def _name(parent: etree._Element, name: Name) -> None:
    element = _add(parent, "name")
    if name.prefix:
        _add(element, "prefix", text=name.prefix)
    for tag, parts in (("given", name.givens), ("family", name.families)):
        for qualifier, text in parts:
            _add(element, tag, text=text, qualifier=qualifier or None)
    if name.suffix:
        _add(element, "suffix", text=name.suffix)


def _contact(parent: etree._Element, address: str, telecoms: tuple[str, ...]) -> None:
    if address:
        _add(_add(parent, "addr"), "streetAddressLine", text=address)
    for telecom in telecoms:
        _add(parent, "telecom", value=telecom)


def _interval(parent: etree._Element, start: datetime | None, stop: datetime | None) -> None:
    if start is None and stop is None:
        _add(parent, "effectiveTime", nullFlavor="UNK")
        return
    element = _add(parent, "effectiveTime")
    for tag, moment in (("low", start), ("high", stop)):
        if moment is not None:
            _time(element, tag, moment)


def _time(parent: etree._Element, tag: str, moment: datetime) -> None:
    _add(parent, tag, value=hl7_time(moment))


def _id(parent: etree._Element, identifier: Id, tag: str = "id") -> None:
    _add(parent, tag, root=identifier.root, extension=identifier.extension or None)


def _optional_coded(parent: etree._Element, tag: str, code: Coded | None) -> None:
    if code is not None:
        _coded(parent, tag, code)


def _coded(parent: etree._Element, tag: str, code: Coded) -> None:
    element = _add(
        parent,
        tag,
        nullFlavor=code.null_flavor or None,
        code=code.code or None,
        displayName=code.display or None,
        codeSystem=code.system or None,
        codeSystemName=code.system_name or None,
    )
    for translation in code.translations:
        _coded(element, "translation", translation)


def _add(
    parent: etree._Element, tag: str, *, text: str | None = None, **attributes: str | None
) -> etree._Element:
    written = {name: value for name, value in attributes.items() if value is not None}
    element = etree.SubElement(parent, _tag(tag), written)
    if text is not None:
        element.text = text
    return element


@cache
def _tag(name: str) -> str:
    return f"{{{HL7}}}{name}"
