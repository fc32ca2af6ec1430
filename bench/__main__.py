"""`python -m bench`: starts what it needs, measures, prints one table."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from statistics import median

from bench import stage, table
from bench.bench import FULL, QUICK, Bench, say

SOAP = ("publish", "find", "retrieve")
PATHS = (*SOAP, "search", "pages", "hl7", "mail")


def main() -> int:
    """0 when every bar that was measured is met, 1 otherwise."""
    options = _options()
    with stage.prepared(say) as ready:
        size = QUICK if options.quick else FULL
        bench = Bench(ready, options.seconds, options.rounds, options.documents, size)
        if soap := [path for path in options.only if path in SOAP]:
            bench.soap(soap)
        for path, measure in (
            ("search", bench.search),
            ("pages", bench.pages),
            ("hl7", bench.hl7),
            ("mail", bench.mail),
        ):
            if path in options.only:
                measure()
    print(f"\n{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors, ", end="")
    print(f"{options.rounds} runs of {options.seconds:g} s each, medians; others used ", end="")
    print(f"{median(bench.strangers):.2f} processors meanwhile ", end="")
    print(f"({min(bench.strangers):.2f} to {max(bench.strangers):.2f}).\n")
    print(table.text(bench.rows))
    return 0 if all(row.is_met for row in bench.rows) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        default=PATHS,
        metavar=",".join(PATHS),
        help="the paths to measure (default: all)",
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a run")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender")
    parser.add_argument(
        "--documents",
        type=int,
        default=0,
        help=f"above {FULL.documents:,}: a second database of so many, measured beside the first",
    )
    parser.add_argument(
        "--quick", action="store_true", help="little of everything, to see that it runs"
    )
    options = parser.parse_args()
    if unknown := set(options.only) - set(PATHS):
        parser.error(f"unknown path: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    raise SystemExit(main())
