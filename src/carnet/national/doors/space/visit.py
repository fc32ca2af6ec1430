"""Who is at the door: the signed-in citizen, and the space that is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.middleware.csrf import rotate_token
from django.utils import timezone

from carnet.national.accounts import queries as accounts
from carnet.national.accounts.rules import PROOF_LASTS, Scope

if TYPE_CHECKING:
    from django.http import HttpRequest

    from carnet.national.journal.actors import Citizen

#: Session key of the space that a representative chose to open.
OPEN_SPACE = "open_space"
#: Session key of the sign-in that opened it (`accounts.queries.Session`).
SESSION = "space_session"
#: Session key of FranceConnect's identity token, by which its session ends with ours.
FRANCE_CONNECT = "france_connect_identity"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a signed-in citizen: who, in whose space, when."""

    actor: Citizen
    patient_id: UUID
    now: datetime
    session: accounts.Session
    left: bool = False  #: the space that was open no longer is theirs to open

    @property
    def is_proved(self) -> bool:
        """Whether the person proved who they are a short while ago."""
        return self.now - self.session.proved_at < PROOF_LASTS

    def may(self, scope: Scope) -> bool:
        """Whether the reader may do such things in the open space; only a carer may not all."""
        mandate = self.actor.mandates.get(self.patient_id)
        return mandate is None or scope in mandate


def of(request: HttpRequest) -> Visit | None:
    """The visit that this request's session holds; None when nobody (any more) is signed in.

    The chosen space is checked again at each request: a representation may have ended, and the
    reader is back in their own. The session too: it ends when its owner ends it elsewhere, or
    when it is idle.
    """
    if not request.user.is_authenticated:
        return None
    now = timezone.now()
    kept = request.session.get(SESSION)
    known = accounts.visitor(request.user, UUID(kept) if kept else None, now=now)
    if known is None:
        return None
    actor, session = known
    chosen = request.session.get(OPEN_SPACE, "")
    patient_id = next((p for p in actor.represents if str(p) == chosen), actor.patient_id)
    left = bool(chosen) and chosen != str(patient_id)
    if left:
        open_space(request, actor.patient_id)
    return Visit(actor, patient_id, now, session, left)


def open_space(request: HttpRequest, patient_id: UUID) -> None:
    """Open a space that the reader may open. Every form of the one before is good no more.

    A form says nothing of whose space it is about: sent from another tab, it would change the
    wrong person's record.
    """
    request.session[OPEN_SPACE] = str(patient_id)
    rotate_token(request)
