"""A call that lasts too long is cut, however slowly its answer drips."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

#: Seconds between two looks of the thread that cuts; while no call is under way there is none.
_LOOK: Final = 60.0


@contextmanager
def deadline(connected: socket.socket, seconds: float) -> Iterator[None]:
    """Shut `connected` down after `seconds`: whoever reads it then sees the end of the stream.

    A socket's own time-out only bounds the silence between two bytes. What is watched is the
    connection, also once TLS has taken `connected` over.
    """
    handle = socket.socket(
        connected.family, connected.type, connected.proto, fileno=os.dup(connected.fileno())
    )
    _calls.add(handle, time.monotonic() + seconds)
    try:
        yield
    finally:
        _calls.remove(handle)


class _Calls:
    """The calls under way and the moment when each is cut: one thread waits for all of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ends: dict[socket.socket, float] = {}
        self._looks_at = 0.0
        self._thread: threading.Thread | None = None

    def add(self, handle: socket.socket, end: float) -> None:
        with self._changed:
            self._ends[handle] = end
            if self._thread is None:
                self._thread = threading.Thread(target=self._cut, name="deadlines", daemon=True)
                self._thread.start()
            elif end < self._looks_at:
                self._changed.notify()

    def remove(self, handle: socket.socket) -> None:
        with self._changed:
            del self._ends[handle]
            handle.close()

    def _cut(self) -> None:
        with self._changed:
            while self._ends:
                now = time.monotonic()
                for handle, end in self._ends.items():
                    if end <= now:
                        with suppress(OSError):  # closed by the other side meanwhile
                            handle.shutdown(socket.SHUT_RDWR)
                coming = [end for end in self._ends.values() if end > now]
                self._looks_at = min(coming, default=now + _LOOK)
                self._changed.wait(self._looks_at - now)
            self._thread = None


_calls: Final = _Calls()
