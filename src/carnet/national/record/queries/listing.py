"""The list of a citizen's documents, and the record in one look."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from carnet.national.journal.actors import Citizen
from carnet.national.record import entries
from carnet.national.record.models import Record
from carnet.national.record.queries.lines import Line, summary_of
from carnet.national.record.queries.views import (
    Category,
    DocumentList,
    DocumentSummary,
    RecordSummary,
)
from carnet.national.record.rules import (
    AccessRefused,
    Act,
    RecordFacts,
    decide,
    sight,
    visible,
    visible_sql,
)
from carnet.standards.nos import CATEGORIES

#: Newest act first; the cursor of a page is the last line's (service_start, id).
_PAGE: Final = f"""
SELECT {", ".join(Line._fields)}
  FROM record_document
 WHERE patient_id = %s AND {visible_sql()} AND status IN ('APPROVED', 'ARCHIVED')
   AND (%s::text IS NULL OR category = %s)
   AND (%s::text[] IS NULL OR words LIKE ALL(%s::text[]))
   AND (%s::timestamptz IS NULL OR (service_start, id) < (%s, %s::uuid))
 ORDER BY service_start DESC, id DESC
 LIMIT %s
"""  # noqa: S608 - constants only

_COUNTS: Final = f"""
SELECT category, count(*), count(*) FILTER (WHERE opened_at IS NULL),
       count(*) FILTER (WHERE %s::text[] IS NULL OR words LIKE ALL(%s::text[]))
  FROM record_document
 WHERE patient_id = %s AND {visible_sql()} AND status IN ('APPROVED', 'ARCHIVED')
 GROUP BY category
"""  # noqa: S608 - constants only

_BY_UNIQUE_ID: Final = f"""
SELECT unique_id, id FROM record_document
 WHERE patient_id = %s AND unique_id = ANY(%s::text[]) AND {visible_sql()}
 ORDER BY version
"""  # noqa: S608 - constants only

_CURSOR: Final = re.compile(r"([0-9T:.+-]{10,40})~([0-9a-f-]{36})")


def summary(actor: Citizen, patient_id: UUID) -> RecordSummary:
    """The record in one look. Raises `AccessRefused` for another's record."""
    codes = _visible(actor, patient_id)
    record = Record.objects.get(patient_id=patient_id)
    counts = _counts(actor, patient_id, codes, None)
    return RecordSummary(
        status=record.status,
        opened_at=record.opened_at,
        documents=sum(total for _slug, total, _new, _matching in counts),
        new_documents=sum(new for _slug, _total, new, _matching in counts),
        latest=_page(actor, patient_id, codes, limit=3)[0],
    )


def list_documents(
    actor: Citizen,
    patient_id: UUID,
    *,
    category: str | None = None,
    words: str = "",
    before: str = "",
    limit: int = 50,
) -> DocumentList:
    """Documents that the reader may see (not replaced, not deleted), newest act first.

    `category` is a slug of `standards.nos.CATEGORIES`. `words`: every word must be found in the
    title, type, author or structure, case and accents ignored. A `before` that this function did
    not give is as no cursor. Raises `AccessRefused` (record.rules) for another's record.
    """
    codes = _visible(actor, patient_id)
    patterns = [f"%{_escaped(word)}%" for word in entries.plain(words).split()] or None
    counts = _counts(actor, patient_id, codes, patterns)
    by_slug = {slug: total for slug, total, _new, _matching in counts}
    documents, next_before = _page(
        actor,
        patient_id,
        codes,
        limit=limit,
        slug=category,
        patterns=patterns,
        before=before,
    )
    return DocumentList(
        documents=documents,
        categories=tuple(
            Category(each.slug, each.title, each.explanation, by_slug[each.slug])
            for each in CATEGORIES
            if each.slug in by_slug
        ),
        total=sum(
            matching
            for slug, _total, _new, matching in counts
            if category is None or slug == category
        ),
        next_before=next_before,
    )


def new_count(actor: Citizen, patient_id: UUID) -> int:
    """How many visible documents were never opened in this space."""
    counts = _counts(actor, patient_id, _visible(actor, patient_id), None)
    return sum(new for _slug, _total, new, _matching in counts)


def documents_of(
    actor: Citizen, patient_id: UUID, unique_ids: Collection[str]
) -> Mapping[str, UUID]:
    """The ids (entryUUID) of these documents, by uniqueId: those that the reader may open.

    Replaced ones too. Raises `AccessRefused` for another's record.
    """
    codes = _visible(actor, patient_id)
    with connection.cursor() as cursor:
        cursor.execute(_BY_UNIQUE_ID, [patient_id, list(unique_ids), *sight(actor, codes)])
        return dict(cursor.fetchall())


def _visible(actor: Citizen, patient_id: UUID) -> int:
    """What a citizen sees does not depend on the state of the record, only on whose it is."""
    facts = RecordFacts()
    decision = decide(actor, Act.SEARCH, patient_id, facts)
    if not decision.allowed:
        raise AccessRefused(decision)
    return visible(actor, Act.SEARCH, patient_id, facts)


def _counts(
    actor: Citizen, patient_id: UUID, codes: int, patterns: list[str] | None
) -> list[tuple[str, int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [patterns, patterns, patient_id, *sight(actor, codes)])
        return list(cursor.fetchall())


def _page(
    actor: Citizen,
    patient_id: UUID,
    codes: int,
    *,
    limit: int,
    slug: str | None = None,
    patterns: list[str] | None = None,
    before: str = "",
) -> tuple[tuple[DocumentSummary, ...], str]:
    cursor_at, cursor_id = cursor_of(before)
    with connection.cursor() as cursor:
        cursor.execute(
            _PAGE,
            [
                patient_id,
                *sight(actor, codes),
                slug,
                slug,
                patterns,
                patterns,
                cursor_at,
                cursor_at,
                cursor_id,
                limit + 1,
            ],
        )
        lines = [Line(*line) for line in cursor.fetchall()]
    shown = lines[:limit]
    next_before = cursor_after(shown[-1]) if len(lines) > limit else ""
    return tuple(summary_of(line) for line in shown), next_before


def cursor_after(line: Line) -> str:
    """The `before` of the page that follows this line."""
    return f"{line.service_start.isoformat()}~{line.id}"


def cursor_of(before: str) -> tuple[datetime | None, UUID | None]:
    """What `cursor_after` gave, read again; none for anything else."""
    found = _CURSOR.fullmatch(before)
    if not found:
        return None, None
    try:
        return datetime.fromisoformat(found[1]), UUID(found[2])
    except ValueError:
        return None, None


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
