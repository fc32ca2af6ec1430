"""Reads about accounts: who is signed in, whose space they may open, what they were told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from carnet.national.accounts.models import (
    Account,
    Notification,
    Representation,
    SpaceSession,
)
from carnet.national.accounts.rules import ABSOLUTE, IDLE
from carnet.national.accounts.sentences import KINDS
from carnet.national.identity import queries as identity
from carnet.national.journal.actors import Citizen
from carnet.national.journal.queries import check_space

#: A session that is in use is written again only now and then.
_SEEN_AGAIN: Final = timedelta(minutes=1)


#: For a statement that needs what became of a space (`rules.Status`, or null while its holder has
#: not come): a patient id follows.
STATUS_OF: Final = "SELECT status FROM accounts_spacestatus WHERE patient_id ="


@dataclass(frozen=True, slots=True)
class Space:
    """A space the person may open: their own, or that of somebody they represent."""

    patient_id: UUID
    name: str  #: given name and family name to show
    birth_date: date | None
    relation: str  #: "self", "child" (legal representative of a minor), "helped" (carer)
    unread: int  #: unread notifications of that space


@dataclass(frozen=True, slots=True)
class NotificationView:
    """Something the citizen is told. `sentence` is whole, in the reader's language."""

    id: UUID
    kind: str  #: one of `KINDS`: "document.new", "access.first", "message.new"…
    at: datetime
    sentence: str
    is_read: bool
    target: str  #: what to open, as in `sentences.Kind`
    target_id: str  #: id of the document or conversation, PS_IdNat of the professional, or ""


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the citizen wants to be told: for each kind, whether an e-mail is sent."""

    email: str
    by_kind: Mapping[str, bool]


_LINKS: Final = """
SELECT ARRAY(SELECT child_patient_id FROM accounts_representation
              WHERE parent_patient_id = %(patient)s AND since <= %(now)s
                AND (until IS NULL OR until > %(now)s)),
       (SELECT jsonb_object_agg(patient_id, scopes) FROM accounts_mandate
         WHERE carer_patient_id = %(patient)s AND accepted_at <= %(now)s
           AND ended_at IS NULL AND until > %(now)s),
       (SELECT jsonb_build_array(method, started_at, proved_at, seen_at) FROM accounts_spacesession
         WHERE id = %(session)s AND account_id = %(account)s AND ended_at IS NULL
           AND seen_at > %(idle)s AND started_at > %(absolute)s)
"""


@dataclass(frozen=True, slots=True)
class Session:
    """An open session: how and when it began, when the person last proved who they are."""

    id: UUID
    method: str
    started_at: datetime
    proved_at: datetime
    seen_at: datetime


def citizen(account: Account, *, now: datetime) -> Citizen | None:
    """The actor of an active account, with those it represents and helps at `now`."""
    links = _links(account, None, now) if account.is_active else None
    return _citizen(account, links[0], links[1]) if links else None


def visitor(
    account: Account, session_id: UUID | None, *, now: datetime
) -> tuple[Citizen, Session] | None:
    """The actor of a session that is open at `now`, and the session.

    None when the account is closed, when the session ended, was idle too long or is too old.
    """
    if not account.is_active or session_id is None:
        return None
    represented, mandates, session = _links(account, session_id, now)
    if session is None:
        return None
    if now - session.seen_at > _SEEN_AGAIN:
        SpaceSession.objects.filter(id=session_id).update(seen_at=now)
    return _citizen(account, represented, mandates), session


def _links(
    account: Account, session_id: UUID | None, now: datetime
) -> tuple[frozenset[UUID], dict[UUID, frozenset[str]], Session | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            _LINKS,
            {
                "patient": account.patient_id,
                "account": account.id,
                "session": session_id,
                "now": now,
                "idle": now - IDLE,
                "absolute": now - ABSOLUTE,
            },
        )
        children, helped, found = cursor.fetchone()
    mandates = {UUID(id_): frozenset(scopes) for id_, scopes in json.loads(helped or "{}").items()}
    session = None
    if found and session_id:
        method, *instants = json.loads(found)
        session = Session(session_id, method, *map(datetime.fromisoformat, instants))
    # a parent of whom a child made their carer is still a parent
    kept = {patient: scopes for patient, scopes in mandates.items() if patient not in children}
    return frozenset(children), kept, session


def _citizen(
    account: Account, represented: frozenset[UUID], mandates: dict[UUID, frozenset[str]]
) -> Citizen:
    person = identity.person(account.patient_id)
    return Citizen(
        account_id=account.id,
        patient_id=account.patient_id,
        name=person.name if person else account.login,
        represents=represented | mandates.keys(),
        mandates=mandates,
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


_RELATIONS: Final = {"": "self", "representation": "child", "mandate": "helped"}


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
            relation=_RELATIONS[actor.acting_for(person.patient_id)],
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
