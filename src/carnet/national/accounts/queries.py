"""Reads about accounts: who is signed in, whose space they may open, what they were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from carnet.national.accounts.models import Account, Notification, Representation
from carnet.national.accounts.sentences import KINDS
from carnet.national.identity import queries as identity
from carnet.national.journal.actors import Citizen
from carnet.national.journal.queries import check_space


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
    kind: str  #: one of `KINDS`: "document.new", "access.first", "message.new"…
    at: datetime
    sentence: str
    is_read: bool
    target: str  #: "document", "message" or "history": what to open
    target_id: str  #: id of the document or conversation, or ""


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the citizen wants to be told: for each kind, whether an e-mail is sent."""

    email: str
    by_kind: Mapping[str, bool]


def citizen(account: Account, *, now: datetime) -> Citizen | None:
    """The actor of an active account (`request.user`), with those it represents at `now`."""
    if not account.is_active:
        return None
    represented = Representation.objects.filter(
        Q(until__isnull=True) | Q(until__gt=now),
        parent_patient_id=account.patient_id,
        since__lte=now,
    ).values_list("child_patient_id", flat=True)
    person = identity.person(account.patient_id)
    return Citizen(
        account_id=account.id,
        patient_id=account.patient_id,
        name=person.name if person else account.login,
        represents=frozenset(represented),
    )


def has_account(patient_id: UUID) -> bool:
    """Whether this person has an account for their own space."""
    return Account.objects.filter(patient_id=patient_id, is_active=True).exists()


def representatives(patient_id: UUID, *, now: datetime) -> Sequence[UUID]:
    """The patient ids of the legal representatives of this person at `now`."""
    found = Representation.objects.filter(
        Q(until__isnull=True) | Q(until__gt=now), child_patient_id=patient_id, since__lte=now
    )
    return list(found.order_by("since").values_list("parent_patient_id", flat=True))


def spaces(actor: Citizen) -> Sequence[Space]:
    """The spaces this person may open, their own first, then by age."""
    ids = [actor.patient_id, *actor.represents]
    people = identity.people(ids)
    counts = (
        Notification.objects.filter(patient_id__in=ids, read_at__isnull=True)
        .filter(Q(patient_id=actor.patient_id) | Q(for_representatives=True))
        .values_list("patient_id")
        .annotate(unread=Count("id"))
    )
    unread = dict(counts)
    found = [
        Space(
            patient_id=person.patient_id,
            name=person.name,
            birth_date=person.birth_date,
            relation="self" if person.patient_id == actor.patient_id else "child",
            unread=unread.get(person.patient_id, 0),
        )
        for person in people.values()
    ]
    return sorted(found, key=lambda space: (space.relation != "self", str(space.birth_date)))


def notifications(
    actor: Citizen, patient_id: UUID, *, before: datetime | None = None, limit: int = 50
) -> Sequence[NotificationView]:
    """What was told in this space, newest first; `before` = `at` of the last one shown.

    What was told at one instant comes together, even beyond `limit`. Raises `PermissionError`
    for another's space.
    """
    told = _told(actor, patient_id)
    if before:
        told = told.filter(at__lt=before)
    last = told.order_by("-at").values_list("at", flat=True)[limit - 1 : limit].first()
    if last:
        told = told.filter(at__gte=last)
    return [
        NotificationView(
            id=one.id,
            kind=one.kind,
            at=one.at,
            sentence=str(KINDS[one.kind].sentence) % one.params,
            is_read=one.read_at is not None,
            target=KINDS[one.kind].target,
            target_id=one.target_id,
        )
        for one in told.order_by("-at", "-id")
    ]


def unread_count(actor: Citizen, patient_id: UUID) -> int:
    """How many notifications of this space are unread."""
    return _told(actor, patient_id).filter(read_at__isnull=True).count()


def preferences(actor: Citizen) -> Preferences:
    """The actor's own choices; what was never chosen is sent."""
    account = Account.objects.get(id=actor.account_id)
    return Preferences(
        email=account.email,
        by_kind={kind: bool(account.mail_kinds.get(kind, True)) for kind in KINDS},
    )


def _told(actor: Citizen, patient_id: UUID) -> QuerySet[Notification]:
    told = Notification.objects.filter(patient_id=patient_id)
    if check_space(actor, patient_id) == "representatives":
        told = told.filter(for_representatives=True)
    return told
