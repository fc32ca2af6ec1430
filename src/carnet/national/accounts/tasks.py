"""Sending the e-mails that say there is news, without saying which (spec mssante C13)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Final

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.mail import send_mail
from django.db import transaction
from django.utils import translation

from carnet.national.accounts import attempts, codes, mails
from carnet.national.accounts.models import Mail
from carnet.national.accounts.sealing import SealedByAnotherKey

_log = logging.getLogger(__name__)

#: Waits between tries; after the last the mail is given up, the notification stays in the space.
_RETRIES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)


def send_due(*, now: datetime, batch: int = 20) -> int:
    """Send the e-mails that are due, at most `batch`; give how many were looked at.

    Each in its transaction, its line locked while it is sent and others skipping it: two workers
    send each once, and what was sent stays so whatever becomes of the next. A server that fails
    is left alone until the next call: the worker has more to do than to wait for it.
    """
    for looked_at in range(batch):
        with transaction.atomic():
            mail = (
                Mail.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("account")
                .filter(not_before__lte=now)
                .order_by("not_before")
                .first()
            )
            if mail is None:
                return looked_at
            sent = _send(mail, now)
        if not sent:
            return looked_at + 1
    return batch


def _send(mail: Mail, now: datetime) -> bool:
    """Whether the server may be asked again: the mail is sent, or it is one that cannot be."""
    line = Mail.objects.filter(patient_id=mail.patient_id, id=mail.id)
    address = mail.address or (mail.account.email if mail.account else "")
    try:
        with translation.override("fr"):
            subject, body = mails.written(mail, settings.CARNET_SPACE_URL)
        send_mail(subject, body, None, [address])
    except SealedByAnotherKey:
        _log.error("mail_given_up", extra={"reason": "sealed by another key"})
    except ValueError as error:
        # An address that no server can be told of: one that is too long once encoded.
        _log.warning("mail_given_up", extra={"reason": type(error).__name__})
    except (OSError, SMTPException) as error:
        problem = type(error).__name__
        if mail.attempts < len(_RETRIES):
            line.update(
                attempts=mail.attempts + 1,
                problem=problem,
                not_before=now + _RETRIES[mail.attempts],
            )
            return False
        _log.warning("mail_given_up", extra={"reason": problem, "attempts": mail.attempts})
    line.delete()
    return True


def sweep(*, now: datetime) -> None:
    """Remove what is good no more: codes too old, counts forgotten, sessions of browsers."""
    codes.sweep(now=now)
    attempts.sweep(now=now)
    SessionStore.clear_expired()
