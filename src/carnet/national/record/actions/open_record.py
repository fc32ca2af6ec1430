"""Opening a record."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record.actions.governing import check_governs
from carnet.national.record.models import Administrative, Record


def open_record(
    actor: Actor, patient_id: UUID, *, now: datetime, linked_to_mes: bool = True
) -> None:
    """Open the record of a person (CSP R.1111-40); one that is open stays as it is.

    One that is not `linked_to_mes` has no space beside it, as those opened before 2022: a
    professional may change or close it (TD1.3b, TD1.4). Raises `AccessRefused` as `set_choices`.
    """
    check_governs(actor, patient_id, "record.opened", now=now)
    with transaction.atomic():
        _record, created = Record.objects.get_or_create(
            patient_id=patient_id, defaults={"status": "active", "opened_at": now}
        )
        if created and not linked_to_mes:
            Administrative.objects.create(
                patient_id=patient_id, linked_to_mes=False, changed_at=now
            )
        if created:
            journal.record(actor, "record.opened", at=now, patient_id=patient_id, outcome="allowed")
