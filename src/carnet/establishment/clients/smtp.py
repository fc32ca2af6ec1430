"""The secure mail: SMTP with STARTTLS and our server certificate (spec mssante §3.1, §12)."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from carnet.establishment.clients.deadline import deadline
from carnet.establishment.clients.errors import Babbling, Refused, Unavailable, Unreachable

#: Bytes of one SMTP reply read at most, all its lines together.
REPLY_LIMIT: Final = 64 * 1024


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
    """`smtplib.SMTP` whose replies are bounded."""

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = cast("IO[bytes]", _BoundedReader(self.sock.makefile("rb")))
        if self.file is not None:
            cast("_BoundedReader", self.file).left = REPLY_LIMIT
        return super().getreply()


class MssClient:
    """Sends messages to one operator. One message a connection; safe to share between threads."""

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

    def send(self, envelope_from: str, recipient: str, raw: bytes, *, envelope_id: str) -> Receipt:
        """Send one message to one recipient, and return the reply that accepted it.

        A delivery status notification is asked for when the server offers it (RFC 3461;
        ECO.2.3.1). Raises `Unreachable`, `Unavailable` (4xx) or `Refused` (5xx).
        """
        try:
            session = _Session(
                self._host, self._port, local_hostname=self._name, timeout=self._timeout
            )
        except (OSError, smtplib.SMTPException) as error:
            # A greeting that is not 220 is about us or the server, never about one message.
            raise Unreachable(_told(error)) from None
        if session.sock is None:
            raise Unreachable("the connection was closed")
        try:
            with deadline(session.sock, self._longest):
                return self._transaction(session, envelope_from, recipient, raw, envelope_id)
        except smtplib.SMTPResponseException as error:
            raise _judge(error.smtp_code, _text(error.smtp_error)) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(_told(error)) from None
        finally:
            session.close()

    def _transaction(
        self, session: _Session, envelope_from: str, recipient: str, raw: bytes, envelope_id: str
    ) -> Receipt:
        self._expect(session.ehlo(), 250)
        if not session.has_extn("starttls"):
            # The fault of the server, or of somebody between us: no message is to blame.
            raise Unreachable("the server does not offer STARTTLS")
        session.starttls(context=self._context)
        self._expect(session.ehlo(), 250)
        size = session.esmtp_features.get("size", "")
        if size.isdigit() and 0 < int(size) < len(raw):
            raise Refused(f"the server takes {size} bytes, the message has {len(raw)}", code="552")
        dsn = session.has_extn("dsn")
        options = [f"SIZE={len(raw)}"] if size else []
        self._expect(
            session.mail(
                envelope_from, [*options, *(["RET=HDRS", f"ENVID={envelope_id}"] if dsn else [])]
            ),
            250,
        )
        notify = ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT=rfc822;{recipient}"] if dsn else []
        self._expect(session.rcpt(recipient, notify), 250)
        code, text = self._expect(session.data(raw), 250)
        session.docmd("QUIT")
        return Receipt(code, _text(text))

    @staticmethod
    def _expect(reply: tuple[int, bytes], code: int) -> tuple[int, bytes]:
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
