"""Voir comme un infirmier: what a profession would see of a record, and what it would not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from carnet.national.journal.actors import Citizen, Professional
from carnet.national.record.actions.refusals import audited
from carnet.national.record.context import context
from carnet.national.record.law import matrix
from carnet.national.record.queries.lines import Line, summary_of
from carnet.national.record.queries.listing import cursor_after, cursor_of
from carnet.national.record.queries.views import DocumentSummary
from carnet.national.record.rules import (
    AccessRefused,
    Act,
    Authorisation,
    Decision,
    RecordFacts,
    decide,
    facet_sql,
    facet_values,
    facts_of_code,
    sight,
    visible,
    visible_sql,
)
from carnet.national.record.sentences import for_patient
from carnet.standards.xds.metadata import Code

#: Nobody's PS_IdNat: whom the holder imagines is the author of nothing.
_NOBODY: Final = "apercu"
#: Newest act first, as in the list. Takes the values of the reader, then those of the holder.
_PAGE: Final = f"""
SELECT {facet_sql()}, {", ".join(Line._fields)}
  FROM record_document
 WHERE patient_id = %s AND {visible_sql()} AND status IN ('APPROVED', 'ARCHIVED')
   AND (%s::timestamptz IS NULL OR (service_start, id) < (%s, %s::uuid))
 ORDER BY service_start DESC, id DESC
 LIMIT %s
"""  # noqa: S608 - constants only
_COUNT: Final = f"""
SELECT count(*), count(*) FILTER (WHERE {visible_sql()})
  FROM record_document
 WHERE patient_id = %s AND {visible_sql()} AND status IN ('APPROVED', 'ARCHIVED')
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class Previewed:
    """One document of the holder, and whether that reader would open it."""

    summary: DocumentSummary
    decision: Decision
    sentences: tuple[str, ...]  #: why, said to the holder


@dataclass(frozen=True, slots=True)
class Preview:
    """A page of the record as somebody else would see it. `next_before` goes back into `before`."""

    documents: tuple[Previewed, ...]
    readable: int  #: of the whole record
    total: int
    next_before: str


def preview(
    actor: Citizen,
    patient_id: UUID,
    profession: Code,
    *,
    now: datetime,
    specialty: Code | None = None,
    purpose: str = "normal",
    consented: bool = True,
    is_medecin_traitant: bool = False,
    before: str = "",
    limit: int = 50,
) -> Preview:
    """The documents that the holder sees, each with what a member of this profession would do.

    The reader is imagined: a professional with a card, the author of nothing, whom the holder
    `consented` to. All else is real: the choices of the holder, the law in force. Raises
    `AccessRefused`, written in the journal, for another's record; `LookupError` without record.
    """
    reader = Professional(_NOBODY, "", profession, "", specialty=specialty, purpose=purpose)
    with audited(actor, "access.explained", now=now) as attempt:
        attempt.patient_id = patient_id
        governs = decide(actor, Act.GOVERN, patient_id, RecordFacts())
        if not governs.allowed:
            raise AccessRefused(governs)
    found = context(reader, patient_id, now=now)
    if found is None:
        raise LookupError("there is no record")
    facts = replace(
        found.facts,
        authorisation=Authorisation.VALID if consented else Authorisation.NONE,
        is_medecin_traitant=is_medecin_traitant,
    )
    readable = visible(reader, Act.READ, patient_id, facts)
    mine = sight(actor, visible(actor, Act.SEARCH, patient_id, RecordFacts()))
    cursor_at, cursor_id = cursor_of(before)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [*sight(reader, readable, matrix(now)), patient_id, *mine])
        total, open_ = cursor.fetchone()
        page = [patient_id, *mine, cursor_at, cursor_at, cursor_id, limit + 1]
        cursor.execute(_PAGE, [*facet_values(reader, matrix(now)), *page])
        lines = [(code, Line(*columns)) for code, *columns in cursor.fetchall()]
    shown = lines[:limit]
    return Preview(
        tuple(
            _previewed(line, decide(reader, Act.READ, patient_id, facts, facts_of_code(code)))
            for code, line in shown
        ),
        open_,
        total,
        cursor_after(shown[-1][1]) if len(lines) > limit else "",
    )


def _previewed(line: Line, decision: Decision) -> Previewed:
    return Previewed(summary_of(line), decision, for_patient(decision))
