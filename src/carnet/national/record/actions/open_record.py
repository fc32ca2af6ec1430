"""Opening a record, and what its holder chooses."""

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


def set_choices(
    actor: Actor,
    patient_id: UUID,
    *,
    now: datetime,
    opposes_bris_de_glace: bool | None = None,
    opposes_centre_15: bool | None = None,
    masked_in_emergency: bool | None = None,
    medecin_traitant: str | None = None,
) -> None:
    """Keep what the holder chose for emergencies and who their médecin traitant is.

    What is None stays as it was. Raises `LookupError` when there is no record; `AccessRefused`,
    written in the journal, when the actor does not govern it.
    """
    check_governs(actor, patient_id, "authorisation.changed", now=now)
    choices = {
        "opposes_bris_de_glace": opposes_bris_de_glace,
        "opposes_centre_15": opposes_centre_15,
        "masked_in_emergency": masked_in_emergency,
        "medecin_traitant": medecin_traitant,
    }
    chosen = {name: value for name, value in choices.items() if value is not None}
    with transaction.atomic():
        if not Record.objects.filter(patient_id=patient_id).update(**chosen):
            raise LookupError("there is no record")
        journal.record(
            actor,
            "authorisation.changed",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            details={"choices": sorted(chosen)},
        )
