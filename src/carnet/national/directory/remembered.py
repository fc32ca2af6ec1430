"""What every call asks of the directory, remembered for a second in each process."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, ClassVar, Final, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")

#: Seconds for which the same question has the same answer: what changes in another process is known
#: that much later. What opens is known at once, for a look-up that finds None is not remembered.
LASTS: Final = 1.0
_MOST: Final = 4096


class Remembered(Generic[Key, Found]):
    """A look-up in front of which what was found lies for `LASTS` seconds; bounded."""

    everything: ClassVar[list[Remembered[Any, Any]]] = []

    def __init__(self, look_up: Callable[[Key], Found]) -> None:
        self._look_up = look_up
        self._known: dict[Key, tuple[float, Found]] = {}
        self.everything.append(self)

    def __call__(self, key: Key) -> Found:
        now = time.monotonic()
        known = self._known.get(key)
        if known is not None and now < known[0]:
            return known[1]
        found = self._look_up(key)
        if found is not None:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = (now + LASTS, found)
        return found

    def forget(self) -> None:
        """Remember nothing."""
        self._known.clear()


def forget() -> None:
    """Remember nothing at all: the directory has changed."""
    for each in Remembered.everything:
        each.forget()
