"""What the worker does for the journal: seals its lines, signs its days."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection

from carnet.national.journal import days, sealing
from carnet.national.journal.signature import SignatureError, Signer

_log = logging.getLogger(__name__)

#: Seconds between two looks when there was nothing to seal.
IDLE: Final = 2.0
#: How often days that are over are looked for.
_CLOSING: Final = timedelta(minutes=5)


def run(stop: threading.Event) -> None:
    """Seal until `stop` is set; sign and deposit the days that are over.

    A database that goes away is waited for. A key or a folder that cannot be used is told and
    tried again: lines are sealed meanwhile, their days are signed later.
    """
    closing = datetime.min.replace(tzinfo=UTC)
    while not stop.is_set():
        now = datetime.now(UTC)
        sealed = 0
        try:
            sealed = sealing.seal(now=now)
            if now - closing > _CLOSING:
                closing = now
                sign()
        except DatabaseError as error:
            _log.error("sealing_without_database", extra={"reason": type(error).__name__})
            connection.close()
        except (SignatureError, OSError) as error:
            _log.error("day_not_signed", extra={"reason": str(error)})
        if sealed < sealing.BATCH:
            stop.wait(IDLE)
    connection.close()


def sign() -> None:
    """Sign the days that are over and write them to the folder of deposits.

    Raises `SignatureError`, `OSError`.
    """
    signer = Signer.open(settings.CARNET_AUDIT_CERT, settings.CARNET_AUDIT_KEY)
    days.close_days(signer, register=settings.CARNET_REPOSITORY_OID)
    days.deposit(settings.CARNET_AUDIT_FOLDER)
