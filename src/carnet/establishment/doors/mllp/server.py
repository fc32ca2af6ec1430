"""The MLLP listener: frames in, acknowledgements out, in the order of each connection.

Sockets are in an event loop, so that a silent or slow peer costs nothing; messages are applied in a
few threads, each with its database connection. A message is acknowledged when it is committed, and
a connection is never closed for what it sent: the next message is read.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.db import connection, connections
from django.db.utils import DatabaseError, InterfaceError

from carnet.establishment.exchange import actions
from carnet.standards.hl7v2.mllp import END, Frame, Framer, FramingError, frame

logger = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 64
THREADS: Final = 4
READ: Final = 64 * 1024
#: Seconds in which a message that has begun must end, and after which silence ends a connection.
MESSAGE_TIME: Final = 60.0
IDLE_TIME: Final = 3600.0
#: Seconds given to the messages in hand when the listener stops.
FAREWELL: Final = 30.0

Receive = Callable[[str, "Frame | FramingError"], bytes]


@dataclass(slots=True)
class _Listener:
    receive: Receive
    limit: int
    message_time: float
    pool: ThreadPoolExecutor
    peers: dict[asyncio.Task[None], bool] = field(default_factory=dict)  #: task -> is busy
    stopping: bool = False

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its end."""
        task = asyncio.current_task()
        if task is None or self.stopping or len(self.peers) >= MAX_CONNECTIONS:
            logger.warning("mllp.refused", extra={"count": len(self.peers)})
            writer.close()
            return
        self.peers[task] = False
        try:
            await self._frames(task, reader, writer)
        except (OSError, TimeoutError, asyncio.CancelledError) as error:
            logger.info("mllp.closed", extra={"reason": type(error).__name__})
        finally:
            del self.peers[task]
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _frames(
        self,
        task: asyncio.Task[None],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        host, port, *_ = writer.get_extra_info("peername") or ("", 0)
        peer = f"{host}:{port}"
        framer = Framer(limit=self.limit)
        begun: float | None = None
        loop = asyncio.get_running_loop()
        while not self.stopping:
            wait = IDLE_TIME if begun is None else begun + self.message_time - loop.time()
            async with asyncio.timeout(max(wait, 0)):
                data = await reader.read(READ)
            if not data:
                return
            found = framer.feed(data)
            if last := data.rstrip(b"\r\n"):
                if last.endswith(END):
                    begun = None
                elif begun is None or found:
                    begun = loop.time()
            self.peers[task] = True
            for part in found:
                answer = await loop.run_in_executor(self.pool, self.receive, peer, part)
                if answer:
                    writer.write(frame(answer))
                    async with asyncio.timeout(self.message_time):
                        await writer.drain()
            self.peers[task] = False


def serve(host: str, port: int, stop: threading.Event) -> None:
    """Listen until `stop` is set; the messages in hand are finished and acknowledged first."""
    asyncio.run(
        listen(
            host,
            port,
            stop,
            limit=settings.CARNET_MAX_MESSAGE_BYTES,
            shared=settings.CARNET_MLLP_SHARED,
        )
    )


async def listen(
    host: str,
    port: int,
    stop: threading.Event,
    *,
    limit: int,
    shared: bool = False,
    message_time: float = MESSAGE_TIME,
    ready: Callable[[int], None] = lambda _: None,
) -> None:
    """The listener itself; `ready` is told the port when it listens.

    `shared`: other listeners of the same establishment may take the same port, each with an
    interpreter of its own. Raises `OSError` when the port is taken.
    """
    with ThreadPoolExecutor(THREADS, "mllp") as pool, ThreadPoolExecutor(1, "stop") as waiting:
        listener = _Listener(receive, limit, message_time, pool)
        server = await asyncio.start_server(
            listener.talk, host, port, limit=READ, reuse_port=shared or None
        )
        bound = server.sockets[0].getsockname()[1]
        logger.info("ready", extra={"host": host, "port": bound})
        ready(bound)
        await asyncio.get_running_loop().run_in_executor(waiting, stop.wait)
        listener.stopping = True
        server.close()
        for task, busy in list(listener.peers.items()):
            if not busy:
                task.cancel()
        if listener.peers:
            await asyncio.wait(list(listener.peers), timeout=FAREWELL)
        together = threading.Barrier(THREADS)
        for _ in range(THREADS):
            pool.submit(_hang_up, together)


def _hang_up(together: threading.Barrier) -> None:
    """Give back the database connection of this thread; each thread does it once."""
    together.wait()
    connections.close_all()


def receive(peer: str, part: Frame | FramingError) -> bytes:
    """The answer to one frame. AR when the database cannot keep it: the sender sends it again."""
    now = datetime.now(UTC)
    raw = part.data if isinstance(part, Frame) else part.head
    for last in (False, True):
        try:
            if isinstance(part, FramingError):
                return actions.refuse(peer, part, now=now)
            return actions.receive(peer, part.data, now=now)
        except (DatabaseError, InterfaceError):
            # The kept connection may be one that the server has closed: once more on a fresh one.
            connection.close()
            if last:
                logger.exception("mllp.not_kept", extra={"bytes": len(raw)})
    return actions.unavailable(raw, now=now)
