"""Coverage-guided fuzzing of the readers, with Atheris (libFuzzer):
`python -m tests.fuzz.guided --seconds 600 --target mtom`.

Each target runs in a process of its own, forked from one that has imported everything with its
branches instrumented. What breaks a reader is kept in `--keep`, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import atheris

if TYPE_CHECKING:
    from tests.fuzz.target import Target

#: Seconds that one message may take, and megabytes that a process may hold.
LONGEST, MOST_MEMORY = 10, 2048
#: Bytes of a message at most, unless a seed is longer.
LARGEST = 16_384
#: Where the readers are.
READERS = ("carnet.standards", "carnet.ops.validate")
_DONE = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+)")


def instrumented() -> Sequence[Target]:
    """The targets, the branches of all that reads for them counted from now on."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    with (
        contextlib.redirect_stderr(io.StringIO()),  # a line for each module
        atheris.instrument_imports(include=["carnet"], exclude=_others()),
    ):
        import django

        django.setup()
        from tests.fuzz.targets import TARGETS
    return TARGETS


def _others() -> list[str]:
    """The modules of Carnet that read nothing: to count their branches too would take long."""
    source = Path(__file__).parents[2] / "src"
    names = [
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        for path in source.glob("carnet/**/*.py")
    ]
    return [each for each in names if not each.startswith(READERS)]


def fuzz(target: Target, corpus: Path, kept: Path, *, runs: int, seconds: int, seed: int) -> int:
    """Fuzz in a child process, whose words go to `kept`; its exit code."""
    known = [*target.seeds(), *target.found(), *target.examples()]
    for place, data in enumerate(known):
        (corpus / f"seed-{place}").write_bytes(data)
    longest = max(LARGEST, 2 * max(map(len, known)))
    arguments = [
        target.name,
        str(corpus),
        f"-artifact_prefix={kept}/",
        f"-max_len={longest}",
        f"-timeout={LONGEST}",
        f"-rss_limit_mb={MOST_MEMORY}",
        f"-seed={seed}",
        "-len_control=0",
        *([f"-max_total_time={seconds}"] if seconds else [f"-runs={runs + len(known)}"]),
    ]
    sys.stdout.flush()
    child = os.fork()
    if not child:
        with (kept / "log.txt").open("wb") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        _fuzz(target, arguments)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _fuzz(target: Target, arguments: list[str]) -> NoReturn:
    def read(data: bytes) -> None:
        with contextlib.suppress(*target.refusals):
            target.read(data)

    atheris.Setup(arguments, read, custom_mutator=_mutator(target))
    atheris.Fuzz()
    os._exit(0)


def _mutator(target: Target) -> Callable[[bytes, int, int], bytes]:
    """libFuzzer's own mutations, and now and then one that knows the form of the messages."""

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if data and chance.random() < 0.3:
            try:
                made = target.mutation(data, chance)
            except Exception:  # noqa: BLE001 - no more in the form that the mutation knows
                return bytes(atheris.Mutate(data, longest))
            if len(made) <= longest:
                return made
        return bytes(atheris.Mutate(data, longest))

    return mutate


def main(arguments: Sequence[str] | None = None, targets: Sequence[Target] | None = None) -> int:
    """Fuzz the targets that are named, or all; 1 when one of them broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("--target", action="append", help="its name; all when none is given")
    parser.add_argument("--seconds", type=int, default=0, help="how long, for each target")
    parser.add_argument("--runs", type=int, default=10_000, help="messages, without --seconds")
    parser.add_argument("--seed", type=int, default=1, help="the same messages for the same seed")
    parser.add_argument("--keep", type=Path, help="folder for the corpus, the log, what breaks")
    said = parser.parse_args(arguments)
    every = {each.name: each for each in (targets or instrumented())}
    if unknown := set(said.target or ()) - every.keys():
        parser.error(f"no target {min(unknown)!r}; there are: {', '.join(every)}")
    folder = said.keep or Path(tempfile.mkdtemp(prefix="carnet-fuzz-"))
    broken = []
    for name in said.target or every:
        kept = folder / name.replace(" ", "-")
        corpus = kept / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        code = fuzz(every[name], corpus, kept, runs=said.runs, seconds=said.seconds, seed=said.seed)
        log = (kept / "log.txt").read_text(errors="replace")
        done = _DONE.search(log)
        taken = time.monotonic() - begun
        if code == 0 and done:
            print(f"{name}: {done[1]} messages, {done[2]} branches, {taken:.1f} s", flush=True)
        else:
            broken.append(name)
            print(f"{name}: BROKEN after {taken:.1f} s, see {kept}\n{log[-4000:]}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
