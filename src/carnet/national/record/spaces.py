"""What a record does when its holder refuses, closes or opens again their space (R-149)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from carnet.national.accounts import actions as accounts
from carnet.national.accounts.rules import USES
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import System
from carnet.national.record import outbox
from carnet.national.record.models import Record

#: Why a record is closed: only one closed with its space opens again with it.
WITH_ITS_SPACE: Final = "espace"
_MYSELF: Final = System("record")


def follow_spaces(*, now: datetime, batch: int = 50) -> int:
    """Close or open the records whose space was; the mailbox is told by the outbox. How many."""
    with transaction.atomic():
        changed = accounts.spaces_to_follow(batch=batch)
        for patient_id, status in changed:
            _follow(patient_id, fed=USES[status].fed, now=now)
            accounts.space_followed(patient_id, now=now)
    return len(changed)


def _follow(patient_id: UUID, *, fed: bool, now: datetime) -> None:
    record = Record.objects.filter(patient_id=patient_id)
    if fed:
        moved = record.filter(status="terminated", closing_reason=WITH_ITS_SPACE).update(
            status="active", closed_at=None, closing_reason=""
        )
    else:
        moved = record.filter(status="active").update(
            status="terminated", closed_at=now, closing_reason=WITH_ITS_SPACE
        )
    if moved:
        action = "record.reopened" if fed else "record.closed"
        journal.record(_MYSELF, action, at=now, patient_id=patient_id, outcome="allowed")
    event = outbox.row(
        patient_id, "space.opened" if fed else "space.closed", {}, at=now, correlation=""
    )
    with connection.cursor() as cursor:
        cursor.execute(outbox.INSERT, [json.dumps([event])])
