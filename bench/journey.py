"""The whole journey: from the HL7 message to the citizen's space, everything running.

`python -m bench.journey --paces 100,200,300` sends the messages of a hospital to the demonstration
at each pace, in messages a second: a letter (MDM^T02 with a PDF of 40 kB, for the record, a
correspondent and the patient) among `--movements` of stays (ADT^A01): 19, unless told otherwise.
It tells how long after its acknowledgement's receipt each letter was registered in the record,
which is when the space shows it. All processes of both wings share the machine, TLS front included;
the HL7 listener is two processes on one port, as where so much comes.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench import cpu, load, paths
from bench.bench import FULL, say
from bench.letters import Messages
from bench.measure import MLLP_CONNECTIONS
from carnet.ops import wiring
from carnet.ops.demo import running
from carnet.ops.home import Home
from carnet.ops.region.people import population as region
from carnet.ops.stage import Stage
from carnet.ops.supervisor import Program

#: Seconds from arrival to the space that 95 letters in 100 may take.
BAR = 5.0
_LISTENER = "establishment-mllp"
#: Seconds left to the deliveries of a pace once the last message is acknowledged.
_PATIENCE = 300.0
#: PostgreSQL is a child among others here: no process is counted apart.
_NONE_APART = -1

_RECEIVED = "SELECT uid, received_at FROM exchange_document WHERE received_at >= %s"
_REGISTERED = "SELECT unique_id, received_at FROM record_document WHERE received_at >= %s"
_LEFT = "SELECT count(*) FROM exchange_delivery WHERE state IN ('waiting', 'ready', 'sending')"


def main() -> int:
    """0 when every pace asked for was held within the bar."""
    parser = argparse.ArgumentParser(prog="python -m bench.journey", description=__doc__)
    parser.add_argument("--paces", default="100,200,300", help="messages a second, one run each")
    parser.add_argument("--movements", type=int, default=19, help="for each letter")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of a run")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="carnet-bench-"))
    held = True
    try:
        anywhere = dict.fromkeys(wiring.PORTS, 0)
        with running(Home(folder), anywhere, say, apart=[_LISTENER]) as (stage, supervisor):
            supervisor.start(_listeners(stage.services[_LISTENER]), say)
            wards = [Messages.made(citizen) for citizen in region()[: FULL.in_hospital]]
            _send(stage, [each.registration for each in wards], None)
            print(
                "| messages/s | of them letters | acknowledged/s | p99 ms | letters p50 s | p95 s "
                "| slowest s | others | held |"
            )
            print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
            number = 0
            for pace in (float(text) for text in options.paces.split(",")):
                count = int(pace * options.seconds)
                messages = [
                    _message(random.choice(wards), number + place, options.movements)
                    for place in range(1, count + 1)
                ]
                number += count
                held &= _measure(stage, messages, pace, options.movements)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if held else 1


def _listeners(one: Program) -> list[Program]:
    shared = {**one.environment, "CARNET_MLLP_SHARED": "yes"}
    return [replace(one, name=f"{one.name}-{number}", environment=shared) for number in (1, 2)]


def _message(ward: Messages, number: int, movements: int) -> bytes:
    return ward.admission(number) if number % (movements + 1) else ward.letter(number)


def _measure(stage: Stage, messages: Sequence[bytes], pace: float, movements: int) -> bool:
    begun = datetime.now(UTC)
    before, started = cpu.sample(_NONE_APART), time.perf_counter()
    result = _send(stage, messages, pace)
    deadline = time.monotonic() + _PATIENCE
    while _ask(stage, "establishment", _LEFT)[0][0]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"deliveries are left after {_PATIENCE:.0f} s")
        time.sleep(0.5)
    used = cpu.sample(_NONE_APART) - before
    others = used.strangers / (time.perf_counter() - started)
    registered = dict(_ask(stage, "national", _REGISTERED, begun))
    waited = sorted(
        (registered[uid] - at).total_seconds()
        for uid, at in _ask(stage, "establishment", _RECEIVED, begun)
    )
    p95 = waited[int(0.95 * len(waited))]
    held = p95 < BAR and result.rate > 0.95 * pace
    print(
        f"| {pace:g} | {pace / (movements + 1):g} | {result.rate:.1f} "
        f"| {result.percentile(0.99):.0f} | {waited[len(waited) // 2]:.2f} | {p95:.2f} "
        f"| {waited[-1]:.2f} | {others:.2f} | {'yes' if held else 'NO'} |",
        flush=True,
    )
    return held


def _send(stage: Stage, messages: Sequence[bytes], pace: float | None) -> load.Result:
    result = load.run(
        [("127.0.0.1", stage.addresses.mllp_port)],
        iter(messages),
        connections=MLLP_CONNECTIONS,
        seconds=600,
        accepted=paths.acknowledged,
        length=load.mllp_length,
        pace=pace,
    )
    if result.refused:
        raise ValueError(f"a message was refused: {result.first_refusal!r}")
    return result


def _ask(stage: Stage, wing: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    url = stage.services[f"{wing}-worker"].environment["DATABASE_URL"]
    with psycopg.connect(url) as connection:
        return connection.execute(query, values).fetchall()


if __name__ == "__main__":
    raise SystemExit(main())
