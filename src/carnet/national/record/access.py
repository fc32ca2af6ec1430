"""What reading leaves behind: a trace each time, and news to the holder the first time.

One statement writes the trace, remembers the first access, and puts the news in the outbox.
Requirements: R-152.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, Professional
from carnet.national.record import outbox

_FIRST: Final = f"""
WITH traces AS (
    {journal.INSERT}
), first AS (
    INSERT INTO record_firstaccess (patient_id, ps_idnat, scope, at)
    VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
    RETURNING patient_id
)
{outbox.INSERT} WHERE EXISTS (SELECT FROM first)
"""  # noqa: S608 - constants only


def write_access(
    actor: Actor,
    patient_id: UUID,
    traces: Sequence[dict[str, Any]],
    *,
    now: datetime,
    correlation: str,
) -> None:
    """Write these traces; a professional's first access (each day in an emergency) is told once."""
    with connection.cursor() as cursor:
        if not isinstance(actor, Professional):
            journal.write(traces)
            return
        emergency = actor.purpose != "normal"
        event = outbox.row(
            patient_id,
            "access.emergency" if emergency else "access.first",
            {"actor": actor.label, "ps_idnat": actor.ps_idnat, "purpose": actor.purpose},
            at=now,
            correlation=correlation,
        )
        scope = f"{actor.purpose}:{now:%Y-%m-%d}" if emergency else "normal"
        cursor.execute(
            _FIRST,
            [
                json.dumps(traces),
                patient_id,
                actor.ps_idnat,
                scope,
                now,
                json.dumps([event]),
            ],
        )
