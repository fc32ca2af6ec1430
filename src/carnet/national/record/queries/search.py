"""Searches of FHIR (ITI-66, ITI-67): what agrees with all criteria, a page at a time.

The same rules say what is known of as for ITI-18. A page starts after the last object of the one
before, by time and id: what is published meanwhile neither repeats nor hides an object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record.access import write_access
from carnet.national.record.actions.refusals import same_patient, told
from carnet.national.record.context import Context, context
from carnet.national.record.finding import asking
from carnet.national.record.finding.searching import Reader
from carnet.national.record.law import matrix
from carnet.national.record.queries import criteria
from carnet.national.record.queries.criteria import Condition, Values
from carnet.national.record.queries.selections import SEEN, VISIBLE
from carnet.national.record.rules import (
    AccessRefused,
    Act,
    decide,
    sight,
    visible,
    visible_sql,
)
from carnet.standards.fhir.list import FOLDER, SUBMISSION_SET
from carnet.standards.fhir.search import Search, Token
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.metadata import AssociationType


class FoundDocument(NamedTuple):
    """A document, as its ebRIM; `changes` of status since it was registered, the last one when.

    `relations` are (association type, id) of other documents that the reader may know of.
    """

    id: UUID
    fragment: bytes  #: packed, see `fragments`
    status: str
    version: int
    changes: int
    last_updated: datetime
    relations: Sequence[tuple[str, str]]
    at: datetime  #: what the page is sorted by


class FoundList(NamedTuple):
    """A lot or a folder (`kind`), as its ebRIM, with the ids of what it holds that is known."""

    kind: str
    id: UUID
    fragment: str
    last_updated: datetime
    documents: Sequence[str]
    folders: Sequence[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `more` when another follows; `total` of all pages, when it was asked."""

    documents: tuple[FoundDocument, ...] = ()
    lists: tuple[FoundList, ...] = ()
    more: bool = False
    total: int | None = None


#: The number of changes of status of a document, and when its lot or the last change came.
_CHANGES: Final = f"""
SELECT count(*) FILTER (WHERE link.type <> '{AssociationType.HAS_MEMBER}')
         + (record_document.status = 'DEPRECATED')::int AS changes,
       max(lot.received_at) AS at
  FROM record_association link
  JOIN record_submissionset lot
    ON lot.patient_id = link.patient_id AND lot.id = link.submission_set_id
 WHERE link.patient_id = record_document.patient_id AND link.target_id = record_document.id
   AND (link.type IN ('{AssociationType.RPLC}', '{AssociationType.XFRM_RPLC}',
                      '{AssociationType.UPDATE_AVAILABILITY_STATUS}')
        OR link.type = '{AssociationType.HAS_MEMBER}' AND link.source_id = lot.id)
"""  # noqa: S608 - constants only
_LAST_UPDATED: Final = f"greatest(received_at, (SELECT at FROM ({_CHANGES}) AS changed))"  # noqa: S608 - constants

_DOCUMENT_FIELDS: Final[Mapping[str, Condition]] = MappingProxyType(
    {
        "id": criteria.ids,
        "identifier": criteria.identifier("id", "logical_id"),
        "type_code": criteria.coded("type_code"),
        "class_code": criteria.coded("class_code"),
        "format_code": criteria.coded("format_code"),
        "facility_type": criteria.coded("facility_type"),
        "practice_setting": criteria.coded("practice_setting"),
        "events": criteria.codes("events"),
        "confidentiality": criteria.codes("confidentiality"),
        "mime_type": criteria.text("mime_type"),
        "creation_time": criteria.instant("creation_time"),
        "period": criteria.time(
            "coalesce(service_start_time, '-infinity')",
            "coalesce(service_stop + interval '1 second', 'infinity')",
        ),
        "period_start": criteria.instant("service_start_time"),
        "period_end": criteria.instant("service_stop"),
        "last_updated": criteria.instant(_LAST_UPDATED),
        "author": criteria.person("author_persons"),
        "author_family": criteria.name("author_persons", 2),
        "author_given": criteria.name("author_persons", 3),
        "related": criteria.reference("reference_ids"),
        "relates_to": criteria.relates_to,
        "content": lambda _criterion, _values: "id = ANY(%(content)s::uuid[])",
    }
)
_DOCUMENT_SORTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "period": "service_start",
        "creation_time": "creation_time",
        "last_updated": _LAST_UPDATED,
    }
)

