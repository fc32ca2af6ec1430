"""One circuit breaker for each destination: when it does not answer, one probe at a time is enough.

A circuit is a row, so that all workers share it and the desk shows it. Each function is one
statement of its own, outside the transaction of a delivery: it must be seen at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from django.db import connection

from carnet.establishment.exchange import schedule

#: How long a probe may last before another worker makes one: the probing worker may be dead.
PROBE_LEASE: Final = timedelta(seconds=60)

_PROBE: Final = """
UPDATE exchange_circuit SET state = 'half_open', next_probe_at = %(lease)s, since = %(now)s
 WHERE name = %(name)s AND state <> 'closed' AND next_probe_at <= %(now)s
"""
_UNTRIED: Final = """
UPDATE exchange_circuit SET state = 'open', next_probe_at = %(now)s
 WHERE name = %(name)s AND state = 'half_open'
"""
_SUCCESS: Final = """
UPDATE exchange_circuit
   SET state = 'closed', failures = 0, openings = 0, next_probe_at = NULL, last_error = '',
       since = CASE WHEN state = 'closed' THEN since ELSE %(now)s END
 WHERE name = %(name)s AND (state <> 'closed' OR failures > 0)
"""
_FAILURE: Final = """
INSERT INTO exchange_circuit AS c (name, state, failures, openings, since, last_error)
VALUES (%(name)s, 'closed', 1, 0, %(now)s, %(error)s)
ON CONFLICT (name) DO UPDATE SET failures = c.failures + 1, last_error = excluded.last_error
RETURNING state, failures, openings
"""
_OPEN: Final = """
UPDATE exchange_circuit
   SET state = 'open', openings = %(openings)s, next_probe_at = %(probe)s,
       since = CASE WHEN openings = 0 THEN %(now)s ELSE since END
 WHERE name = %(name)s AND openings = %(before)s
"""
_RESUME: Final = """
UPDATE exchange_delivery SET next_attempt_at = %(now)s
 WHERE id IN (SELECT id FROM exchange_delivery
               WHERE state = 'ready' AND destination = ANY(%(destinations)s)
                 AND reason = ANY(%(reasons)s) AND next_attempt_at > %(now)s
                 FOR UPDATE SKIP LOCKED)
"""


class Passage(Enum):
    """Whether a delivery may be attempted now."""

    FREE = auto()  #: the circuit is closed
    PROBE = auto()  #: to see whether it can be
    NONE = auto()


def passage(name: str, now: datetime) -> Passage:
    """What a circuit lets through now; whoever is given its probe tells what became of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM exchange_circuit WHERE name = %s", [name])
        row = cursor.fetchone()
        if row is None or row[0] == "closed":
            return Passage.FREE
        cursor.execute(_PROBE, {"name": name, "now": now, "lease": now + PROBE_LEASE})
        return Passage.PROBE if cursor.rowcount else Passage.NONE


def untried(name: str, now: datetime) -> None:
    """There was nothing to probe with after all: whoever has something may do it."""
    with connection.cursor() as cursor:
        cursor.execute(_UNTRIED, {"name": name, "now": now})


def succeeded(name: str, destinations: tuple[str, ...], now: datetime) -> None:
    """The destination answered: close the circuit, and send at once what it had held back."""
    with connection.cursor() as cursor:
        cursor.execute(_SUCCESS, {"name": name, "now": now})
        if cursor.rowcount:
            cursor.execute(
                _RESUME,
                {
                    "now": now,
                    "destinations": list(destinations),
                    "reasons": ["unreachable", "babbling"],
                },
            )


def failed(name: str, error: str, now: datetime) -> None:
    """The destination did not answer: open the circuit at the third failure, or after a probe."""
    with connection.cursor() as cursor:
        cursor.execute(_FAILURE, {"name": name, "now": now, "error": error})
        state, failures, openings = cursor.fetchone()
        if state == "half_open" or (state == "closed" and failures >= schedule.THRESHOLD):
            cursor.execute(
                _OPEN,
                {
                    "name": name,
                    "now": now,
                    "before": openings,
                    "openings": openings + 1,
                    "probe": now + schedule.probe_delay(openings + 1),
                },
            )
