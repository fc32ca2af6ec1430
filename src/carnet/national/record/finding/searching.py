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
from carnet.national.record.finding.lexemes import key_of, keyed, lexemes
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
    sight,
    visible,
    visible_sql,
)

#: Seconds in which the rank of a document falls to 1/e: it is halved in five years and a half.
_FADING: Final = 8 * 365.25 * 86_400
#: What weighs a word of the text, of a heading, of author, structure and type, of the title.
_WEIGHTS: Final = "{0.15, 0.3, 0.4, 1.0}"
#: Documents whose words are weighed, in one search.
_WEIGHED: Final = 300
#: Parts of a document that are looked through for a passage.
_MOST_PARTS: Final = 150

_VISIBLE: Final = f"document.status IN ('APPROVED', 'ARCHIVED') AND {visible_sql('document')}"
#: What is counted, and the seconds since 1970 of the act.
_COLUMNS: Final = """date_part('epoch', document.service_start) AS seconds,
           document.category, coalesce(indexed.type_label, '') AS type,
           date_part('year', document.service_start AT TIME ZONE 'Europe/Paris')::int::text
               AS period,
           coalesce(indexed.author, '') AS author, coalesce(indexed.structure, '') AS structure,
           coalesce(indexed.specialty, '') AS specialty"""
_COUNTED: Final = "category, type, period, author, structure, specialty"
#: Where all that is sought is, whosever it is (migration `search_head`): lexemes begin with a key
#: of one record, whose condition comes after.
_MATCHING: Final = """record_matching(%s::tsquery, %s::tsquery, %s::tsquery) AS indexed
      JOIN record_document document USING (patient_id, id)"""
#: The best first: what is sought weighs in the vector of each of the likeliest (`_WEIGHED`), those
#: that have some of it in their title or headings, then the most recent. The others follow. What
#: orders does not depend on the hour of the search: pages follow each other.
_BEST: Final = f"""
WITH found AS (
    SELECT document.id, indexed.fold, {_COLUMNS},
           row_number() OVER (ORDER BY indexed.in_head DESC, document.service_start DESC,
                                       document.id DESC) AS place
      FROM {_MATCHING}
     WHERE document.patient_id = %s AND {_VISIBLE})
SELECT id::text, fold::text,
       ln(greatest(CASE WHEN place <= %s THEN (
              SELECT ts_rank('{_WEIGHTS}', words, CAST(%s AS tsquery), 1) FROM record_indexed
               WHERE patient_id = %s AND id = found.id) END, 1e-6)) + seconds / {_FADING} AS score,
       seconds, {_COUNTED}
  FROM found
 ORDER BY score DESC, found.id DESC
"""  # noqa: S608 - constants only
#: The most recent first.
_LATEST: Final = f"""
SELECT id::text, fold::text, seconds, seconds, {_COUNTED} FROM (
    SELECT document.id, indexed.fold, {_COLUMNS}
      FROM {_MATCHING}
     WHERE document.patient_id = %s AND {_VISIBLE}) AS found
 ORDER BY found.seconds DESC, found.id DESC
"""  # noqa: S608 - constants only
#: Nothing must be there: every document that holds nothing unwanted, read or not yet.
_ALL: Final = f"""
SELECT id::text, fold::text, seconds, seconds, {_COUNTED} FROM (
    SELECT document.id, coalesce(indexed.fold, document.id) AS fold, {_COLUMNS}
      FROM record_document document
      LEFT JOIN record_indexed indexed USING (patient_id, id)
     WHERE document.patient_id = %s
       AND NOT (%s AND coalesce(indexed.words, '') @@ CAST(%s AS tsquery)) AND {_VISIBLE}) AS found
 ORDER BY found.seconds DESC, found.id DESC
"""  # noqa: S608 - constants only
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
    shown, next_after = _page(folded, after, limit)
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
        self._visible = sight(actor, opened & listed, matrix(now))

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
        sought, unwanted = question.sought(self.patient_id), question.unwanted(self.patient_id)
        matching: list[Any] = [sought, question.glimpsed(self.patient_id), unwanted]
        here: list[Any] = [self.patient_id, *self._visible]
        with connection.cursor() as cursor:
            if not sought:
                cursor.execute(_ALL, [self.patient_id, bool(unwanted), unwanted, *self._visible])
            elif order is Order.DATE:
                cursor.execute(_LATEST, [*matching, *here])
            else:
                cursor.execute(_BEST, [*matching, *here, _WEIGHED, sought, self.patient_id])
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
        key = key_of(self.patient_id)
        queries = [keyed(key, stems[word]) for word in words]
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
    folded: Sequence[tuple[Hit, tuple[Hit, ...]]], after: str, limit: int
) -> tuple[Sequence[tuple[Hit, tuple[Hit, ...]]], str]:
    """The page after this cursor: the key of the last document shown, which may have left."""
    last = _CURSOR.fullmatch(after)
    if last is not None:
        key = (-float.fromhex(last[1]), _descending(last[2]))
        folded = folded[
            bisect_right(folded, key, key=lambda each: (-each[0].score, _descending(each[0].id))) :
        ]
    page = folded[:limit]
    if len(folded) <= limit:
        return page, ""
    return page, f"{page[-1][0].score.hex()}~{page[-1][0].id}"


def _descending(id_: str) -> int:
    return -UUID(id_).int
