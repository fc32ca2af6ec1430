"""Opening a record, and what its holder chooses."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, Citizen, System
from carnet.national.journal.queries import check_space
from carnet.national.record.models import Administrative, Record
from carnet.national.record.models import Authorisation as Line
from carnet.national.record.rules import Authorisation


def open_record(
    actor: Actor, patient_id: UUID, *, now: datetime, linked_to_mes: bool = True
) -> None:
    """Open the record of a person (CSP R.1111-40); one that is open stays as it is.

    One that is not `linked_to_mes` has no space beside it, as those opened before 2022: a
    professional may change or close it (TD1.3b, TD1.4). Raises `PermissionError` as `set_choices`.
    """
    _check_choice(actor, patient_id)
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

    What is None stays as it was. Raises `LookupError` when there is no record, `PermissionError`
    when the actor is neither the holder, nor a legal representative, nor Carnet itself.
    """
    _check_choice(actor, patient_id)
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


def authorise(
    actor: Actor,
    patient_id: UUID,
    ps_idnat: str,
    state: Authorisation,
    *,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Say that a professional may read (VALIDE), may not at all (INTERDIT), or neither.

    Raises `ValueError` for EXPIRE, which is a date passing and not a choice, and
    `PermissionError` as `set_choices`.
    """
    _check_choice(actor, patient_id)
    if state is Authorisation.EXPIRED:
        raise ValueError("an authorisation expires by its date")
    with transaction.atomic():
        if state is Authorisation.NONE:
            Line.objects.filter(patient_id=patient_id, ps_idnat=ps_idnat).delete()
        else:
            Line.objects.update_or_create(
                patient_id=patient_id,
                ps_idnat=ps_idnat,
                defaults={"state": state, "since": now, "until": until},
            )
        journal.record(
            actor,
            "authorisation.changed",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            object_type="professional",
            object_id=ps_idnat,
            details={"state": state},
        )


def _check_choice(actor: Actor, patient_id: UUID) -> None:
    """The holder governs the record (CSP L.1111-19); professionals' own choices are TD0.3."""
    if isinstance(actor, Citizen):
        check_space(actor, patient_id)
    elif not isinstance(actor, System):
        raise PermissionError("only the holder of the record chooses")
