"""Who is at the door: the signed-in citizen, and the space that is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from carnet.national.accounts import queries as accounts

if TYPE_CHECKING:
    from django.http import HttpRequest

    from carnet.national.journal.actors import Citizen

#: Session key of the space that a representative chose to open.
OPEN_SPACE = "open_space"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a signed-in citizen: who, in whose space, when."""

    actor: Citizen
    patient_id: UUID
    now: datetime


def of(request: HttpRequest) -> Visit | None:
    """The visit that this request's session holds; None when nobody (any more) is signed in.

    The chosen space is checked again at each request: a representation may have ended.
    """
    if not request.user.is_authenticated:
        return None
    now = timezone.now()
    actor = accounts.citizen(request.user, now=now)
    if actor is None:
        return None
    chosen = request.session.get(OPEN_SPACE, "")
    patient_id = next((p for p in actor.represents if str(p) == chosen), actor.patient_id)
    return Visit(actor, patient_id, now)
