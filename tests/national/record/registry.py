"""Any registry of one person, put in the record as it is: for queries that must find the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar, get_args
from uuid import UUID

from django.db import connection

from carnet.national.clients.documents import Stored
from carnet.national.journal.actors import Actor
from carnet.national.record import entries
from carnet.national.record.law import matrix
from carnet.national.record.rules import Act, DocumentFacts, RecordFacts, decide, facts_for
from carnet.standards.ids import EntryUuid
from carnet.standards.xds.iti18 import Definition, Kind, Parameter, ReturnType, StoredQuery
from carnet.standards.xds.iti18.parameters import STABLE
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Author,
    Code,
    DocumentEntry,
    Folder,
    RegistryObject,
    RegistryObjects,
    Status,
    SubmissionSet,
)
from tests.national.world import NOW, PHYSICIAN_READER, VISIBILITY

T = TypeVar("T")
U = TypeVar("U")

OURS = f"{PHYSICIAN_READER.ps_idnat}^DURAND^Camille"
CODES = (Code("a", "1.2"), Code("b", "1.2"), Code("a", "1.3", "A"))
#: Of a type that the matrix opens to physicians; the others it opens to nobody.
LETTER = Code("11490-0", "2.16.840.1.113883.6.1")
HIDING = tuple(
    Code(code, VISIBILITY)
    for code in ("MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX")
)
TIMES = ("2025", "202603", "20260301", "20260301120000")
PERSONS = (OURS, "1^O'NEIL\\^Luc", "2^MARTIN_%^Anne")
REFERENCES = ("r1", "r2")
_KINDS = tuple(AssociationType)
_MEMBER = (AssociationType.HAS_MEMBER,)


def urn(place: int) -> str:
    """The entryUUID of the object at this place: documents from 1, lots from 11, folders 21."""
    return EntryUuid.of(UUID(int=place))


def registry(chance: Random, cx: str) -> RegistryObjects:
    """Any registry: documents, lots, folders, and links between any of them."""
    documents = tuple(document(chance, place, cx) for place in range(1, chance.randint(2, 6)))
    lots = tuple(lot(chance, place, cx) for place in range(11, chance.randint(12, 14)))
    folders = tuple(_folder(chance, place, cx) for place in range(21, chance.randint(21, 23)))
    links: list[Association] = []
    for place in range(31, chance.randint(32, 48)):
        links.append(_link(chance, place, documents, lots, folders, links))
    return RegistryObjects(documents, lots, folders, tuple(links))


def _some(chance: Random, values: Sequence[T], most: int = 2) -> tuple[T, ...]:
    return tuple(chance.sample(values, chance.randint(0, most)))


def _maybe(chance: Random, values: Sequence[T], nothing: U) -> T | U:
    return chance.choice([*values, nothing])


def _authors(chance: Random) -> tuple[Author, ...]:
    return tuple(Author(person=person) for person in _some(chance, PERSONS))


def document(chance: Random, place: int, cx: str) -> DocumentEntry:
    """Any entry, at this place."""
    return DocumentEntry(
        id=urn(place),
        logical_id=urn(place),
        unique_id=f"1.2.{place}",
        patient_id=cx,
        mime_type="text/xml",
        class_code=_maybe(chance, CODES, None),
        type_code=chance.choice((LETTER, LETTER, LETTER, CODES[0], None)),
        format_code=_maybe(chance, CODES, None),
        facility_type=_maybe(chance, CODES, None),
        practice_setting=_maybe(chance, CODES, None),
        confidentiality=(*_some(chance, CODES), *_some(chance, HIDING, chance.choice((0, 0, 1)))),
        events=_some(chance, CODES),
        authors=_authors(chance),
        creation_time=chance.choice(TIMES),
        service_start_time=_maybe(chance, TIMES, ""),
        service_stop_time=_maybe(chance, TIMES, ""),
        reference_ids=_some(chance, REFERENCES),
        document_availability=_maybe(chance, ("Online",), ""),
        status=chance.choice((Status.APPROVED, Status.APPROVED, *Status)),
        version=1,
    )


def lot(chance: Random, place: int, cx: str) -> SubmissionSet:
    """Any lot, at this place."""
    return SubmissionSet(
        id=urn(place),
        unique_id=f"1.2.{place}",
        source_id=chance.choice(("1.5", "1.6")),
        patient_id=cx,
        submission_time=chance.choice(TIMES),
        content_type=_maybe(chance, CODES, None),
        author=_authors(chance),
        status=Status.APPROVED,
    )


def _folder(chance: Random, place: int, cx: str) -> Folder:
    return Folder(
        id=urn(place),
        logical_id=urn(place),
        unique_id=f"1.2.{place}",
        patient_id=cx,
        codes=_some(chance, CODES),
        last_update_time=chance.choice(TIMES),
        status=chance.choice((Status.APPROVED, Status.DEPRECATED)),
        version=1,
    )


def _link(chance: Random, place: int, *groups: Sequence[RegistryObject]) -> Association:
    """What lots and folders hold more often than what means nothing."""
    documents, lots, folders, links = ([each.id for each in group] for group in groups)
    anything = [*documents, *lots, *folders, *links]
    source, target, kinds = chance.choice(
        (
            (lots, anything, _MEMBER),
            (lots, documents, _MEMBER),
            (folders or lots, documents, _MEMBER),
            (documents, documents, _KINDS),
            (anything, anything, _KINDS),
        )
    )
    return Association(
        chance.choice(kinds),
        chance.choice(source),
        chance.choice(target),
        urn(place),
        status=chance.choice((Status.APPROVED, Status.APPROVED, Status.DEPRECATED)),
    )


_PLACES: Mapping[type[RegistryObject], Sequence[int]] = {
    DocumentEntry: range(1, 5),
    SubmissionSet: (11, 12),
    Folder: (21, 22),
}
#: Texts by attribute; by kind what an attribute may be asked otherwise.
_TEXTS: Mapping[str, Sequence[str]] = {
    "source_id": ("1.5", "1.6"),
    "reference_ids": REFERENCES,
    "document_availability": ("Online", "Offline"),
    "object_type": (STABLE, STABLE, "urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248"),
}
_VALUES: Mapping[Kind, Sequence[str | Code]] = {
    Kind.PATTERN: ("%", "1^O'NEIL\\%", "%MARTIN__^Anne", "%\\%", "x"),
    Kind.CODE: (*CODES, *CODES, *HIDING, LETTER, Code("c", "1.2")),
    Kind.STATUS: tuple(Status),
    Kind.ASSOCIATION: _KINDS,
    Kind.FROM: TIMES,
    Kind.TO: (*TIMES, "2027"),
}


def query(chance: Random, definition: Definition, cx: str) -> StoredQuery:
    """Any query of this name, that may find something in such a registry."""
    chosen = chance.choice(definition.exactly_one or ("",))
    often = 0.1 if definition.name.startswith("Find") else 0.4
    values = {
        parameter.name: _groups(chance, parameter, cx)
        for parameter in definition.parameters
        if parameter.required
        or parameter.name == chosen
        or (parameter.name not in definition.exactly_one and chance.random() < often)
    }
    return StoredQuery(definition.name, values, chance.choice(get_args(ReturnType)))


def _groups(chance: Random, parameter: Parameter, cx: str) -> tuple[tuple[str | Code, ...], ...]:
    many = 3 if parameter.many else 1
    return tuple(
        tuple(_value(chance, parameter, cx) for _ in range(chance.randint(1, many)))
        for _ in range(chance.randint(1, 2 if parameter.groups else 1))
    )


def _value(chance: Random, parameter: Parameter, cx: str) -> str | Code:
    if parameter.kind is Kind.PATIENT:
        return cx
    if parameter.kind is not Kind.TEXT:
        return chance.choice(_VALUES[parameter.kind])
    if parameter.attribute in _TEXTS:
        return chance.choice(_TEXTS[parameter.attribute])
    places = _PLACES[parameter.owners[0]] if parameter.owners else range(1, 40)
    place = chance.choice([*places, 99])
    return f"1.2.{place}" if parameter.attribute == "unique_id" else urn(place)


def put(patient_id: UUID, registry: RegistryObjects) -> None:
    """Replace what the record of this person holds by this registry."""
    lots = [EntryUuid(lot.id).uuid for lot in registry.submission_sets]
    keys: dict[str, Any] = {"patient_id": patient_id, "received_at": NOW}
    _replace(
        patient_id,
        {
            "record_submissionset": [
                entries.lot_row(lot, EntryUuid(lot.id).uuid, digest="", **keys)
                for lot in registry.submission_sets
            ],
            "record_document": [
                entries.document_row(
                    entry,
                    Stored("", "", 0),
                    submission_set_id=lots[0],
                    senders=(),
                    replaces=None,
                    **keys,
                )
                for entry in registry.documents
            ],
            "record_folder": [
                entries.folder_row(folder, submission_set_id=lots[0], **keys)
                for folder in registry.folders
            ],
            "record_association": [
                entries.association_row(link, patient_id=patient_id, submission_set_id=lots[0])
                for link in registry.associations
            ],
        },
    )


def _replace(patient_id: UUID, lines: dict[str, list[dict[str, Any]]]) -> None:
    with connection.cursor() as cursor:
        for table in reversed(lines):
            cursor.execute(
                f"DELETE FROM {table} WHERE patient_id = %s",  # noqa: S608 - our own names
                [patient_id],
            )
        for table, rows in lines.items():
            cursor.execute(
                f"INSERT INTO {table} SELECT * FROM"  # noqa: S608 - our own names
                f" jsonb_populate_recordset(NULL::{table}, %s::jsonb)",
                [json.dumps(rows)],
            )


def known(
    registry: RegistryObjects,
    actor: Actor,
    patient_id: UUID,
    facts: RecordFacts,
    acts: Iterable[Act],
) -> RegistryObjects:
    """The part of the registry that the actor may know of, said as the rules are told in words."""
    asked = tuple(acts)
    documents = tuple(
        entry
        for entry in registry.documents
        if any(decide(actor, act, patient_id, facts, _facts(actor, entry)).allowed for act in asked)
    )
    members = [each for each in registry.associations if each.type is AssociationType.HAS_MEMBER]
    seen = {entry.id for entry in documents}
    folders = tuple(
        folder
        for folder in registry.folders
        if not (inside := {each.target for each in members if each.source == folder.id})
        or inside & seen
    )
    seen |= {folder.id for folder in folders}
    held = seen | {
        each.id for each in registry.associations if each.source in seen and each.target in seen
    }
    lots = tuple(
        lot
        for lot in registry.submission_sets
        if any(each.source == lot.id and each.target in held for each in registry.associations)
    )
    names = {lot.id for lot in lots}
    links = tuple(
        each
        for each in registry.associations
        if each.source in seen | names and each.target in held | names
    )
    return RegistryObjects(documents, lots, folders, links)


def _facts(actor: Actor, entry: DocumentEntry) -> DocumentFacts:
    return facts_for(
        actor,
        entries.facts_of(entry),
        author_ids=frozenset(author.person.split("^")[0] for author in entry.authors),
        structures=frozenset(),
        type_code=entries.coded(entry.type_code),
        matrix=matrix(NOW),
    )
