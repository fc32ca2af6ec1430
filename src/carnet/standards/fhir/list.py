"""A lot and a folder as List, and back (IHE MHD SubmissionSet and Folder; PDSm 3.1).

`id` is the entryUUID of the lot or folder. Source: IHE MHD 4.2, volume 3; spec dmp §7.1, §7.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from carnet.standards.fhir import data_types, people, systems
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.document_reference import IS_ARCHIVED, MHD, PDSM, is_archived
from carnet.standards.fhir.outcome import refused
from carnet.standards.fhir.people import Contained
from carnet.standards.fhir.reading import Element
from carnet.standards.xds.metadata import Author, Code, Folder, Status, SubmissionSet

LIST_TYPES: Final = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
SUBMISSION_SET: Final = "submissionset"
FOLDER: Final = "folder"
DESIGNATION: Final = f"{MHD}/ihe-designationType"
SOURCE_ID: Final = f"{MHD}/ihe-sourceId"
AUTHOR_ORG: Final = f"{MHD}/ihe-authorOrg"
RECIPIENT: Final = f"{MHD}/ihe-intendedRecipient"

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
    "identifier",
    "status",
    "mode",
    "title",
    "code",
    "subject",
    "date",
    "source",
    "note",
    "entry",
)


# Writing


def write_lot(
    lot: SubmissionSet, *, id: str, last_updated: datetime, members: Iterable[str]
) -> Resource:
    """The List of a lot; `members` are the references of what it holds and the reader may see."""
    contained = Contained([])
    extensions = [_designation(code) for code in (lot.content_type,) if code is not None]
    if lot.source_id:
        source_id = data_types.uri_identifier(f"urn:oid:{lot.source_id}")
        extensions.append({"url": SOURCE_ID, "valueIdentifier": source_id})
    extensions.append({"url": IS_ARCHIVED, "valueBoolean": lot.status is Status.ARCHIVED})
    written = _list(
        lot,
        id=id,
        last_updated=last_updated,
        kind=SUBMISSION_SET,
        extensions=[*extensions, *_recipients(lot, contained)],
        profiles=(
            f"{PDSM}/pdsm-submissionset-comprehensive",
            f"{MHD}/IHE.MHD.Comprehensive.SubmissionSet",
        ),
        time=lot.submission_time,
        members=members,
    )
    for author in lot.author[:1]:
        written["source"] = people.author(author, contained)
        if author.institutions and author.person:
            organization = people.author(Author(institutions=author.institutions), contained)
            written["source"]["extension"] = [{"url": AUTHOR_ORG, "valueReference": organization}]
    if contained.resources:
        written["contained"] = contained.resources
    return written


def write_folder(
    folder: Folder, *, id: str, last_updated: datetime, members: Iterable[str]
) -> Resource:
    """The List of a folder, as `write_lot`."""
    return _list(
        folder,
        id=id,
        last_updated=last_updated,
        kind=FOLDER,
        extensions=[_designation(code) for code in folder.codes],
        profiles=(f"{PDSM}/pdsm-folder-comprehensive", f"{MHD}/IHE.MHD.Comprehensive.Folder"),
        time=folder.last_update_time,
        members=members,
    )


def _list(
    said: SubmissionSet | Folder,
    *,
    id: str,
    last_updated: datetime,
    kind: str,
    extensions: Sequence[Resource],
    profiles: Sequence[str],
    time: str,
    members: Iterable[str],
) -> Resource:
    written: Resource = {
        "resourceType": "List",
        "id": id,
        "meta": {
            "versionId": "1",
            "lastUpdated": data_types.instant(last_updated),
            "profile": list(profiles),
        },
        "extension": list(extensions),
        "identifier": [
            data_types.unique_identifier(said.unique_id, "usual"),
            data_types.uri_identifier(f"urn:uuid:{id}", "official"),
        ],
        "status": "retired" if said.status is Status.DEPRECATED else "current",
        "mode": "working",
        "code": {"coding": [{"system": LIST_TYPES, "code": kind}]},
        "subject": people.subject(said.patient_id),
    }
    if said.title:
        written["title"] = said.title
    if time:
        written["date"] = data_types.whole_instant(time)
    if said.comments:
        written["note"] = [{"text": said.comments}]
    entries = [{"item": {"reference": each}} for each in members]
    if entries:
        written["entry"] = entries
    if not extensions:
        del written["extension"]
    return written


def _designation(code: Code) -> Resource:
    return {"url": DESIGNATION, "valueCodeableConcept": data_types.concept(code)}


def _recipients(lot: SubmissionSet, contained: Contained) -> Iterator[Resource]:
    """intendedRecipient is `structure|person|telecom`, each part optional (ITI TF-3, 4.2.3.3.7)."""
    for recipient in lot.intended_recipients:
        institution, person, *_telecom = (*recipient.split("|"), "")
        if institution or person:
            author = Author(person=person, institutions=(institution,) if institution else ())
            yield {"url": RECIPIENT, "valueReference": people.author(author, contained)}


# Reading


def kind_of(element: Element) -> str:
    """`submissionset` or `folder`. Raises `FhirRefused`."""
    element.only(*_KNOWN)
    for name in ("modifierExtension", "implicitRules"):
        if element.has(name):
            raise refused(422, "extension", "what this changes is not understood", element.at(name))
    if element.text("status", required=True) != "current":
        raise refused(422, "business-rule", "a new list is current", element.at("status"))
    if element.text("mode", required=True) != "working":
        raise refused(422, "business-rule", "a new list is working", element.at("mode"))
    code = element.need("code")
    for each in code.children("coding"):
        if each.text("system") == LIST_TYPES and each.text("code") in (SUBMISSION_SET, FOLDER):
            return each.text("code")
    raise refused(422, "value", "a submissionset or a folder is expected", code.path)


def lost(element: Element) -> tuple[str, ...]:
    """The places of what the registry does not keep of a List."""
    return tuple(
        each.path
        for each in element.children("extension")
        if each.text("url") not in (DESIGNATION, SOURCE_ID, IS_ARCHIVED)
    )


def read_lot(
    element: Element, *, id: str, patient_id: str, unique_id: str, resolve: people.Resolve
) -> SubmissionSet:
    """The lot of a List; `unique_id` is for one that gives none. Raises `FhirRefused`."""
    if is_archived(element):
        raise refused(422, "business-rule", "a new lot is not archived", element.at("extension"))
    codes = _codes(element)
    return SubmissionSet(
        id=id,
        unique_id=_unique_id(element) or unique_id,
        source_id=_source_id(element),
        patient_id=patient_id,
        submission_time=_time(element),
        content_type=codes[0] if codes else None,
        author=_author(element, resolve),
        title=element.text("title"),
        comments=_comments(element),
    )


def read_folder(element: Element, *, id: str, patient_id: str, unique_id: str) -> Folder:
    """The folder of a List, as `read_lot`. Raises `FhirRefused`."""
    return Folder(
        id=id,
        unique_id=_unique_id(element) or unique_id,
        patient_id=patient_id,
        title=element.text("title"),
        comments=_comments(element),
        codes=_codes(element),
        last_update_time=_time(element),
    )


def items(element: Element) -> tuple[Element, ...]:
    """The references of what a List holds. Raises `FhirRefused`."""
    return tuple(each.need("item") for each in element.children("entry"))


def _extensions(element: Element, url: str) -> Iterator[Element]:
    return (each for each in element.children("extension") if each.text("url") == url)


def _codes(element: Element) -> tuple[Code, ...]:
    return tuple(
        code
        for each in _extensions(element, DESIGNATION)
        if (code := data_types.read_concept(each.need("valueCodeableConcept"))) is not None
    )


def _source_id(element: Element) -> str:
    """The OID of the sending system: as a URI, or as the system of an identifier it gives."""
    for each in _extensions(element, SOURCE_ID):
        identifier = each.need("valueIdentifier")
        system = identifier.text("system")
        value = identifier.text("value", required=True)
        oid = systems.oid_of_uri(value)
        if not oid:
            raise refused(
                422,
                "value",
                "sourceId must be a urn:oid: or urn:uuid:"
                + (", and its system urn:ietf:rfc:3986" if system else ""),
                identifier.at("value"),
            )
        return oid
    return ""


def _unique_id(element: Element) -> str:
    """The identifier of use usual, else the only one that is not the entryUUID (official)."""
    for each in element.children("identifier"):
        if each.text("use") in ("usual", ""):
            return data_types.unique_id(each)
    return ""


def _time(element: Element) -> str:
    return data_types.dtm(element, "date")


def _comments(element: Element) -> str:
    return "\n".join(text for each in element.children("note") if (text := each.text("text")) != "")


def _author(element: Element, resolve: people.Resolve) -> tuple[Author, ...]:
    source = element.child("source")
    if source is None:
        return ()
    author = (
        people.read_author(source, resolve)
        if source.has("reference") or source.has("identifier")
        else Author()
    )
    for each in _extensions(source, AUTHOR_ORG):
        organization = people.read_organization(each.need("valueReference"), resolve)
        author = Author(author.person, (organization,), author.roles, author.specialties)
    return (author,)
