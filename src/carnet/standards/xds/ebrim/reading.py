"""Reads ebRIM into XDS metadata, or refuses it with the place of what is wrong.

Nothing that was said is lost in silence: a slot of no known name is kept (`extra_slots`), what has
no place at all (an unknown classification or identification scheme) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from carnet.standards.xds.ebrim.vocabulary import (
    ASSOCIATION_DOCUMENTATION,
    AUTHOR_SLOTS,
    CODING_SCHEME,
    ENTRY,
    FOLDER,
    FOLDER_NODE,
    RIM,
    SUBMISSION_SET,
    SUBMISSION_SET_NODE,
    ObjectForm,
    SlotPlace,
)
from carnet.standards.xds.errors import ErrorCode, XdsRefused, refused
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Author,
    Code,
    DocumentEntry,
    Folder,
    RegistryObjects,
    Status,
    Submission,
    SubmissionSet,
)


def _tag(name: str) -> str:
    return f"{{{RIM}}}{name}"


_LIST: Final = _tag("RegistryObjectList")
_ENTRY: Final = _tag("ExtrinsicObject")
_PACKAGE: Final = _tag("RegistryPackage")
_ASSOCIATION: Final = _tag("Association")
_CLASSIFICATION: Final = _tag("Classification")
_IDENTIFIER: Final = _tag("ExternalIdentifier")
_OBJECT_REF: Final = _tag("ObjectRef")
_SLOT: Final = _tag("Slot")
_VALUE_LIST: Final = _tag("ValueList")
_VALUE: Final = _tag("Value")
_NAME: Final = _tag("Name")
_DESCRIPTION: Final = _tag("Description")
_VERSION: Final = _tag("VersionInfo")
_CONTENT_VERSION: Final = _tag("ContentVersionInfo")
_LOCALIZED: Final = _tag("LocalizedString")
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_TYPE: Final = next(place.scheme for place in ENTRY.codes if place.field == "type_code")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def read_submission(registry_object_list: etree._Element) -> Submission:
    """What a rim:RegistryObjectList submits. Raises `XdsRefused` (XDSRegistryMetadataError)."""
    objects = read_objects(registry_object_list)
    lots = objects.submission_sets
    if len(lots) > 1:
        raise _wrong("a submission has one SubmissionSet, this one has several", lots[1].id)
    return Submission(
        submission_set=lots[0] if lots else None,
        documents=objects.documents,
        folders=objects.folders,
        associations=objects.associations,
    )


def read_objects(registry_object_list: etree._Element) -> RegistryObjects:
    """The objects of a rim:RegistryObjectList; an ObjectRef is none. Raises `XdsRefused`."""
    if registry_object_list.tag != _LIST:
        raise _wrong("a rim:RegistryObjectList is expected", "RegistryObjectList")
    nodes = _nodes(registry_object_list)
    documents: list[DocumentEntry] = []
    lots: list[SubmissionSet] = []
    folders: list[Folder] = []
    associations: list[Association] = []
    seen: set[str] = set()
    for element in _elements(registry_object_list):
        tag, identity = element.tag, element.get("id", "")
        if tag in (_CLASSIFICATION, _OBJECT_REF):
            continue
        if identity in seen:
            raise _wrong("two objects have the same id", identity)
        seen.add(identity)
        if tag == _ENTRY:
            documents.append(read_entry(element))
        elif tag == _ASSOCIATION:
            associations.append(_association(element))
        elif tag == _PACKAGE and nodes.get(identity) == SUBMISSION_SET_NODE:
            lots.append(read_submission_set(element))
        elif tag == _PACKAGE and nodes.get(identity) == FOLDER_NODE:
            folders.append(read_folder(element))
        elif tag == _PACKAGE:
            raise _wrong("a package is classified neither as SubmissionSet nor Folder", identity)
        else:
            raise _wrong(f"{etree.QName(element).localname} is not an object of XDS", identity)
    return RegistryObjects(tuple(documents), tuple(lots), tuple(folders), tuple(associations))


def read_entry(extrinsic_object: etree._Element) -> DocumentEntry:
    """What a rim:ExtrinsicObject says of a document. Raises `XdsRefused`."""
    if extrinsic_object.tag != _ENTRY:
        raise _wrong("a rim:ExtrinsicObject is expected", extrinsic_object.get("id", ""))
    read = _read(extrinsic_object, ENTRY)
    return DocumentEntry(
        mime_type=extrinsic_object.get("mimeType", ""),
        object_type=extrinsic_object.get("objectType", ""),
        logical_id=extrinsic_object.get("lid", ""),
        version=read.version,
        **read.fields,
    )


def read_heading(extrinsic_object: etree._Element) -> tuple[Code | None, tuple[Author, ...]]:
    """The type and the authors of an entry, all that a list needs which its columns do not say.

    For what `read_entry` accepted once: nothing else is looked at. Raises `XdsRefused`.
    """
    identity = extrinsic_object.get("id", "")
    kind: Code | None = None
    authors: list[Author] = []
    for element in extrinsic_object.iterchildren(_CLASSIFICATION):
        scheme = element.get("classificationScheme", "")
        if scheme == ENTRY.author[0]:
            authors.append(_author(element, identity))
        elif scheme == _TYPE:
            kind = _code(element, identity)
    return kind, tuple(authors)


def read_submission_set(element: etree._Element) -> SubmissionSet:
    """What a rim:RegistryPackage says of a lot. Raises `XdsRefused`."""
    # A lot has one version only: lid and VersionInfo, which a registry may return, say nothing.
    return SubmissionSet(**_read(element, SUBMISSION_SET).fields)


def read_folder(element: etree._Element) -> Folder:
    """What a rim:RegistryPackage says of a folder. Raises `XdsRefused`."""
    read = _read(element, FOLDER)
    return Folder(logical_id=element.get("lid", ""), version=read.version, **read.fields)


def _association(element: etree._Element) -> Association:
    identity = element.get("id", "")
    name = element.get("associationType", "")
    if name not in AssociationType.__members__.values():
        raise _wrong("the type of an association is not one of XDS", identity)
    slots: list[tuple[str, tuple[str, ...]]] = []
    documentation: Code | None = None
    for child in _elements(element):
        if child.tag == _SLOT:
            slots.append(_slot(child, identity))
        elif child.tag == _CLASSIFICATION and documentation is None:
            if child.get("classificationScheme") != ASSOCIATION_DOCUMENTATION:
                raise _wrong("the classification of an association is not known", identity)
            documentation = _code(child, identity)
        elif child.tag not in (_NAME, _DESCRIPTION, _VERSION):
            raise _wrong(f"{etree.QName(child).localname} has no place here", identity)
    return Association(
        type=AssociationType(name),
        source=element.get("sourceObject", ""),
        target=element.get("targetObject", ""),
        id=identity,
        slots=tuple(slots),
        documentation=documentation,
        status=_status(element, identity),
    )


@dataclass(slots=True)
class _Read:
    """What one registry object held: the fields of its dataclass, and its version."""

    fields: dict[str, Any] = field(default_factory=dict)
    version: int | None = None


def _read(element: etree._Element, form: ObjectForm) -> _Read:
    """Read the parts that all objects have, by the table of `form`."""
    identity = element.get("id", "")
    if not identity:
        raise _wrong("an object has no id", etree.QName(element).localname)
    read = _Read({"id": identity, "home_community_id": element.get("home", "")})
    read.fields["status"] = _status(element, identity)
    slots: list[tuple[str, tuple[str, ...]]] = []
    classifications: list[etree._Element] = []
    identifiers: list[etree._Element] = []
    for child in _elements(element):
        tag = child.tag
        if tag == _SLOT:
            slots.append(_slot(child, identity))
        elif tag == _CLASSIFICATION:
            classifications.append(child)
        elif tag == _IDENTIFIER:
            identifiers.append(child)
        elif tag == _NAME:
            read.fields["title"] = _text(child)
        elif tag == _DESCRIPTION:
            read.fields["comments"] = _text(child)
        elif tag == _VERSION:
            read.version = _number(child.get("versionName", ""), "VersionInfo", identity)
        elif tag != _CONTENT_VERSION:
            raise _wrong(f"{etree.QName(child).localname} has no place here", identity)
    read.fields.update(_slot_fields(slots, form.slots, identity))
    read.fields.update(_code_fields(classifications, form, identity))
    read.fields.update(_identifier_fields(identifiers, form, identity))
    return read


def _status(element: etree._Element, identity: str) -> Status | None:
    value = element.get("status", "")
    if not value:
        return None
    if value not in Status.__members__.values():
        raise _wrong("the availabilityStatus is not one of XDS or of the DMP", identity)
    return Status(value)


def _slot(element: etree._Element, identity: str) -> tuple[str, tuple[str, ...]]:
    """Name and values of a rim:Slot; white space around a value is layout."""
    name = element.get("name", "")
    values = _first(element, _VALUE_LIST)
    if not name or values is None:
        raise _wrong("a Slot has no name or no ValueList", identity)
    texts = [(value.text or "").strip(" \t\r\n") for value in values.iterchildren(_VALUE)]
    return name, tuple(texts)


def _slot_fields(
    slots: list[tuple[str, tuple[str, ...]]], places: tuple[SlotPlace, ...], identity: str
) -> dict[str, Any]:
    """The fields that `slots` hold by the table `places`; `extra_slots` are the others, kept."""
    named = dict(slots)
    if len(named) != len(slots):
        raise _wrong("two slots have the same name", identity)
    fields: dict[str, Any] = {}
    for place in places:
        values = tuple(filter(None, named.pop(place.name, ())))
        if place.kind == "many":
            fields[place.field] = values
        elif len(values) > 1:
            raise _wrong(f"{place.name} holds {len(values)} values, one is allowed", identity)
        elif place.kind == "number":
            fields[place.field] = _number(values[0], place.name, identity) if values else None
        else:
            fields[place.field] = values[0] if values else ""
    fields["extra_slots"] = tuple(named.items())
    return fields


def _code_fields(
    classifications: list[etree._Element], form: ObjectForm, identity: str
) -> dict[str, Any]:
    """The authors and the codes, each list in the order of the wire."""
    author_scheme, author_field = form.author
    places = {place.scheme: place for place in form.codes}
    authors: list[Author] = []
    codes: dict[str, list[Code]] = {place.field: [] for place in form.codes}
    for element in classifications:
        scheme = element.get("classificationScheme", "")
        if element.get("classifiedObject", identity) != identity:
            raise _wrong("a classification inside an object is about another object", identity)
        if scheme and scheme == author_scheme:
            authors.append(_author(element, identity))
        elif scheme in places:
            codes[places[scheme].field].append(_code(element, identity))
        elif not element.get("classificationNode"):
            raise _wrong("a classification has no scheme known to XDS", identity)
    fields: dict[str, Any] = {author_field: tuple(authors)} if author_field else {}
    for place in form.codes:
        found = codes[place.field]
        if place.many:
            fields[place.field] = tuple(found)
        elif len(found) > 1:
            raise _wrong(f"{place.field} is given {len(found)} times, once is allowed", identity)
        elif found:
            fields[place.field] = found[0]
    return fields


def _author(element: etree._Element, identity: str) -> Author:
    slots = [_slot(child, identity) for child in element.iterchildren(_SLOT)]
    return Author(**_slot_fields(slots, AUTHOR_SLOTS, identity))


def _code(element: etree._Element, identity: str) -> Code:
    code = element.get("nodeRepresentation", "")
    slots = dict([_slot(child, identity) for child in element.iterchildren(_SLOT)])
    scheme = slots.pop(CODING_SCHEME, ())
    if not code or len(scheme) > 1 or slots:
        raise _wrong("a code needs its nodeRepresentation and at most one codingScheme", identity)
    name = _first(element, _NAME)
    return Code(code, scheme[0] if scheme else "", "" if name is None else _text(name))


def _identifier_fields(
    identifiers: list[etree._Element], form: ObjectForm, identity: str
) -> dict[str, str]:
    fields = {place.field: "" for place in form.identifiers}
    places = {place.scheme: place for place in form.identifiers}
    for element in identifiers:
        place = places.get(element.get("identificationScheme", ""))
        if place is None:
            raise _wrong("an external identifier has no scheme known to XDS", identity)
        if element.get("registryObject", identity) != identity:
            raise _wrong("an external identifier is about another object", identity)
        if fields[place.field]:
            raise _wrong(f"{place.name} is given twice", identity)
        fields[place.field] = element.get("value", "")
    return fields


def _text(international: etree._Element) -> str:
    """The French text of a Name or a Description, or the first one."""
    texts = list(international.iterchildren(_LOCALIZED))
    for text in texts:
        if text.get(_LANG, "").lower().startswith("fr"):
            return text.get("value", "")
    return texts[0].get("value", "") if texts else ""


def _number(text: str, name: str, identity: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise _wrong(f"{name} is not a whole number", identity)
    return int(text)


def _nodes(objects: etree._Element) -> dict[str, str]:
    """Which packages are lots and which are folders: {id: classification node}."""
    nodes: dict[str, str] = {}
    for element in objects.iter(_CLASSIFICATION):
        node, target = element.get("classificationNode"), element.get("classifiedObject", "")
        if node is None:
            if element.getparent() is objects:
                raise _wrong("a classification outside an object needs a node", target)
        elif nodes.setdefault(target, node) != node:
            raise _wrong("an object is classified by two nodes", target)
    return nodes


def _first(parent: etree._Element, tag: str) -> etree._Element | None:
    return next(parent.iterchildren(tag), None)  # twice as fast as find


def _elements(parent: etree._Element) -> Iterator[etree._Element]:
    return parent.iterchildren(tag=etree.Element)


def _wrong(problem: str, place: str) -> XdsRefused:
    return refused(ErrorCode.REGISTRY_METADATA_ERROR, problem, location=place)
