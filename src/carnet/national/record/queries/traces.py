"""The traces of a record, for software: the médecin traitant sees all, others their own.

Those of the last year (spec dmp §2, INF-527). Looking at them leaves no trace of its own: nothing
of the record is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from django.db import connection

from carnet.national.identity import queries as identity
from carnet.national.journal.actors import Actor
from carnet.national.journal.sentences import SENTENCES
from carnet.national.record.actions.refusals import same_patient, told
from carnet.national.record.context import context
from carnet.national.record.queries import criteria
from carnet.national.record.queries.criteria import Condition, Values
from carnet.national.record.rules import Act as Asked
from carnet.national.record.rules import decide
from carnet.standards.fhir.audit_event import Act, audit_event
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.search import Criterion, Search, Token
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import ErrorCode, refused

_KEPT: Final = timedelta(days=365)
_OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {"0": "allowed", "4": "failed", "8": "refused"}
)


@dataclass(frozen=True, slots=True)
class TracePage:
    """One page, newest first; `more` when another follows; `total` when it was asked."""

    acts: tuple[Act, ...]
    more: bool
    total: int | None


def _outcome(criterion: Criterion, values: Values) -> str:
    codes = [each.code for each in criterion.values if isinstance(each, Token)]
    return f"outcome = ANY({values.add([_OUTCOMES.get(code, '') for code in codes], 'text[]')})"


def _action(coding: Callable[[Resource], Resource]) -> Condition:
    """The acts that FHIR tells by this coding."""

    def condition(criterion: Criterion, values: Values) -> str:
        asked = {each.code for each in criterion.values if isinstance(each, Token)}
        found = [action for action, made in _events().items() if coding(made)["code"] in asked]
        return f"action = ANY({values.add(found, 'text[]')})"

    return condition


@cache
def _events() -> Mapping[str, Resource]:
    """What each act of the journal is in FHIR."""
    at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    return {
        action: audit_event(Act("x", at, action, "allowed", "system", "x", "x"), observer="1.2")
        for action in SENTENCES
    }


_FIELDS: Final[Mapping[str, Condition]] = MappingProxyType(
    {
        "id": criteria.ids,
        "date": criteria.instant("at"),
        "agent": lambda criterion, values: (
            f"{criteria.text('actor_id')(criterion, values)}"
            f" OR {criteria.text('structure')(criterion, values)}"
        ),
        "agent_name": criteria.string("actor_label"),
        "outcome": _outcome,
        "type": _action(lambda made: made["type"]),
        "subtype": _action(lambda made: made["subtype"][0]),
    }
)
_SEARCH: Final = """
WITH matching AS MATERIALIZED (
    SELECT id::text, at, action, outcome, actor_kind, actor_id, actor_label, structure, purpose,
           reasons, object_type, object_id, correlation
      FROM journal_trace
     WHERE patient_id = %(patient)s AND at >= %(since)s AND action = ANY(%(actions)s::text[])
       AND (%(all)s OR actor_id = %(own)s){conditions}
), page AS (
    SELECT * FROM matching WHERE true{after} ORDER BY at {order}, id {order} LIMIT %(most)s
)
SELECT (SELECT count(*) FROM matching), page.*
  FROM (VALUES (1)) AS once(n) LEFT JOIN page ON true ORDER BY at {order}, id {order}
"""


def search_traces(
    actor: Actor, search: Search, *, patient: Ins | None, now: datetime, correlation: str = ""
) -> TracePage:
    """A page of the traces that agree with the criteria and that the actor may see.

    Raises `XdsRefused` for another patient than the VIHF's, or one without record.
    """
    with told(actor, "record.traces", now=now, correlation=correlation) as attempt:
        if patient is None:
            raise refused(ErrorCode.PATIENT_ID_DOES_NOT_MATCH, "the VIHF names no patient")
        for named in search.values("patient"):
            if isinstance(named, Ins):
                same_patient(patient, named.cx)
        attempt.patient_id = identity.patient_of(patient)
        found = context(actor, patient, now=now)
        if found is None:
            raise refused(ErrorCode.UNKNOWN_PATIENT_ID, "there is no record for this patient")
    opened = decide(actor, Asked.SEARCH, found.patient_id, found.facts).allowed
    values = Values()
    conditions = criteria.conditions(search, _FIELDS, values)
    after = ""
    if search.cursor is not None:
        at, id_ = (
            values.add(search.cursor.at, "timestamptz"),
            values.add(str(search.cursor.id), "text"),
        )
        after = f" AND (at, id) {'<' if search.newest_first else '>'} ({at}, {id_})"
    order = "DESC" if search.newest_first else "ASC"
    with connection.cursor() as cursor:
        cursor.execute(
            _SEARCH.format(conditions=conditions, after=after, order=order),
            {
                **values.held,
                "patient": found.patient_id,
                "since": now - _KEPT,
                "actions": list(SENTENCES),
                "all": opened and found.facts.is_medecin_traitant,
                "own": actor.id,
                "most": search.count + 1,
            },
        )
        lines = cursor.fetchall()
    held = [_act(line[1:], patient) for line in lines if line[1] is not None]
    return TracePage(
        tuple(held[: search.count]),
        len(held) > search.count,
        int(lines[0][0]) if search.total else None,
    )


def _act(line: tuple[Any, ...], patient: Ins) -> Act:
    (id_, at, action, outcome, kind, actor_id, label, structure, purpose, reasons) = line[:10]
    object_type, object_id, correlation = line[10:]
    return Act(
        id=id_,
        at=at,
        action=action,
        outcome=outcome,
        actor_kind=kind,
        actor_id=actor_id,
        actor_label=label,
        structure=structure,
        purpose=purpose,
        reasons=tuple(reasons),
        object_type=object_type,
        object_id=object_id,
        patient=patient,
        correlation=correlation,
    )
