"""The secure mail: SMTP with STARTTLS and our server certificate (spec mssante §3.1, §12)."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from carnet.establishment.clients.deadline import deadline
from carnet.establishment.clients.errors import (
    Babbling,
    CallError,
    Refused,
    Unavailable,
    Unreachable,
)

#: Bytes of one SMTP reply read at most, all its lines together.
REPLY_LIMIT: Final = 64 * 1024
#: Messages of one connection at most, and seconds that it is kept without any: the server's limits
#: are wider (RFC 5321 §4.5.3.2.7).
MOST_MESSAGES: Final = 100
LONGEST_IDLE: Final = 60.0
#: Seconds to take leave.
_LEAVE: Final = 2.0

_DONE: Final = 250
_GO_ON: Final = 354
#: What a server says to any command when it closes the connection (RFC 5321 §3.8).
_CLOSING: Final = "421"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The reply that took responsibility for the message."""

    code: int
    text: str


class _BoundedReader:
    """The reader of the replies, cut when a single reply has no end."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.left = REPLY_LIMIT

    def readline(self, limit: int) -> bytes:
        line = self._source.readline(limit)
        self.left -= len(line)
        if self.left < 0:
            raise Babbling(f"an SMTP reply exceeds {REPLY_LIMIT} bytes")
        return line

    def close(self) -> None:
        self._source.close()


class _Session(smtplib.SMTP):
    """`smtplib.SMTP` whose replies are bounded, and that knows how long it has served."""

    sent = 0
    idle_since = 0.0

    @property
    def is_fresh(self) -> bool:
        """Whether another message may be sent in it."""
        return self.sent < MOST_MESSAGES and time.monotonic() - self.idle_since < LONGEST_IDLE

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = cast("IO[bytes]", _BoundedReader(self.sock.makefile("rb")))
        if self.file is not None:
            cast("_BoundedReader", self.file).left = REPLY_LIMIT
        return super().getreply()


class MssClient:
    """Sends messages to one operator, on a connection kept between them. Not to be shared between
    threads.

    `timeout` bounds the silence, `longest` the sending of one message, both in seconds.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        certificate: Path,
        key: Path,
        authorities: Path,
        name: str,
        timeout: float = 10.0,
        longest: float = 60.0,
    ) -> None:
        self._host, self._port, self._name = host, port, name
        self._timeout, self._longest = timeout, longest
        self._context = ssl.create_default_context(cafile=str(authorities))
        self._context.load_cert_chain(certificate, key)
        self._kept: _Session | None = None

    def send(self, envelope_from: str, recipient: str, raw: bytes, *, envelope_id: str) -> Receipt:
        """Send one message to one recipient, and return the reply that accepted it.

        A delivery status notification is asked for when the server offers it (RFC 3461;
        ECO.2.3.1). Raises `Unreachable`, `Unavailable` (4xx) or `Refused` (5xx).
        """
        end = time.monotonic() + self._longest
        session = self._begun(envelope_from, len(raw), envelope_id, end)
        notify = f" NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{recipient}"
        with _call(session, end):
            _expect(
                session.docmd(
                    "RCPT", f"TO:<{recipient}>{notify if session.has_extn('dsn') else ''}"
                )
            )
            _expect(session.docmd("DATA"), _GO_ON)
            session.send(_stuffed(raw))
            code, text = _expect(session.getreply())
        session.sent += 1
        session.idle_since = time.monotonic()
        self._kept = session
        return Receipt(code, _text(text))

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        kept, self._kept = self._kept, None
        if kept is not None:
            _leave(kept)

    def _begun(self, envelope_from: str, size: int, envelope_id: str, end: float) -> _Session:
        """A session that took MAIL: the kept one, or another when that one was closed since."""
        kept, self._kept = self._kept, None
        if kept is not None and kept.is_fresh:
            try:
                with _call(kept, end):
                    _mail(kept, envelope_from, size, envelope_id)
            except Unreachable:
                pass
            except Unavailable as error:
                if error.code != _CLOSING:
                    raise
            else:
                return kept
        elif kept is not None:
            _leave(kept)
        session = self._connected()
        with _call(session, end):
            _expect(session.ehlo())
            if not session.has_extn("starttls"):
                # The fault of the server, or of somebody between us: no message is to blame.
                raise Unreachable("the server does not offer STARTTLS")
            session.starttls(context=self._context)
            _expect(session.ehlo())
            _mail(session, envelope_from, size, envelope_id)
        return session

    def _connected(self) -> _Session:
        try:
            return _Session(
                self._host, self._port, local_hostname=self._name, timeout=self._timeout
            )
        except (OSError, smtplib.SMTPException) as error:
            # A greeting that is not 220 is about us or the server, never about one message.
            raise Unreachable(_told(error)) from None


@contextmanager
def _call(session: _Session, end: float) -> Iterator[None]:
    """A part of an exchange, cut at `end`; a session in which anything fails is closed.

    Raises a `CallError`.
    """
    try:
        if session.sock is None:
            raise Unreachable("the connection was closed")
        with deadline(session.sock, end - time.monotonic()):
            yield
    except smtplib.SMTPResponseException as error:
        session.close()
        raise _judge(error.smtp_code, _text(error.smtp_error)) from None
    except (OSError, smtplib.SMTPException) as error:
        session.close()
        raise Unreachable(_told(error)) from None
    except CallError:
        session.close()
        raise


def _leave(session: _Session) -> None:
    """Take leave of a server that may be gone."""
    with suppress(CallError), _call(session, time.monotonic() + _LEAVE):
        session.quit()


def _mail(session: _Session, envelope_from: str, size: int, envelope_id: str) -> None:
    most = session.esmtp_features.get("size", "")
    if most.isdigit() and 0 < int(most) < size:
        raise Refused(f"the server takes {most} bytes, the message has {size}", code="552")
    options = f" SIZE={size}" if most else ""
    if session.has_extn("dsn"):
        options += f" RET=HDRS ENVID={envelope_id}"
    _expect(session.docmd("MAIL", f"FROM:<{envelope_from}>{options}"))


def _stuffed(raw: bytes) -> bytes:
    """The message and its end; a point that begins a line has another before it (RFC 5321 §4.5.2).

    `smtplib` looks for them line by line, in what is mostly base64.
    """
    head = b"." if raw.startswith(b".") else b""
    end = b"" if raw.endswith(b"\r\n") else b"\r\n"
    return b"".join((head, raw.replace(b"\n.", b"\n.."), end, b".\r\n"))


def _expect(reply: tuple[int, bytes], code: int = _DONE) -> tuple[int, bytes]:
    if reply[0] != code:
        raise _judge(reply[0], _text(reply[1]))
    return reply


def _judge(code: int, text: str) -> Refused | Unavailable | Unreachable:
    """5xx will never pass, 4xx may later; anything else is not SMTP."""
    if 500 <= code <= 599:
        return Refused(text, code=str(code))
    if 400 <= code <= 499:
        return Unavailable(text, code=str(code))
    return Babbling(f"an unexpected SMTP reply: {code}")


def _text(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:500]


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
