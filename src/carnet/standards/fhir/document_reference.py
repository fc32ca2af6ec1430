"""A document entry as a DocumentReference, and back (spec dmp §7.3; PDSm and IHE MHD profiles).

`id` is the entryUUID; `date` and `attachment.creation` both tell creationTime, on which the drafts
disagree; an archived document is current with `isArchived`, a deleted one `entered-in-error`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from carnet.standards.fhir import data_types, people, systems
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.outcome import refused
from carnet.standards.fhir.people import Contained
from carnet.standards.fhir.reading import Element
from carnet.standards.hl7v2.er7 import STANDARD
from carnet.standards.ids import INS_OIDS
from carnet.standards.xds.metadata import AssociationType, Code, DocumentEntry, Status

PDSM: Final = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition"
MHD: Final = "https://profiles.ihe.net/ITI/MHD/StructureDefinition"
IS_ARCHIVED: Final = f"{PDSM}/pdsm-ext-is-archived"
PROFILES: Final = (
    f"{PDSM}/pdsm-comprehensive-document-reference",
    f"{MHD}/IHE.MHD.Comprehensive.DocumentReference",
)

CURRENT: Final = "current"
SUPERSEDED: Final = "superseded"
DELETED: Final = "entered-in-error"
STATUSES: Final[Mapping[Status, str]] = MappingProxyType(
    {
        Status.APPROVED: CURRENT,
        Status.ARCHIVED: CURRENT,
        Status.DEPRECATED: SUPERSEDED,
        Status.DELETED: DELETED,
    }
)
#: relatesTo.code of each association between documents.
RELATIONS: Final[Mapping[AssociationType, str]] = MappingProxyType(
    {
        AssociationType.RPLC: "replaces",
        AssociationType.XFRM_RPLC: "replaces",
        AssociationType.XFRM: "transforms",
        AssociationType.APND: "appends",
        AssociationType.SIGNS: "signs",
    }
)
ASSOCIATIONS: Final[Mapping[str, AssociationType]] = MappingProxyType(
    {
        "replaces": AssociationType.RPLC,
        "transforms": AssociationType.XFRM,
        "appends": AssociationType.APND,
        "signs": AssociationType.SIGNS,
    }
)

#: Use of an XPN by its type (XPN-7; spec dmp §3.4), and back.
_NAME_USES: Final[Mapping[str, str]] = MappingProxyType(
    {"L": "official", "S": "usual", "D": "usual"}
)
_NAME_TYPES: Final[Mapping[str, str]] = MappingProxyType({"official": "L", "usual": "S"})
_GENDERS: Final[Mapping[str, str]] = MappingProxyType({"M": "male", "F": "female", "U": "unknown"})
_SEXES: Final[Mapping[str, str]] = MappingProxyType({v: k for k, v in _GENDERS.items()})


@dataclass(frozen=True, slots=True)
class Held:
    """An entry as the record holds it, with what its ebRIM does not say.

    `relations` are (association type, entryUUID without `urn:uuid:`) of what it replaces, appends,
    transforms or signs.
    """

    id: str
    entry: DocumentEntry
    version_id: str
    last_updated: datetime
    relations: Sequence[tuple[AssociationType, str]] = ()


def binary_url(base: str, unique_id: str) -> str:
    """Where the bytes of a document are read (ITI-68)."""
    return f"{base}/Binary/{quote(unique_id, safe='')}"


# Writing


def write(held: Held, *, base: str) -> Resource:
    """The DocumentReference; `base` is the address of the server, without a slash at its end."""
    entry, contained = held.entry, Contained([])
    written: Resource = {
        "resourceType": "DocumentReference",
        "id": held.id,
        "meta": {
            "versionId": held.version_id,
            "lastUpdated": data_types.instant(held.last_updated),
            "profile": list(PROFILES),
        },
        "contained": contained.resources,
        "extension": [{"url": IS_ARCHIVED, "valueBoolean": entry.status is Status.ARCHIVED}],
        "masterIdentifier": data_types.unique_identifier(entry.unique_id, "usual"),
        "identifier": list(_identifiers(held)),
        "status": STATUSES[entry.status or Status.APPROVED],
    }
    if entry.type_code:
        written["type"] = data_types.concept(entry.type_code)
    if entry.class_code:
        written["category"] = [data_types.concept(entry.class_code)]
    written["subject"] = people.subject(entry.patient_id)
    if entry.creation_time:
        written["date"] = data_types.whole_instant(entry.creation_time)
    if authors := [
        people.author(each, contained) for each in entry.authors if each.person or each.institutions
    ]:
        written["author"] = authors
    if entry.legal_authenticator:
        written["authenticator"] = people.person(entry.legal_authenticator, contained)
    if entry.repository_unique_id:
        written["custodian"] = {
            "type": "Organization",
            "identifier": data_types.uri_identifier(f"urn:oid:{entry.repository_unique_id}"),
        }
    if held.relations:
        written["relatesTo"] = [
            {"code": RELATIONS[kind], "target": {"reference": f"DocumentReference/{target}"}}
            for kind, target in held.relations
        ]
    if entry.comments:
        written["description"] = entry.comments
    if entry.confidentiality:
        written["securityLabel"] = [data_types.concept(each) for each in entry.confidentiality]
    written["content"] = [_content(entry, base)]
    if context := _context(entry, contained):
        written["context"] = context
    if not contained.resources:
        del written["contained"]
    return written


def _identifiers(held: Held) -> Iterator[Resource]:
    """entryUUID, then logicalId when this is another version than the first."""
    first = f"urn:uuid:{held.id}"
    yield data_types.uri_identifier(first, "official")
    if held.entry.logical_id and held.entry.logical_id != first:
        yield data_types.uri_identifier(held.entry.logical_id, "secondary")


def _content(entry: DocumentEntry, base: str) -> Resource:
    attachment: Resource = {"contentType": entry.mime_type}
    if entry.language:
        attachment["language"] = entry.language
    attachment["url"] = binary_url(base, entry.unique_id)
    if entry.size is not None:
        attachment["size"] = entry.size
    if entry.hash:
        attachment["hash"] = data_types.hash_of(entry.hash)
    if entry.title:
        attachment["title"] = entry.title
    if entry.creation_time:
        attachment["creation"] = data_types.date_time(entry.creation_time)
    content: Resource = {"attachment": attachment}
    if entry.format_code:
        content["format"] = data_types.coding(entry.format_code)
    return content


def _context(entry: DocumentEntry, contained: Contained) -> Resource:
    context: Resource = {}
    if entry.events:
        context["event"] = [data_types.concept(each) for each in entry.events]
    period: Resource = {}
    if entry.service_start_time:
        period["start"] = data_types.date_time(entry.service_start_time)
    if entry.service_stop_time:
        period["end"] = data_types.date_time(entry.service_stop_time)
    if period:
        context["period"] = period
    if entry.facility_type:
        context["facilityType"] = data_types.concept(entry.facility_type)
    if entry.practice_setting:
        context["practiceSetting"] = data_types.concept(entry.practice_setting)
    if entry.source_patient_id or entry.source_patient_info:
        context["sourcePatientInfo"] = contained.reference(_source_patient(entry))
    if entry.reference_ids:
        context["related"] = [{"identifier": _reference_id(each)} for each in entry.reference_ids]
    return context


def _source_patient(entry: DocumentEntry) -> Resource:
    patient: Resource = {"resourceType": "Patient"}
    if entry.source_patient_id:
        patient["identifier"] = [data_types.cx_identifier(entry.source_patient_id)]
    for trait in entry.source_patient_info:
        name, _, value = trait.partition("|")
        match name:
            case "PID-5":
                patient.setdefault("name", []).append(_name(value))
            case "PID-7" if len(value) >= 4:
                patient["birthDate"] = data_types.date_time(value[:8])
            case "PID-8" if value in _GENDERS:
                patient["gender"] = _GENDERS[value]
    return patient


def _name(xpn: str) -> Resource:
    family, given, *_others = (*map(STANDARD.unescape, xpn.split("^")), "")
    parts = xpn.split("^")
    name: Resource = {}
    if use := _NAME_USES.get(parts[6] if len(parts) > 6 else ""):
        name["use"] = use
    if family:
        name["family"] = family
    if given:
        name["given"] = [given]
    return name


def _reference_id(cxi: str) -> Resource:
    parts = [*cxi.split("^"), "", "", "", ""]
    identifier = data_types.cx_identifier(cxi)
    if parts[4]:
        identifier = {
            "type": {"coding": [{"system": systems.URI, "code": parts[4]}]},
            **identifier,
        }
    return identifier


# Reading

_KNOWN: Final = (
    "resourceType",
    "id",
    "meta",
    "implicitRules",
    "language",
    "text",
    "contained",
    "extension",
    "modifierExtension",
    "masterIdentifier",
    "identifier",
    "status",
    "docStatus",
    "type",
    "category",
    "subject",
    "date",
    "author",
    "authenticator",
    "custodian",
    "relatesTo",
    "description",
    "securityLabel",
    "content",
    "context",
)


def lost(document: Element) -> tuple[str, ...]:
    """The places of what the registry cannot keep of a DocumentReference."""
    context = document.child("context")
    found = [document.at("docStatus")] if document.has("docStatus") else []
    if context is not None and context.has("encounter"):
        found.append(context.at("encounter"))
    return tuple(found)


def read(document: Element, *, id: str, patient_id: str, resolve: people.Resolve) -> DocumentEntry:
    """The entry of a DocumentReference to register: `id` names it in the lot.

    `patient_id` is the CX of its subject. What is absent stays empty, for the rules of the registry
    to judge; the status is the registry's. Raises `FhirRefused`.
    """
    document.only(*_KNOWN)
    for name in ("modifierExtension", "implicitRules"):
        if document.has(name):
            raise refused(
                422, "extension", "what this changes is not understood", document.at(name)
            )
    if document.text("status", required=True) != CURRENT:
        raise refused(422, "business-rule", "a new document is current", document.at("status"))
    contents = document.children("content")
    if len(contents) != 1:
        raise refused(422, "structure", "one content is expected", document.at("content"))
    attachment = contents[0].need("attachment")
    categories = document.children("category")
    authenticator = document.child("authenticator")
    format_ = contents[0].child("format")
    context = document.child("context") or Element({}, document.at("context"))
    period = context.child("period") or Element({}, context.at("period"))
    source_id, source_info = _read_source(context.child("sourcePatientInfo"), resolve)
    return DocumentEntry(
        id=id,
        unique_id=data_types.unique_id(document.need("masterIdentifier")),
        patient_id=patient_id,
        mime_type=attachment.text("contentType", required=True),
        class_code=data_types.read_concept(categories[0] if categories else None),
        type_code=data_types.read_concept(document.child("type")),
        format_code=data_types.read_coding(format_) if format_ is not None else None,
        facility_type=data_types.read_concept(context.child("facilityType")),
        practice_setting=data_types.read_concept(context.child("practiceSetting")),
        confidentiality=read_labels(document),
        events=_concepts(context.children("event")),
        authors=tuple(people.read_author(each, resolve) for each in document.children("author")),
        title=attachment.text("title"),
        comments=document.text("description"),
        language=attachment.text("language"),
        creation_time=data_types.dtm(attachment, "creation") or data_types.dtm(document, "date"),
        service_start_time=data_types.dtm(period, "start"),
        service_stop_time=data_types.dtm(period, "end"),
        legal_authenticator=(
            people.read_person(authenticator, resolve) if authenticator is not None else ""
        ),
        source_patient_id=source_id,
        source_patient_info=source_info,
        reference_ids=tuple(_read_reference(each) for each in context.children("related")),
        hash=data_types.read_hash(attachment, "hash"),
        size=attachment.integer("size"),
    )


def read_labels(document: Element) -> tuple[Code, ...]:
    """confidentialityCode: all codes of securityLabel, the level N, R or V first.

    Raises `FhirRefused`.
    """
    codes = _concepts(document.children("securityLabel"))
    return tuple(sorted(codes, key=lambda each: each.code not in ("N", "R", "V")))


def is_archived(document: Element) -> bool:
    """What the extension isArchived says; false without it. Raises `FhirRefused`."""
    said = [
        each.boolean("valueBoolean")
        for each in document.children("extension")
        if each.text("url") == IS_ARCHIVED
    ]
    if len(said) > 1:
        raise refused(422, "structure", "isArchived is said twice", document.at("extension"))
    return bool(said and said[0])


def _concepts(elements: Iterable[Element]) -> tuple[Code, ...]:
    return tuple(
        data_types.read_coding(coding)
        for element in elements
        for coding in element.children("coding")
    )


def _read_source(reference: Element | None, resolve: people.Resolve) -> tuple[str, tuple[str, ...]]:
    """sourcePatientId and sourcePatientInfo: of the patient as the source knows them."""
    if reference is None:
        return "", ()
    patient = resolve(reference)
    if patient.value.get("resourceType") != "Patient":
        raise refused(422, "value", "a Patient is expected here", reference.path)
    identifiers = patient.children("identifier")
    local = next(
        (each for each in identifiers if systems.oid_of_uri(each.text("system")) not in INS_OIDS),
        identifiers[0] if identifiers else None,
    )
    traits = [f"PID-5|{_read_name(each)}" for each in patient.children("name")]
    if patient.has("birthDate"):
        traits.append(f"PID-7|{data_types.dtm(patient, 'birthDate')[:8]}")
    if sex := _SEXES.get(patient.text("gender")):
        traits.append(f"PID-8|{sex}")
    return (data_types.cx(local, "PI") if local is not None else ""), tuple(traits)


def _read_name(name: Element) -> str:
    given = name.texts("given")
    family = STANDARD.escaped(name.text("family"))
    kind = _NAME_TYPES.get(name.text("use"), "U")
    return f"{family}^{STANDARD.escaped(given[0]) if given else ''}^^^^^{kind}"


def _read_reference(related: Element) -> str:
    identifier = related.need("identifier")
    value = STANDARD.escaped(identifier.text("value", required=True))
    system = identifier.text("system")
    oid = systems.oid_of_uri(system)
    if system and not oid:
        raise refused(422, "value", "the system must be a urn:oid:", identifier.at("system"))
    kind = identifier.child("type")
    codes = [each.text("code", required=True) for each in kind.children("coding")] if kind else []
    return f"{value}^^^{f'&{oid}&ISO' if oid else ''}^{codes[0] if codes else ''}"
