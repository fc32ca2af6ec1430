"""Full-text search in one record, as somebody: the query of every face (R-158, R-168).

Matched is only what the reader may open (Act.READ) and list (Act.SEARCH): a document whose mere
title one may see is not found by its words, nor counted, nor does it complete or correct a
question. Copies are folded among what is left.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, Citizen
from carnet.national.record.access import write_access
from carnet.national.record.context import context
from carnet.national.record.finding import asking, suggesting, vocabulary
from carnet.national.record.finding.found import (
    Copy,
    Filters,
    Found,
    Hit,
    Order,
    Result,
    narrow,
)
from carnet.national.record.finding.lexemes import keyed, lexemes
from carnet.national.record.finding.passages import Marker
from carnet.national.record.law import matrix
from carnet.national.record.queries.lines import Line, summary_of
from carnet.national.record.rules import (
    AccessRefused,
    Act,
    Decision,
    Reason,
    RecordFacts,
    decide,
    facet_sql,
    facet_values,
    visible,
)

#: Seconds in which the rank of a document falls to 1/e: it is halved in five years and a half.
_FADING: Final = 8 * 365.25 * 86_400
#: What weighs a word of the text, of a heading, of author, structure and type, of the title.
_WEIGHTS: Final = "{0.15, 0.3, 0.4, 1.0}"
#: Parts of a document that are looked through for a passage.
_MOST_PARTS: Final = 150

_VISIBLE: Final = (
    f"document.status IN ('APPROVED', 'ARCHIVED') AND {facet_sql('document')} = ANY(%s::int[])"
)
#: What orders does not depend on the hour of the search: pages follow each other.
_COLUMNS: Final = f"""ln(greatest({{rank}}, 1e-6)) + seconds / {_FADING} AS score,
       seconds, document.category, coalesce(indexed.type_label, ''),
       extract(year FROM document.service_start AT TIME ZONE 'Europe/Paris')::text,
       coalesce(indexed.author, ''), coalesce(indexed.structure, ''),
       coalesce(indexed.specialty, '')"""
_SECONDS: Final = (
    "CROSS JOIN LATERAL CAST(extract(epoch FROM document.service_start) AS float8) AS seconds"
)
_MATCH: Final = f"""
SELECT document.id::text, indexed.fold::text,
       {_COLUMNS.format(rank=f"ts_rank('{_WEIGHTS}', indexed.words, query, 1)")}
  FROM CAST(%s AS tsquery) AS query, record_indexed indexed
  JOIN record_document document USING (patient_id, id)
  {_SECONDS}
 WHERE indexed.patient_id = %s AND indexed.words @@ query
   AND NOT (%s AND indexed.words @@ CAST(%s AS tsquery)) AND {_VISIBLE}
"""  # noqa: S608 - constants only
#: Nothing must be there: every document that holds nothing unwanted, read or not yet.
_ALL: Final = f"""
SELECT document.id::text, coalesce(indexed.fold, document.id)::text, {_COLUMNS.format(rank="1")}
  FROM record_document document
  LEFT JOIN record_indexed indexed USING (patient_id, id)
  {_SECONDS}
 WHERE document.patient_id = %s
   AND NOT (%s AND coalesce(indexed.words, '') @@ CAST(%s AS tsquery)) AND {_VISIBLE}
"""  # noqa: S608 - constants only
_ORDERS: Final = {
    Order.RELEVANCE: " ORDER BY score DESC, document.id DESC",
    Order.DATE: " ORDER BY seconds DESC, document.id DESC",
}
_TO_READ: Final = "SELECT EXISTS (SELECT FROM record_reading WHERE patient_id = %s)"
#: Documents that are about to be read.
_UNREAD: Final = f"""
SELECT count(DISTINCT document.id) FROM record_reading reading
  JOIN record_document document
    ON document.patient_id = reading.patient_id AND document.id = reading.document_id
 WHERE reading.patient_id = %s AND {_VISIBLE}
   AND NOT EXISTS (SELECT FROM record_indexed indexed
                    WHERE indexed.patient_id = document.patient_id AND indexed.id = document.id)
