"""Telling people what is new, and what they want to be told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from uuid_utils.compat import uuid7

from carnet.national.accounts.models import Account, Notification
from carnet.national.accounts.sentences import KINDS
from carnet.national.journal.actors import Actor, Citizen
from carnet.national.journal.queries import check_space


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


def withhold(patient_id: UUID, documents: Sequence[UUID], *, hidden: bool) -> None:
    """Have what was told of these documents known to the holder alone, or to all again."""
    Notification.objects.filter(
        patient_id=patient_id, kind="document.new", target_id__in=[str(each) for each in documents]
    ).update(for_representatives=not hidden)


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
