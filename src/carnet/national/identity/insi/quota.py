"""How many calls a structure makes in a minute, all processes together."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection

from carnet.standards.ins.insi import known_fault

# A process whose clock is behind counts in the minute that another has begun.
_COUNT: Final = """
INSERT INTO identity_quota AS known (caller, minute, calls) VALUES (%s, %s, 1)
ON CONFLICT (caller) DO UPDATE
   SET calls = CASE WHEN known.minute < EXCLUDED.minute THEN 1 ELSE known.calls + 1 END,
       minute = greatest(known.minute, EXCLUDED.minute)
RETURNING calls
"""


def count(caller: str, *, most: int, now: datetime) -> None:
    """Count a call of `caller`. Raises `InsiFault` (carnet_quota) past `most` in the minute."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [caller, now.replace(second=0, microsecond=0)])
        if cursor.fetchone()[0] > most:
            raise known_fault("carnet_quota")
