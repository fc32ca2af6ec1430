"""What a person sees of their own account: ways to sign in, browsers, sessions, carers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.national.accounts.models import (
    Account,
    Device,
    Mandate,
    Passkey,
    Representation,
    SpaceSession,
    SpaceStatus,
)
from carnet.national.accounts.rules import ABSOLUTE, IDLE, Status
from carnet.national.identity import queries as identity
from carnet.national.journal.actors import Citizen


@dataclass(frozen=True, slots=True)
class Thing:
    """A passkey, a trusted browser or an open session, as a list shows it."""

    id: UUID
    name: str
    since: datetime
    used_at: datetime | None
    until: datetime | None = None
    method: str = ""


@dataclass(frozen=True, slots=True)
class Ways:
    """How this account is entered, and from where."""

    login: str
    email: str
    has_application: bool
    has_france_connect: bool
    passkeys: Sequence[Thing]
    devices: Sequence[Thing]
    sessions: Sequence[Thing]


@dataclass(frozen=True, slots=True)
class MandateView:
    """A mandate seen by one of its two sides; `name` is the other one."""

    id: UUID
    name: str
    scopes: Sequence[str]
    invited_at: datetime
    accepted_at: datetime | None
    until: datetime
    answer_before: datetime


@dataclass(frozen=True, slots=True)
class ChildView:
    """A minor whose space the person opens, and until when."""

    patient_id: UUID
    name: str
    until: datetime | None


def ways(actor: Citizen, *, now: datetime) -> Ways:
    """The ways into the actor's own account."""
    account = Account.objects.get(id=actor.account_id)
    keys = Passkey.objects.filter(account=account).order_by("added_at")
    devices = Device.objects.filter(
        account=account, revoked_at__isnull=True, expires_at__gt=now
    ).order_by("-seen_at")
    sessions = SpaceSession.objects.filter(
        account=account,
        ended_at__isnull=True,
        seen_at__gt=now - IDLE,
        started_at__gt=now - ABSOLUTE,
    ).order_by("-seen_at")
    return Ways(
        login=account.login,
        email=account.email,
        has_application=account.totp_secret is not None,
        has_france_connect=account.france_connect_sub is not None,
        passkeys=[Thing(one.id, one.name, one.added_at, one.used_at) for one in keys],
        devices=[
            Thing(one.id, one.name, one.trusted_at, one.seen_at, one.expires_at) for one in devices
        ],
        sessions=[
            Thing(one.id, one.name, one.started_at, one.seen_at, method=one.method)
            for one in sessions
        ],
    )


def carers(actor: Citizen, *, now: datetime) -> Sequence[MandateView]:
    """Who helps the actor, and who was asked to and has not answered yet."""
    found = Mandate.objects.filter(
        patient_id=actor.patient_id, ended_at__isnull=True, until__gt=now
    ).order_by("invited_at")
    live = [one for one in found if one.accepted_at or one.answer_before > now]
    people = identity.people([one.carer_patient_id for one in live if one.carer_patient_id])
    return [
        _view(
            one,
            people[one.carer_patient_id].name
            if one.carer_patient_id in people
            else one.carer_birth_name,
        )
        for one in live
    ]


def helped(actor: Citizen, *, now: datetime) -> Sequence[MandateView]:
    """Whom the actor helps."""
    found = Mandate.objects.filter(
        carer_patient_id=actor.patient_id, ended_at__isnull=True, until__gt=now
    ).order_by("accepted_at")
    people = identity.people([one.patient_id for one in found])
    return [_view(one, people[one.patient_id].name) for one in found]


def children(actor: Citizen, *, now: datetime) -> Sequence[ChildView]:
    """The minors whose space the actor opens as their legal representative."""
    found = Representation.objects.filter(
        parent_patient_id=actor.patient_id, since__lte=now
    ).exclude(until__lte=now)
    people = identity.people([one.child_patient_id for one in found])
    return [
        ChildView(one.child_patient_id, people[one.child_patient_id].name, one.until)
        for one in found
    ]


def status(patient_id: UUID) -> Status:
    """What became of the space of this person (R-149)."""
    kept = SpaceStatus.objects.filter(patient_id=patient_id).values_list("status", flat=True)
    return Status(kept.first() or Status.OPENED)


def login_of(account_id: UUID) -> str:
    """The login of an account."""
    return Account.objects.values_list("login", flat=True).get(id=account_id)


def _view(mandate: Mandate, name: str) -> MandateView:
    return MandateView(
        mandate.id,
        name,
        mandate.scopes,
        mandate.invited_at,
        mandate.accepted_at,
        mandate.until,
        mandate.answer_before,
    )
