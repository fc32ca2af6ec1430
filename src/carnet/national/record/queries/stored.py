"""TD3.1: what ITI-18 answers, from the stored fragments (spec dmp §3.2; ITI TF-2, 3.18)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from psycopg.pq import Format

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record.access import write_access
from carnet.national.record.actions.refusals import Attempt, told
from carnet.national.record.context import Context, context
from carnet.national.record.fragments import unpack
from carnet.national.record.law import matrix
from carnet.national.record.profiles import profile_of
from carnet.national.record.queries.conditions import Conditions, uuids
from carnet.national.record.queries.selections import (
    OWNERS,
    SEEN,
    SELECTIONS,
    SHARED,
    TABLES,
    VISIBLE,
    ObjectKind,
)
from carnet.national.record.rules import AccessRefused, Act, Sight, decide, sight, visible
from carnet.national.record.whose import patient_id_of, unknown_patient
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.iti18 import QueryName, StoredQuery
from carnet.standards.xds.metadata import DocumentEntry


class Fragment(NamedTuple):
    """One object found; `text` is its ebRIM (UTF-8), empty when references alone were asked."""

    kind: ObjectKind
    id: UUID
    text: bytes


#: The acts that let a caller ask, and by which each kind of document is known.
_ACTS: Final[Mapping[QueryName, tuple[Act, ...]]] = MappingProxyType(
    {QueryName.GET_DOCUMENTS: (Act.LOOK_UP, Act.SEARCH)}
)
#: Queries about documents alone, whose lines say themselves whether they are known.
DOCUMENT_QUERIES: Final = frozenset(
    {
        QueryName.FIND_DOCUMENTS,
        QueryName.FIND_DOCUMENTS_BY_REFERENCE_ID,
        QueryName.GET_DOCUMENTS,
    }
)


def find(
    actor: Actor,
    query: StoredQuery,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> list[Fragment]:
    """What a query of ITI-18 finds in the record of `patient` that the actor may know of.

    `patient` is the INS of the VIHF. Documents come first, newest act first. A caller that may only
    look up references finds its own documents by GetDocuments.
    Raises `XdsRefused`: XDSTooManyResults past `CARNET_MAX_QUERY_RESULTS` whole objects.
    """
    looks_up = not query.name.startswith("Find")
    action = "documents.looked_up" if looks_up else "documents.searched"
    acts = _ACTS.get(query.name, (Act.SEARCH,))
    with told(actor, action, now=now, correlation=correlation) as attempt:
        found = _open(actor, query, patient, now, attempt)
        if found is None:
            journal.record(actor, action, at=now, patient_id=None, outcome="allowed")
            return []
        decision = decide(actor, acts[0], found.patient_id, found.facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        codes = reduce(or_, (visible(actor, act, found.patient_id, found.facts) for act in acts))
        fragments = _select(query, found.patient_id, sight(actor, codes, matrix(now)))
    line = journal.row(
        actor,
        action,
        at=now,
        patient_id=found.patient_id,
        outcome="allowed",
        details={"found": len(fragments), "basis": list(decision.grounds)},
        correlation=correlation,
    )
    # Looking up one's own document, or nothing, opens nobody's record.
    if not looks_up or (
        fragments and decide(actor, Act.SEARCH, found.patient_id, found.facts).allowed
    ):
        write_access(actor, found.patient_id, [line], now=now, correlation=correlation)
    else:
        journal.write([line])
    return fragments


def _open(
    actor: Actor, query: StoredQuery, patient: Ins | None, now: datetime, attempt: Attempt
) -> Context | None:
    """The record that the query is about; none when what it names is nowhere."""
    whose = profile_of(actor).asked(patient, query)
    if whose is None:
        return None
    found = context(actor, whose, now=now)
    if found is None:
        attempt.patient_id = patient_id_of(whose)
        raise unknown_patient()
    attempt.patient_id = found.patient_id
    return found


def _select(query: StoredQuery, patient_id: UUID, seen: Sight) -> list[Fragment]:
    whole = query.return_type == "LeafClass"
    conditions = Conditions(query)
    statement = _statement(query, conditions, whole=whole)
    most = settings.CARNET_MAX_QUERY_RESULTS
    with connection.cursor() as cursor:
        cursor.cursor.format = Format.BINARY
        cursor.execute(
            f"{statement} LIMIT %(most)s::bigint",
            {
                **conditions.values,
                "patient": patient_id,
                **seen._asdict(),
                "most": most + 1 if whole else None,
            },
        )
        found = [
            Fragment(kind, uuid, unpack(text, status) if status else text)
            for kind, uuid, text, status in cursor.fetchall()
        ]
    if whole and len(found) > most:
        raise refused(
            ErrorCode.TOO_MANY_RESULTS,
            f"more than {most} objects match: narrow the query, or ask for references (ObjectRef)",
        )
    return found


def _statement(query: StoredQuery, conditions: Conditions, *, whole: bool) -> str:
    """The query in SQL; gives the columns of `Fragment`, then the status of what is packed."""
    packed = "fragment, status" if whole else "''::bytea, NULL"
    plain = "convert_to(fragment, 'UTF8'), NULL" if whole else packed
    if query.name in DOCUMENT_QUERIES:
        return (
            f"SELECT 'document', id, {packed} FROM record_document"  # noqa: S608 - our own texts
            f" WHERE patient_id = %(patient)s{conditions.of(DocumentEntry)} AND {VISIBLE}"
            " ORDER BY service_start DESC, id DESC"
        )
    steps = SELECTIONS.get(query.name)
    if steps is None:
        raise refused(ErrorCode.UNKNOWN_STORED_QUERY, "this stored query is not served here")
    conditions.values["uuids"] = uuids(str(each) for each in query.given("$uuid"))
    selection = ", ".join(steps).format_map(
        {
            **SHARED,
            **{
                f"{kind}{suffix}": conditions.of(owner, by_id=by_id)
                for kind, owner in OWNERS.items()
                for suffix, by_id in (("", None), ("_id", True), ("_rest", False))
            },
        }
    )
    answered = " UNION ALL ".join(
        f"SELECT '{kind}', id, {packed if kind == 'document' else plain},"  # noqa: S608 - our own texts
        f" {'service_start' if kind == 'document' else 'NULL'}, {place} FROM {table}"
        f" WHERE patient_id = %(patient)s AND id IN (SELECT id FROM found_{kind})"
        for place, (kind, table) in enumerate(TABLES.items())
        if f"found_{kind} AS" in selection
    )
    return (
        f"{SEEN}, {selection} SELECT kind, id, text, status FROM ({answered})"  # noqa: S608 - our own texts
        " AS answer(kind, id, text, status, service_start, place)"
        " ORDER BY place, service_start DESC, id DESC"
    )
