"""How Carnet starts a child process so that it never outlives its parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Account:
    """The operating system account that a child runs under."""

    name: str
    uid: int
    gid: int


def start(
    command: Sequence[str | Path],
    *,
    output: IO[bytes] | int,
    environment: Mapping[str, str],
    folder: Path | None = None,
    account: Account | None = None,
    when_parent_dies: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own, out of reach of the terminal's Ctrl-C.

    The kernel sends `when_parent_dies` to the child if this process disappears, even by
    `kill -9`. The death of the *thread* that starts a child counts as the parent's: call
    this from the main thread. `account` changes user and drops every extra group.

    Raises `OSError` if the program cannot be started.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=dict(environment),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        process_group=0,
        preexec_fn=_leash(when_parent_dies),  # noqa: PLW1509 - it only calls prctl and kill
    )


def _leash(parent_death_signal: signal.Signals) -> Callable[[], None] | None:
    """What the child runs between fork and exec; everything it needs is looked up before."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def leash() -> None:
        prctl(_PR_SET_PDEATHSIG, int(parent_death_signal))
        if os.getppid() != parent:  # it died between the fork and the line above
            os.kill(os.getpid(), parent_death_signal)

    return leash
