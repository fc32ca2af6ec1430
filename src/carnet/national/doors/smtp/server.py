"""The SMTP server: mutual TLS, refusals before DATA, 250 only after commit (spec mssante §3.1)."""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session, TLSSetupException, syntax
from django.db import DatabaseError, connection

from carnet.national.clients.trust import trust
from carnet.national.doors.smtp import data
from carnet.national.doors.smtp.policy import (
    ACCEPTED,
    MOST_RECIPIENTS,
    Policy,
    white_list,
)
from carnet.national.messaging import actions as messaging
from carnet.standards import certificates
from carnet.standards.certificates import CertificateError
from carnet.standards.mss.message import MessageError

_log = logging.getLogger(__name__)

#: C7: a message towards a citizen weighs 25 MB at most.
MOST_BYTES: Final = 25 * 1024 * 1024
MOST_CONNECTIONS: Final = 64
#: Seconds without a command before a connection is closed.
IDLE: Final = 300
#: Seconds given to the messages under way when the server is told to stop.
PATIENCE: Final = 10
_THREADS: Final = 4
_COMMANDS: Final = {"*": 2000, "NOOP": 50, "RSET": 1000, "VRFY": 20, "HELP": 20}
#: The sender of a report, as aiosmtpd gives and wants it.
_NOBODY: Final = "<>"
_LATER: Final = "451 4.3.0 the message cannot be taken for now, try again later"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Where the server listens, what it presents, whom it trusts."""

    host: str
    port: int
    hostname: str
    certificate: Path
    key: Path
    ca: Path
    crl: Path
    whitelist: Path
    patient_domain: str
    shared: bool = False  # whether other processes may listen on the same port

    @classmethod
    def of(cls, settings: Any) -> Configuration:
        """From Django's settings (`CARNET_SMTP_…`)."""
        return cls(
            host=settings.CARNET_SMTP_HOST,
            port=settings.CARNET_SMTP_PORT,
            hostname=settings.CARNET_SMTP_HOSTNAME,
            certificate=settings.CARNET_SMTP_CERT,
            key=settings.CARNET_SMTP_KEY,
            ca=settings.CARNET_TRUST_CA,
            crl=settings.CARNET_TRUST_CRL,
            whitelist=settings.CARNET_WHITELIST,
            patient_domain=settings.CARNET_PATIENT_DOMAIN,
            shared=settings.CARNET_SMTP_SHARED,
        )


class _Peer(Session):
    """A connection; `dn` is the subject of its verified certificate, empty before TLS."""

    dn: str = ""


