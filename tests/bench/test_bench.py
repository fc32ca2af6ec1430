"""The bench: its load is what servers see, and it still runs against the house as it is."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count, repeat
from pathlib import Path

import pytest

from bench import load, table
from bench.measure import Run, ratio
from bench.table import Bar, Row
from tests.waiting import LONG

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Length: 2\r\n\r\nok"
Answering = Callable[[bytes], Iterator[bytes]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[[Answering], Path]]:
    """A server of one connection that answers each request by these pieces."""
    threads = []

    def start(answer: Answering) -> Path:
        path = tmp_path / "socket"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            link, _ = listener.accept()
            with link, listener, suppress(OSError):  # it leaves when it has seen enough
                while data := link.recv(65536):
                    for piece in answer(data):
                        link.sendall(piece)

        threads.append(threading.Thread(target=serve, daemon=True))
        threads[-1].start()
        return path

    yield start
    for thread in threads:
        thread.join(LONG)


def run(path: Path, requests: Iterator[bytes], **options: float) -> load.Result:
    return load.run(
        [path],
        requests,
        connections=1,
        accepted=lambda answer: answer.endswith(b"ok"),
        **{"seconds": LONG, **options},
    )


def test_requests_are_sent_until_they_run_out(server: Callable[[Answering], Path]) -> None:
    result = run(server(lambda _data: iter([ANSWER])), repeat(b"GET", 20))
    assert len(result.latencies) == 20
    assert result.refused == 0


def test_an_answer_in_pieces_is_one_answer(server: Callable[[Answering], Path]) -> None:
    pieces = (ANSWER[:10], ANSWER[10:-1], ANSWER[-1:])
    assert len(run(server(lambda _data: iter(pieces)), repeat(b"GET", 3)).latencies) == 3


def test_an_answer_that_is_not_good_is_counted_and_kept(
    server: Callable[[Answering], Path],
) -> None:
    numbers = count()
    bad = ANSWER[:-2] + b"no"
    result = run(server(lambda _data: iter([bad if next(numbers) else ANSWER])), repeat(b"GET", 3))
    assert (len(result.latencies), result.refused) == (1, 2)
    assert result.first_refusal == bad


def test_a_pace_bounds_the_rate(server: Callable[[Answering], Path]) -> None:
    path = server(lambda _data: iter([ANSWER]))
    result = run(path, repeat(b"GET"), seconds=0.5, pace=50)
    assert 0 < len(result.latencies) <= 40, "without a pace, thousands"


def test_an_answer_without_its_length_is_told() -> None:
    with pytest.raises(load.SilenceError):
        load.http_length(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")


def figures(rate: float, cpu: float = 1.0) -> Run:
    return Run(rate, 1.0, 2.0, cpu, cpu / 2, 0.1, 0.0)


def test_a_ratio_is_that_of_runs_made_together() -> None:
    slow, fast = [figures(50), figures(400), figures(60)], [figures(100), figures(500), figures(90)]
    assert ratio(slow, fast, lambda run: run.rate) == pytest.approx(0.667, abs=0.001)


def test_a_bar_that_is_not_met_is_said() -> None:
    bar = Bar("100/s", lambda run, _ratio: run.rate >= 100)
    shown = table.text([Row("path", [figures(99)], [figures(200)], "floor", bar)])
    assert "| NO " in shown
    assert "0.49" in shown or "0.50" in shown


def test_a_run_too_short_for_its_cpu_to_be_seen_has_no_ratio_of_it() -> None:
    bar = Bar("100/s", lambda run, _ratio: run.rate >= 100)
    shown = table.text([Row("path", [figures(99)], [figures(200, cpu=0)], "floor", bar)])
    assert "inf" not in shown
    assert "0.50" in shown


@pytest.mark.system
@pytest.mark.timeout(1200)
def test_the_bench_runs_against_the_house_as_it_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--seconds", "0.1", "--rounds", "1"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=1000,
        check=False,
    )
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 14, done.stderr
