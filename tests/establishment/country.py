"""A small country for the tests: a record and a mail operator that speak the true protocols.

They keep what they take, count what they are asked, and misbehave on demand.
"""

import io
import socket
import ssl
import sys
import threading
import uuid
from asyncio import AbstractServer
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from lxml import etree

from carnet.ops.pki import Authority, Kind, organisation_name
from carnet.standards import certificates
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import SoapFault
from carnet.standards.vihf import signature
from carnet.standards.xds import iti18, iti41, iti57, registry_response, rules
from carnet.standards.xds.ebrim import entry_fragment
from carnet.standards.xds.errors import ErrorCode, RegistryError
from carnet.standards.xds.metadata import AssociationType, DocumentEntry, Status
from tests.waiting import LONG


@dataclass(frozen=True)
class Papers:
    """The certificates of both sides."""

    ca: Path
    crl: Path
    server: Path
    server_key: Path
    tls: Path
    tls_key: Path
    sign: Path
    sign_key: Path

    def settings(self) -> dict[str, Any]:
        """The settings of the establishment that name files."""
        return {
            "CARNET_TRUST_CA": self.ca,
            "CARNET_TLS_CERT": self.tls,
            "CARNET_TLS_KEY": self.tls_key,
            "CARNET_MSS_CERT": self.server,
            "CARNET_MSS_KEY": self.server_key,
            "CARNET_SIGNATURE_CERT": self.sign,
            "CARNET_SIGNATURE_KEY": self.sign_key,
        }


def make_papers(folder: Path) -> Papers:
    """An authority, a server, and the two certificates of the hospital."""
    now = datetime.now(UTC)
    authority = Authority.create(folder, now)
    hospital = organisation_name(
        "ch-valdaubre",
        struct_idnat="1990000010",
        organisation="Centre hospitalier du Val d'Aubre",
        department="Paris (75)",
    )
    server = authority.issue(Kind.SERVER, hospital)
    tls = authority.issue(Kind.ORG_AUTH_CLI, hospital)
    sign = authority.issue(Kind.ORG_SIGN, hospital)
    return Papers(
        ca=authority.ca_path,
        crl=authority.crl_path,
        server=server.chain_path,
        server_key=server.key_path,
        tls=tls.chain_path,
        tls_key=tls.key_path,
        sign=sign.cert_path,
        sign_key=sign.key_path,
    )


