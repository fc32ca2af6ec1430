"""The listener over real sockets: good messages, bad ones, giants, and the last one at the end."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connections

from carnet.establishment.doors.mllp import server
from carnet.establishment.exchange.models import Delivery, Inbound
from carnet.standards.hl7v2 import er7
from carnet.standards.hl7v2.mllp import Framer, frame
from tests.establishment.messages import document, wire
from tests.establishment.people import QUALIFIED, adt
from tests.waiting import LONG

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = 200_000


@contextmanager
def listening(*, message_time: float = LONG) -> Iterator[tuple[int, threading.Event]]:
    """A listener in a thread; its port, and what stops it."""
    stop, ready, port = threading.Event(), threading.Event(), [0]

    def tell(bound: int) -> None:
        port[0] = bound
        ready.set()

    def run() -> None:
        asyncio.run(
            server.listen("127.0.0.1", 0, stop, limit=LIMIT, message_time=message_time, ready=tell)
        )

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(LONG)
        yield port[0], stop
    finally:
        stop.set()
        thread.join(LONG)
        assert not thread.is_alive()


class Peer:
    """A sender: writes bytes, reads acknowledgements."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LONG)
        self._framer = Framer()
        self._answers: list[er7.Message] = []

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> er7.Message:
        while not self._answers:
            data = self.socket.recv(65536)
            assert data, "the listener closed the connection"
            self._answers += [er7.read(part.data) for part in self._framer.feed(data)]
        return self._answers.pop(0)

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def port() -> Iterator[int]:
    with listening() as (bound, _):
        yield bound


@pytest.fixture
def peer(port: int) -> Iterator[Peer]:
    found = Peer(port)
    yield found
    found.close()


KNOWN = frame(wire(adt("A28", QUALIFIED)))
LETTER = frame(wire(document()))


def test_a_message_is_acknowledged_once_it_is_stored(peer: Peer) -> None:
    peer.send(KNOWN)
    assert peer.answer().get("MSA-1") == "AA"
    assert Inbound.objects.get().state == "accepted"


def test_two_messages_at_once_get_two_answers_in_their_order(peer: Peer) -> None:
    peer.send(KNOWN + LETTER)
    assert [peer.answer().get("MSA-2") for _ in range(2)] == ["M1", "D1"]
    assert Delivery.objects.count() == 3


def test_a_message_may_come_byte_by_byte(peer: Peer) -> None:
    for byte in KNOWN:
        peer.send(bytes([byte]))
    assert peer.answer().get("MSA-1") == "AA"


def test_garbage_is_refused_and_the_next_message_is_read(peer: Peer) -> None:
    peer.send(b"hello there\r\n" + KNOWN)
    assert peer.answer().get("MSA-1") == "AE"
    assert peer.answer().get("MSA-1") == "AA"


def test_a_frame_that_is_no_message_is_refused_and_the_next_one_is_read(peer: Peer) -> None:
    peer.send(frame(b"\xff\xff nonsense") + KNOWN)
    assert peer.answer().get("MSA-1") in {"AE", "AR"}
    assert peer.answer().get("MSA-1") == "AA"


def test_a_giant_is_refused_by_its_name_and_the_next_message_is_read(peer: Peer) -> None:
    giant = wire(adt("A28", QUALIFIED)) + b"NTE|1||" + b"x" * (3 * LIMIT) + b"\r"
    peer.send(frame(giant) + KNOWN)
    first = peer.answer()
    assert (first.get("MSA-1"), first.get("MSA-2")) == ("AE", "M1")
    assert peer.answer().get("MSA-1") == "AA"
    assert Inbound.objects.filter(state="rejected").count() == 1


def test_a_frame_cut_by_the_next_one_is_refused(peer: Peer) -> None:
    peer.send(KNOWN[:80] + KNOWN)
    assert peer.answer().get("MSA-1") == "AE"
    assert peer.answer().get("MSA-1") == "AA"


def test_a_message_that_never_ends_ends_the_connection() -> None:
    with listening(message_time=0.3) as (port, _):
        slow = Peer(port)
        slow.send(KNOWN[:50])
        assert slow.socket.recv(10) == b""
        slow.close()


def test_a_silent_peer_keeps_nobody_waiting(port: int) -> None:
    silent = [Peer(port) for _ in range(20)]
    for one in silent:
        one.send(KNOWN[:10])
    speaking = Peer(port)
    speaking.send(KNOWN)
    assert speaking.answer().get("MSA-1") == "AA"
    for one in (*silent, speaking):
        one.close()


def test_two_listeners_with_the_same_message_process_it_once() -> None:
    with listening() as (first, _), listening() as (second, _):
        setup = Peer(first)
        setup.send(KNOWN)
        setup.answer()
        setup.close()

        def send(port: int) -> str:
            peer = Peer(port)
            peer.send(LETTER)
            said = peer.answer().get("MSH-10")
            peer.close()
            return said

        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(send, [first, second] * 4))
    assert len(answers) == 1
    assert Delivery.objects.count() == 3


def test_two_letters_of_one_document_sent_at_once_are_delivered_once(port: int) -> None:
    setup = Peer(port)
    setup.send(KNOWN)
    setup.answer()
    setup.close()

    def send(number: int) -> str:
        peer = Peer(port)
        peer.send(frame(wire(document(control_id=f"D{number}"))))
        said = peer.answer().get("MSA-1")
        peer.close()
        return said

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(8))) == {"AA"}
    assert Delivery.objects.count() == 3


def test_the_message_in_hand_is_acknowledged_before_the_listener_stops() -> None:
    with listening() as (port, stop):
        peer = Peer(port)
        peer.send(KNOWN * 3)
        peer.answer()
        stop.set()
        assert peer.answer().get("MSA-1") == "AA"
        peer.close()


def test_without_the_database_the_sender_is_told_to_send_again(
    peer: Peer, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.settings["default"], "PORT", "1")
    monkeypatch.setitem(connections.settings["default"], "HOST", "127.0.0.1")
    peer.send(KNOWN)
    assert peer.answer().get("MSA-1") == "AR"


def test_a_port_that_is_taken_is_said_and_not_shared(port: int) -> None:
    with pytest.raises(OSError, match="address already in use"):
        asyncio.run(server.listen("127.0.0.1", port, threading.Event(), limit=LIMIT))
