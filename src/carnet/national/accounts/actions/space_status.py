"""Refusing a space before it is opened, closing it, opening it again (CSP R.1111-28, R.1111-40)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from carnet.national.accounts import attempts, mails
from carnet.national.accounts.actions.accounts import keep_status
from carnet.national.accounts.actions.sessions import end_all
from carnet.national.accounts.attempts import Counted
from carnet.national.accounts.cards import Card, email_of
from carnet.national.accounts.models import Account, Invitation, Mandate, SpaceStatus
from carnet.national.accounts.rules import OWN_ACCOUNT_AGE, Status, reached
from carnet.national.accounts.sealing import digest
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Citizen, System

_MYSELF = System("opposition")


class OppositionRefused(Exception):  # noqa: N818 - says what happened
    """The card designates nobody, or somebody whose space is activated or whose parents decide."""


@dataclass(frozen=True, slots=True)
class Opposition:
    """What the proof says; `reference` is the same each time it is asked for."""

    patient_id: UUID
    name: str
    birth_date_hl7: str
    since: datetime
    reference: str


def oppose(card: Card, *, now: datetime, source: str = "") -> Opposition:
    """Refuse that a space is opened; said again, it is the same opposition.

    Raises `OppositionRefused` or `TooManyAttempts`.
    """
    counted = (Counted(attempts.CARD, card.number), Counted(attempts.SOURCE, source))
    attempts.take(*counted, now=now)
    patient_id = card.holder()
    person = identity.person(patient_id) if patient_id else None
    if (
        person is None
        or Account.objects.filter(patient_id=person.patient_id).exists()
        or not (person.birth_date is None or reached(person.birth_date, OWN_ACCOUNT_AGE, now))
    ):
        raise _refusal(patient_id, now)
    attempts.forget(counted[0])
    attempts.give_back(counted[1])
    with transaction.atomic():
        # `activate` holds the invitation until there is an account: it is done, or finds it spoilt.
        list(Invitation.objects.select_for_update().filter(patient_id=person.patient_id))
        activated = Account.objects.filter(patient_id=person.patient_id).exists()
        since = None if activated else _opposed_since(person.patient_id, now)
    if since is None:
        raise _refusal(person.patient_id, now)
    return Opposition(
        person.patient_id,
        person.name,
        person.birth_date_hl7,
        since,
        digest("opposition", str(person.patient_id), since.isoformat())[:12].upper(),
    )


def _opposed_since(patient_id: UUID, now: datetime) -> datetime:
    """Since when this space is refused: now, unless it was already."""
    kept, created = SpaceStatus.objects.select_for_update().get_or_create(
        patient_id=patient_id, defaults={"status": Status.OPPOSED, "since": now}
    )
    if kept.status == Status.OPPOSED and not created:
        return kept.since
    keep_status(patient_id, Status.OPPOSED, now=now)
    Invitation.objects.filter(
        patient_id=patient_id, used_at__isnull=True, expires_at__gt=now
    ).update(expires_at=now, sealed_code=None)
    if address := email_of(patient_id):
        mails.queue("space.opposed", patient_id, address=address, now=now)
    journal.record(_MYSELF, "space.opposed", at=now, patient_id=patient_id, outcome="allowed")
    return now


def _refusal(patient_id: UUID | None, now: datetime) -> OppositionRefused:
    journal.record(_MYSELF, "space.opposed", at=now, patient_id=patient_id, outcome="refused")
    return OppositionRefused()


def close_space(actor: Citizen, *, now: datetime) -> None:
    """Close the actor's own account and space; carers lose it, every session ends.

    Nothing is deleted: what the law keeps is kept, and the holder may come back.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update().get(id=actor.account_id)
        end_all(account.id, now=now)
        account.is_active, account.closed_at = False, now
        account.save(update_fields=["is_active", "closed_at"])
        keep_status(account.patient_id, Status.CLOSED, now=now)
        Mandate.objects.filter(patient_id=account.patient_id, ended_at__isnull=True).update(
            ended_at=now
        )
        if account.email:
            mails.queue("space.closed", account.patient_id, address=account.email, now=now)
        journal.record(
            actor, "space.closed", at=now, patient_id=actor.patient_id, outcome="allowed"
        )


def reopen_space(account_id: UUID, *, now: datetime) -> None:
    """Open again what its holder closed, once they have proved who they are.

    Raises `LookupError` when it is not closed.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update().get(id=account_id)
        if account.closed_at is None:
            raise LookupError("this account is not closed")
        account.is_active, account.closed_at = True, None
        account.save(update_fields=["is_active", "closed_at"])
        keep_status(account.patient_id, Status.ACTIVATED, now=now)
        if account.email:
            mails.queue("space.reopened", account.patient_id, account_id=account.id, now=now)
        journal.record(
            Citizen(account.id, account.patient_id, account.login),
            "space.reopened",
            at=now,
            patient_id=account.patient_id,
            outcome="allowed",
        )
