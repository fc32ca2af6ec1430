"""Documents that a lot or a change of status is about: what must be known of them, by entryUUID."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

from carnet.national.journal.actors import Actor, Establishment, Professional
from carnet.national.record import entries
from carnet.national.record.rules import DocumentFacts, Matrix, facts_for, owners
from carnet.standards import xml
from carnet.standards.ids import EntryUuid, IdentifierError
from carnet.standards.xds.ebrim import read_entry
from carnet.standards.xds.metadata import DocumentEntry, Status


@dataclass(frozen=True, slots=True)
class Replaced:
    """A registered document and whose it is."""

    id: UUID
    status: Status
    entry: DocumentEntry
    author_ids: frozenset[str]
    structures: frozenset[str]

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


_FIND: Final = """
SELECT id, status, fragment, author_ids, structures
  FROM record_document WHERE patient_id = %s AND id = ANY(%s::uuid[])
"""


def find_replaced(patient_id: UUID, references: Sequence[str]) -> Mapping[str, Replaced]:
    """Those of these entryUUIDs that are documents of this record; no statement for none."""
    ids: dict[UUID, str] = {}
    for reference in references:
        try:
            ids[EntryUuid(reference).uuid] = reference
        except IdentifierError:
            continue  # a symbolic id that names nothing: the caller finds it missing
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [patient_id, list(ids)])
        found = cursor.fetchall()
    return {
        ids[identifier]: Replaced(
            id=identifier,
            status=Status[status],
            entry=read_entry(xml.parse(fragment.encode())),
            author_ids=frozenset(author_ids),
            structures=frozenset(structures),
        )
        for identifier, status, fragment, author_ids, structures in found
    }
