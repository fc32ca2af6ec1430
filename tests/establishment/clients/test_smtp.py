"""The mail client before servers that are not there, that babble, that refuse."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from carnet.establishment.clients import smtp
from carnet.establishment.clients.errors import (
    Babbling,
    CallError,
    Refused,
    Unavailable,
    Unreachable,
)
from carnet.establishment.clients.smtp import MssClient
from tests.establishment.country import Mail, Papers, make_papers
from tests.waiting import LONG

MESSAGE = b"Subject: essai\r\n\r\nbonjour\r\n"


Client = Callable[..., MssClient]


@pytest.fixture
def client(papers: Papers) -> Iterator[Client]:
    """Makes clients, which are closed at the end."""
    with ExitStack() as stack:

        def make(port: int, *, authorities: Path | None = None, longest: float = LONG) -> MssClient:
            made = MssClient(
                "localhost",
                port,
                certificate=papers.server,
                key=papers.server_key,
                authorities=authorities or papers.ca,
                name="valdaubre.mssante.fr",
                timeout=longest,
                longest=longest,
            )
            stack.callback(made.close)
            return made

        yield make


def send(sender: MssClient) -> object:
    return sender.send("a@valdaubre.mssante.fr", "b@patient.mssante.fr", MESSAGE, envelope_id="1")


@contextmanager
def saying(speak: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does one thing to whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            with suppress(OSError):
                peer, _ = server.accept()
                with peer, suppress(OSError):
                    speak(peer)

        thread = threading.Thread(target=run)
        thread.start()
        yield server.getsockname()[1]
        thread.join(LONG)


def test_a_message_is_accepted_with_its_receipt(mail: Mail, client: Client) -> None:
    receipt = send(client(mail.port))
    assert "kept" in str(receipt)
    assert mail.taken[0][:2] == ("a@valdaubre.mssante.fr", "b@patient.mssante.fr")


@pytest.mark.parametrize(
    "raw", [b".a\r\n", b"a\r\n.\r\nb\r\n", b"a\r\n..b\r\n.c\r\n", b"\r\n.\r\n", b"a\r\n.b"]
)
def test_points_arrive_as_they_were_written(mail: Mail, client: Client, raw: bytes) -> None:
    client(mail.port).send("a@b.fr", "c@d.fr", raw, envelope_id="1")
    assert mail.taken[0][2] == raw.removesuffix(b"\r\n") + b"\r\n"


def test_messages_that_follow_each_other_share_a_connection(mail: Mail, client: Client) -> None:
    sender = client(mail.port)
    for _ in range(3):
        send(sender)
    assert len(mail.taken) == 3
    assert mail.connections == 1


def test_a_connection_that_was_closed_meanwhile_is_opened_again(mail: Mail, client: Client) -> None:
    mail.leaves = True
    sender = client(mail.port)
    for _ in range(3):
        send(sender)
    assert len(mail.taken) == mail.connections == 3


def test_a_server_that_wants_no_more_on_a_connection_is_given_another(
    mail: Mail, client: Client
) -> None:
    mail.tired = "421 4.3.2 enough"
    sender = client(mail.port)
    send(sender)
    send(sender)
    assert len(mail.taken) == mail.connections == 2


def test_a_sender_refused_is_refused_on_a_kept_connection_too(mail: Mail, client: Client) -> None:
    mail.tired = "451 4.7.1 later"
    sender = client(mail.port)
    send(sender)
    with pytest.raises(Unavailable):
        send(sender)
    assert len(mail.taken) == mail.connections == 1


def test_what_is_refused_ends_its_connection(mail: Mail, client: Client) -> None:
    sender = client(mail.port)
    send(sender)
    mail.refuse = "550 5.1.1 nobody"
    with pytest.raises(Refused):
        send(sender)
    mail.refuse = ""
    send(sender)
    assert (len(mail.taken), mail.connections) == (2, 2)


@pytest.mark.parametrize(("bound", "value"), [("MOST_MESSAGES", 1), ("LONGEST_IDLE", 0.0)])
def test_a_connection_is_not_kept_for_ever(
    mail: Mail, client: Client, monkeypatch: pytest.MonkeyPatch, bound: str, value: float
) -> None:
    monkeypatch.setattr(smtp, bound, value)
    sender = client(mail.port)
    send(sender)
    send(sender)
    assert len(mail.taken) == mail.connections == 2


def test_nobody_listens(client: Client) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable):
            send(client(deaf.getsockname()[1]))


def test_a_server_of_another_authority_is_not_trusted(
    mail: Mail, client: Client, tmp_path: Path
) -> None:
    stranger = make_papers(tmp_path / "other")
    with pytest.raises(Unreachable):
        send(client(mail.port, authorities=stranger.ca))
    assert mail.taken == []


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        (b"554 5.7.1 go away\r\n", Unreachable),
        (b"421 4.3.2 later\r\n", Unreachable),
        (b"220 hello\r\n", Unreachable),
        (b"hello there\r\n", CallError),
    ],
)
def test_each_greeting_has_its_meaning(
    client: Client, greeting: bytes, error: type[CallError]
) -> None:
    with saying(lambda peer: peer.sendall(greeting)) as port, pytest.raises(error):
        send(client(port))


def test_nothing_is_sent_in_clear(client: Client) -> None:
    def plain(peer: socket.socket) -> None:
        peer.sendall(b"220 hello\r\n")
        peer.recv(1000)
        peer.sendall(b"250-hello\r\n250 SIZE 1000\r\n")
        peer.recv(1000)

    with saying(plain) as port, pytest.raises(Unreachable):
        send(client(port))


def test_a_reply_without_end_is_cut(client: Client) -> None:
    def babble(peer: socket.socket) -> None:
        peer.sendall(b"220 hello\r\n")
        peer.recv(1000)
        for _ in range(10_000):
            peer.sendall(b"250-and also\r\n" * 100)

    with saying(babble) as port, pytest.raises(Babbling):
        send(client(port))


def test_a_reply_that_drips_is_cut(client: Client) -> None:
    stop = threading.Event()

    def drip(peer: socket.socket) -> None:
        peer.sendall(b"220 hello\r\n")
        while not stop.wait(0.2):
            peer.sendall(b"2")

    with saying(drip) as port:
        with pytest.raises(Unreachable):
            send(client(port, longest=1.0))
        stop.set()


def test_a_handshake_that_drips_is_cut(client: Client) -> None:
    stop = threading.Event()

    def drip(peer: socket.socket) -> None:
        peer.sendall(b"220 hello\r\n")
        peer.recv(1000)
        peer.sendall(b"250-hello\r\n250 STARTTLS\r\n")
        peer.recv(1000)
        peer.sendall(b"220 go\r\n")
        peer.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 kB, which comes byte by byte
        while not stop.wait(0.2):
            peer.sendall(b"\x02")

    with saying(drip) as port:
        with pytest.raises(Unreachable):
            send(client(port, longest=1.0))
        stop.set()