@dataclass
class Handler:
    """What aiosmtpd calls: it asks the policy and the room, in threads, and words the answer.

    Without slots: aiosmtpd looks at all members, which Python 3.11.2 cannot give of a dataclass
    with slots, and the event loop then drops every connection without a word.
    """

    configuration: Configuration
    threads: ThreadPoolExecutor
    under_way: set[asyncio.Future[Any]] = field(default_factory=set)

    def handle_STARTTLS(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: _Peer, _envelope: Envelope
    ) -> bool:
        """Whether the peer's certificate is trusted now, its revocation included."""
        tls = (session.ssl or {})["ssl_object"]
        der = tls.getpeercert(binary_form=True)
        try:
            certificate = certificates.read(der or b"")
            trust(self.configuration.ca, self.configuration.crl).check(
                certificate, now=datetime.now(UTC), usage="client"
            )
        except CertificateError as error:
            _log.warning("smtp_certificate_refused", extra={"code": error.code})
            return False
        session.dn = certificate.subject
        return True

    async def handle_MAIL(  # noqa: N802
        self,
        _server: SMTP,
        session: _Peer,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """The sender, by the white list."""
        answer = self._policy(session).sender(_sender(address))
        if answer == ACCEPTED:
            envelope.mail_from = address or _NOBODY
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(  # noqa: N802
        self,
        _server: SMTP,
        session: _Peer,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """One recipient, by the mailboxes; told now, so that nothing unwanted is received."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        policy, sender = self._policy(session), _sender(envelope.mail_from)
        answer = await self._in_thread(lambda: policy.recipient(sender, address))
        if answer == ACCEPTED:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, session: _Peer, envelope: Envelope
    ) -> str:
        """The message: 250 says that it is on disk and committed."""
        raw = envelope.original_content or b""
        sender = _sender(envelope.mail_from)
        answer = self._policy(session).content(sender, raw)
        if answer != ACCEPTED:
            return answer
        recipients = list(envelope.rcpt_tos)
        return await self._in_thread(lambda: _receive(raw, sender, recipients, session.dn))

    async def handle_exception(self, error: Exception) -> str:
        """What nothing above foresaw: said to be temporary, so that nothing is lost."""
        if isinstance(error, TLSSetupException):
            _log.warning("smtp_tls_failed", extra={"reason": type(error.__cause__).__name__})
            return "454 4.7.0 TLS failed"
        _log.exception("smtp_failure")
        return _LATER

    def _policy(self, session: _Peer) -> Policy:
        return Policy(
            white_list(self.configuration.whitelist),
            session.dn,
            self.configuration.patient_domain,
        )

    async def _in_thread(self, deed: Callable[[], str]) -> str:
        future = asyncio.get_running_loop().run_in_executor(self.threads, _with_database, deed)
        self.under_way.add(future)
        try:
            return await future
        finally:
            self.under_way.discard(future)


def _sender(mail_from: str | None) -> str:
    return "" if mail_from in (None, _NOBODY) else str(mail_from)


def _with_database(deed: Callable[[], str]) -> str:
    """The deed's answer; the thread keeps its connection, unless it broke."""
    try:
        return deed()
    except (DatabaseError, OSError) as error:
        _log.error("smtp_storage_failed", extra={"reason": type(error).__name__})
        return _LATER
    finally:
        connection.close_if_unusable_or_obsolete()


def _receive(raw: bytes, sender: str, recipients: list[str], dn: str) -> str:
    try:
        messaging.receive(raw, sender, recipients, peer=dn, now=datetime.now(UTC))
    except MessageError as error:
        return error.reply
    except LookupError:
        return "550 5.2.1 a mailbox was closed meanwhile"
    return "250 2.0.0 OK: delivered"


class _Server(SMTP):
    """aiosmtpd's protocol with a bound on connections, which it has not, and a DATA of ours."""

    #: What aiosmtpd makes of it is the buffer of the stream; `data` bounds the lines.
    line_length_limit = data.BUFFER

    def __init__(self, *args: Any, connections: set[SMTP], **options: Any) -> None:
        super().__init__(*args, **options)
        self._connections = connections

    def _create_session(self) -> Session:
        return _Peer(self.loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self not in self._connections and len(self._connections) >= MOST_CONNECTIONS:
            if isinstance(transport, asyncio.WriteTransport):
                transport.write(b"421 4.7.0 too many connections, try again later\r\n")
            transport.close()
            return
        self._connections.add(self)
        super().connection_made(transport)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        """The message, then what the handler answers."""
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no argument")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            envelope.original_content = await data.read(self._reader, MOST_BYTES)
            answer = await self.event_handler.handle_DATA(self, self.session, envelope)
        except data.DataError as error:
            answer = error.reply
        self.envelope = Envelope()
        await self.push(answer)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._connections:
            self._connections.discard(self)
            super().connection_lost(error)


def tls_context(configuration: Configuration) -> ssl.SSLContext:
    """TLS 1.2 or better, with a client certificate of a known authority (ECO.1.1.1)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(configuration.certificate, configuration.key)
    context.load_verify_locations(configuration.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def run(
    configuration: Configuration, stopping: asyncio.Event, listening: Callable[[int], None]
) -> None:
    """Serve until `stopping` is set; `listening` is told the port.

    Raises `OSError` when the port is taken. Messages under way when told to stop are answered,
    within `PATIENCE` seconds.
    """
    # Its lines hold addresses, that is matricules.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    loop = asyncio.get_running_loop()
    context = tls_context(configuration)
    connections: set[SMTP] = set()
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="smtp") as threads:
        handler = Handler(configuration, threads)
        server = await loop.create_server(
            lambda: _Server(
                handler,
                connections=connections,
                hostname=configuration.hostname,
                ident="Carnet",
                tls_context=context,
                require_starttls=True,
                data_size_limit=MOST_BYTES,
                timeout=IDLE,
                command_call_limit=_COMMANDS,
                loop=loop,
            ),
            configuration.host,
            configuration.port,
            reuse_port=configuration.shared,
        )
        listening(server.sockets[0].getsockname()[1])
        await stopping.wait()
        server.close()
        if handler.under_way:
            await asyncio.wait(handler.under_way, timeout=PATIENCE)
            await asyncio.sleep(0)  # the answers go out
        for each in tuple(connections):
            if each.transport is not None:
                each.transport.close()
        await asyncio.sleep(0)
        together = threading.Barrier(_THREADS)
        for _ in range(_THREADS):
            threads.submit(_hang_up, together)


def _hang_up(together: threading.Barrier) -> None:
    """Close the database connection of this thread; each thread does it once."""
    together.wait()
    connection.close()


def serve(settings: Any) -> None:
    """Serve as Django's settings say until SIGTERM or SIGINT; logs `ready` when it listens."""
    configuration = Configuration.of(settings)

    async def main() -> None:
        stopping = asyncio.Event()
        if threading.current_thread() is threading.main_thread():
            for name in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(name, stopping.set)
        await run(
            configuration,
            stopping,
            lambda port: _log.info("ready", extra={"host": configuration.host, "port": port}),
        )

    asyncio.run(main())
