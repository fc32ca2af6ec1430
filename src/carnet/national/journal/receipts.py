"""Making the proof that a citizen keeps (checked by `receipt`)."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from carnet.national.journal import actions, chain, days
from carnet.national.journal.actors import Citizen
from carnet.national.journal.queries import check_space
from carnet.national.journal.receipt import FORMAT
from carnet.national.journal.sentences import SENTENCES

_LINES: Final = f"""
SELECT seal.seq, seal.hash, trace.action = ANY(%s) AND NOT trace.details @> %s::jsonb
       AND NOT trace.object_id = ANY(%s),
       {", ".join(f"trace.{column}" for column in chain.COLUMNS)}
  FROM journal_seal seal
  JOIN journal_trace trace
    ON trace.patient_id = seal.patient_id AND trace.at = seal.at AND trace.id = seal.trace_id
 WHERE seal.patient_id = %s
 ORDER BY seal.seq
"""  # noqa: S608 - constants only
_HEAD: Final = """
SELECT head.day, head.seq
  FROM journal_head head JOIN journal_day USING (day)
 WHERE head.patient_id = %s
 ORDER BY head.day DESC LIMIT 1
"""


def receipt(
    actor: Citizen, patient_id: UUID, *, now: datetime, concealed: Sequence[str] = ()
) -> dict[str, Any]:
    """The receipt of this record, told in the journal. Raises `PermissionError` as `made`."""
    with transaction.atomic():
        found = made(actor, patient_id, now=now, concealed=concealed)
        actions.record(
            actor, "history.downloaded", at=now, patient_id=patient_id, outcome="allowed"
        )
    return found


def made(
    reader: Citizen, patient_id: UUID, *, now: datetime, concealed: Sequence[str] = ()
) -> dict[str, Any]:
    """Every line of this record's chain, and the proof that it was signed.

    The lines that `queries.history` would not show to this reader are given by their digest:
    they count, and say nothing. Raises `PermissionError` when the reader is neither the holder
    nor a legal representative.
    """
    kind = check_space(reader, patient_id)
    return {
        "format": FORMAT,
        "patient_id": str(patient_id),
        "made_at": now.astimezone(UTC).isoformat(),
        # The proof first: what is sealed meanwhile only makes the chain longer.
        "proof": _proof(patient_id),
        "lines": _lines(patient_id, kind, concealed),
    }


def _lines(patient_id: UUID, reader: str, concealed: Sequence[str]) -> list[dict[str, Any]]:
    hidden = json.dumps({"hidden_for": [reader]})
    lines = []
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [list(SENTENCES), hidden, list(concealed), patient_id])
        for seq, hash_, shown, *values in cursor.fetchall():
            line = chain.line(values)
            content = {"line": line} if shown else {"digest": chain.digest(line).hex()}
            lines.append({"seq": seq, **content, "hash": hash_.hex()})
    return lines


def _proof(patient_id: UUID) -> dict[str, Any] | None:
    with connection.cursor() as cursor:
        cursor.execute(_HEAD, [patient_id])
        found = cursor.fetchone()
    if found is None:
        return None
    (day,) = days.days(only=found[0])
    bucket = chain.bucket(patient_id)
    patients, leaves = zip(*days.leaves(day.day, bucket), strict=True)
    steps = [*chain.path(leaves, patients.index(patient_id)), *chain.path(day.roots, bucket)]
    return {
        "seq": found[1],
        "path": [[side, other.hex()] for side, other in steps],
        "statement": day.statement,
        "signature": base64.b64encode(day.signature).decode(),
        "certificate": day.certificate,
    }
