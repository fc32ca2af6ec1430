"""Sending the e-mails that say there is news, without saying which (spec mssante C13)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.mail import send_mail
from django.db import connection, transaction
from django.utils import translation

from carnet.national.accounts import attempts, codes, mails
from carnet.national.accounts.sealing import SealedByAnotherKey

_log = logging.getLogger(__name__)

#: E-mails sent at once.
BATCH: Final = 20
#: Waits between tries; after the last the mail is given up, the notification stays in the space.
_RETRIES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
_DUE: Final = """
SELECT mail.patient_id, mail.id, mail.kind, mail.params, mail.attempts,
       coalesce(nullif(mail.address, ''), account.email, '')
  FROM accounts_mail mail LEFT JOIN accounts_account account ON account.id = mail.account_id
 WHERE mail.not_before <= %s
 ORDER BY mail.not_before
 LIMIT 1
   FOR UPDATE OF mail SKIP LOCKED
"""
_DONE: Final = "DELETE FROM accounts_mail WHERE patient_id = %s AND id = %s"
_AGAIN: Final = """
UPDATE accounts_mail SET attempts = attempts + 1, problem = %s, not_before = %s
 WHERE patient_id = %s AND id = %s
"""


class _Mail(NamedTuple):
    """A mail that is due, and to whom."""

    patient_id: UUID
    id: UUID
    kind: str
    params: bytes | None
    attempts: int
    address: str


def send_due(*, now: datetime, batch: int = BATCH) -> int:
    """Send the e-mails that are due, at most `batch`; give how many were looked at.

    Each in its transaction, its line locked while it is sent and others skipping it: two workers
    send each once, and what was sent stays so whatever becomes of the next. A server that fails
    is left alone until the next call: the worker has more to do than to wait for it.
    """
    for looked_at in range(batch):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_DUE, [now])
                due = cursor.fetchone()
            if due is None:
                return looked_at
            sent = _send(_Mail(*due), now)
        if not sent:
            return looked_at + 1
    return batch


def _send(mail: _Mail, now: datetime) -> bool:
    """Whether the server may be asked again: the mail is sent, or it is one that cannot be."""
    line = [mail.patient_id, mail.id]
    try:
        with translation.override("fr"):
            subject, body = mails.written(
                mail.kind, mail.id, mail.params, settings.CARNET_SPACE_URL
            )
        send_mail(subject, body, None, [mail.address])
    except SealedByAnotherKey:
        _log.error("mail_given_up", extra={"reason": "sealed by another key"})
    except ValueError as error:
        # An address that no server can be told of: one that is too long once encoded.
        _log.warning("mail_given_up", extra={"reason": type(error).__name__})
    except (OSError, SMTPException) as error:
        problem = type(error).__name__
        if mail.attempts < len(_RETRIES):
            with connection.cursor() as cursor:
                cursor.execute(_AGAIN, [problem, now + _RETRIES[mail.attempts], *line])
            return False
        _log.warning("mail_given_up", extra={"reason": problem, "attempts": mail.attempts})
    with connection.cursor() as cursor:
        cursor.execute(_DONE, line)
    return True


def sweep(*, now: datetime) -> None:
    """Remove what is good no more: codes too old, counts forgotten, sessions of browsers."""
    codes.sweep(now=now)
    attempts.sweep(now=now)
    SessionStore.clear_expired()