def server_context(papers: Papers) -> ssl.SSLContext:
    """TLS that asks for a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers.server, papers.server_key)
    context.load_verify_locations(papers.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@dataclass
class Record:
    """The shared record: entries by uniqueId, and every lot it was asked to take."""

    papers: Papers
    entries: dict[str, DocumentEntry] = field(default_factory=dict)
    lots: list[str] = field(default_factory=list)
    requests: list[iti41.ProvideRequest] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    #: What to do with the next calls: ok, silent, lost (done, but not answered), babble, busy,
    #: later (Receiver fault), fault (Sender fault), refuse.
    behaviour: Callable[[], str] = lambda: "ok"
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    errors: list[BaseException | None] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/si-dmp-server/v2/services"

    def answer(self, payload: etree._Element, attachments: Any) -> bytes:
        """The payload of the answer to one request."""
        with self.lock:
            if payload.tag.endswith("ProvideAndRegisterDocumentSetRequest"):
                return self._publish(iti41.read(payload, attachments))
            if payload.tag.endswith("AdhocQueryRequest"):
                return self._query(iti18.read(payload))
            return self._change(iti57.read(payload))

    def _publish(self, request: iti41.ProvideRequest) -> bytes:
        errors = list(rules.check(request.submission))
        assert request.submission.submission_set is not None
        self.lots.append(request.submission.submission_set.unique_id)
        self.requests.append(request)
        for entry in request.submission.documents:
            data = request.documents[entry.id]
            digest = sha1(data, usedforsecurity=False).hexdigest()
            held = self.entries.get(entry.unique_id)
            if held is not None:
                if held.hash != digest:
                    errors.append(RegistryError(ErrorCode.NON_IDENTICAL_HASH, "other bytes"))
                continue
            for link in request.submission.associations:
                if link.type is AssociationType.RPLC:
                    self._set(link.target, Status.DEPRECATED)
            self.entries[entry.unique_id] = replace(
                entry,
                id=f"urn:uuid:{uuid.uuid4()}",
                hash=digest,
                size=len(data),
                repository_unique_id="1.2.250.1.999.1.1.1",
                status=Status.APPROVED,
            )
        return registry_response.write(errors)

    def _set(self, entry_uuid: str, status: Status) -> None:
        for key, entry in self.entries.items():
            if entry.id == entry_uuid:
                self.entries[key] = replace(entry, status=status)

    def _query(self, query: Any) -> bytes:
        assert isinstance(query, iti18.GetDocuments)
        found = [self.entries[u] for u in query.unique_ids if u in self.entries]
        return iti18.write_response([entry_fragment(entry) for entry in found])

    def _change(self, change: iti57.StatusChange) -> bytes:
        self._set(change.target, change.new)
        return registry_response.write()


@contextmanager
def record_server(papers: Papers) -> Iterator[Record]:
    """The record, listening with mutual TLS."""
    record = Record(papers)
    trust = certificates.Trust([papers.ca.read_bytes()], [papers.crl.read_bytes()])
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = LONG

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if not length or len(body) < length:
                raise ConnectionResetError("the sender was killed in the middle of a request")
            package = mtom.read(
                self.headers["Content-Type"], io.BytesIO(body), limit=64 * 1024 * 1024
            )
            asked = envelope.read(package.root)
            assert asked.assertion is not None
            signature.verify(asked.assertion, trust=trust, now=record.clock())
            record.calls.append(etree.QName(asked.payload).localname)
            self._behave(record.behaviour(), asked, package)

        def _behave(self, how: str, asked: envelope.Envelope, package: mtom.Package) -> None:
            if how == "silent":
                released.wait(LONG)
                self.close_connection = True
            elif how == "lost":
                record.answer(asked.payload, package.attachments)
                self.close_connection = True
            elif how == "babble":
                self.close_connection = True
                with suppress(OSError):
                    self.wfile.write(
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\r\n"
                    )
                    for _ in range(200):
                        self.wfile.write(b"<a>" * 20_000)
            elif how == "busy":
                self._say(503, "text/plain", b"later")
            elif how in {"later", "fault"}:
                fault = SoapFault("Receiver" if how == "later" else "Sender", "not like this")
                body = envelope.write_fault(
                    fault,
                    relates_to=asked.addressing.message_id,
                    message_id=f"urn:uuid:{uuid.uuid4()}",
                )
                self._say(500, "application/soap+xml", body)
            else:
                answer = (
                    registry_response.write(
                        [RegistryError(ErrorCode.UNKNOWN_PATIENT_ID, "no record")]
                    )
                    if how == "refuse"
                    else record.answer(asked.payload, package.attachments)
                )
                said = asked.addressing.answer("answer", f"urn:uuid:{uuid.uuid4()}")
                self._say(200, "application/soap+xml", envelope.write(said, answer))

        def _say(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing on the output of the tests."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[socket.socket, Any]:
            connected, address = super().get_request()
            connected.settimeout(LONG)
            return context.wrap_socket(
                connected, server_side=True, do_handshake_on_connect=False
            ), address

        def handle_error(self, *_: Any) -> None:
            """A client that leaves is no error of the record; the rest fails the test."""
            error = sys.exc_info()[1]
            if not isinstance(error, OSError):
                record.errors.append(error)

    context = server_context(papers)
    server = Server(("127.0.0.1", 0), Handler)
    record.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield record
    finally:
        released.set()
        server.shutdown()
        server.server_close()
        thread.join()
        assert record.errors == []


@dataclass
class Mail:
    """The mail operator: messages by Message-ID and recipient, and every one it was given."""

    taken: list[tuple[str, str, bytes]] = field(default_factory=list)  #: from, to, raw
    refuse: str = ""  #: the reply to RCPT, when not empty
    tired: str = ""  #: the reply to MAIL after the first message of a connection, when not empty
    leaves: bool = False  #: closes the connection after each message
    connections: int = 0
    port: int = 0

    def handle_STARTTLS(self, *_: Any) -> bool:
        self.connections += 1
        return True

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        if self.tired and hasattr(session, "served"):
            return self.tired
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: SmtpEnvelope, address: str, options: Any
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: SmtpEnvelope) -> str:
        assert envelope.mail_from is not None
        assert isinstance(envelope.content, bytes)
        self.taken.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        session.served = True
        if self.leaves:
            server.loop.call_soon(server.transport.close)
        return "250 2.0.0 kept"


@contextmanager
def mail_server(papers: Papers) -> Iterator[Mail]:
    """The operator, listening; STARTTLS with a certificate is required."""
    mail = Mail()
    context = server_context(papers)

    listening = socket.create_server(("127.0.0.1", 0))
    mail.port = listening.getsockname()[1]

    class _Controller(Controller):
        def factory(self) -> SMTP:
            return SMTP(mail, tls_context=context, require_starttls=True)

        def _create_server(self) -> Awaitable[AbstractServer]:
            return self.loop.create_server(self._factory_invoker, sock=listening)

    controller = _Controller(mail, hostname="127.0.0.1", port=mail.port, ready_timeout=LONG)
    controller.start()
    try:
        yield mail
    finally:
        controller.stop()
