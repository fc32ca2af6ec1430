"""Writing the trace of an act, in the transaction of the act itself (R-150)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from django.db import connection
from uuid_utils.compat import uuid7

from carnet.national.journal.actors import Actor, Citizen, Establishment, Professional
from carnet.national.journal.chain import COLUMNS

Outcome = Literal["allowed", "refused", "failed"]

#: The patient of an act that is about no known person.
NO_PATIENT: Final = UUID(int=0)

#: For a statement that does the act and writes its traces at once: takes a JSON array of `row`s.
INSERT: Final = (
    f"INSERT INTO journal_trace ({', '.join(COLUMNS)})"  # noqa: S608 - constants only
    f" SELECT {', '.join(COLUMNS)} FROM jsonb_populate_recordset(NULL::journal_trace, %s::jsonb)"
)


def row(
    actor: Actor,
    action: str,
    *,
    at: datetime,
    patient_id: UUID | None,
    outcome: Outcome,
    reasons: Sequence[str] = (),
    object_type: str = "",
    object_id: str = "",
    details: Mapping[str, Any] | None = None,
    correlation: str = "",
) -> dict[str, Any]:
    """One line of the journal, ready for `INSERT`. See `record` for the arguments."""
    structure = {Professional: "structure", Establishment: "struct_idnat"}.get(type(actor))
    return {
        "patient_id": str(patient_id or NO_PATIENT),
        "at": at.isoformat(),
        "id": str(uuid7()),
        "action": action,
        "outcome": outcome,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_label": actor.label,
        "structure": getattr(actor, structure) if structure else "",
        "purpose": _purpose(actor, patient_id),
        "reasons": list(reasons),
        "object_type": object_type,
        "object_id": object_id,
        "details": {**_proof(actor), **(details or {})},
        "correlation": correlation,
    }


def _proof(actor: Actor) -> dict[str, Any]:
    """How a professional proved who they are: mode, level, method in AIR (R-019, EX_AIR-070)."""
    if not isinstance(actor, Professional) or not actor.assurance:
        return {}
    method = [actor.method] if actor.method else []
    proof: dict[str, Any] = {"proof": [str(actor.mode), actor.assurance, *method]}
    return proof if actor.is_listed else {**proof, "unlisted": True}


def _purpose(actor: Actor, patient_id: UUID | None) -> str:
    """The purpose of a professional's access, or as what a citizen acts on another's record."""
    if isinstance(actor, Citizen):
        return actor.acting_for(patient_id)
    return getattr(actor, "purpose", "")


def record(
    actor: Actor,
    action: str,
    *,
    at: datetime,
    patient_id: UUID | None,
    outcome: Outcome,
    reasons: Sequence[str] = (),
    object_type: str = "",
    object_id: str = "",
    details: Mapping[str, Any] | None = None,
    correlation: str = "",
) -> None:
    """Write that `actor` did `action` (a stable code: "document.read") with this outcome.

    `reasons` are stable codes. `details` may hold `title`, and `hidden_for`: those among
    "patient" and "representatives" to whom the line must not be shown. The line is written in
    the caller's transaction: what is rolled back leaves no trace, what is done always does.
    """
    line = row(
        actor,
        action,
        at=at,
        patient_id=patient_id,
        outcome=outcome,
        reasons=reasons,
        object_type=object_type,
        object_id=object_id,
        details=details,
        correlation=correlation,
    )
    write([line])


def write(lines: Sequence[Mapping[str, Any]]) -> None:
    """Write these `row`s, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [json.dumps(lines)])


def make_partitions(*, now: datetime) -> None:
    """Make the partitions of the year to come; those that exist are kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal_make_partitions(%s::date, 13)", [now.date()])
