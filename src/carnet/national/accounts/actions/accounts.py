"""Opening an account, and who represents a minor."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction

from carnet.national.accounts.models import Account, Representation, SpaceStatus
from carnet.national.accounts.rules import Status, beginning
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor


def create_account(
    actor: Actor,
    patient_id: UUID,
    *,
    login: str,
    password: str = "",
    password_hash: str = "",
    email: str = "",
    now: datetime,
) -> UUID:
    """Open an account for the space of this person; give its id.

    The password comes as it is, or hashed by who opens many. The caller vouches for the address:
    codes are sent there.
    """
    with transaction.atomic():
        account = Account.objects.create(
            login=login,
            password=password_hash or make_password(password),
            patient_id=patient_id,
            email=email,
        )
        keep_status(patient_id, Status.ACTIVATED, now=now)
        journal.record(
            actor,
            "account.created",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            object_type="account",
            object_id=str(account.id),
        )
    return account.id


def keep_status(patient_id: UUID, status: Status, *, now: datetime) -> None:
    """Write what became of a space, in the caller's transaction; record and mailbox follow."""
    SpaceStatus.objects.update_or_create(
        patient_id=patient_id, defaults={"status": status, "since": now, "told_at": None}
    )


def spaces_to_follow(*, batch: int = 50) -> list[tuple[UUID, Status]]:
    """Spaces whose status changed, and what it is: for the rooms that hold what is in them.

    Locked for the caller's transaction, which ends with `space_followed`; others skip them.
    """
    changed = SpaceStatus.objects.select_for_update(skip_locked=True).filter(told_at__isnull=True)
    return [(one.patient_id, Status(one.status)) for one in changed.order_by("since")[:batch]]


def space_followed(patient_id: UUID, *, now: datetime) -> None:
    """Remember that the record followed the status of this space."""
    SpaceStatus.objects.filter(patient_id=patient_id).update(told_at=now)


def represent(
    actor: Actor,
    parent_patient_id: UUID,
    child_patient_id: UUID,
    *,
    since: datetime,
    until: datetime | None = None,
) -> None:
    """Let a legal representative open the space of a minor, from `since` until `until`.

    Without `until`, until the day the child is of age, at the latest that the birth date allows.
    """
    with transaction.atomic():
        Representation.objects.update_or_create(
            child_patient_id=child_patient_id,
            parent_patient_id=parent_patient_id,
            defaults={"since": since, "until": until or _of_age(child_patient_id)},
        )
        journal.record(
            actor,
            "representation.set",
            at=since,
            patient_id=child_patient_id,
            outcome="allowed",
            object_type="person",
            object_id=str(parent_patient_id),
        )


def _of_age(patient_id: UUID) -> datetime | None:
    child = identity.person(patient_id)
    return beginning(identity.majority(child.birth_date_hl7)) if child else None
