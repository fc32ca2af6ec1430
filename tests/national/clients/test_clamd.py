"""The antivirus: what it knows is refused, and what it does not judge is not let in."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from carnet.national.clients import clamd
from tests.national.clients import viruses
from tests.national.clients.viruses import VIRUS
from tests.waiting import LONG


@pytest.fixture(scope="module", params=sorted(viruses.KINDS))
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where an antivirus listens."""
    with viruses.KINDS[request.param](tmp_path_factory.mktemp("clamd")) as found:
        yield found


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 3 * 1024 * 1024 + 1])
def test_what_it_does_not_know_passes(address: str, size: int) -> None:
    clamd.check(address, b"x" * size)


@pytest.mark.parametrize("before", [0, 64 * 1024 - 7, 200_000])
def test_what_it_knows_is_refused_by_its_name(address: str, before: int) -> None:
    with pytest.raises(clamd.InfectedError) as refused:
        clamd.check(address, b"x" * before + VIRUS)
    assert refused.value.signature == "Carnet.Test.UNOFFICIAL"


def test_what_is_too_long_for_it_is_not_let_in(address: str) -> None:
    with pytest.raises(clamd.AntivirusError, match="does not judge"):
        clamd.check(address, bytes(viruses.LONGEST + 1024 * 1024))


def test_without_an_antivirus_nothing_is_looked_at() -> None:
    clamd.check("", VIRUS)


def test_an_antivirus_that_is_away_lets_nothing_in(tmp_path: Path) -> None:
    for address in (f"unix:{tmp_path}/none", "127.0.0.1:9"):
        with pytest.raises(clamd.AntivirusError, match="does not answer"):
            clamd.check(address, b"x")


@pytest.mark.parametrize("answer", [b"", b"stream: \0", b"OK\0", b"stream: x ERROR\0", b"x" * 9000])
def test_an_answer_that_is_no_judgement_lets_nothing_in(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _address = server.accept()
            with peer, suppress(OSError):
                peer.recv(1 << 16)
                peer.sendall(answer)
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(1 << 16):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(clamd.AntivirusError):
            clamd.check(f"127.0.0.1:{server.getsockname()[1]}", b"x")
        thread.join(LONG)
