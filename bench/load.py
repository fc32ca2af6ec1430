"""A load generator: N connections, each sends its next request when the last is answered.

Requests are whole HTTP/1.1 (or MLLP) messages made beforehand, so that the generator costs as
little as it can on the machine it shares with the server. One thread, one selector.

With `pace`, requests are due at regular times whatever the answers do, and a latency counts from
the time its request was due: a server that stalls is not forgiven what it kept waiting.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: How long the answer at the head of a buffer is; 0 while that cannot be told.
Length = Callable[[bytes | bytearray], int]
Accepted = Callable[[bytes | bytearray], bool]
Address = Path | tuple[str, int]
#: Where the processes of a server listen: connections are shared out among them in turn.
Addresses = Sequence[Address]

#: Seconds without any answer after which a server is given up.
PATIENCE = 60.0
_CHUNK = 1 << 20


class SilenceError(RuntimeError):
    """The server answers nothing any more, or hung up."""


@dataclass(slots=True)
class Result:
    """What one run measured: seconds of wall time, and each accepted request's latency (s)."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    first_refusal: bytes = b""

    @property
    def rate(self) -> float:
        """Accepted answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency, in milliseconds, under which `share` of the requests were answered."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def http_length(buffer: bytes | bytearray) -> int:
    """Length of the HTTP answer at the head of `buffer`, by its Content-Length."""
    head = buffer.find(b"\r\n\r\n")
    if head < 0:
        return 0
    at = buffer[:head].lower().find(b"\r\ncontent-length:")
    if at < 0:
        raise SilenceError("an answer without Content-Length")
    return head + 4 + int(buffer[at + 17 : buffer.find(b"\r\n", at + 2)])


def mllp_length(buffer: bytes | bytearray) -> int:
    """Length of the MLLP frame at the head of `buffer`."""
    end = buffer.find(b"\x1c\r")
    return end + 2 if end >= 0 else 0


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    pending: memoryview = field(default_factory=lambda: memoryview(b""))
    received: bytearray = field(default_factory=bytearray)
    expected: int = 0
    blocked: bool = False
    due_at: float = 0.0


class _Generator:
    def __init__(
        self,
        requests: Iterator[bytes],
        accepted: Accepted,
        length: Length,
        seconds: float,
        pace: float | None,
    ) -> None:
        self.result = Result()
        self._requests, self._accepted, self._length = requests, accepted, length
        self._pace = pace
        self._selector = selectors.DefaultSelector()
        self._idle: deque[_Connection] = deque()
        self._released = 0
        self._busy = 0
        self._seconds = seconds
        self._start = self._end = 0.0

    def run(self, addresses: Addresses, connections: int) -> None:
        for number in range(connections):
            connection = _Connection(_connect(addresses[number % len(addresses)]))
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
            self._idle.append(connection)
        self._start = time.perf_counter()
        self._end = self._start + self._seconds
        try:
            self._loop()
        finally:
            for key in list(self._selector.get_map().values()):
                key.data.socket.close()
            self._selector.close()

    def _loop(self) -> None:
        heard = time.perf_counter()
        while True:
            now = time.perf_counter()
            while self._idle and now < self._end and (due := self._due()) <= now:
                if not self._fire(self._idle[0], due if self._pace else now):
                    self._end = now
                    break
                self._idle.popleft()
                self._busy += 1
            if not self._busy and now >= self._end:
                break
            wait = 1.0
            if self._pace and self._idle and now < self._end:
                wait = max(self._due() - now, 0)
            for key, mask in self._selector.select(wait):
                heard = time.perf_counter()
                if mask & selectors.EVENT_WRITE:
                    self._flush(key.data)
                if mask & selectors.EVENT_READ:
                    self._read(key.data)
            if self._busy and time.perf_counter() - heard > PATIENCE:
                raise SilenceError(f"no answer for {PATIENCE:.0f} s")
        self.result.seconds = time.perf_counter() - self._start

    def _due(self) -> float:
        return self._start + self._released / self._pace if self._pace else self._start

    def _fire(self, connection: _Connection, due_at: float) -> bool:
        request = next(self._requests, None)
        if request is None:
            return False
        self._released += 1
        connection.pending = memoryview(request)
        connection.due_at = due_at
        self._flush(connection)
        return True

    def _flush(self, connection: _Connection) -> None:
        try:
            sent = connection.socket.send(connection.pending)
        except BlockingIOError:
            sent = 0
        connection.pending = connection.pending[sent:]
        blocked = len(connection.pending) > 0
        if blocked != connection.blocked:
            connection.blocked = blocked
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if blocked else 0)
            self._selector.modify(connection.socket, events, connection)

    def _read(self, connection: _Connection) -> None:
        chunk: bytes | bytearray = connection.socket.recv(_CHUNK)
        if not chunk:
            raise SilenceError("the server closed a connection")
        if connection.received:
            connection.received += chunk
            chunk = connection.received
        if not connection.expected:
            connection.expected = self._length(chunk)
        if not connection.expected or len(chunk) < connection.expected:
            if chunk is not connection.received:
                connection.received = bytearray(chunk)
            return
        if self._accepted(chunk):
            self.result.latencies.append(time.perf_counter() - connection.due_at)
        else:
            self.result.refused += 1
            self.result.first_refusal = self.result.first_refusal or bytes(chunk)
        connection.received, connection.expected = bytearray(), 0
        self._idle.append(connection)
        self._busy -= 1


def run(
    addresses: Addresses,
    requests: Iterator[bytes],
    *,
    connections: int,
    seconds: float,
    accepted: Accepted,
    length: Length = http_length,
    pace: float | None = None,
) -> Result:
    """Send `requests` for `seconds` (or until they run out), `pace` a second when it is given.

    Raises `SilenceError`, `OSError`.
    """
    generator = _Generator(requests, accepted, length, seconds, pace)
    generator.run(addresses, connections)
    return generator.result


def _connect(address: Address) -> socket.socket:
    if isinstance(address, Path):
        link = socket.socket(socket.AF_UNIX)
        link.connect(str(address))
    else:
        link = socket.create_connection(address)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.setblocking(False)
    return link