#: `{at}` is what is sorted by, `{conditions}` and `{after}` narrow; see `_ORDERS` for the order.
_DOCUMENTS: Final = f"""
WITH matching AS MATERIALIZED (
    SELECT id, {{at}} AS at FROM record_document
     WHERE patient_id = %(patient)s AND status = ANY(%(statuses)s::text[])
       AND {VISIBLE}{{conditions}}
), page AS MATERIALIZED (
    SELECT id, at FROM matching WHERE true{{after}} ORDER BY {{order}} LIMIT %(most)s
)
SELECT (SELECT count(*) FROM matching), document.*
  FROM (VALUES (1)) AS once(n)
  LEFT JOIN LATERAL (
    SELECT record_document.id, fragment, status, version, changed.changes,
           greatest(received_at, changed.at),
           ARRAY(SELECT ARRAY[link.type, link.target_id::text]
              FROM record_association link
              JOIN record_document target
                ON target.patient_id = link.patient_id AND target.id = link.target_id
             WHERE link.patient_id = %(patient)s AND link.source_id = record_document.id
               AND link.type = ANY(%(relations)s::text[])
               AND {visible_sql("target", named=True)}
             ORDER BY link.id),
           page.at
      FROM page
      JOIN record_document ON patient_id = %(patient)s AND record_document.id = page.id
      CROSS JOIN LATERAL ({_CHANGES}) AS changed
  ) AS document ON true
 ORDER BY {{order}}
"""  # noqa: S608 - constants only

_LIST_FIELDS: Final[Mapping[str, Condition]] = MappingProxyType(
    {
        "id": criteria.ids,
        "identifier": criteria.identifier("id"),
        "date": criteria.instant("date"),
        "last_updated": criteria.instant("received_at"),
        "title": criteria.string("title"),
        "designation": criteria.codes("designations"),
        "source_id": criteria.oid("source_id"),
        "author": criteria.person("author_persons"),
        "author_family": criteria.name("author_persons", 2),
        "author_given": criteria.name("author_persons", 3),
        "author_structure": criteria.text("author_structure"),
    }
)
_LIST_SORTS: Final[Mapping[str, str]] = MappingProxyType(
    {"date": "date", "last_updated": "received_at"}
)
#: The name of a folder, and the Struct_IdNat of who sent a lot, are in the ebRIM alone.
_NAME: Final = "coalesce(substring(fragment from '<rim:Name>.*? value=\"([^\"]*)\"'), '')"
_TITLE: Final = (
    f"replace(replace(replace(replace({_NAME}, '&quot;', '\"'), '&lt;', '<'), '&gt;', '>'),"
    " '&amp;', '&')"
)
_STRUCTURE: Final = "coalesce(substring(fragment from '\\^IDNST\\^\\^\\^([^<^]*)</rim:Value>'), '')"
_LISTS: Final = f"""{SEEN}, list AS NOT MATERIALIZED (
    SELECT '{SUBMISSION_SET}' AS kind, id, unique_id, fragment, status, received_at, title,
           {criteria.dtm("submission_time")} AS date, ARRAY[content_type] AS designations,
           source_id, author_persons, {_STRUCTURE} AS author_structure
      FROM submission_set
     UNION ALL
    SELECT '{FOLDER}', id, unique_id, fragment, status, received_at, {_TITLE},
           {criteria.dtm("last_update_time")}, codes, '', '{{{{}}}}'::text[], ''
      FROM folder
), matching AS MATERIALIZED (
    SELECT *, coalesce({{at}}, received_at) AS at FROM list
     WHERE kind = ANY(%(kinds)s::text[]) AND status = ANY(%(statuses)s::text[]){{conditions}}
), page AS MATERIALIZED (
    SELECT * FROM matching WHERE true{{after}} ORDER BY {{order}} LIMIT %(most)s
)
SELECT (SELECT count(*) FROM matching), found.*
  FROM (VALUES (1)) AS once(n)
  LEFT JOIN LATERAL (
    SELECT kind, page.id, fragment, received_at,
           ARRAY(SELECT target_id::text FROM link JOIN seen_document ON target_id = seen_document.id
                  WHERE source_id = page.id AND type = '{AssociationType.HAS_MEMBER}'),
           ARRAY(SELECT target_id::text FROM link JOIN seen_folder ON target_id = seen_folder.id
                  WHERE source_id = page.id AND type = '{AssociationType.HAS_MEMBER}'),
           at
      FROM page
  ) AS found ON true
 ORDER BY {{order}}
"""  # noqa: S608 - constants only

_IDS: Final = f"""
WITH named AS (SELECT ({identity.PATIENT_OF}) AS patient_id, %s::text[] AS unique_ids)
SELECT unique_id, id::text FROM (
    SELECT DISTINCT ON (unique_id) patient_id, unique_id, id FROM record_document
      JOIN named USING (patient_id) WHERE unique_id = ANY(unique_ids)
     ORDER BY unique_id, version DESC) AS document
 UNION ALL
SELECT unique_id, id::text FROM record_submissionset
  JOIN named USING (patient_id) WHERE unique_id = ANY(unique_ids)
 UNION ALL
SELECT unique_id, id::text FROM record_folder
  JOIN named USING (patient_id) WHERE unique_id = ANY(unique_ids)
"""  # noqa: S608 - constants only

_AFTER: Final[Mapping[bool, str]] = MappingProxyType(
    {True: " AND (at, id) < ", False: " AND (at, id) > "}
)
_ORDERS: Final[Mapping[bool, str]] = MappingProxyType({True: "at DESC, id DESC", False: "at, id"})