"""  # noqa: S608 - constants only
_KNOWN: Final = f"""
SELECT word FROM unnest(%s::text[], %s::text[]) AS asked(word, query)
 WHERE EXISTS (SELECT FROM record_indexed indexed
                 JOIN record_document document USING (patient_id, id)
                WHERE indexed.patient_id = %s AND indexed.words @@ CAST(query AS tsquery)
                  AND {_VISIBLE})
"""  # noqa: S608 - constants only
_SHOWN: Final = f"""
SELECT {", ".join(f"document.{name}" for name in Line._fields)},
       (SELECT jsonb_path_query_array(text.parts, '$[0 to {_MOST_PARTS - 1}]')
          FROM record_text text JOIN record_indexed indexed USING (patient_id, sha256)
         WHERE indexed.patient_id = document.patient_id AND indexed.id = document.id)
  FROM record_document document
 WHERE document.patient_id = %s AND document.id = ANY(%s::uuid[]) AND {_VISIBLE}
"""  # noqa: S608 - constants only

_CURSOR: Final = re.compile(
    r"(-?0x[01]\.[0-9a-f]{1,13}p[+-]\d{1,3})~([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)


def search(
    actor: Actor,
    patient_id: UUID,
    text: str,
    *,
    filters: Filters | None = None,
    now: datetime,
    order: Order = Order.RELEVANCE,
    after: str = "",
    limit: int = 20,
    correlation: str = "",
) -> Found:
    """A page of the documents that answer `text` (see `asking`), for this reader.

    An `after` that this function did not give is as no cursor. The search of a professional is
    written in the journal, without its words; that of a citizen in a record of theirs is not an
    access (spec dmp §6.6). Raises `AccessRefused`, which is written too.
    """
    reader = Reader.of(actor, patient_id, now=now, correlation=correlation)
    asked = asking.cut(text)
    endings = vocabulary.completed(patient_id, asked.last) if asked.last else ()
    question = asking.understand(asked, endings)
    hits = reader.matching(question, order)
    folded, facets = narrow(hits, filters or Filters())
    shown, next_after = _page(folded, order, after, limit)
    found = Found(
        results=reader.shown(shown, question),
        facets=facets,
        total=len(folded),
        next_after=next_after,
        unread=reader.unread(),
    )
    if not hits and question.wanted:
        found = replace(found, suggestion=suggesting.suggest(reader, text, asked))
    reader.leave_trace(found.total)
    return found


def matching(
    actor: Actor, patient_id: UUID, text: str, *, now: datetime, correlation: str = ""
) -> tuple[UUID, ...]:
    """The ids (entryUUID) of all documents that answer, copies too, best first: for `_content`.

    As `search`; words are whole.
    """
    reader = Reader.of(actor, patient_id, now=now, correlation=correlation)
    hits = reader.matching(asking.understand(asking.cut(text)))
    reader.leave_trace(len(hits))
    return tuple(UUID(hit.id) for hit in hits)


class Reader:
    """Somebody in a record: what they may open, as values of the statements."""

    def __init__(
        self, actor: Actor, patient_id: UUID, facts: RecordFacts, now: datetime, correlation: str
    ) -> None:
        self.patient_id = patient_id
        self._actor = actor
        self._now = now
        self._correlation = correlation
        opened, listed = (visible(actor, act, patient_id, facts) for act in (Act.READ, Act.SEARCH))
        codes = sorted(set(opened) & set(listed))
        self._visible: list[Any] = [*facet_values(actor, matrix(now)), codes]

    @classmethod
    def of(cls, actor: Actor, patient_id: UUID, *, now: datetime, correlation: str) -> Reader:
        """Raises `AccessRefused`, once it is written."""
        found = context(actor, patient_id, now=now)
        decision = (
            decide(actor, Act.SEARCH, patient_id, found.facts)
            if found
            else Decision(False, (Reason.UNKNOWN_CALLER,))
        )
        if found is None or not decision.allowed:
            journal.record(
                actor,
                "documents.searched",
                at=now,
                patient_id=patient_id,
                outcome="refused",
                reasons=decision.reasons,
                correlation=correlation,
            )
            raise AccessRefused(decision)
        return cls(actor, patient_id, found.facts, now, correlation)

    def matching(self, question: asking.Question, order: Order = Order.RELEVANCE) -> list[Hit]:
        """All that answers, in this order."""
        by = _ORDERS[order]
        sought = question.sought(self.patient_id)
        unwanted = question.unwanted(self.patient_id)
        exclusion: list[Any] = [bool(unwanted), unwanted]
        with connection.cursor() as cursor:
            if sought:
                cursor.execute(_MATCH + by, [sought, self.patient_id, *exclusion, *self._visible])
            else:
                cursor.execute(_ALL + by, [self.patient_id, *exclusion, *self._visible])
            return list(map(Hit._make, cursor.fetchall()))

    def shown(
        self, page: Sequence[tuple[Hit, tuple[Hit, ...]]], question: asking.Question
    ) -> tuple[Result, ...]:
        """What is said of the documents of one page."""
        if not page:
            return ()
        with connection.cursor() as cursor:
            ids = [hit.id for hit, _copies in page]
            cursor.execute(_SHOWN, [self.patient_id, ids, *self._visible])
            lines = {str(line[0]): line for line in cursor.fetchall()}
        marker = Marker(question)
        results = []
        for hit, copies in page:
            if hit.id not in lines:
                continue  # it left while we looked
            *columns, parts = lines[hit.id]
            document = summary_of(Line(*columns))
            results.append(
                Result(
                    document=document,
                    title=marker.pieces(document.title),
                    passages=marker.passages(json.loads(parts) if parts else ()),
                    copies=tuple(
                        Copy(UUID(each.id), datetime.fromtimestamp(each.date, UTC))
                        for each in copies
                    ),
                )
            )
        return tuple(results)

    def known(self, words: Sequence[str]) -> frozenset[str]:
        """Those of these plain words that are in a document of this reader."""
        stems = lexemes(words)
        queries = [keyed(self.patient_id, stems[word]) for word in words]
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, [list(words), queries, self.patient_id, *self._visible])
            return frozenset(word for (word,) in cursor.fetchall())

    def unread(self) -> int:
        """How many documents are not in the index yet."""
        with connection.cursor() as cursor:
            cursor.execute(_TO_READ, [self.patient_id])
            if not cursor.fetchone()[0]:
                return 0
            cursor.execute(_UNREAD, [self.patient_id, *self._visible])
            return int(cursor.fetchone()[0])

    def leave_trace(self, found: int) -> None:
        """Write that somebody else than a holder or their representative searched."""
        if isinstance(self._actor, Citizen):
            return
        line = journal.row(
            self._actor,
            "documents.searched",
            at=self._now,
            patient_id=self.patient_id,
            outcome="allowed",
            details={"found": found},
            correlation=self._correlation,
        )
        write_access(
            self._actor, self.patient_id, [line], now=self._now, correlation=self._correlation
        )


def _page(
    folded: Sequence[tuple[Hit, tuple[Hit, ...]]], order: Order, after: str, limit: int
) -> tuple[Sequence[tuple[Hit, tuple[Hit, ...]]], str]:
    """The page after this cursor: the key of the last document shown, which may have left."""

    def first(hit: Hit) -> float:
        return hit.score if order is Order.RELEVANCE else hit.date

    last = _CURSOR.fullmatch(after)
    if last is not None:
        key = (-float.fromhex(last[1]), _descending(last[2]))
        folded = folded[
            bisect_right(folded, key, key=lambda each: (-first(each[0]), _descending(each[0].id))) :
        ]
    page = folded[:limit]
    if len(folded) <= limit:
        return page, ""
    return page, f"{first(page[-1][0]).hex()}~{page[-1][0].id}"


def _descending(id_: str) -> int:
    return -UUID(id_).int
