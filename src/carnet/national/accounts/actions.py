"""Deeds on accounts: signing in, telling, reading what was told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from carnet.national.accounts.models import (
    Account,
    Notification,
    Representation,
    SignInFailures,
)
from carnet.national.accounts.sentences import KINDS
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, Citizen, System
from carnet.national.journal.queries import check_space


class SignInRefused(Exception):  # noqa: N818 - says what happened
    """The login or the password is wrong, or the account is closed: never said which."""


class TooManyAttempts(Exception):  # noqa: N818 - says what happened
    """This login failed too often; `wait` tells how long until the next try is looked at."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


#: How long a login waits after so many failures in a row; the last line holds for all beyond.
WAITS: Final[tuple[tuple[int, timedelta], ...]] = (
    (5, timedelta(seconds=30)),
    (7, timedelta(minutes=2)),
    (10, timedelta(minutes=15)),
    (20, timedelta(hours=1)),
)
#: Failures older than this are forgotten.
FORGOTTEN_AFTER: Final = timedelta(days=1)

_FAILED: Final = """
INSERT INTO accounts_signinfailures (login, failures, last_at) VALUES (%s, 1, %s)
ON CONFLICT (login) DO UPDATE SET
    failures = CASE WHEN accounts_signinfailures.last_at < %s THEN 1
                    ELSE accounts_signinfailures.failures + 1 END,
    last_at = EXCLUDED.last_at
"""


def create_account(
    actor: Actor, patient_id: UUID, *, login: str, password: str, email: str = "", now: datetime
) -> UUID:
    """Open an account for the space of this person; give its id."""
    with transaction.atomic():
        account = Account.objects.create_user(login, password, patient_id=patient_id, email=email)
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


def represent(
    actor: Actor,
    parent_patient_id: UUID,
    child_patient_id: UUID,
    *,
    since: datetime,
    until: datetime | None = None,
) -> None:
    """Let a legal representative open the space of a minor, from `since` until `until`."""
    with transaction.atomic():
        Representation.objects.update_or_create(
            child_patient_id=child_patient_id,
            parent_patient_id=parent_patient_id,
            defaults={"since": since, "until": until},
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


def sign_in(login: str, password: str, *, now: datetime) -> Account:
    """The account that this login and password open; give it to `django.contrib.auth.login`.

    Raises `SignInRefused` or `TooManyAttempts`; each failure is counted, whoever makes it and
    whether the login exists or not, and takes the same time.
    """
    login = login.strip()[:150]
    failures = SignInFailures.objects.filter(login=login).first()
    if failures and (wait := _wait(failures, now)) > timedelta(0):
        raise TooManyAttempts(wait)
    account = Account.objects.filter(login=login).first()
    if account is None:
        make_password(password)
        good = False
    else:
        good = check_password(password, account.password) and account.is_active
    if account is None or not good:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_FAILED, [login, now, now - FORGOTTEN_AFTER])
            journal.record(
                System("sign-in"),
                "space.signed_in",
                at=now,
                patient_id=account.patient_id if account else None,
                outcome="refused",
                reasons=["credentials"],
            )
        raise SignInRefused
    with transaction.atomic():
        SignInFailures.objects.filter(login=login).delete()
        journal.record(
            Citizen(account.id, account.patient_id, login),
            "space.signed_in",
            at=now,
            patient_id=account.patient_id,
            outcome="allowed",
        )
    return account


def _wait(failures: SignInFailures, now: datetime) -> timedelta:
    if failures.last_at < now - FORGOTTEN_AFTER:
        return timedelta(0)
    wait = timedelta(0)
    for count, delay in WAITS:
        if failures.failures >= count:
            wait = delay
    return failures.last_at + wait - now


def mark_read(actor: Citizen, patient_id: UUID, notification_id: UUID, *, now: datetime) -> None:
    """Remember that the notification was seen. Raises `PermissionError` for another's space."""
    check_space(actor, patient_id)
    Notification.objects.filter(
        patient_id=patient_id, id=notification_id, read_at__isnull=True
    ).update(read_at=now)


def mark_all_read(actor: Citizen, patient_id: UUID, *, now: datetime) -> None:
    """Remember that all notifications of this space were seen."""
    unread = Notification.objects.filter(patient_id=patient_id, read_at__isnull=True)
    if check_space(actor, patient_id) == "representatives":
        unread = unread.filter(for_representatives=True)
    unread.update(read_at=now)


def set_preferences(actor: Citizen, *, email: str, by_kind: Mapping[str, bool]) -> None:
    """Keep the actor's choices. Raises `ValueError` for an unknown kind or a bad address."""
    unknown = by_kind.keys() - KINDS.keys()
    if unknown:
        raise ValueError(f"unknown kinds of notification: {', '.join(sorted(unknown))}")
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise ValueError("this is not an e-mail address") from None
    Account.objects.filter(id=actor.account_id).update(email=email, mail_kinds=dict(by_kind))


_NOTIFY: Final = """
WITH told AS (
    INSERT INTO accounts_notification
        (patient_id, id, key, kind, at, params, target_id, for_representatives, correlation)
    VALUES (%(patient)s, %(id)s, %(key)s, %(kind)s, %(at)s, %(params)s::jsonb, %(target)s,
            %(representatives)s, %(correlation)s)
    ON CONFLICT (patient_id, key) DO NOTHING
    RETURNING patient_id
), readers AS (
    SELECT id FROM accounts_account WHERE patient_id = %(patient)s
    UNION
    SELECT account.id FROM accounts_representation link
      JOIN accounts_account account ON account.patient_id = link.parent_patient_id
     WHERE link.child_patient_id = %(patient)s AND %(representatives)s
       AND link.since <= %(at)s AND (link.until IS NULL OR link.until > %(at)s)
)
INSERT INTO accounts_mail (patient_id, id, account_id, kind, not_before, attempts, problem)
SELECT told.patient_id, gen_random_uuid(), account.id, %(kind)s, %(at)s, 0, ''
  FROM told, accounts_account account
 WHERE account.id IN (SELECT id FROM readers) AND account.is_active AND account.email <> ''
   AND coalesce((account.mail_kinds ->> %(kind)s)::boolean, true)
"""


def notify(
    actor: Actor,
    patient_id: UUID,
    kind: str,
    *,
    at: datetime,
    params: Mapping[str, str],
    target_id: str = "",
    correlation: str = "",
    key: str = "",
    for_representatives: bool = True,
) -> None:
    """Tell something in a space, once for each `key`, and mail those who want it.

    `kind` is one of `accounts.sentences.KINDS`, `params` what its sentence needs. The mail goes
    to the holder and, when `for_representatives`, to the legal representatives of that day.
    Raises `ValueError` for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of notification: {kind}")
    identifier = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTIFY,
            {
                "patient": patient_id,
                "id": identifier,
                "key": key or str(identifier),
                "kind": kind,
                "at": at,
                "params": json.dumps({**params, "actor": params.get("actor", actor.label)}),
                "target": target_id,
                "representatives": for_representatives,
                "correlation": correlation,
            },
        )