def search_documents(
    actor: Actor, search: Search, *, patient: Ins | None, now: datetime, correlation: str = ""
) -> Page:
    """A page of the documents that agree with the criteria and that the actor may know of.

    `patient` is the INS of the VIHF. Who names a document by its id or identifier looks it up, as
    by GetDocuments, and may find its own without the right to search. Raises `XdsRefused`.
    """
    values = Values()
    statement = _DOCUMENTS.format(
        at=_DOCUMENT_SORTS[search.sort],
        conditions=criteria.conditions(search, _DOCUMENT_FIELDS, values),
        after=_after(search, values),
        order=_ORDERS[search.newest_first],
    )
    values.held["statuses"] = criteria.statuses("DocumentReference", search)
    lines, total = _run(
        actor, search, statement, values, patient=patient, now=now, correlation=correlation
    )
    documents = tuple(FoundDocument(*line) for line in lines[: search.count])
    return Page(documents=documents, more=len(lines) > search.count, total=total)


def search_lists(
    actor: Actor, search: Search, *, patient: Ins | None, now: datetime, correlation: str = ""
) -> Page:
    """A page of the lots and folders that agree with the criteria, as `search_documents`."""
    values = Values()
    statement = _LISTS.format(
        at=_LIST_SORTS[search.sort],
        conditions=criteria.conditions(search, _LIST_FIELDS, values),
        after=_after(search, values),
        order=_ORDERS[search.newest_first],
    )
    values.held["statuses"] = criteria.statuses("List", search)
    values.held["kinds"] = _kinds(search)
    lines, total = _run(
        actor, search, statement, values, patient=patient, now=now, correlation=correlation
    )
    lists = tuple(FoundList(*line) for line in lines[: search.count])
    return Page(lists=lists, more=len(lines) > search.count, total=total)


def registered_ids(patient: Ins, names: Sequence[str]) -> dict[str, str]:
    """The ids of objects by their uniqueId, for who has just registered them in this record."""
    with connection.cursor() as cursor:
        cursor.execute(_IDS, [patient.matricule, str(patient.oid), list(names)])
        return dict(cursor.fetchall())


def _kinds(search: Search) -> list[str]:
    """What `code` leaves of lots and folders."""
    left = {SUBMISSION_SET, FOLDER}
    for each in search.criteria:
        if each.field == "code":
            left &= {value.code for value in each.values if isinstance(value, Token)}
    return sorted(left)


def _after(search: Search, values: Values) -> str:
    if search.cursor is None:
        return ""
    at = values.add(search.cursor.at, "timestamptz")
    return f"{_AFTER[search.newest_first]}({at}, {values.add(search.cursor.id, 'uuid')})"


def _holding(
    actor: Actor, search: Search, found: Context, now: datetime, correlation: str
) -> list[str]:
    """The documents that hold the words of `_content`: those that the actor may open."""
    asked = [each for each in search.criteria if each.field == "content"]
    if not asked:
        return []
    reader = Reader(actor, found.patient_id, found.facts, now, correlation)
    held = [
        {
            hit.id
            for text in criterion.values
            for hit in reader.matching(asking.understand(asking.cut(str(text))))
        }
        for criterion in asked
    ]
    return sorted(set.intersection(*held))


def _run(
    actor: Actor,
    search: Search,
    statement: str,
    values: Values,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str,
) -> tuple[list[tuple[Any, ...]], int | None]:
    """The lines of a page and one more if there is, without their total, and this total."""
    looks_up = search.has("id") or search.has("identifier")
    action = "documents.looked_up" if looks_up else "documents.searched"
    acts = (Act.LOOK_UP, Act.SEARCH) if looks_up else (Act.SEARCH,)
    with told(actor, action, now=now, correlation=correlation) as attempt:
        if patient is None:
            raise refused(ErrorCode.PATIENT_ID_DOES_NOT_MATCH, "the VIHF names no patient")
        for named in search.values("patient"):
            if isinstance(named, Ins):
                same_patient(patient, named.cx)
        found = context(actor, patient, now=now)
        if found is None:
            attempt.patient_id = identity.patient_of(patient)
            raise refused(ErrorCode.UNKNOWN_PATIENT_ID, "there is no record for this patient")
        attempt.patient_id = found.patient_id
        decision = decide(actor, acts[0], found.patient_id, found.facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        codes = reduce(or_, (visible(actor, act, found.patient_id, found.facts) for act in acts))
        with connection.cursor() as cursor:
            cursor.execute(
                statement,
                {
                    **values.held,
                    **sight(actor, codes, matrix(now))._asdict(),
                    "patient": found.patient_id,
                    "content": _holding(actor, search, found, now, correlation),
                    "relations": [str(each) for each in criteria.RELATIONS],
                    "most": search.count + 1,
                },
            )
            lines = cursor.fetchall()
    total = int(lines[0][0]) if search.total else None
    held = [line[1:] for line in lines if line[1] is not None]
    line = journal.row(
        actor,
        action,
        at=now,
        patient_id=found.patient_id,
        outcome="allowed",
        details={"found": min(len(held), search.count)},
        correlation=correlation,
    )
    # Looking up one's own document, or nothing, opens nobody's record.
    if not looks_up or (held and decide(actor, Act.SEARCH, found.patient_id, found.facts).allowed):
        write_access(actor, found.patient_id, [line], now=now, correlation=correlation)
    else:
        journal.write([line])
    return held, total
