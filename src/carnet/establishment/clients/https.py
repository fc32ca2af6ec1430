"""One connection to one service of the country: mutual TLS, bounded, timed, kept between calls."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from carnet.establishment.clients.deadline import deadline
from carnet.establishment.clients.errors import (
    Babbling,
    CallError,
    Refused,
    Unavailable,
    Unreachable,
)

#: Answers without SOAP of a front that has nobody behind it, and those that say "later".
_NOBODY: Final = frozenset({502, 503, 504})
_LATER: Final = frozenset({408, 425, 429, 500})


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered: `content_type` as the header says it, empty without."""

    status: int
    content_type: str
    body: bytes


class Connection:
    """A connection to the host of `url`. Not to be shared between threads.

    `timeout` bounds the silence, `longest` a whole exchange, both in seconds; `answer_limit` the
    bytes of one answer.
    """

    def __init__(
        self,
        url: str,
        *,
        certificate: Path,
        key: Path,
        authorities: Path,
        timeout: float,
        longest: float,
        answer_limit: int,
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 443
        self.path: Final = parts.path.rstrip("/")
        self._timeout, self._longest, self._limit = timeout, longest, answer_limit
        self._context = ssl.create_default_context(cafile=str(authorities))
        self._context.load_cert_chain(certificate, key)
        self._connection: http.client.HTTPSConnection | None = None

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """POST on the kept connection; once more on a fresh one if the kept one was closed.

        Whoever calls sends what may be replayed. Raises `Unreachable`.
        """
        kept = self._connection is not None
        try:
            return self._post(path, headers, body)
        except Unreachable as error:
            self.close()
            if not kept or isinstance(error, Babbling):
                raise
        try:
            return self._post(path, headers, body)
        except Unreachable:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _post(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        try:
            connection = self._connected()
            with deadline(connection.sock, self._longest):
                connection.request("POST", path, body, dict(headers))
                with connection.getresponse() as answer:
                    data = answer.read(self._limit + 1)
                    kept = not answer.will_close
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{type(error).__name__}: {error}"[:500]) from None
        if len(data) > self._limit:
            raise Babbling(f"the answer exceeds {self._limit} bytes")
        if not kept:
            self.close()
        return Reply(answer.status, answer.headers.get("Content-Type", ""), data)

    def _connected(self) -> http.client.HTTPSConnection:
        if self._connection is None:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._context
            )
            connection.connect()
            self._connection = connection
        return self._connection


def without_soap(status: int) -> CallError:
    """The error that an answer without SOAP is."""
    if status in _NOBODY:
        return Unreachable(f"HTTP {status}: nobody behind the front")
    if status in _LATER:
        return Unavailable(f"HTTP {status} without SOAP", code=str(status))
    if 400 <= status <= 499:
        return Refused(f"HTTP {status} without SOAP", code=str(status))
    return Babbling(f"HTTP {status}, and the answer is not SOAP")
