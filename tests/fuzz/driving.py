"""How long to spoil, and what a failure leaves: the seed and the bytes that made it."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.fuzz.mutations import Mutation

#: Seconds of each test, where as many messages as the suite has are not enough:
#: `CARNET_FUZZ_SECONDS=60 pytest tests/fuzz`.
SECONDS = float(os.environ.get("CARNET_FUZZ_SECONDS", "0"))
#: Messages of each test in the suite: always the same, whatever the machine.
COUNT = 60
#: The same messages at each run, unless another seed is given.
SEED = os.environ.get("CARNET_FUZZ_SEED", "carnet")
#: Seconds of processor time: no reader needs more for one message.
LONGEST = 10.0


def spoilt(
    name: str, seeds: Sequence[bytes], mutation: Mutation, *, least: int = COUNT
) -> Iterator[bytes]:
    """Spoilt messages: at least one of each seed, `least` of all, and until the time is over."""
    chance = random.Random(f"{SEED}-{name}")
    end = time.monotonic() + SECONDS
    count = 0
    while count < max(least, len(seeds)) or time.monotonic() < end:
        yield mutation(seeds[count % len(seeds)], chance)
        count += 1
    print(f"{name}: {count} messages")


def drive(
    name: str,
    messages: Iterator[bytes],
    read: Callable[[bytes], object],
    refusals: tuple[type[Exception], ...],
    folder: Path,
) -> None:
    """Read the messages: each is understood or refused in the reader's own words, and soon."""
    for data in messages:
        begun = time.thread_time()
        try:
            read(data)
        except refusals:
            pass
        except Exception:
            kept = folder / f"{name}.bin"
            kept.write_bytes(data)
            print(f"the message is in {kept}")
            raise
        taken = time.thread_time() - begun
        assert taken < LONGEST, f"{taken:.1f} s for {len(data)} bytes: {data[:200]!r}"
