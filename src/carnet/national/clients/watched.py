"""What is read from files that may change while the process runs: trust, the white list."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Generic, TypeVar

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Watched(Generic[T]):
    """What `load` makes of these files, made again when one of them changes.

    `load` is given the last good value, or none. When it raises `ValueError` or `OSError` on a
    changed file, that is told in the log and the last good value is kept: never open, never blind
    (spec mssante §2 and ECO.1.1.7).
    """

    def __init__(self, paths: Sequence[Path], load: Callable[[T | None], T]) -> None:
        """Raises what `load` raises: there must be a good value to begin with."""
        self._paths: Final = tuple(paths)
        self._load: Final = load
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._value = load(None)

    def current(self) -> T:
        """The value of now."""
        try:
            stamp = self._stamp()
        except OSError:
            return self._value  # being replaced: the next call sees the new file
        if stamp != self._seen:
            with self._lock:
                if stamp != self._seen:
                    self._reload()
                    self._seen = stamp
        return self._value

    def _reload(self) -> None:
        try:
            self._value = self._load(self._value)
        except (ValueError, OSError) as error:
            _log.error(
                "file_not_reloaded",
                extra={"reason": type(error).__name__, "event": self._paths[0].name},
            )

    def _stamp(self) -> tuple[tuple[int, int], ...]:
        return tuple((s.st_mtime_ns, s.st_ino) for s in (path.stat() for path in self._paths))
