"""Free ports of the loopback interface."""

import random
import socket
from collections.abc import Mapping
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"
_NEIGHBOURS = 50
# Below those that systems give to whoever asks for any (from 32768 on Linux, 49152 elsewhere): such
# a port could be given to another between our choice and its use. Browsers refuse 10080.
_ANY = range(11_000, 30_000)


class PortError(Exception):
    """The wanted port and its neighbours are all busy."""


def choose(wanted: Mapping[str, int]) -> dict[str, int]:
    """A free port for each name: the wanted one, else the next free above it; 0 means any.

    All are different. Another process may still take one before it is used: whoever binds it
    then says so. Raises `PortError`.
    """
    chosen = {}
    with ExitStack() as held:
        for name, port in wanted.items():
            chosen[name] = _bind_near(port, held)
    return chosen


def _bind_near(wanted: int, held: ExitStack) -> int:
    near = range(wanted, wanted + _NEIGHBOURS)
    for port in near if wanted else random.SystemRandom().sample(_ANY, _NEIGHBOURS):
        listener = socket.socket()
        try:
            # As servers do: a port whose last connections linger in TIME_WAIT is free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((LOOPBACK, port))
            listener.listen(1)
        except OSError:
            listener.close()
            continue
        held.enter_context(listener)
        return int(listener.getsockname()[1])
    tried = near if wanted else _ANY
    raise PortError(f"no free port from {tried[0]} to {tried[-1]} on {LOOPBACK}")
