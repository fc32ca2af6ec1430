"""What happens after commit: the outbox is drained, the citizen is told (DESIGN §1, rule 6)."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from carnet.national.accounts import actions as accounts
from carnet.national.accounts import tasks as mail
from carnet.national.identity.insi import batches as insi
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import System
from carnet.national.record import outbox
from carnet.national.record.actions.release import release_due
from carnet.national.record.finding import reading
from carnet.national.record.models import Record
from carnet.national.record.spaces import follow_spaces

_log = logging.getLogger(__name__)

#: Lines of the outbox taken at once, in one transaction.
BATCH: Final = 50
#: Seconds between two looks, unless there was so much to do that something may be left.
IDLE: Final = 0.5
#: Waits between tries of an event; after the last it stays, `problem` says why, and is logged.
RETRIES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
)
#: How often partitions of the journal are looked after.
_HOUSEKEEPING: Final = timedelta(hours=6)

_DUE: Final = """
SELECT patient_id, id, kind, payload, at, attempts, correlation
  FROM record_outbox
 WHERE due_at <= %s
 ORDER BY due_at
 LIMIT %s
   FOR UPDATE SKIP LOCKED
"""
_DONE: Final = "DELETE FROM record_outbox WHERE patient_id = %s AND id = %s"
_AGAIN: Final = """
UPDATE record_outbox SET attempts = attempts + 1, due_at = %s, problem = %s
 WHERE patient_id = %s AND id = %s
"""


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the outbox."""

    patient_id: UUID
    id: UUID
    kind: str
    payload: Mapping[str, Any]
    at: datetime
    attempts: int
    correlation: str


def _document_published(event: Event) -> None:
    """Have it read for searches; tell of it, unless it must not yet be known (spec dmp §6.5)."""
    reading.ask(event.patient_id, UUID(event.payload["document"]))
    hidden_for = event.payload["hidden_for"]
    if "patient" in hidden_for:
        return
    accounts.notify(
        System("record"),
        event.patient_id,
        "document.new",
        at=event.at,
        params={"title": event.payload["title"], "actor": event.payload["actor"]},
        target_id=event.payload["document"],
        correlation=event.correlation,
        key=f"document.new:{event.payload['document']}",
        for_representatives="representatives" not in hidden_for,
    )


def _accessed(event: Event) -> None:
    """Tell of a professional's first access, or of an access in an emergency (spec dmp §6.6)."""
    accounts.notify(
        System("record"),
        event.patient_id,
        event.kind,
        at=event.at,
        params={"actor": event.payload["actor"]},
        target_id=event.payload["ps_idnat"],
        correlation=event.correlation,
        key=f"{event.kind}:{event.id}",
    )


def _accessed_in_emergency(event: Event) -> None:
    """Tell the holder; have their médecin traitant told too, by the room that can write to them."""
    _accessed(event)
    found = Record.objects.filter(patient_id=event.patient_id).values_list("medecin_traitant")
    for (ps_idnat,) in found:
        if ps_idnat and ps_idnat != event.payload["ps_idnat"]:
            asked = outbox.row(
                event.patient_id,
                "medecin_traitant.emergency",
                {**event.payload, "medecin_traitant": ps_idnat},
                at=event.at,
                correlation=event.correlation,
            )
            with connection.cursor() as cursor:
                cursor.execute(outbox.INSERT, [json.dumps([asked])])


Handlers = Mapping[str, Callable[[Event], None]]

#: What is done of each kind of event.
EVENTS: Final[Handlers] = MappingProxyType(
    {
        "document.published": _document_published,
        "access.first": _accessed,
        "access.emergency": _accessed_in_emergency,
    }
)

NO_OTHERS: Final[Handlers] = MappingProxyType({})


def drain(*, now: datetime, batch: int = BATCH, others: Handlers = NO_OTHERS) -> int:
    """Do what is due, at most `batch` events; give how many were taken.

    `others` are the kinds of events that rooms built upon this one do.
    Each event is done and removed in one transaction, locked against other workers. One that
    fails is put off, alone: the others of its batch are done.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_DUE, [now, batch])
            events = [
                Event(patient, id_, kind, json.loads(payload), *rest)
                for patient, id_, kind, payload, *rest in cursor.fetchall()
            ]
        for event in events:
            _do(event, now, {**others, **EVENTS})
    return len(events)


def _do(event: Event, now: datetime, handlers: Handlers) -> None:
    try:
        with transaction.atomic():
            handlers[event.kind](event)
            with connection.cursor() as cursor:
                cursor.execute(_DONE, [event.patient_id, event.id])
    except (DatabaseError, LookupError, OSError, ValueError) as error:
        last = event.attempts >= len(RETRIES)
        wait = RETRIES[-1] if last else RETRIES[event.attempts]
        _log.log(
            logging.ERROR if last else logging.WARNING,
            "outbox_event_failed",
            extra={
                "event": event.kind,
                "attempts": event.attempts + 1,
                "reason": type(error).__name__,
            },
        )
        with connection.cursor() as cursor:
            cursor.execute(_AGAIN, [now + wait, type(error).__name__, event.patient_id, event.id])


def run_worker(stop: threading.Event, others: Handlers = NO_OTHERS) -> None:
    """Drain the outbox, send mails, verify INSi's batches until `stop` is set. Logs `ready`.

    Documents are read beside it, by `finding.reading.run`: a long one keeps no news waiting.
    A database that goes away is waited for; what was under way is rolled back and done again.
    """
    housekeeping = datetime.min.replace(tzinfo=UTC)
    ready = False
    while not stop.is_set():
        now = datetime.now(UTC)
        try:
            if now - housekeeping > _HOUSEKEEPING:
                journal.make_partitions(now=now)
                insi.forget_expired(now=now)
                mail.sweep(now=now)
                housekeeping = now
            if not ready:
                _log.info("ready")
                ready = True
            done = (
                drain(now=now, others=others)
                + release_due(now=now)
                + follow_spaces(now=now)
                + mail.send_due(now=now)
                + insi.verify_some(now=now)
            )
        except DatabaseError as error:
            _log.error("worker_without_database", extra={"reason": type(error).__name__})
            connection.close()
            done = 0
        if done < mail.BATCH:  # the smallest of the batches: none was full
            stop.wait(IDLE)
    connection.close()
