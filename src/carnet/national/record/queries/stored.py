"""TD3.1: entries as ITI-18 answers them, from the stored fragments (spec dmp §3.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record.access import write_access
from carnet.national.record.actions.refusals import Attempt, same_patient, told
from carnet.national.record.context import Context, context
from carnet.national.record.entries import coded, moment
from carnet.national.record.rules import (
    FACET_CODE,
    AccessRefused,
    Act,
    decide,
    owners,
    visible,
)
from carnet.standards.ids import EntryUuid, IdentifierError, Ins
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.iti18 import FindDocuments, GetDocuments
from carnet.standards.xds.metadata import Code

#: Entries of one answer, which is made in memory (about 6 kB each).
MOST_ENTRIES: Final = 5000
#: objectType of a stable document, the only kind kept here (spec dmp §3.3).
_STABLE: Final = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"

#: `%s` of the filter: Struct_IdNat and PS_IdNat that own, then the visible facet codes.
_VISIBLE: Final = f"{FACET_CODE} = ANY(%s::int[])"
_FIND: Final = f"""
SELECT id, fragment FROM record_document
 WHERE patient_id = %s AND status = ANY(%s::text[]) AND {_VISIBLE}
"""  # noqa: S608 - constants only
_GET: Final = f"""
SELECT id, fragment FROM record_document
 WHERE patient_id = %s AND (id = ANY(%s::uuid[]) OR unique_id = ANY(%s::text[]))
   AND ({_VISIBLE} OR {_VISIBLE})
"""  # noqa: S608 - constants only
_ORDER: Final = " ORDER BY service_start DESC, id DESC LIMIT %s"

Fragment = tuple[UUID, str]


def _codes(codes: Sequence[Code]) -> list[str]:
    return [coded(code) for code in codes]


def _patterns(given: Sequence[str]) -> list[str]:
    """Patterns for LIKE: the standard has no escape character, PostgreSQL has (ITI TF-2, 3.18)."""
    return [pattern.replace("\\", "\\\\") for pattern in given]


#: Each optional parameter of FindDocuments: its condition, and how its value is given to SQL.
_FILTERS: Final[tuple[tuple[str, str, Callable[[Any], Any]], ...]] = (
    ("class_codes", "class_code = ANY(%s::text[])", _codes),
    ("type_codes", "type_code = ANY(%s::text[])", _codes),
    ("format_codes", "format_code = ANY(%s::text[])", _codes),
    ("facility_types", "facility_type = ANY(%s::text[])", _codes),
    ("practice_settings", "practice_setting = ANY(%s::text[])", _codes),
    ("creation_from", "creation_time >= %s", moment),
    ("creation_to", "creation_time < %s", moment),
    ("service_start_from", "service_start >= %s", moment),
    ("service_start_to", "service_start < %s", moment),
    ("service_stop_from", "service_stop >= %s", moment),
    ("service_stop_to", "service_stop < %s", moment),
    (
        "author_persons",
        "EXISTS (SELECT FROM unnest(author_persons) AS author(person)"
        " WHERE person LIKE ANY(%s::text[]))",
        _patterns,
    ),
)
#: Parameters that may be repeated: every group must be met by one of its codes.
_GROUPS: Final[tuple[tuple[str, str], ...]] = (
    ("events", "events && %s::text[]"),
    ("confidentiality", "confidentiality && %s::text[]"),
)


def find_documents(
    actor: Actor,
    query: FindDocuments,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> list[Fragment]:
    """(entry id, rim:ExtrinsicObject) of the entries that match and that the actor may know of.

    `patient` is the INS of the VIHF. Raises `XdsRefused`.
    """
    with told(actor, "documents.searched", now=now, correlation=correlation) as attempt:
        found = _open(actor, query.patient_id, patient, now, attempt)
        decision = decide(actor, Act.SEARCH, found.patient_id, found.facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        conditions, values = _conditions(query)
        fragments = _select(
            _FIND + "".join(f" AND {each}" for each in conditions) + _ORDER,
            [
                found.patient_id,
                [status.name for status in query.statuses],
                *owners(actor),
                list(visible(actor, Act.SEARCH, found.patient_id, found.facts)),
                *values,
                MOST_ENTRIES + 1,
            ],
        )
    line = journal.row(
        actor,
        "documents.searched",
        at=now,
        patient_id=found.patient_id,
        outcome="allowed",
        details={"found": len(fragments)},
        correlation=correlation,
    )
    write_access(actor, found.patient_id, [line], now=now, correlation=correlation)
    return fragments


def get_documents(
    actor: Actor,
    query: GetDocuments,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> list[Fragment]:
    """(entry id, rim:ExtrinsicObject) of these entries: those that the actor may know of.

    A caller that may only look up references finds its own documents. Raises `XdsRefused`.
    """
    with told(actor, "documents.looked_up", now=now, correlation=correlation) as attempt:
        if patient is None:
            raise refused(ErrorCode.PATIENT_ID_DOES_NOT_MATCH, "the VIHF names no patient")
        found = _open(actor, patient.cx, patient, now, attempt)
        decision = decide(actor, Act.LOOK_UP, found.patient_id, found.facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        own = owners(actor)
        fragments = _select(
            _GET + _ORDER,
            [
                found.patient_id,
                _uuids(query.entry_uuids),
                list(query.unique_ids),
                *own,
                list(visible(actor, Act.SEARCH, found.patient_id, found.facts)),
                *own,
                list(visible(actor, Act.LOOK_UP, found.patient_id, found.facts)),
                MOST_ENTRIES + 1,
            ],
        )
    line = journal.row(
        actor,
        "documents.looked_up",
        at=now,
        patient_id=found.patient_id,
        outcome="allowed",
        details={"found": len(fragments)},
        correlation=correlation,
    )
    if fragments and decide(actor, Act.SEARCH, found.patient_id, found.facts).allowed:
        write_access(actor, found.patient_id, [line], now=now, correlation=correlation)
    else:
        journal.write([line])
    return fragments


def _open(
    actor: Actor, claimed: str, patient: Ins | None, now: datetime, attempt: Attempt
) -> Context:
    ins = same_patient(patient, claimed)
    found = context(actor, ins, now=now)
    if found is None:
        attempt.patient_id = identity.patient_of(ins)
        raise refused(ErrorCode.UNKNOWN_PATIENT_ID, "there is no record for this patient")
    attempt.patient_id = found.patient_id
    return found


def _conditions(query: FindDocuments) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    if query.entry_types and _STABLE not in query.entry_types:
        conditions.append("false")
    for name, condition, given in _FILTERS:
        value = getattr(query, name)
        if value:
            conditions.append(condition)
            try:
                values.append(given(value))
            except ValueError as error:
                raise refused(ErrorCode.REGISTRY_ERROR, f"{name}: {error}", location=name) from None
    for name, condition in _GROUPS:
        for group in getattr(query, name):
            conditions.append(condition)
            values.append(_codes(group))
    return conditions, values


def _select(statement: str, values: list[Any]) -> list[Fragment]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[Fragment] = cursor.fetchall()
    if len(found) > MOST_ENTRIES:
        raise refused(
            ErrorCode.TOO_MANY_RESULTS, f"more than {MOST_ENTRIES} entries match: narrow the query"
        )
    return found


def _uuids(references: Sequence[str]) -> list[UUID]:
    found = []
    for reference in references:
        try:
            found.append(EntryUuid(reference).uuid)
        except IdentifierError:
            continue  # not an id of ours: there is no such entry
    return found
