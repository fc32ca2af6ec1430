"""Keeping an exchange, and letting the old ones go."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from uuid_utils.compat import uuid7

from carnet.national.exchanges.models import Exchange
from carnet.national.exchanges.sealing import seal

#: Seconds between two looks of a process at what is too old or too much.
_PRUNING: Final = 60.0
_pruned_at = -_PRUNING

_TOO_MUCH: Final = """
DELETE FROM exchanges_exchange WHERE id IN (
    SELECT id FROM (
        SELECT id, sum(size) OVER (ORDER BY at DESC, id DESC) AS total FROM exchanges_exchange
    ) counted WHERE total > %s)
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a call, and what it was answered: bytes and their Content-Type.

    `caller` is the DN of the certificate; `outcome` the code that the answer carries.
    """

    service: str
    request_type: str
    request: bytes
    status: int
    answer_type: str
    answer: bytes
    milliseconds: float
    action: str = ""
    message_id: str = ""
    caller: str = ""
    outcome: str = ""
    correlation: str = ""


def is_kept() -> bool:
    """Whether exchanges are kept here: a sandbox says for how many hours."""
    return int(settings.CARNET_EXCHANGES_HOURS) > 0


def keep(heard: Heard, *, now: datetime) -> None:
    """Keep an exchange, sealed, for `CARNET_EXCHANGES_HOURS`; each minute, prune.

    No journal: this tells what software said, and the act that it led to is in the journal.
    """
    global _pruned_at  # noqa: PLW0603 - one clock for the process; two prunings do no harm
    id_ = uuid7()
    Exchange.objects.create(
        id=id_,
        at=now,
        service=heard.service,
        action=heard.action,
        message_id=heard.message_id,
        caller=heard.caller,
        status=heard.status,
        outcome=heard.outcome,
        milliseconds=heard.milliseconds,
        correlation=heard.correlation,
        request_type=heard.request_type,
        request=seal(id_, "request", heard.request),
        answer_type=heard.answer_type,
        answer=seal(id_, "answer", heard.answer),
        size=len(heard.request) + len(heard.answer),
    )
    if time.monotonic() - _pruned_at >= _PRUNING:
        _pruned_at = time.monotonic()
        prune(now=now)


def prune(*, now: datetime) -> None:
    """Remove what is older than `CARNET_EXCHANGES_HOURS`, then the oldest past the size allowed."""
    oldest = now - timedelta(hours=settings.CARNET_EXCHANGES_HOURS)
    Exchange.objects.filter(at__lt=oldest).delete()
    with connection.cursor() as cursor:
        cursor.execute(_TOO_MUCH, [settings.CARNET_EXCHANGES_MEGABYTES * 1024 * 1024])
