"""Sessions of the space: opened, proved again, ended one by one or all at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from carnet.national.accounts.models import Account, Device, SpaceSession
from carnet.national.accounts.rules import MOST_SESSIONS, Method
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Citizen

_END_OLDEST: Final = """
UPDATE accounts_spacesession SET ended_at = %s
 WHERE account_id = %s AND ended_at IS NULL AND id NOT IN (
       SELECT id FROM accounts_spacesession
        WHERE account_id = %s AND ended_at IS NULL
        ORDER BY started_at DESC, id DESC LIMIT %s)
"""

#: Sessions ended longer ago are in the journal alone.
_REMEMBERED: Final = timedelta(days=90)


class AccountClosed(Exception):  # noqa: N818 - says what is the case
    """The person proved who they are, but closed their account: they may open it again."""


def open_session(
    account_id: UUID,
    method: Method,
    *,
    name: str,
    now: datetime,
    device_id: UUID | None = None,
) -> tuple[Account, UUID]:
    """Open a session for somebody who has proved who they are; the account and the session's id.

    Give the account to `django.contrib.auth.login`. The oldest session ends when there would be
    too many. Raises `AccountClosed`.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update().get(id=account_id)
        if not account.is_active:
            raise AccountClosed
        session = SpaceSession.objects.create(
            account=account,
            method=method,
            name=name[:80],
            device_id=device_id,
            started_at=now,
            seen_at=now,
            proved_at=now,
        )
        SpaceSession.objects.filter(account=account, started_at__lt=now - _REMEMBERED).delete()
        with connection.cursor() as cursor:
            cursor.execute(_END_OLDEST, [now, account_id, account_id, MOST_SESSIONS])
        journal.record(
            Citizen(account.id, account.patient_id, account.login),
            "space.signed_in",
            at=now,
            patient_id=account.patient_id,
            outcome="allowed",
            details={"method": method},
        )
    return account, session.id


def prove_again(session_id: UUID, *, now: datetime) -> None:
    """Remember that the person has just proved who they are, in a session already open."""
    SpaceSession.objects.filter(id=session_id, ended_at__isnull=True).update(proved_at=now)


def end_session(session_id: UUID, *, now: datetime) -> None:
    """End one session (signing out); one that has ended stays so."""
    SpaceSession.objects.filter(id=session_id, ended_at__isnull=True).update(ended_at=now)


def end_own_session(actor: Citizen, session_id: UUID, *, now: datetime) -> None:
    """End one of the actor's sessions, wherever it is open. Raises `LookupError` if it is not."""
    with transaction.atomic():
        ended = SpaceSession.objects.filter(
            id=session_id, account_id=actor.account_id, ended_at__isnull=True
        ).update(ended_at=now)
        if not ended:
            raise LookupError("no such session")
        _written(actor, "session.ended", now)


def end_everywhere(actor: Citizen, *, now: datetime, keep: UUID | None = None) -> None:
    """End every session of the actor but `keep`, and trust no browser any more."""
    with transaction.atomic():
        end_all(actor.account_id, now=now, keep=keep)
        _written(actor, "devices.revoked", now)


def end_all(account_id: UUID, *, now: datetime, keep: UUID | None = None) -> None:
    """End every session but `keep`, revoke every browser, in the caller's transaction."""
    Account.objects.select_for_update().get(id=account_id)
    open_ = SpaceSession.objects.filter(account_id=account_id, ended_at__isnull=True)
    if keep is not None:
        open_ = open_.exclude(id=keep)
    open_.update(ended_at=now)
    Device.objects.filter(account_id=account_id, revoked_at__isnull=True).update(revoked_at=now)


def _written(actor: Citizen, action: str, now: datetime) -> None:
    journal.record(actor, action, at=now, patient_id=actor.patient_id, outcome="allowed")
