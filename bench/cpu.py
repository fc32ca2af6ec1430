"""CPU time of process trees and of the whole machine, from /proc (Linux)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of CPU used since the beginning of things: servers, PostgreSQL, us, all."""

    servers: float
    postgres: float
    generator: float
    machine: float

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(
            self.servers - other.servers,
            self.postgres - other.postgres,
            self.generator - other.generator,
            self.machine - other.machine,
        )

    @property
    def strangers(self) -> float:
        """What everything else on the machine used."""
        return max(self.machine - self.servers - self.postgres - self.generator, 0.0)


def sample(postgres: int) -> Cpu:
    """The state of now: PostgreSQL is the tree of this pid, the servers all our other children."""
    ours = os.times()
    parents, used = _processes()
    ends = {pid: _first_met(pid, parents, {postgres, os.getpid()}) for pid in used}
    return Cpu(
        servers=sum(
            used[pid] for pid, end in ends.items() if end == os.getpid() and pid != os.getpid()
        ),
        postgres=sum(used[pid] for pid, end in ends.items() if end == postgres),
        generator=ours.user + ours.system,
        machine=_machine(),
    )


def _processes() -> tuple[dict[int, int], dict[int, float]]:
    """Parent of each process; its user and system time, with its dead children's."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended meanwhile: its parent counts it
        fields = text.rpartition(")")[2].split()
        parents[int(entry.name)] = int(fields[1])
        used[int(entry.name)] = sum(map(int, fields[11:15])) / _TICK
    return parents, used


def _first_met(pid: int, parents: dict[int, int], sought: set[int]) -> int:
    """Going up from `pid`, itself first, the first of `sought`; 0 for none."""
    while pid not in sought:
        pid = parents.get(pid, 0)
        if pid == 0:
            return 0
    return pid


def _machine() -> float:
    """Busy time of all processors: everything but idle and waiting for the disk."""
    user, nice, system, _idle, _wait, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / _TICK
