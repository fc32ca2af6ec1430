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
    """Send the e-mails that are due; give how many were looked at.

    Lines are locked while they are sent, others skip them: two workers send each once.
    """
    with transaction.atomic():
        due = list(
            Mail.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("account")
            .filter(not_before__lte=now)
            .order_by("not_before")[:batch]
        )
        for mail in due:
            _send(mail, now)
    return len(due)


def _send(mail: Mail, now: datetime) -> None:
    line = Mail.objects.filter(patient_id=mail.patient_id, id=mail.id)
    try:
        with translation.override("fr"):
            subject, body = mails.written(mail, settings.CARNET_SPACE_URL)
    except SealedByAnotherKey:
        _log.error("mail_given_up", extra={"reason": "sealed by another key"})
        line.delete()
        return
    address = mail.address or (mail.account.email if mail.account else "")
    try:
        send_mail(subject, body, None, [address])
    except (OSError, SMTPException) as error:
        problem = type(error).__name__
        if mail.attempts >= len(_RETRIES):
            _log.warning("mail_given_up", extra={"reason": problem, "attempts": mail.attempts})
            line.delete()
            return
        line.update(
            attempts=mail.attempts + 1,
            problem=problem,
            not_before=now + _RETRIES[mail.attempts],
        )
    else:
        line.delete()


def sweep(*, now: datetime) -> None:
    """Remove what is good no more: codes too old, counts forgotten, sessions of browsers."""
    codes.sweep(now=now)
    attempts.sweep(now=now)
    SessionStore.clear_expired()
