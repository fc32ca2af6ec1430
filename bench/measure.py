"""One run of one contender, and what several runs say together."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench import cpu, load

#: What stands between the load and the server: 16 connections for HTTP, as wrk had for the floor
#: of the design, and 8 senders for MLLP.
HTTP_CONNECTIONS = 16
MLLP_CONNECTIONS = 8


class RefusalError(RuntimeError):
    """A request that should have been answered well was not: nothing measured counts."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run measured. Latencies in ms, CPU in ms a request, `strangers` in processors."""

    rate: float
    p50: float
    p99: float
    server_ms: float
    postgres_ms: float
    generator_ms: float
    strangers: float
    p95: float = 0.0

    @property
    def cpu_ms(self) -> float:
        """Server and PostgreSQL together."""
        return self.server_ms + self.postgres_ms


@dataclass(frozen=True, slots=True)
class Meter:
    """What all runs of one path have in common."""

    postgres: int
    connections: int
    accepted: Callable[[bytes | bytearray], bool]
    length: Callable[[bytes | bytearray], int]

    def run(
        self,
        name: str,
        addresses: load.Addresses,
        requests: Iterable[bytes],
        seconds: float,
        pace: float | None = None,
    ) -> Run:
        """Send `requests` for `seconds`. Raises `RefusalError`, `load.SilenceError`."""
        before = cpu.sample(self.postgres)
        result = load.run(
            addresses,
            iter(requests),
            connections=self.connections,
            seconds=seconds,
            accepted=self.accepted,
            length=self.length,
            pace=pace,
        )
        used = cpu.sample(self.postgres) - before
        if result.refused or not result.latencies:
            told = result.first_refusal[:3000].decode("utf-8", "replace")
            raise RefusalError(
                f"{name} refused {result.refused} requests; the first answer:\n{told}"
            )
        each = 1000 / len(result.latencies)
        return Run(
            rate=result.rate,
            p50=result.percentile(0.5),
            p99=result.percentile(0.99),
            server_ms=used.servers * each,
            postgres_ms=used.postgres * each,
            generator_ms=used.generator * each,
            strangers=used.strangers / result.seconds,
            p95=result.percentile(0.95),
        )


def median(runs: Sequence[Run]) -> Run:
    """Each figure's median."""
    names = Run.__slots__
    return Run(**{name: statistics.median(getattr(run, name) for run in runs) for name in names})


def ratio(ours: Sequence[Run], others: Sequence[Run], of: Callable[[Run], float]) -> float:
    """The median of the ratios of runs made one after the other: what the machine did meanwhile
    it did to both."""
    return statistics.median(of(a) / of(b) for a, b in zip(ours, others, strict=True))
