"""Who governs a record: its holder, their representatives, and Carnet itself (CSP L.1111-19)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from carnet.national.accounts import actions as accounts
from carnet.national.journal.actors import Actor, Citizen, System
from carnet.national.record.actions.refusals import audited
from carnet.national.record.models import Record
from carnet.national.record.rules import AccessRefused, Act, RecordFacts, decide


def lock_record(patient_id: UUID) -> None:
    """One deed at a time on one record: what is decided upon is what is changed.

    In a transaction. Raises `LookupError` when there is no record.
    """
    if Record.objects.select_for_update().filter(patient_id=patient_id).first() is None:
        raise LookupError("there is no record")


def check_governs(actor: Actor, patient_id: UUID, action: str, *, now: datetime) -> None:
    """Raise `AccessRefused`, written in the journal, for all others."""
    if isinstance(actor, System):
        return
    with audited(actor, action, now=now) as attempt:
        attempt.patient_id = patient_id
        decision = decide(actor, Act.GOVERN, patient_id, RecordFacts())
        if not decision.allowed:
            raise AccessRefused(decision)


def tell_holder(actor: Actor, patient_id: UUID, *, now: datetime) -> None:
    """Tell the holder that somebody else changed who may read, in the same transaction."""
    own = isinstance(actor, Citizen) and actor.patient_id == patient_id
    if own or isinstance(actor, System):
        return
    accounts.notify(actor, patient_id, "readers.changed", at=now, params={"actor": actor.label})
