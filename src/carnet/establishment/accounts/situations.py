"""In which of their situations a professional works at the desk: they choose, once a session.

Pro Santé Connect says them all (SubjectRefPro: a profession with its savoir-faire, and a place
where it is exercised), never which one they are in now (spec identity §4.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from carnet.establishment.accounts.models import DeskSession
from carnet.establishment.accounts.rules import LIFE
from carnet.establishment.patients.actors import Situation
from carnet.standards.openid import Professional

#: Nobody has so many; a provider that says more is cut short.
_MOST = 50


def of(professional: Professional) -> list[dict[str, str]]:
    """The situations of this professional, as a session keeps them; each once."""
    found = {
        Situation(
            profession=each.profession,
            skill=each.skill,
            mode=place.mode,
            sector=place.sector,
            structure=place.structure,
            finess=place.finess,
            place=place.sign or place.name,
        ): None
        for each, place in professional.situations
    }
    return [one._asdict() for one in list(found)[:_MOST]]


def chosen(kept: list[Mapping[str, str]]) -> Situation | None:
    """The one that a session is for, when there is one."""
    return Situation(**kept[0]) if len(kept) == 1 else None


def to_choose(session_id: UUID, *, now: datetime) -> list[Situation]:
    """Those among which this session waits for a choice; none when it does not wait."""
    row = DeskSession.objects.filter(id=session_id, ended_at=None, expires_at__gt=now).first()
    return [Situation(**each) for each in row.situations] if row and row.is_waiting else []


def choose(session_id: UUID, place: int, *, now: datetime) -> None:
    """Let a session begin, in the situation at this place. Once: raises `LookupError`."""
    with transaction.atomic():
        row = (
            DeskSession.objects.select_for_update()
            .filter(id=session_id, ended_at=None, expires_at__gt=now)
            .first()
        )
        if row is None or not row.is_waiting or not 0 <= place < len(row.situations):
            raise LookupError("this session does not wait for this choice")
        row.situations, row.expires_at = [row.situations[place]], row.started_at + LIFE
        row.save(update_fields=["situations", "expires_at"])
