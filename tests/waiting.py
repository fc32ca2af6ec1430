"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable
from typing import Final

#: Seconds after which what should have happened never will: no machine is that slow. For whatever
#: waits (`until`, `join`, `wait`, the answer of a server), so that only what hangs ever fails.
LONG: Final = 60.0


def until(
    condition: Callable[[], object],
    *,
    within: float = LONG,
    every: float = 0.02,
    told: Callable[[], object] = lambda: "",
) -> None:
    """Return as soon as the condition holds; after `within` seconds the test has failed.

    The failure then says what `told` gives.
    """
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not so within {within} s: {condition} {told()}"
        time.sleep(every)
