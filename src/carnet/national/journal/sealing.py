"""Sealing: each line of the journal gets its place in its patient's chain, seconds after the act.

Nothing here is on the way of a request. One worker seals at a time (the lock of the one line of
`journal_progress`); what a killed worker had under way is rolled back and done by the next.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from carnet.national.journal import chain

#: Lines sealed in one transaction.
BATCH: Final = 2000

_PROGRESS: Final = """
SELECT cluster, horizon::text, day, pg_snapshot_xmin(pg_current_snapshot())::text,
       (SELECT system_identifier::text FROM pg_control_system())
  FROM journal_progress
   FOR UPDATE SKIP LOCKED
"""
_FORWARD: Final = "UPDATE journal_progress SET cluster = %s, horizon = %s::xid8, day = %s"

#: All numbers that a transaction can have.
_EVERYTHING: Final = ("0", str(2**64 - 1))
#: Lines of finished transactions that have no seal.
_DUE: Final = f"""
SELECT trace.tx::text, {", ".join(chain.COLUMNS)}
  FROM journal_trace trace
 WHERE trace.tx >= %s::xid8 AND trace.tx < %s::xid8
   AND NOT EXISTS (SELECT FROM journal_seal seal
                    WHERE seal.patient_id = trace.patient_id AND seal.trace_id = trace.id)
 ORDER BY trace.tx, trace.at, trace.id
 LIMIT %s::integer
"""  # noqa: S608 - constants only
_ENDS: Final = """
SELECT patient.id, last.seq, last.hash
  FROM unnest(%s::uuid[]) AS patient(id),
       LATERAL (SELECT seq, hash FROM journal_seal WHERE patient_id = patient.id
                 ORDER BY seq DESC LIMIT 1) AS last
"""
_SEAL: Final = """
INSERT INTO journal_seal (patient_id, seq, at, trace_id, hash, day)
SELECT line.*, %s::date
  FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[], %s::uuid[], %s::bytea[]) AS line
"""


def seal(*, now: datetime, batch: int = BATCH) -> int:
    """Seal at most `batch` lines, oldest transactions first; give how many were.

    None while another worker seals. A line is dated by the day it is sealed on, which never goes
    back whatever the clocks of the workers say.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PROGRESS)
        found = cursor.fetchone()
        if found is None:
            return 0
        cluster, horizon, last_day, finished, here = found
        # Restored into another cluster, where transactions are numbered anew: look at all once.
        restored = cluster != here
        day = max(last_day, now.astimezone(UTC).date())
        bounds = _EVERYTHING if restored else (horizon, finished)
        cursor.execute(_DUE, [*bounds, batch])
        due = cursor.fetchall()
        if due:
            cursor.execute(_SEAL, [day, *_sealed([line for _tx, *line in due])])
        if len(due) < batch:
            horizon, cluster = str(max(int(horizon) * (not restored), int(finished))), here
        elif not restored:
            horizon = due[-1][0]
        cursor.execute(_FORWARD, [cluster, horizon, day])
    return len(due)


def _sealed(lines: list[list[Any]]) -> list[list[Any]]:
    """The columns of the seals of these lines, which follow the last seals of their chains."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, [list({line[0] for line in lines})])
        ends: dict[UUID, tuple[int, bytes]] = {
            patient: (seq, hash_) for patient, seq, hash_ in cursor.fetchall()
        }
    sealed: list[tuple[UUID, int, datetime, UUID, bytes]] = []
    for values in lines:
        patient_id, at, trace_id = values[:3]
        seq, before = ends.get(patient_id, (0, chain.ORIGIN))
        hash_ = chain.link(before, chain.digest(chain.line(values)))
        ends[patient_id] = (seq + 1, hash_)
        sealed.append((patient_id, seq + 1, at, trace_id, hash_))
    return [list(column) for column in zip(*sealed, strict=True)]


def open_day() -> date:
    """The day that lines are being sealed on: those before it are over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT day FROM journal_progress")
        day: date = cursor.fetchone()[0]
    return day
