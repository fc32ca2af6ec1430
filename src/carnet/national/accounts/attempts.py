"""Limits on guessing: a try is counted before it is looked at, and given back when it was right.

Counting first makes the limit hold for tries made at once. What is counted is chosen so that
nobody can shut another out: failures on a login count for strangers only, a trusted browser has
its own count, and a passkey does not ask for any.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from carnet.national.accounts.models import Attempts
from carnet.national.accounts.sealing import digest


class TooManyAttempts(Exception):  # noqa: N818 - says what happened
    """There were too many failures; `wait` tells how long until the next try is looked at."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Limit:
    """How long to wait after so many failures in a row; the last line holds for all beyond.

    All are forgotten after so long without any; with `one_fades_in`, one is each time so long.
    """

    name: str
    waits: tuple[tuple[int, timedelta], ...]
    forgotten_after: timedelta = timedelta(days=1)
    one_fades_in: timedelta | None = None


_GROWING: Final = (
    (5, timedelta(seconds=30)),
    (7, timedelta(minutes=2)),
    (10, timedelta(minutes=15)),
    (20, timedelta(hours=1)),
)
#: Tries of strangers on one login.
LOGIN: Final = Limit("login", _GROWING)
#: Tries from a browser that its owner trusts.
DEVICE: Final = Limit("device", _GROWING)
#: Tries from one address, whatever the login; thousands may share one, whose mistakes fade.
SOURCE: Final = Limit(
    "source",
    (
        (50, timedelta(seconds=30)),
        (100, timedelta(minutes=5)),
        (300, timedelta(minutes=30)),
    ),
    timedelta(hours=6),
    timedelta(seconds=20),
)
#: Codes asked for one person or one address: nobody's mailbox is flooded.
SENDING: Final = Limit(
    "sending", ((3, timedelta(minutes=1)), (6, timedelta(minutes=15)), (10, timedelta(hours=3)))
)
#: Cards typed with the same number.
CARD: Final = Limit("card", _GROWING)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a try is counted on."""

    limit: Limit
    value: str

    @property
    def key(self) -> str:
        """The line of the table: a keyed hash, what was typed is not kept."""
        return digest("attempt", self.limit.name, self.value)


_TAKE: Final = """
INSERT INTO accounts_attempts AS known (key, failures, last_at) VALUES (%(key)s, 1, %(now)s)
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN known.last_at < %(forgotten)s THEN 1
        ELSE 1 + greatest(0, known.failures - coalesce(
            extract(epoch FROM %(now)s - known.last_at) / %(fading)s::float, 0)) END,
    last_at = EXCLUDED.last_at
WHERE known.last_at < %(forgotten)s
   OR known.last_at + coalesce(
        (SELECT wait FROM unnest(%(counts)s::integer[], %(waits)s::interval[]) AS line (count, wait)
          WHERE line.count <= known.failures ORDER BY line.count DESC LIMIT 1),
        interval '0') <= %(now)s
RETURNING failures
"""


def take(*counted: Counted, now: datetime) -> None:
    """Count a try on each of these. Raises `TooManyAttempts`; it is then counted on none.

    In one transaction of its own or the caller's: the lines stay locked until it ends.
    """
    taken: list[Counted] = []
    for one in counted:
        with connection.cursor() as cursor:
            cursor.execute(
                _TAKE,
                {
                    "key": one.key,
                    "now": now,
                    "forgotten": now - one.limit.forgotten_after,
                    "fading": (
                        one.limit.one_fades_in.total_seconds() if one.limit.one_fades_in else None
                    ),
                    "counts": [count for count, _wait in one.limit.waits],
                    "waits": [wait for _count, wait in one.limit.waits],
                },
            )
            if cursor.fetchone() is None:
                give_back(*taken)
                raise TooManyAttempts(_wait(one, now))
        taken.append(one)


def give_back(*counted: Counted) -> None:
    """The try was right, or not looked at: it is not counted; failures before it stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_attempts SET failures = greatest(failures - 1, 0) WHERE key = ANY(%s)",
            [[one.key for one in counted]],
        )


def forget(*counted: Counted) -> None:
    """It is known who tried: their failures count no more."""
    Attempts.objects.filter(key__in=[one.key for one in counted]).delete()


def sweep(*, now: datetime) -> None:
    """Remove the lines that count no more."""
    Attempts.objects.filter(last_at__lt=now - timedelta(days=2)).delete()


def _wait(counted: Counted, now: datetime) -> timedelta:
    found = Attempts.objects.filter(key=counted.key).values_list("failures", "last_at").first()
    failures, last_at = found or (0, now)
    waits = [wait for count, wait in counted.limit.waits if count <= failures]
    return max(last_at + (waits[-1] if waits else timedelta(0)) - now, timedelta(seconds=1))
