"""Documents that a lot or an update is about: what must be known of them, by entryUUID."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from carnet.national.journal.actors import Actor, Establishment, Professional
from carnet.national.record import entries
from carnet.national.record.fragments import entry_of
from carnet.national.record.rules import DocumentFacts, Matrix, facts_for, owners
from carnet.standards.ids import EntryUuid, IdentifierError
from carnet.standards.xds.metadata import AssociationType, DocumentEntry, Status


@dataclass(frozen=True, slots=True)
class Replaced:
    """A registered document and whose it is.

    `folders` hold it, those that are current; `dependents` were added to it or made from it (APND,
    XFRM, theirs too): they end with it (ITI TF-3, 4.2.2.2). `find_replaced` alone tells them.
    """

    id: UUID
    status: Status
    entry: DocumentEntry
    author_ids: frozenset[str]
    structures: frozenset[str]
    folders: tuple[UUID, ...] = ()
    dependents: tuple[UUID, ...] = ()

    @property
    def logical_id(self) -> UUID:
        """What all its versions are known by, as the journal writes it."""
        return EntryUuid(self.entry.logical_id).uuid

    def is_own(self, actor: Actor) -> bool:
        """Whether the rules call it the actor's own (see `rules.owners`)."""
        structures, authors = owners(actor)
        return not (self.structures.isdisjoint(structures) and self.author_ids.isdisjoint(authors))

    def facts(self, actor: Actor, matrix: Matrix) -> DocumentFacts:
        """What the rules look at in this document when this actor would act on it."""
        return facts_for(
            actor,
            entries.facts_of(self.entry)._replace(status=self.status),
            author_ids=self.author_ids,
            structures=self.structures,
            type_code=entries.coded(self.entry.type_code),
            matrix=matrix,
        )

    def is_of(self, actor: Actor) -> bool:
        """Whether the actor wrote it, or acts for the structure that did."""
        match actor:
            case Professional():
                return actor.ps_idnat in self.author_ids or actor.structure in self.structures
            case Establishment():
                return not self.structures.isdisjoint({actor.struct_idnat, actor.holder} - {""})
            case _:
                return False


_FIND: Final = f"""
SELECT id, status, fragment, author_ids, structures, ARRAY(
       SELECT folder.id FROM record_association link
         JOIN record_folder folder
           ON folder.patient_id = link.patient_id AND folder.id = link.source_id
        WHERE link.patient_id = document.patient_id AND link.target_id = document.id
          AND link.type = '{AssociationType.HAS_MEMBER}' AND folder.status = 'APPROVED'
       ), ARRAY(
       WITH RECURSIVE dependent(id) AS (
           SELECT document.id
            UNION
           SELECT link.source_id FROM dependent, record_association link
            WHERE link.patient_id = document.patient_id AND link.target_id = dependent.id
              AND link.type IN ('{AssociationType.APND}', '{AssociationType.XFRM}'))
       SELECT id FROM dependent WHERE id <> document.id)
  FROM record_document document WHERE patient_id = %s AND id = ANY(%s::uuid[])
"""  # noqa: S608 - constants only
_FOLDERS: Final = """
SELECT id, status FROM record_folder WHERE patient_id = %s AND id = ANY(%s::uuid[])
"""
_LAST: Final = """
SELECT DISTINCT ON (unique_id) id, status, fragment, author_ids, structures
  FROM record_document
 WHERE patient_id = %s AND unique_id IN (
       SELECT unique_id FROM record_document
        WHERE patient_id = %s AND (id = ANY(%s::uuid[]) OR logical_id = ANY(%s::uuid[])))
 ORDER BY unique_id, version DESC
"""


def find_replaced(patient_id: UUID, references: Sequence[str]) -> Mapping[str, Replaced]:
    """Those of these entryUUIDs that are documents of this record; no statement for none."""
    ids = _ids(references)
    if not ids:
        return {}
    found = _read(_FIND, [patient_id, list(ids)])
    return {ids[each.id]: each for each in found}


def find_folders(patient_id: UUID, references: Sequence[str]) -> Mapping[str, Status]:
    """Those of these entryUUIDs that are folders of this record; no statement for none."""
    ids = _ids(references)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_FOLDERS, [patient_id, list(ids)])
        return {ids[identifier]: Status[status] for identifier, status in cursor.fetchall()}


def find_last(patient_id: UUID, references: Sequence[str]) -> tuple[Replaced, ...]:
    """The last version of each document that one of these entryUUIDs or logicalIds names."""
    ids = list(_ids(references))
    return tuple(_read(_LAST, [patient_id, patient_id, ids, ids])) if ids else ()


def _ids(references: Sequence[str]) -> dict[UUID, str]:
    """The references that are entryUUIDs: a symbolic id names nothing that is registered."""
    ids: dict[UUID, str] = {}
    for reference in references:
        try:
            ids[EntryUuid(reference).uuid] = reference
        except IdentifierError:
            continue
    return ids


def _read(statement: str, values: Sequence[Any]) -> list[Replaced]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [
            Replaced(
                id=identifier,
                status=Status[status],
                entry=entry_of(fragment, status),
                author_ids=frozenset(author_ids),
                structures=frozenset(structures),
                folders=tuple(related[0]) if related else (),
                dependents=tuple(related[1]) if related else (),
            )
            for identifier, status, fragment, author_ids, structures, *related in cursor.fetchall()
        ]
