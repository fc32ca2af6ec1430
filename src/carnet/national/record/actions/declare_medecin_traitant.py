"""The holder says who their médecin traitant is (R-027)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from carnet.national.journal.actors import Actor
from carnet.national.record.actions.authorise import authorise
from carnet.national.record.actions.set_choices import set_choices
from carnet.national.record.rules import Authorisation


def declare_medecin_traitant(
    actor: Actor, patient_id: UUID, ps_idnat: str, *, now: datetime
) -> None:
    """Declare a physician, who may then read until the holder says otherwise (as by TD0.3).

    Raises as `set_choices`.
    """
    with transaction.atomic():
        authorise(actor, patient_id, ps_idnat, Authorisation.VALID, now=now)
        set_choices(actor, patient_id, now=now, medecin_traitant=ps_idnat)
