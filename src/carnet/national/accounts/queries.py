"""Reads about accounts: who is signed in, whose space they may open, what they were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from carnet.national.journal.actors import Citizen


@dataclass(frozen=True, slots=True)
class Space:
    """A space the person may open: their own, or that of somebody they represent."""

    patient_id: UUID
    name: str  #: given name and family name to show
    birth_date: date | None
    relation: str  #: "self", "child" (legal representative of a minor)
    unread: int  #: unread notifications of that space


@dataclass(frozen=True, slots=True)
class NotificationView:
    """Something the citizen is told. `sentence` is whole, in the reader's language."""

    id: UUID
    kind: str  #: "document.new", "access.first", "message.new"
    at: datetime
    sentence: str
    is_read: bool
    target: str  #: "document", "message" or "history": what to open
    target_id: str  #: id of the document or conversation, or ""


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the citizen wants to be told, kind by kind: True sends an e-mail without health content."""

    email: str
    by_kind: Mapping[str, bool]


def citizen(account_id: UUID, *, now: datetime) -> Citizen | None:
    """The actor of an active account (`request.user.pk`), with those it represents at `now`."""
    raise NotImplementedError


def spaces(actor: Citizen) -> Sequence[Space]:
    """The spaces this person may open, their own first."""
    raise NotImplementedError


def notifications(
    actor: Citizen, patient_id: UUID, *, before: datetime | None = None, limit: int = 50
) -> Sequence[NotificationView]:
    """What was told in this space, newest first. Raises `PermissionError` for another's space."""
    raise NotImplementedError


def unread_count(actor: Citizen, patient_id: UUID) -> int:
    """How many notifications of this space are unread."""
    raise NotImplementedError


def preferences(actor: Citizen) -> Preferences:
    """The actor's own choices."""
    raise NotImplementedError
