"""What reading leaves behind: a trace each time, and news to the holder the first time.

One statement writes the trace, remembers the first access, and puts the news in the outbox; the
trace alone is written once that is known to be done. Requirements: R-152.
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

#: First accesses that others than the transaction under way have written: patient, PS_IdNat, scope.
_known: Final[set[tuple[UUID, str, str]]] = set()
_MOST_KNOWN: Final = 20_000


def write_access(
    actor: Actor,
    patient_id: UUID,
    traces: Sequence[dict[str, Any]],
    *,
    now: datetime,
    correlation: str,
) -> None:
    """Write these traces; a professional's first access (each day in an emergency) is told once."""
    if not isinstance(actor, Professional):
        journal.write(traces)
        return
    emergency = actor.purpose != "normal"
    scope = f"{actor.purpose}:{now:%Y-%m-%d}" if emergency else "normal"
    access = (patient_id, actor.ps_idnat, scope)
    if access in _known:
        journal.write(traces)
        return
    event = outbox.row(
        patient_id,
        "access.emergency" if emergency else "access.first",
        {"actor": actor.label, "ps_idnat": actor.ps_idnat, "purpose": actor.purpose},
        at=now,
        correlation=correlation,
    )
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, [json.dumps(traces), *access, now, json.dumps([event])])
        is_first = cursor.rowcount > 0
    if not is_first and not connection.in_atomic_block:  # where it may be our own, and undone
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known.add(access)
