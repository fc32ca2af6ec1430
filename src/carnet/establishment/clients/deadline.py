"""A call that lasts too long is cut, however slowly its answer drips."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def deadline(connected: socket.socket, seconds: float) -> Iterator[None]:
    """Shut `connected` down after `seconds`: whoever reads it then sees the end of the stream.

    A socket's own time-out only bounds the silence between two bytes.
    """

    def cut() -> None:
        with suppress(OSError):  # closed meanwhile: the call is over
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
