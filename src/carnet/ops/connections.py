"""Database connections that threads of a web server keep, and what becomes of those of the ended.

The web server ends a thread that has idled for `IDLE` seconds and says nothing of it to Python:
what the thread kept, its connection with it, would stay open for as long as the process.
"""

import threading
import time
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper

#: After so many seconds without a request the web server ends a thread (its longest).
IDLE: Final = 600

_lock: Final = threading.Lock()
_kept: Final[set[BaseDatabaseWrapper]] = set()


def follow(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Close what ended threads left; a receiver of Django's `connection_created`.

    A thread makes its connection anew at the first request after `CONN_MAX_AGE`: one that is older
    than that by more than `IDLE` belongs to a thread that has ended.
    """
    with _lock:
        for each in tuple(_kept):
            if each.close_at is not None and each.close_at + IDLE < time.monotonic():
                _kept.discard(each)
                if each.connection is not None:
                    each.connection.close()
        _kept.add(connection)
