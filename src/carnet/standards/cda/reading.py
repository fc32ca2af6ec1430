"""CDA R2 bytes to the frozen `Header` and to the embedded document (spec dmp §5.1, §5.2).

Reading does not judge: what a rule forbids is read as written, `validation` tells it. Only what
no header can do without is refused, with `CdaError`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from functools import cache
from typing import Final

from lxml import etree

from carnet.standards.cda.document import DICOM, HL7, CdaError, Document, load, place_of, text_of
from carnet.standards.cda.header import (
    Coded,
    Encounter,
    Header,
    Id,
    Name,
    Organization,
    Participant,
    Patient,
    Related,
    ServiceEvent,
)

__all__ = ["CdaError", "Document", "clinical_document", "embedded_document", "load", "read"]

#: What a level 1 body may hold (spec dmp §5.2).
LEVEL_1_MEDIA_TYPES: Final = (
    "application/pdf",
    "image/jpeg",
    "image/tiff",
    "text/rtf",
    "text/plain",
)
#: Section FR-Document-PDF-copie: the PDF copy of a level 3 document (spec dmp §5.2).
PDF_COPY_TEMPLATE: Final = "1.2.250.1.213.1.1.2.243"


def read(source: bytes | Document) -> Header:
    """The header of a document. Raises `CdaError`."""
    document = load(source)
    root = document.root
    patient_role = _need(root, "recordTarget/patientRole")
    body = _one(root, "component/nonXMLBody")
    if body is None:
        _need(root, "component/structuredBody")
    legal = _one(root, "legalAuthenticator")
    encounter = _one(root, "componentOf/encompassingEncounter")
    return Header(
        form=document.form,
        id=_id(_need(root, "id")),
        code=_coded(_need(root, "code")),
        title=text_of(_one(root, "title")),
        effective_time=_value(root, "effectiveTime"),
        confidentiality=_coded(_need(root, "confidentialityCode")),
        language=_attribute(root, "languageCode", "code"),
        patient=_patient(patient_role),
        authors=tuple(_participant(e, "assignedAuthor") for e in _all(root, "author")),
        custodian=_organization(
            _need(root, "custodian/assignedCustodian/representedCustodianOrganization")
        ),
        legal_authenticator=None if legal is None else _participant(legal, "assignedEntity"),
        services=tuple(_service(e) for e in _all(root, "documentationOf/serviceEvent")),
        encounter=None if encounter is None else _encounter(encounter),
        set_id=_optional_id(root, "setId"),
        version=_value(root, "versionNumber"),
        realm=_attribute(root, "realmCode", "code"),
        type_id=_optional_id(root, "typeId"),
        templates=tuple(e.get("root", "") for e in _all(root, "templateId")),
        related=tuple(
            _related(e, parent)
            for e in _all(root, "relatedDocument")
            for parent in _all(e, "parentDocument")
        ),
        recipients=tuple(
            _participant(e, "intendedRecipient") for e in _all(root, "informationRecipient")
        ),
        participants=tuple(_participant(e, "associatedEntity") for e in _all(root, "participant")),
        orders=_ids(_all(root, "inFulfillmentOf/order/id")),
        accessions=_ids(
            e
            for order in _all(root, "inFulfillmentOf/order")
            for e in order.iterfind(f"{{{DICOM}}}accessionNumber")
        ),
        level=3 if body is None else 1,
        body_media_type="" if body is None else _attribute(body, "text", "mediaType"),
    )


def clinical_document(source: bytes | Document) -> etree._Element:
    """The ClinicalDocument element, whatever wraps it. Raises `CdaError`."""
    return load(source).root


def embedded_document(source: bytes | Document) -> tuple[str, bytes] | None:
    """Media type and bytes of a level 1 body, or of the PDF copy of a level 3 document.

    None for a level 3 document without PDF copy. Raises `CdaError` (code `body`) when the body is
    not of a known media type, or not exactly base64.
    """
    root = load(source).root
    body = _one(root, "component/nonXMLBody")
    if body is not None:
        return decode(_need(body, "text"), LEVEL_1_MEDIA_TYPES)
    copy = pdf_copy(root)
    return None if copy is None else decode(copy, ("application/pdf",))


def pdf_copy(root: etree._Element) -> etree._Element | None:
    """The element that holds the PDF copy of a level 3 document, if there is one."""
    for section in root.iter(_tag("section")):
        if any(e.get("root") == PDF_COPY_TEMPLATE for e in _all(section, "templateId")):
            for media in section.iter(_tag("observationMedia")):
                value = _one(media, "value")
                if value is not None and value.get("mediaType") == "application/pdf":
                    return value
    return None


def decode(element: etree._Element, media_types: tuple[str, ...]) -> tuple[str, bytes]:
    """Media type and bytes of an ED element that holds base64. Raises `CdaError` (code `body`)."""
    media_type = element.get("mediaType", "")
    if media_type not in media_types:
        raise CdaError("body", "the media type is not an allowed one", place_of(element))
    if element.get("representation") != "B64" or element.get("compression") is not None:
        raise CdaError("body", "expected plain base64 (representation B64)", place_of(element))
    packed = "".join("".join(element.itertext()).split())
    try:
        data = base64.b64decode(packed.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise CdaError("body", "the content is not base64", place_of(element)) from None
    if not data:
        raise CdaError("body", "the content is empty", place_of(element))
    return media_type, data


@cache
def _tag(name: str) -> str:
    return f"{{{HL7}}}{name}"


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(_tag(step) for step in path.split("/"))


def _all(element: etree._Element, path: str) -> list[etree._Element]:
    found = [element]
    for step in _steps(path):  # twice as fast as findall, which interprets the path each time
        found = [child for parent in found for child in parent.iterchildren(step)]
    return found


def _one(element: etree._Element, path: str) -> etree._Element | None:
    if "/" not in path:  # most of them: no list is made
        return next(element.iterchildren(_tag(path)), None)
    return next(iter(_all(element, path)), None)


def _need(element: etree._Element, path: str) -> etree._Element:
    found = _one(element, path)
    if found is None:
        raise CdaError("missing", f"the element {path} is missing", place_of(element))
    return found


def _attribute(element: etree._Element, path: str, name: str) -> str:
    found = _one(element, path)
    return "" if found is None else found.get(name, "")


def _value(element: etree._Element, path: str) -> str:
    return _attribute(element, path, "value")


def _id(element: etree._Element) -> Id:
    return Id(element.get("root", ""), element.get("extension", ""))


def _optional_id(element: etree._Element, path: str) -> Id | None:
    found = _one(element, path)
    return None if found is None else _id(found)


def _ids(elements: Iterable[etree._Element]) -> tuple[Id, ...]:
    return tuple(_id(e) for e in elements if e.get("root"))


def _coded(element: etree._Element) -> Coded:
    return Coded(
        code=element.get("code", ""),
        system=element.get("codeSystem", ""),
        display=element.get("displayName", ""),
        system_name=element.get("codeSystemName", ""),
        null_flavor=element.get("nullFlavor", ""),
        translations=tuple(_coded(e) for e in _all(element, "translation")),
    )


def _optional_coded(element: etree._Element, path: str) -> Coded | None:
    found = _one(element, path)
    return None if found is None else _coded(found)


def _name(element: etree._Element) -> Name:
    def parts(tag: str) -> tuple[tuple[str, str], ...]:
        pairs = ((e.get("qualifier", ""), text_of(e)) for e in _all(element, tag))
        return tuple(pair for pair in pairs if pair[1])

    return Name(
        families=parts("family"),
        givens=parts("given"),
        prefix=text_of(_one(element, "prefix")),
        suffix=text_of(_one(element, "suffix")),
    )


#: The lines of an address, each made of these parts in this order (French postal order).
_ADDRESS_LINES: Final = (
    ("additionalLocator",),
    ("unitID",),
    ("houseNumber", "houseNumberNumeric", "streetNameType", "streetName"),
    ("streetAddressLine",),
    ("precinct",),
    ("postBox",),
    ("postalCode", "city"),
    ("state",),
    ("country",),
)


def _address(element: etree._Element) -> str:
    found = _one(element, "addr")
    if found is None:
        return ""
    parts: dict[str, list[str]] = {}
    for part in found.iterchildren(_tag("*")):
        parts.setdefault(etree.QName(part).localname, []).append(text_of(part))
    lines = (
        " ".join(text for part in line for text in parts.get(part, ())) for line in _ADDRESS_LINES
    )
    return ", ".join(line for line in lines if line)


def _telecoms(element: etree._Element) -> tuple[str, ...]:
    return tuple(e.get("value", "") for e in _all(element, "telecom") if e.get("value"))


def _patient(role: etree._Element) -> Patient:
    person = _need(role, "patient")
    name = _one(person, "name")
    return Patient(
        ids=_ids(_all(role, "id")),
        name=Name() if name is None else _name(name),
        gender=_attribute(person, "administrativeGenderCode", "code"),
        birth_time=_value(person, "birthTime"),
        birth_place=text_of(_one(person, "birthplace/place/addr/county")),
        telecoms=_telecoms(role),
        address=_address(role),
    )


def _organization(element: etree._Element) -> Organization:
    return Organization(
        ids=_ids(_all(element, "id")),
        name=text_of(_one(element, "name")),
        industry=_optional_coded(element, "standardIndustryClassCode"),
        telecoms=_telecoms(element),
        address=_address(element),
    )


#: Where the person and the structure of a role stand, by kind of role.
_PERSONS: Final = ("assignedPerson", "informationRecipient", "associatedPerson")
_ORGANIZATIONS: Final = ("representedOrganization", "receivedOrganization", "scopingOrganization")


def _participant(element: etree._Element, role_name: str) -> Participant:
    role = _need(element, role_name)
    names = (_one(role, f"{person}/name") for person in _PERSONS)
    name = next((n for n in names if n is not None), None)
    structures = (_one(role, tag) for tag in _ORGANIZATIONS)
    structure = next((s for s in structures if s is not None), None)
    return Participant(
        ids=_ids(_all(role, "id")),
        name=None if name is None else _name(name),
        device=text_of(_one(role, "assignedAuthoringDevice/softwareName")),
        device_model=text_of(_one(role, "assignedAuthoringDevice/manufacturerModelName")),
        code=_optional_coded(role, "code"),
        function=_optional_coded(element, "functionCode"),
        organization=None if structure is None else _organization(structure),
        time=_value(element, "time") or _value(element, "time/low"),
        telecoms=_telecoms(role),
        type=element.get("typeCode", ""),
    )


def _service(element: etree._Element) -> ServiceEvent:
    performer = _one(element, "performer")
    return ServiceEvent(
        start=_value(element, "effectiveTime/low") or _value(element, "effectiveTime"),
        stop=_value(element, "effectiveTime/high"),
        code=_optional_coded(element, "code"),
        performer=None if performer is None else _participant(performer, "assignedEntity"),
        ids=_ids(_all(element, "id")),
    )


def _encounter(element: etree._Element) -> Encounter:
    facility = _one(element, "location/healthCareFacility")
    return Encounter(
        ids=_ids(_all(element, "id")),
        code=_optional_coded(element, "code"),
        start=_value(element, "effectiveTime/low") or _value(element, "effectiveTime"),
        stop=_value(element, "effectiveTime/high"),
        facility=None if facility is None else _optional_coded(facility, "code"),
        facility_name="" if facility is None else text_of(_one(facility, "location/name")),
    )


def _related(element: etree._Element, parent: etree._Element) -> Related:
    return Related(
        type=element.get("typeCode", ""),
        parent=_id(_need(parent, "id")),
        parent_set_id=_optional_id(parent, "setId"),
        parent_version=_value(parent, "versionNumber"),
    )
