"""Lines of the outbox: what remains to be done once the act is committed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from uuid_utils.compat import uuid7

#: For a statement that does the act and writes its events at once: takes a JSON array of `row`s.
INSERT: Final = (
    "INSERT INTO record_outbox"
    " SELECT * FROM jsonb_populate_recordset(NULL::record_outbox, %s::jsonb) AS event"
)


def row(
    patient_id: UUID, kind: str, payload: Mapping[str, Any], *, at: datetime, correlation: str
) -> dict[str, Any]:
    """One event, ready for `INSERT`; `kind` is one of `tasks.EVENTS`."""
    return {
        "patient_id": str(patient_id),
        "id": str(uuid7()),
        "kind": kind,
        "payload": dict(payload),
        "at": at.isoformat(),
        "due_at": at.isoformat(),
        "attempts": 0,
        "problem": "",
        "correlation": correlation,
    }
