"""The antivirus: what comes in is shown to clamd before it is kept (clamd(8), INSTREAM).

What cannot be judged is not kept: a clamd that is away, that is slow or that finds a stream too
long is an `OSError`, which the doors answer as a failure that will pass.
"""

from __future__ import annotations

import logging
import socket
from typing import Final

_log = logging.getLogger(__name__)

_PIECE: Final = 64 * 1024
#: Seconds for one step of the conversation.
_PATIENCE: Final = 30.0
_LONGEST_ANSWER: Final = 4096


class InfectedError(Exception):
    """The antivirus knows this content; `signature` is what it calls it."""

    def __init__(self, signature: str) -> None:
        super().__init__("the antivirus refuses this content")
        self.signature = signature


class AntivirusError(OSError):
    """The antivirus did not judge."""


def check(address: str, data: bytes) -> None:
    """Show `data` to the clamd at `address`, `unix:/its/socket` or `host:port`; none when empty.

    Raises `InfectedError`; `AntivirusError` when there is no judgement.
    """
    if not address:
        return
    try:
        with _connected(address) as connection:
            answer = _ask(connection, data)
    except AntivirusError:
        raise
    except OSError as error:
        raise AntivirusError(f"the antivirus does not answer: {error}") from error
    if answer == "stream: OK":
        return
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        signature = answer.removeprefix("stream: ").removesuffix(" FOUND")
        _log.warning("antivirus_refused", extra={"signature": signature, "size": len(data)})
        raise InfectedError(signature)
    raise AntivirusError(f"the antivirus does not judge: {answer or 'it hung up'}")


def _connected(address: str) -> socket.socket:
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_PATIENCE)
        try:
            connection.connect(address.removeprefix("unix:"))
        except OSError:
            connection.close()
            raise
        return connection
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), _PATIENCE)


def _ask(connection: socket.socket, data: bytes) -> str:
    view = memoryview(data)
    try:
        connection.sendall(b"zINSTREAM\0")
        for start in range(0, len(view), _PIECE):
            piece = view[start : start + _PIECE]
            connection.sendall(len(piece).to_bytes(4, "big"))
            connection.sendall(piece)
        connection.sendall(bytes(4))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has said why, and hung up: a stream that is too long
    answer = bytearray()
    while not answer.endswith(b"\0") and (more := connection.recv(_LONGEST_ANSWER)):
        answer += more
        if len(answer) > _LONGEST_ANSWER:
            raise AntivirusError("the antivirus answers at too great length")
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()
