"""CDA R2 bytes to the frozen `Header` and to the embedded document (spec dmp §5.1, §5.2).

Reading does not judge: what a rule forbids is read as written, `validation` tells it. Only what
no header can do without is refused, with `CdaError`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
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
    root = _Node(document.root)
    patient_role = root.need("recordTarget/patientRole")
    body = root.one("component/nonXMLBody")
    if body is None:
        root.need("component/structuredBody")
    legal = root.one("legalAuthenticator")
    encounter = root.one("componentOf/encompassingEncounter")
    return Header(
        form=document.form,
        id=_id(root.need("id")),
        code=_coded(root.need("code")),
        title=root.text("title"),
        effective_time=root.value("effectiveTime"),
        confidentiality=_coded(root.need("confidentialityCode")),
        language=root.attribute("languageCode", "code"),
        patient=_patient(patient_role),
        authors=tuple(_participant(e, "assignedAuthor") for e in root.all("author")),
        custodian=_organization(
            root.need("custodian/assignedCustodian/representedCustodianOrganization")
        ),
        legal_authenticator=None if legal is None else _participant(legal, "assignedEntity"),
        services=tuple(_service(e) for e in root.all("documentationOf/serviceEvent")),
        encounter=None if encounter is None else _encounter(encounter),
        set_id=root.optional_id("setId"),
        version=root.value("versionNumber"),
        realm=root.attribute("realmCode", "code"),
        type_id=root.optional_id("typeId"),
        templates=tuple(e.get("root", "") for e in root.all("templateId")),
        related=tuple(
            _related(e, parent)
            for e in root.all("relatedDocument")
            for parent in e.iterchildren(_tag("parentDocument"))
        ),
        recipients=tuple(
            _participant(e, "intendedRecipient") for e in root.all("informationRecipient")
        ),
        participants=tuple(_participant(e, "associatedEntity") for e in root.all("participant")),
        orders=_ids(root.all("inFulfillmentOf/order/id")),
        accessions=_ids(
            e
            for order in root.all("inFulfillmentOf/order")
            for e in order.iterchildren(f"{{{DICOM}}}accessionNumber")
        ),
        level=3 if body is None else 1,
        body_media_type="" if body is None else _Node(body).attribute("text", "mediaType"),
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
    body = _Node(root).one("component/nonXMLBody")
    if body is not None:
        return decode(_Node(body).need("text"), LEVEL_1_MEDIA_TYPES)
    copy = pdf_copy(root)
    return None if copy is None else decode(copy, ("application/pdf",))


def pdf_copy(root: etree._Element) -> etree._Element | None:
    """The element that holds the PDF copy of a level 3 document, if there is one."""
    for section in root.iter(_tag("section")):
        if any(
            e.get("root") == PDF_COPY_TEMPLATE for e in section.iterchildren(_tag("templateId"))
        ):
            for media in section.iter(_tag("observationMedia")):
                value = media.find(_tag("value"))
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
def _steps(path: str) -> tuple[str, tuple[str, ...]]:
    first, *others = map(_tag, path.split("/"))
    return first, tuple(others)


class _Node:
    """An element whose children are asked for by path, and gone through once for all of them."""

    __slots__ = ("_children", "_element")

    def __init__(self, element: etree._Element) -> None:
        self._element = element
        self._children: dict[object, list[etree._Element]] = {}
        for child in element:
            self._children.setdefault(child.tag, []).append(child)

    def all(self, path: str) -> Sequence[etree._Element]:
        first, others = _steps(path)
        found = self._children.get(first, [])
        for step in others:
            found = [child for parent in found for child in parent.iterchildren(step)]
        return found

    def one(self, path: str) -> etree._Element | None:
        found = self.all(path)
        return found[0] if found else None

    def first(self, paths: Iterable[str]) -> etree._Element | None:
        return next((found[0] for found in map(self.all, paths) if found), None)

    def need(self, path: str) -> etree._Element:
        found = self.one(path)
        if found is None:
            raise CdaError("missing", f"the element {path} is missing", place_of(self._element))
        return found

    def attribute(self, path: str, name: str) -> str:
        found = self.one(path)
        return "" if found is None else found.get(name, "")

    def value(self, path: str) -> str:
        return self.attribute(path, "value")

    def text(self, path: str) -> str:
        return text_of(self.one(path))

    def optional_id(self, path: str) -> Id | None:
        found = self.one(path)
        return None if found is None else _id(found)

    def coded(self, path: str) -> Coded | None:
        found = self.one(path)
        return None if found is None else _coded(found)


def _id(element: etree._Element) -> Id:
    return Id(element.get("root", ""), element.get("extension", ""))


def _ids(elements: Iterable[etree._Element]) -> tuple[Id, ...]:
    return tuple([_id(e) for e in elements if e.get("root")])


def _coded(element: etree._Element) -> Coded:
    return Coded(
        code=element.get("code", ""),
        system=element.get("codeSystem", ""),
        display=element.get("displayName", ""),
        system_name=element.get("codeSystemName", ""),
        null_flavor=element.get("nullFlavor", ""),
        translations=tuple(_coded(e) for e in element.iterchildren(_tag("translation"))),
    )


def _name(element: etree._Element) -> Name:
    node = _Node(element)
    return Name(
        families=_parts(node.all("family")),
        givens=_parts(node.all("given")),
        prefix=node.text("prefix"),
        suffix=node.text("suffix"),
    )


def _parts(elements: Iterable[etree._Element]) -> tuple[tuple[str, str], ...]:
    return tuple([(e.get("qualifier", ""), text) for e in elements if (text := text_of(e))])


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


def _address(role: _Node) -> str:
    found = role.one("addr")
    if found is None:
        return ""
    parts: dict[str, list[str]] = {}
    for part in found.iterchildren(_tag("*")):
        parts.setdefault(etree.QName(part).localname, []).append(text_of(part))
    lines = (
        " ".join(text for part in line for text in parts.get(part, ())) for line in _ADDRESS_LINES
    )
    return ", ".join(line for line in lines if line)


def _telecoms(role: _Node) -> tuple[str, ...]:
    return tuple([value for e in role.all("telecom") if (value := e.get("value"))])


def _patient(element: etree._Element) -> Patient:
    role = _Node(element)
    person = _Node(role.need("patient"))
    name = person.one("name")
    return Patient(
        ids=_ids(role.all("id")),
        name=Name() if name is None else _name(name),
        gender=person.attribute("administrativeGenderCode", "code"),
        birth_time=person.value("birthTime"),
        birth_place=person.text("birthplace/place/addr/county"),
        telecoms=_telecoms(role),
        address=_address(role),
    )


def _organization(element: etree._Element) -> Organization:
    role = _Node(element)
    return Organization(
        ids=_ids(role.all("id")),
        name=role.text("name"),
        industry=role.coded("standardIndustryClassCode"),
        telecoms=_telecoms(role),
        address=_address(role),
    )


#: Where the name of the person and the structure of a role stand, by kind of role.
_NAMES: Final = ("assignedPerson/name", "informationRecipient/name", "associatedPerson/name")
_ORGANIZATIONS: Final = ("representedOrganization", "receivedOrganization", "scopingOrganization")


def _participant(element: etree._Element, role_name: str) -> Participant:
    node = _Node(element)
    role = _Node(node.need(role_name))
    name = role.first(_NAMES)
    structure = role.first(_ORGANIZATIONS)
    return Participant(
        ids=_ids(role.all("id")),
        name=None if name is None else _name(name),
        device=role.text("assignedAuthoringDevice/softwareName"),
        device_model=role.text("assignedAuthoringDevice/manufacturerModelName"),
        code=role.coded("code"),
        function=node.coded("functionCode"),
        organization=None if structure is None else _organization(structure),
        time=node.value("time") or node.value("time/low"),
        telecoms=_telecoms(role),
        type=element.get("typeCode", ""),
    )


def _service(element: etree._Element) -> ServiceEvent:
    node = _Node(element)
    performer = node.one("performer")
    return ServiceEvent(
        start=node.value("effectiveTime/low") or node.value("effectiveTime"),
        stop=node.value("effectiveTime/high"),
        code=node.coded("code"),
        performer=None if performer is None else _participant(performer, "assignedEntity"),
        ids=_ids(node.all("id")),
    )


def _encounter(element: etree._Element) -> Encounter:
    node = _Node(element)
    found = node.one("location/healthCareFacility")
    facility = None if found is None else _Node(found)
    return Encounter(
        ids=_ids(node.all("id")),
        code=node.coded("code"),
        start=node.value("effectiveTime/low") or node.value("effectiveTime"),
        stop=node.value("effectiveTime/high"),
        facility=None if facility is None else facility.coded("code"),
        facility_name="" if facility is None else facility.text("location/name"),
    )


def _related(element: etree._Element, parent: etree._Element) -> Related:
    node = _Node(parent)
    return Related(
        type=element.get("typeCode", ""),
        parent=_id(node.need("id")),
        parent_set_id=node.optional_id("setId"),
        parent_version=node.value("versionNumber"),
    )
