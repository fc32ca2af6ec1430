"""The worker: drains the outbox, each kind of destination in threads of its own.

A slow or silent record holds the threads of the record, never those of the mail; each application
that is told of identities has a thread, and what goes to INSi another. A notification of
PostgreSQL wakes one of each kind at once; all look by themselves too, each second.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Final

import psycopg
from django.db import connection, connections
from django.db.utils import InterfaceError, OperationalError
from psycopg import sql

from carnet.establishment.clients.mllp import MllpClient, tls_context
from carnet.establishment.exchange import feeds, lanes, outbox, watching
from carnet.establishment.exchange.attempts import attempt_next
from carnet.establishment.exchange.configuration import configuration

logger = logging.getLogger(__name__)

#: Threads of each lane. The pool of connections must hold them all.
THREADS: Final[Mapping[str, int]] = MappingProxyType({"record": 3, "professional": 2, "patient": 2})
#: Seconds between two looks when nobody rings, and after the database was lost.
POLL: Final = 1.0
PAUSE: Final = 2.0


class Bell:
    """Wakes the threads that sleep on it; a ring between two sleeps is not lost."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0

    def ring(self) -> None:
        """Wake one of those who sleep: it works until nothing is left. The next ring wakes another,
        if this one is still at work."""
        with self._condition:
            self._rings += 1
            self._condition.notify()

    def ring_all(self) -> None:
        """Wake those who sleep."""
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    @property
    def rings(self) -> int:
        """How many times it rang: what to give to `sleep`."""
        return self._rings

    def sleep(self, seen: int, seconds: float) -> None:
        """Sleep until it has rung more than `seen` times, or `seconds` have passed."""
        with self._condition:
            self._condition.wait_for(lambda: self._rings > seen, seconds)


def run_worker(stop: threading.Event) -> None:
    """Deliver until `stop` is set; each attempt under way ends first."""
    places = configuration().subscribers
    lanes_bells = {destination: Bell() for destination in THREADS}
    feeds_bells = {name: Bell() for name in places}
    threads = [
        threading.Thread(
            target=_drain, args=(destination, stop, bell), name=f"{destination}-{number}"
        )
        for destination, bell in lanes_bells.items()
        for number in range(THREADS[destination])
    ]
    threads += [
        threading.Thread(target=_feed, args=(name, places[name], stop, bell), name=f"feed-{name}")
        for name, bell in feeds_bells.items()
    ]
    threads.append(threading.Thread(target=_watch, args=(stop,), name="vigilance"))
    for thread in threads:
        thread.start()
    logger.info("ready", extra={"count": len(threads)})
    bells = [*lanes_bells.values(), *feeds_bells.values()]
    _listen(stop, bells)
    for bell in bells:
        bell.ring_all()
    for thread in threads:
        thread.join()


def _drain(destination: str, stop: threading.Event, bell: Bell) -> None:
    with lanes.lane(destination) as lane:
        while not stop.is_set():
            seen = bell.rings
            if not _attempted(partial(attempt_next, lane, clock=_now, chance=_chance), stop):
                bell.sleep(seen, POLL)
    connections.close_all()


def _feed(name: str, place: tuple[str, int], stop: threading.Event, bell: Bell) -> None:
    settings = configuration()
    tls = (
        tls_context(settings.subscribers_authorities, settings.tls_certificate, settings.tls_key)
        if name in settings.subscribers_tls
        else None
    )
    client = MllpClient(*place, tls=tls)
    attempt = partial(feeds.attempt_next, name, client, clock=_now, chance=_chance)
    while not stop.is_set():
        seen = bell.rings
        if not _attempted(attempt, stop):
            connection.close()  # given back to the pool: there may be many applications
            bell.sleep(seen, POLL)
    client.close()
    connections.close_all()


def _watch(stop: threading.Event) -> None:
    """Nobody rings for this work: no letter waits for it."""
    with watching.watch(clock=_now, chance=_chance) as attempt:
        while not stop.is_set():
            if not _attempted(attempt, stop):
                connection.close()
                stop.wait(POLL)
    connections.close_all()


def _attempted(attempt: Callable[[], bool], stop: threading.Event) -> bool:
    """Whether there was something to do; a lost database is waited for."""
    try:
        return attempt()
    except (OperationalError, InterfaceError):
        logger.warning("database.lost", exc_info=True)
        connection.close()
        stop.wait(PAUSE)
        return False


def _listen(stop: threading.Event, bells: Collection[Bell]) -> None:
    """Ring when PostgreSQL says that there is something new."""
    while not stop.is_set():
        try:
            with _listener() as listener:
                while not stop.is_set():
                    for _ in listener.notifies(timeout=POLL):
                        for bell in bells:
                            bell.ring()
        except psycopg.OperationalError:
            logger.warning("database.lost", exc_info=True)
            stop.wait(PAUSE)


def _listener() -> psycopg.Connection:
    """A connection of its own, outside the pool: it listens for the life of the worker."""
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    listener = psycopg.connect(**parameters, autocommit=True)
    listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(outbox.CHANNEL)))
    return listener


def _now() -> datetime:
    return datetime.now(UTC)


_chance: Callable[[], float] = random.SystemRandom().random
