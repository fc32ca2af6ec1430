"""What the holder chooses once for all: emergencies, and who their médecin traitant is."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record.actions.governing import check_governs, lock_record, tell_holder
from carnet.national.record.models import Record
from carnet.national.record.readers import name_of
from carnet.standards.habilitations import Role

_ACTION: Final = "authorisation.changed"


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

    What is None stays as it was, and what is already so is not told again. Raises `LookupError`
    when there is no record; `AccessRefused`, written in the journal, when the actor does not govern
    it.
    """
    check_governs(actor, patient_id, _ACTION, now=now)
    choices = {
        "opposes_bris_de_glace": opposes_bris_de_glace,
        "opposes_centre_15": opposes_centre_15,
        "masked_in_emergency": masked_in_emergency,
        "medecin_traitant": medecin_traitant,
    }
    with transaction.atomic():
        lock_record(patient_id)
        record = Record.objects.get(patient_id=patient_id)
        chosen = {
            name: value
            for name, value in choices.items()
            if value is not None and value != getattr(record, name)
        }
        if not chosen:
            return
        Record.objects.filter(patient_id=patient_id).update(**chosen)
        for name, value in chosen.items():
            _write(actor, patient_id, name, value, now)
        tell_holder(actor, patient_id, now=now)


def _write(actor: Actor, patient_id: UUID, name: str, value: bool | str, now: datetime) -> None:
    person = value if isinstance(value, str) else ""
    state = f"{name}={value}" if isinstance(value, bool) else Role.MEDECIN_TRAITANT if value else ""
    journal.record(
        actor,
        _ACTION,
        at=now,
        patient_id=patient_id,
        outcome="allowed",
        object_type="professional" if person else "",
        object_id=person,
        details={"state": state, "title": name_of(person) if person else ""},
    )
