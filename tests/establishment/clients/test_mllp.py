"""The sender of HL7 v2: what it sends arrives, each answer is judged, nothing hangs."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from carnet.establishment.clients.errors import Babbling, Refused, Unavailable, Unreachable
from carnet.establishment.clients.mllp import MllpClient, tls_context
from carnet.standards.hl7v2 import er7
from carnet.standards.hl7v2.header import header_of
from carnet.standards.hl7v2.mllp import Frame, Framer, frame
from tests.establishment.country import Papers, server_context
from tests.establishment.messages import wire
from tests.establishment.people import QUALIFIED, adt
from tests.waiting import LONG

MESSAGE = wire(adt("A31", QUALIFIED))


def acknowledgement(message: bytes, code: str = "AA", text: str = "") -> bytes:
    control_id = header_of(er7.read(message)).control_id
    said = f"\rERR||PID^1^3|207|E||||{text}" if text else ""
    return (
        f"MSH|^~\\&|LABO|CH|CARNET|CH|20260302||ACK^A31^ACK|1|P|2.5\rMSA|{code}|{control_id}{said}\r"
    ).encode()


@dataclass
class Application:
    """An application that keeps what it takes, and answers as it is told: bytes, None for none."""

    port: int = 0
    taken: list[bytes] = field(default_factory=list)
    connections: int = 0
    answer: Callable[[bytes], bytes | None] = lambda message: frame(acknowledgement(message))


@contextmanager
def listening(tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Application]:
    """An application that listens, on this port when one is given."""
    found, stop = Application(), threading.Event()
    listener = socket.create_server(("127.0.0.1", port))
    listener.settimeout(0.1)
    found.port = listener.getsockname()[1]

    def talk(connected: socket.socket) -> None:
        with connected:
            connected.settimeout(LONG)
            framer = Framer()
            while data := connected.recv(65536):
                for part in framer.feed(data):
                    assert isinstance(part, Frame)
                    found.taken.append(part.data)
                    answer = found.answer(part.data)
                    if answer is None:
                        return
                    connected.sendall(answer)

    def serve() -> None:
        while not stop.is_set():
            try:
                connected, _ = listener.accept()
            except TimeoutError:
                continue
            found.connections += 1
            with suppress(OSError):
                talk(tls.wrap_socket(connected, server_side=True) if tls else connected)
            connected.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield found
    stop.set()
    thread.join(LONG)
    listener.close()


@pytest.fixture
def application() -> Iterator[Application]:
    with listening() as found:
        yield found


def client(application: Application, longest: float = LONG) -> MllpClient:
    return MllpClient("127.0.0.1", application.port, timeout=longest, longest=longest)


def test_messages_go_on_one_connection(application: Application) -> None:
    sending = client(application)
    sending.send(MESSAGE)
    sending.send(MESSAGE)
    sending.close()
    assert application.taken == [MESSAGE, MESSAGE]
    assert application.connections == 1


def test_a_connection_closed_meanwhile_is_opened_again(application: Application) -> None:
    sending = client(application)
    sending.send(MESSAGE)
    assert sending._socket is not None
    sending._socket.shutdown(socket.SHUT_RDWR)
    sending.send(MESSAGE)
    sending.close()
    assert application.connections == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda m: frame(acknowledgement(m, "AE", "unknown ward")), Refused),
        (lambda m: frame(acknowledgement(m, "CE")), Refused),
        (lambda m: frame(acknowledgement(m, "AR")), Unavailable),
        (lambda m: frame(acknowledgement(m, "??")), Babbling),
        (lambda _: frame(b"not HL7"), Babbling),
        (lambda _: frame(b"MSH|^~\\&|||||||ACK|1|P|2.5\rMSA|AA|another\r"), Babbling),
        (lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n\x1c", Babbling),
        (lambda _: None, Unreachable),
    ],
)
def test_an_answer_that_does_not_take_the_message_is_an_error(
    application: Application, answer: Callable[[bytes], bytes | None], error: type[Exception]
) -> None:
    application.answer = answer
    sending = client(application)
    with pytest.raises(error) as caught:
        sending.send(MESSAGE)
    assert type(caught.value) is error
    sending.close()


def test_an_answer_that_never_ends_is_not_waited_for(application: Application) -> None:
    application.answer = lambda _: b"\x0bMSH|never ends"
    sending = client(application, longest=0.5)
    with pytest.raises(Unreachable):
        sending.send(MESSAGE)
    sending.close()


def test_the_words_of_a_refusal_are_kept(application: Application) -> None:
    application.answer = lambda m: frame(acknowledgement(m, "AE", "unknown ward"))
    sending = client(application)
    with pytest.raises(Refused, match="unknown ward"):
        sending.send(MESSAGE)
    sending.close()


def test_nobody_listening_is_unreachable() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable):
            MllpClient("127.0.0.1", deaf.getsockname()[1]).send(MESSAGE)


def over_tls(application: Application, papers: Papers, host: str = "localhost") -> MllpClient:
    context = tls_context(papers.ca, papers.tls, papers.tls_key)
    return MllpClient(host, application.port, tls=context, timeout=LONG, longest=LONG)


def test_an_application_is_reached_over_mutual_tls(papers: Papers) -> None:
    with listening(server_context(papers)) as application:
        sending = over_tls(application, papers)
        sending.send(MESSAGE)
        sending.send(MESSAGE)
        sending.close()
        assert application.taken == [MESSAGE, MESSAGE]
        assert application.connections == 1


def test_an_application_under_another_name_is_not_told(papers: Papers) -> None:
    with listening(server_context(papers)) as application:
        with pytest.raises(Unreachable):
            over_tls(application, papers, "127.0.0.2").send(MESSAGE)
        assert application.taken == []


def test_an_application_that_says_nothing_of_tls_is_not_waited_for(papers: Papers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        context = tls_context(papers.ca, papers.tls, papers.tls_key)
        silent = MllpClient("127.0.0.1", listener.getsockname()[1], tls=context, timeout=0.3)
        with pytest.raises(Unreachable):
            silent.send(MESSAGE)
