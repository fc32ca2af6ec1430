"""What the processes run: loops side by side, none of which ends unseen."""

import threading

import pytest

from carnet.national.record.finding import reading
from carnet.ops import serve
from tests.waiting import LONG


def test_a_loop_that_fails_ends_the_others_and_its_error_leaves():
    ended = []

    def waiting(stop: threading.Event) -> None:
        stop.wait(LONG)
        ended.append(stop.is_set())

    def failing(_stop: threading.Event) -> None:
        raise LookupError("a fault")

    with pytest.raises(LookupError, match="a fault"):
        serve._together(threading.Event(), waiting, failing)
    assert ended == [True]


def test_the_reader_of_documents_is_one_of_the_loops_of_the_worker(monkeypatch):
    loops = []
    monkeypatch.setattr(serve, "_together", lambda _stop, *given: loops.extend(given))
    serve._national_worker(threading.Event())
    assert reading.run in loops
