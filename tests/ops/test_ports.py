import socket

import pytest

from carnet.ops import ports


@pytest.fixture
def busy():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        yield listener.getsockname()[1]


def test_a_free_port_is_taken_as_wanted(busy):
    free = ports.choose({"space": 0})["space"]
    assert ports.choose({"space": free}) == {"space": free}


def test_a_busy_port_gives_way_to_a_free_one_above_it(busy):
    assert busy < ports.choose({"space": busy})["space"] < busy + 50


def test_two_names_never_share_a_port(busy):
    chosen = ports.choose({"space": busy, "desk": busy, "smtp": 0, "mllp": 0})
    assert len(set(chosen.values())) == 4
