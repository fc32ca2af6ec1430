"""The holder says that a structure, or an organisation, no longer follows them (R-147)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record.actions.governing import check_governs, lock_record, tell_holder
from carnet.national.record.models import Episode, TeamMember
from carnet.national.record.readers import name_of

_ACTION: Final = "episode.changed"


def end_episode(actor: Actor, patient_id: UUID, episode_id: UUID, *, now: datetime) -> None:
    """End an open episode: its members leave the care team; they may open another, which is told.

    One that is over stays as it is. Raises `AccessRefused`, written in the journal; `LookupError`
    when there is no such episode.
    """
    check_governs(actor, patient_id, _ACTION, now=now)
    with transaction.atomic():
        lock_record(patient_id)
        episode = Episode.objects.filter(patient_id=patient_id, id=episode_id).first()
        if episode is None:
            raise LookupError("there is no such episode")
        if episode.closed_at is not None:
            return
        Episode.objects.filter(patient_id=patient_id, id=episode_id).update(closed_at=now)
        TeamMember.objects.filter(patient_id=patient_id, episode_id=episode_id).update(until=now)
        journal.record(
            actor,
            _ACTION,
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            object_type="professional",
            object_id=episode.member,
            details={"state": "closed", "title": name_of(episode.member)},
        )
        tell_holder(actor, patient_id, now=now)
