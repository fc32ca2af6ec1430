"""HL7 v2 to an application of the establishment: one message, one acknowledgement, over MLLP.

Source: IHE ITI TF-2 C.2.1 (framing), HL7 v2.5 §2.9 (acknowledgement modes); spec identity §5.1,
§5.10.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final

from carnet.establishment.clients.deadline import deadline
from carnet.establishment.clients.errors import Babbling, Refused, Unavailable, Unreachable
from carnet.standards.hl7v2 import er7
from carnet.standards.hl7v2.errors import Hl7Error
from carnet.standards.hl7v2.header import header_of
from carnet.standards.hl7v2.mllp import Frame, Framer, frame

#: Bytes of one acknowledgement at most.
ANSWER_LIMIT: Final = 256 * 1024
_READ: Final = 16 * 1024
_TAKEN: Final = frozenset({"AA", "CA"})
_LATER: Final = frozenset({"AR", "CR"})


class MllpClient:
    """Sends messages to one application, on a connection kept open between them.

    Not to be shared between threads. `timeout` bounds a silence, `longest` a whole exchange, in
    seconds. With `tls` the connection is encrypted, the application's certificate verified for its
    host name, and ours shown (IHE ITI-19, `tls_context`).
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        timeout: float = 10.0,
        longest: float = 30.0,
    ) -> None:
        self._place = (host, port)
        self._tls = tls
        self._timeout, self._longest = timeout, longest
        self._socket: socket.socket | None = None

    def send(self, message: bytes) -> None:
        """Send one message, and return once it is acknowledged (MSA-1: AA or CA).

        Raises `Unreachable` without an answer in time, `Babbling` for one that is no
        acknowledgement of this message, `Unavailable` for AR or CR, `Refused` for AE or CE. After
        any of them but the last two, whether the message was taken is not known: send it again
        under the same MSH-10.
        """
        fresh = self._socket is None
        try:
            answer = self._exchange(message)
        except Unreachable:
            self.close()
            # A kept connection may have been closed by the other side since: once more on another.
            if fresh:
                raise
            answer = self._exchange_or_close(message)
        _judge(answer, header_of(er7.read(message)).control_id)

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None

    def _exchange_or_close(self, message: bytes) -> bytes:
        try:
            return self._exchange(message)
        except Unreachable:
            self.close()
            raise

    def _exchange(self, message: bytes) -> bytes:
        try:
            if self._socket is None:
                self._socket = self._connected()
            connected = self._socket
            with deadline(connected, self._longest):
                connected.sendall(frame(message))
                return self._answer(connected)
        except OSError as error:
            raise Unreachable(type(error).__name__) from None

    def _connected(self) -> socket.socket:
        plain = socket.create_connection(self._place, self._timeout)
        if self._tls is None:
            return plain
        secured = self._tls.wrap_socket(
            plain, server_hostname=self._place[0], do_handshake_on_connect=False
        )
        try:
            with deadline(secured, self._longest):
                secured.do_handshake()
        except OSError:
            secured.close()
            raise
        return secured

    def _answer(self, connected: socket.socket) -> bytes:
        framer = Framer(limit=ANSWER_LIMIT)
        while True:
            data = connected.recv(_READ)
            if not data:
                raise Unreachable("the connection was closed before the acknowledgement")
            for part in framer.feed(data):
                if isinstance(part, Frame):
                    return part.data
                raise Babbling(f"the answer is no MLLP frame ({part.fault})")


def tls_context(authorities: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """Mutual TLS, 1.2 at least. Raises `OSError` when a file cannot be read."""
    context = ssl.create_default_context(cafile=str(authorities))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def _judge(answer: bytes, control_id: str) -> None:
    """Return if `answer` takes the message of this id; raise as `MllpClient.send` says."""
    try:
        message = er7.read(answer)
        code, about = message.get("MSA-1"), message.get("MSA-2")
    except Hl7Error as error:
        raise Babbling(f"the answer is no HL7 message: {error.reason}") from None
    if about != control_id:
        raise Babbling("the acknowledgement is about another message")
    if code in _TAKEN:
        return
    told = " ".join(
        filter(None, (message.get("ERR-3"), message.get("ERR-8"), message.get("MSA-3")))
    )[:500]
    if code in _LATER:
        raise Unavailable(told or "not now", code=code)
    if code in {"AE", "CE"}:
        raise Refused(told or "refused without a word", code=code)
    raise Babbling("the acknowledgement says neither yes nor no")
