"""One attempt of one delivery: claimed, checked again, sent, settled, under the lock of its row.

The lock is the claim: a worker that dies gives it back at once, and the attempt is made again with
the same identifiers, so that the other side sees a replay.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from carnet.establishment.clients.errors import Babbling, Refused, Unavailable, Unreachable
from carnet.establishment.exchange import circuits, outbox, schedule
from carnet.establishment.exchange.circuits import Passage
from carnet.establishment.exchange.models import Delivery, Document, Inbound

logger = logging.getLogger(__name__)

State = Delivery.State

_CLAIM: Final = """
SELECT d.id FROM exchange_delivery d LEFT JOIN exchange_delivery b ON b.id = d.after_id
 WHERE d.state = 'ready' AND d.destination = %(destination)s AND d.next_attempt_at <= %(now)s
   AND (b.id IS NULL OR b.state IN ('delivered', 'refused', 'cancelled'))
 ORDER BY d.next_attempt_at, d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
"""

_DELIVERY: Final = tuple(field.attname for field in Delivery._meta.concrete_fields)
_DOCUMENT: Final = tuple(field.attname for field in Document._meta.concrete_fields)
_LOAD: Final = f"""
SELECT {", ".join(f"d.{name}" for name in _DELIVERY)},
       {", ".join(f"c.{name}" for name in _DOCUMENT)}, i.raw
  FROM exchange_delivery d
  JOIN exchange_document c ON c.id = d.document_id
  JOIN exchange_inbound i ON i.id = c.inbound_id
 WHERE d.id = %s
"""  # noqa: S608 - made of constants only


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt; `called` tells whether the other side was asked anything."""

    state: str
    reason: str = ""
    detail: str = ""
    receipt: str = ""
    called: bool = True


Deliver = Callable[[Delivery, datetime], Outcome]


@dataclass(frozen=True, slots=True)
class Lane:
    """One kind of destination: its rows, its circuit, and how one of its rows is delivered.

    `deliver` raises a `CallError` when the other side gives no usable answer.
    """

    destination: str
    circuit: str
    shares: tuple[str, ...]  #: all the destinations behind this circuit
    deliver: Deliver


def attempt_next(lane: Lane, *, clock: Callable[[], datetime], chance: Callable[[], float]) -> bool:
    """Attempt the delivery of this lane that is due first; false when there is none to attempt."""
    now = clock()
    passage = circuits.passage(lane.circuit, now)
    if passage is Passage.NONE:
        return False
    unreachable: str | None = None
    with transaction.atomic():
        row = _claim(lane.destination, now)
        if row is not None:
            unreachable = _attempt(lane, row, clock, chance)
    if unreachable is None:
        if passage is Passage.PROBE:
            circuits.untried(lane.circuit, clock())
    elif unreachable:
        circuits.failed(lane.circuit, unreachable, clock())
    else:
        circuits.succeeded(lane.circuit, lane.shares, clock())
    return row is not None


def _claim(destination: str, now: datetime) -> Delivery | None:
    """The row, with its document and its message, which are read once it is locked: nobody who
    changes them with it is still about to."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"destination": destination, "now": now})
        found = cursor.fetchone()
        if found is None:
            return None
        cursor.execute(_LOAD, found)
        values = cursor.fetchone()
    using, ends = connection.alias, len(_DELIVERY)
    row = Delivery.from_db(using, _DELIVERY, values[:ends])
    row.document = Document.from_db(using, _DOCUMENT, values[ends:-1])
    row.document.inbound = Inbound.from_db(
        using, ("id", "raw"), (row.document.inbound_id, values[-1])
    )
    return row


def _attempt(
    lane: Lane, row: Delivery, clock: Callable[[], datetime], chance: Callable[[], float]
) -> str | None:
    """Deliver and settle the row. Gives why the other side was unreachable, an empty text when it
    answered, nothing when it was not asked."""
    unreachable: str | None = ""
    row.attempts += 1
    try:
        outcome = lane.deliver(row, clock())
        if not outcome.called:
            row.attempts -= 1
            unreachable = None
    except Unreachable as error:
        reason = "babbling" if isinstance(error, Babbling) else "unreachable"
        outcome, unreachable = Outcome(State.READY, reason, str(error)), str(error)
    except Unavailable as error:
        outcome = _later(row, str(error))
    except Refused as error:
        reason = "smtp" if lane.circuit == "mail" else "fault"
        reason = "too_large" if error.code == "552" else reason
        outcome = Outcome(State.STUCK, reason, str(error))
        # A fault of the record is seldom about one document: many in a row must not burn a queue.
        unreachable = str(error) if reason == "fault" else ""
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        # A document that our own code cannot handle is set aside: the others go on.
        logger.exception("delivery.failed", extra={"delivery_id": str(row.id)})
        outcome, unreachable = Outcome(State.STUCK, "internal", type(error).__name__), None
    now = clock()
    if outcome.state == State.READY:
        row.next_attempt_at = now + schedule.delay(row.attempts, chance())
    row.receipt = outcome.receipt
    outbox.settle(
        row, outcome.state, outbox.GATEWAY, now, reason=outcome.reason, detail=outcome.detail
    )
    logger.info(
        "delivery.attempted",
        extra={
            "delivery_id": str(row.id),
            "outcome": outcome.state,
            "code": outcome.reason,
            "attempt": row.attempts,
        },
    )
    return unreachable


def _later(row: Delivery, detail: str) -> Outcome:
    """The other side cannot for now: again later, until a human must look."""
    if row.attempts >= schedule.MAX_ATTEMPTS:
        return Outcome(State.STUCK, "exhausted", detail)
    return Outcome(State.READY, "unavailable", detail)
