"""The one table, and whether its bars are met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.measure import Run, median, ratio


@dataclass(frozen=True, slots=True)
class Bar:
    """What a row must reach (DESIGN §7): a sentence, and the check of (median run, rate ratio)."""

    text: str
    met: Callable[[Run, float], bool]


@dataclass(frozen=True, slots=True)
class Row:
    """One path: Carnet's runs, and those it is compared with, taken in turn."""

    path: str
    ours: Sequence[Run]
    beside: Sequence[Run]
    beside_name: str
    bar: Bar

    @property
    def rates(self) -> float:
        """Our rate over theirs."""
        return ratio(self.ours, self.beside, lambda run: run.rate) if self.beside else 0.0

    @property
    def is_met(self) -> bool:
        """Whether the bar is reached."""
        return self.bar.met(median(self.ours), self.rates)


_HEAD = (
    *("path", "rate/s", "p50 ms", "p99 ms", "CPU ms server+PG"),
    *("beside", "rate/s", "p50 ms", "p99 ms", "CPU ms server+PG"),
    *("rate ratio", "CPU ratio", "bar", "met"),
)


def text(rows: Sequence[Row]) -> str:
    """The table, in Markdown."""
    lines = [_HEAD, tuple("---" for _ in _HEAD), *(_line(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEAD))]
    return "\n".join(
        "| "
        + " | ".join(
            cell.ljust(width, "-" if cell == "---" else " ")
            for cell, width in zip(line, widths, strict=True)
        )
        + " |"
        for line in lines
    )


def _line(row: Row) -> tuple[str, ...]:
    beside = (row.beside_name, *_figures(median(row.beside))) if row.beside else ("",) * 5
    ratios = ("", "")
    if row.beside:
        ratios = (f"{row.rates:.2f}", "")
        if all(run.cpu_ms for run in row.beside):  # none in a run shorter than the clock's ticks
            cpu = ratio(row.ours, row.beside, lambda run: run.cpu_ms)
            ratios = (f"{row.rates:.2f}", f"{cpu:.2f}")
    met = "yes" if row.is_met else "NO"
    return (row.path, *_figures(median(row.ours)), *beside, *ratios, row.bar.text, met)


def _figures(run: Run) -> tuple[str, ...]:
    return (
        f"{run.rate:.0f}",
        f"{run.p50:.1f}",
        f"{run.p99:.1f}",
        f"{run.server_ms:.2f}+{run.postgres_ms:.2f}",
    )
