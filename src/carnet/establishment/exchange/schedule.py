"""When to try again: exponential back-off with jitter, and the delays of a circuit."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

#: The first delay, and the longest one.
BASE: Final = timedelta(seconds=2)
LONGEST: Final = timedelta(minutes=10)
#: Attempts after which a destination that answers by errors needs a human.
MAX_ATTEMPTS: Final = 20

#: Failures in a row that open a circuit.
THRESHOLD: Final = 3
FIRST_PROBE: Final = timedelta(seconds=1)
LONGEST_PROBE: Final = timedelta(seconds=30)


def delay(attempts: int, chance: float) -> timedelta:
    """The delay before the next attempt; `chance` in [0, 1) spreads it over its upper half.

    `attempts` is the number of attempts made, from 1.
    """
    whole = min(BASE * (1 << min(attempts - 1, 16)), LONGEST)
    return whole / 2 + whole / 2 * chance


def probe_delay(openings: int) -> timedelta:
    """How long a circuit that opened `openings` times in a row waits before its next probe."""
    return min(FIRST_PROBE * (1 << min(openings - 1, 16)), LONGEST_PROBE)
