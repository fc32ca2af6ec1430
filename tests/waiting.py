"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], *, within: float = 20.0, every: float = 0.02) -> None:
    """Return as soon as the condition holds; after `within` seconds the test has failed."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not so within {within} s: {condition}"
        time.sleep(every)
