"""The mail client before servers that are not there, that babble, that refuse."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from carnet.establishment.clients.errors import (
    Babbling,
    CallError,
    Unreachable,
)
from carnet.establishment.clients.smtp import MssClient
from tests.establishment.country import Mail, Papers, make_papers
from tests.waiting import LONG

MESSAGE = b"Subject: essai\r\n\r\nbonjour\r\n"


def client(
    papers: Papers, port: int, *, authorities: Path | None = None, longest: float = LONG
) -> MssClient:
    return MssClient(
        "localhost",
        port,
        certificate=papers.server,
        key=papers.server_key,
        authorities=authorities or papers.ca,
        name="valdaubre.mssante.fr",
        timeout=longest,
        longest=longest,
    )


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


def test_a_message_is_accepted_with_its_receipt(papers: Papers, mail: Mail) -> None:
    receipt = send(client(papers, mail.port))
    assert "kept" in str(receipt)
    assert mail.taken[0][:2] == ("a@valdaubre.mssante.fr", "b@patient.mssante.fr")


def test_nobody_listens(papers: Papers) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable):
            send(client(papers, deaf.getsockname()[1]))


def test_a_server_of_another_authority_is_not_trusted(
    papers: Papers, mail: Mail, tmp_path: Path
) -> None:
    stranger = make_papers(tmp_path / "other")
    with pytest.raises(Unreachable):
        send(client(papers, mail.port, authorities=stranger.ca))
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
    papers: Papers, greeting: bytes, error: type[CallError]
) -> None:
    with saying(lambda peer: peer.sendall(greeting)) as port, pytest.raises(error):
        send(client(papers, port))


def test_nothing_is_sent_in_clear(papers: Papers) -> None:
    def plain(peer: socket.socket) -> None:
        peer.sendall(b"220 hello\r\n")
        peer.recv(1000)
        peer.sendall(b"250-hello\r\n250 SIZE 1000\r\n")
        peer.recv(1000)

    with saying(plain) as port, pytest.raises(Unreachable):
        send(client(papers, port))


def test_a_reply_without_end_is_cut(papers: Papers) -> None:
    def babble(peer: socket.socket) -> None:
        peer.sendall(b"220 hello\r\n")
        peer.recv(1000)
        for _ in range(10_000):
            peer.sendall(b"250-and also\r\n" * 100)

    with saying(babble) as port, pytest.raises(Babbling):
        send(client(papers, port))


def test_a_reply_that_drips_is_cut(papers: Papers) -> None:
    stop = threading.Event()

    def drip(peer: socket.socket) -> None:
        peer.sendall(b"220 hello\r\n")
        while not stop.wait(0.2):
            peer.sendall(b"2")

    with saying(drip) as port:
        with pytest.raises(Unreachable):
            send(client(papers, port, longest=1.0))
        stop.set()
