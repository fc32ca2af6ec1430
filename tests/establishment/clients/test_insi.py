"""The client of INSi: what it sends is read, each bad answer has its error, nothing hangs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from carnet.establishment.clients.errors import Babbling, Refused, Unavailable, Unreachable
from carnet.establishment.clients.insi import InsiClient
from carnet.standards.ins import BirthDate, Sex
from carnet.standards.ins.insi import (
    BatchLine,
    BatchReceipt,
    BatchReport,
    DepositQuery,
    Operation,
    Request,
    Result,
    ResultCode,
    Software,
    TraitsQuery,
    VerifyQuery,
    known_fault,
    read_request,
    scripted_population,
    write_answer,
    write_fault,
)
from carnet.standards.soap import envelope
from carnet.standards.soap.envelope import SoapFault
from tests.establishment.country import Papers, server_context
from tests.waiting import LONG

SOAP = "application/soap+xml; charset=UTF-8"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOFTWARE = Software("AA1B2C3D4E", "1.0", "0f0e0d0c-0000-4000-8000-000000000001", "Carnet")
ZOE = TraitsQuery("ADRUN", ("ZOE",), Sex.FEMININE, BirthDate.parse("1975-12-31"))
PERSON = scripted_population()[0].individual
LINES = (BatchLine("IPP-1", VerifyQuery(PERSON.active, PERSON.traits)),)

Said = tuple[int, str, bytes] | None


@dataclass
class Insi:
    """A service that keeps the questions and says what it is told to; None: nothing."""

    port: int = 0
    asked: list[Request] = field(default_factory=list)
    said: Callable[[], Said] = lambda: (200, SOAP, b"")

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/lps"


@pytest.fixture
def insi(papers: Papers) -> Iterator[Insi]:
    service, released, context = Insi(), threading.Event(), server_context(papers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = LONG

        def do_POST(self) -> None:
            assert self.path == "/lps"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.asked.append(read_request(body))
            said = service.said()
            if said is None:
                released.wait(LONG)
                self.close_connection = True
                return
            status, content_type, answer = said
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Nothing on the output of the tests."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[socket.socket, Any]:
            connected, address = super().get_request()
            connected.settimeout(LONG)
            secured = context.wrap_socket(
                connected, server_side=True, do_handshake_on_connect=False
            )
            return secured, address

        def handle_error(self, *_: Any) -> None:
            """A client that leaves is no error of the service."""

    server = Server(("127.0.0.1", 0), Handler)
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        released.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def asking(papers: Papers, insi: Insi) -> Iterator[InsiClient]:
    asking = client(papers, insi.url)
    yield asking
    asking.close()


def client(papers: Papers, url: str, **options: float) -> InsiClient:
    return InsiClient(
        url,
        certificate=papers.tls,
        key=papers.tls_key,
        authorities=papers.ca,
        emitter="1990000010",
        software=SOFTWARE,
        **{"timeout": LONG, "longest": LONG, **options},
    )


def answered(answer: Any, operation: Operation) -> Callable[[], Said]:
    return lambda: (200, SOAP, write_answer(answer, operation))


def test_a_question_is_sent_with_its_contexts_and_the_answer_read(
    asking: InsiClient, insi: Insi
) -> None:
    result = Result(ResultCode.FOUND, PERSON)
    insi.said = answered(result, Operation.SEARCH_BY_TRAITS)
    assert asking.ask(ZOE, now=NOW) == result
    assert asking.ask(ZOE, now=NOW) == result
    first, second = insi.asked
    assert (first.query, first.context.emitter, first.context.software, first.context.at) == (
        ZOE,
        "1990000010",
        SOFTWARE,
        NOW,
    )
    assert first.message_id != second.message_id


def test_a_batch_is_deposited_under_the_id_of_the_caller_and_collected(
    asking: InsiClient, insi: Insi
) -> None:
    batch = "7f0c2b5e-0000-7000-8000-000000000009"
    insi.said = answered(BatchReceipt(batch), Operation.DEPOSIT)
    assert asking.deposit(DepositQuery(LINES), message_id="uuid:7", now=NOW) == batch
    assert insi.asked[0].message_id == "uuid:7"
    report = BatchReport(done=True, lines=(("IPP-1", "00"),))
    insi.said = answered(report, Operation.COLLECT)
    assert asking.collect(batch, now=NOW) == report


SENDER = SoapFault("Sender", "not like this", subcode="wsse:InvalidSecurity")
RECEIVER = SoapFault("Receiver", "later")


@pytest.mark.parametrize(
    ("said", "error", "code"),
    [
        (None, Unreachable, ""),
        ((500, SOAP, write_fault(known_fault("insi_102"))), Unavailable, "insi_102"),
        ((500, SOAP, write_fault(known_fault("carnet_quota"))), Unavailable, "carnet_quota"),
        ((500, SOAP, write_fault(known_fault("desir_550"))), Refused, "desir_550"),
        ((500, SOAP, write_fault(known_fault("desir_560"))), Refused, "desir_560"),
        (
            (400, SOAP, envelope.write_fault(SENDER, message_id="uuid:1")),
            Refused,
            "wsse:InvalidSecurity",
        ),
        ((500, SOAP, envelope.write_fault(RECEIVER, message_id="uuid:1")), Unavailable, "Receiver"),
        ((502, "text/html", b"<html>"), Unreachable, ""),
        ((429, "text/plain", b"slow down"), Unavailable, "429"),
        ((403, "text/html", b"<html>"), Refused, "403"),
        ((200, "text/html", b"<html>"), Babbling, ""),
        ((200, SOAP, b"<html/>"), Babbling, ""),
        ((200, SOAP, b"<!DOCTYPE a><a/>"), Babbling, ""),
        (
            (200, SOAP, write_answer(BatchReport(done=False), Operation.COLLECT)),
            Babbling,
            "",
        ),
    ],
)
def test_each_bad_answer_has_its_error(
    papers: Papers, insi: Insi, said: Said, error: type[Exception], code: str
) -> None:
    insi.said = lambda: said
    asking = client(papers, insi.url, **({"timeout": 0.5, "longest": 1.0} if said is None else {}))
    begun = time.monotonic()
    with pytest.raises(error) as caught:
        asking.ask(ZOE, now=NOW)
    assert (type(caught.value), getattr(caught.value, "code", None)) == (error, code)
    assert time.monotonic() - begun < LONG / 2
    asking.close()


def test_the_answer_to_another_question_is_no_answer(asking: InsiClient, insi: Insi) -> None:
    insi.said = answered(Result(ResultCode.NONE), Operation.SEARCH_BY_TRAITS)
    with pytest.raises(Babbling):
        asking.deposit(DepositQuery(LINES), message_id="uuid:7", now=NOW)
    with pytest.raises(Babbling):
        asking.collect("7f0c2b5e-0000-7000-8000-000000000009", now=NOW)


def test_nobody_listens(papers: Papers) -> None:
    with pytest.raises(Unreachable):
        client(papers, "https://localhost:1/lps").ask(ZOE, now=NOW)
