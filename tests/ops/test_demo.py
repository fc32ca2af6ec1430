"""`carnet demo` as a newcomer runs it: the whole stack, as processes."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from carnet.ops import wiring
from tests import homes
from tests.terminal import hear_signals
from tests.waiting import until

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("ecosystem"),
]

READY = "Ctrl-C"


Start = Callable[[Path], subprocess.Popen[str]]


@pytest.fixture
def empty_home() -> Iterator[Path]:
    with homes.new_home() as folder:
        yield folder


@pytest.fixture
def home(ready_home: Path) -> Iterator[Path]:
    with homes.copy_of(ready_home) as folder:
        yield folder


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a demonstration in a home."""
    started: list[subprocess.Popen[str]] = []

    def begin(home: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            wiring.carnet_command("demo", "--home", str(home)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=wiring.inherited() | {"LC_ALL": "C.UTF-8"},
            preexec_fn=hear_signals,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.terminate()
        process.communicate(timeout=60)


def until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if READY in line:
            return said
    pytest.fail(f"the demonstration ended:\n{said}")


def processes_of(home: Path) -> list[str]:
    """The command lines that work on `home`: what must not be left behind."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(home).encode() in (
                (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            ):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def test_the_check_plays_one_letter_and_leaves_nothing() -> None:
    """R-083."""
    before = set(Path(tempfile.gettempdir()).glob("carnet-*"))
    ended = subprocess.run(
        wiring.carnet_command("demo", "--check"),
        capture_output=True,
        text=True,
        check=False,
        env=wiring.inherited(),
    )
    report = json.loads(ended.stdout.splitlines()[-1])
    assert ended.returncode == 0, report
    assert report["ok"] is True
    assert report["documents_published"] >= 1
    assert report["messages_delivered"] >= 1
    assert 0 < report["seconds_to_visible"] < 60
    assert report["seconds_to_ready"] > 0
    left = set(Path(tempfile.gettempdir()).glob("carnet-????????")) - before
    assert not [path for path in left if processes_of(path)]


def test_ctrl_c_stops_everything_and_a_second_start_takes_up_the_same_home(
    empty_home: Path, start: Start
) -> None:
    first = start(empty_home)
    until_ready(first)
    authorities = (empty_home / "pki" / "ca.pem").read_bytes()
    first.send_signal(signal.SIGINT)
    assert first.wait(60) == 0
    assert not processes_of(empty_home)

    second = start(empty_home)
    until_ready(second)
    assert (empty_home / "pki" / "ca.pem").read_bytes() == authorities


def test_the_death_of_one_process_stops_all_and_is_told(home: Path, start: Start) -> None:
    process = start(home)
    until_ready(process)
    (victim,) = (
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit()
        and b"establishment-mllp" in (entry / "cmdline").read_bytes()
        and str(home).encode() in (entry / "environ").read_bytes()
    )
    os.kill(victim, signal.SIGKILL)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "establishment-mllp was killed by SIGKILL" in said
    assert not processes_of(home)


def test_nothing_outlives_a_demonstration_that_was_killed(home: Path, start: Start) -> None:
    process = start(home)
    until_ready(process)
    process.kill()
    process.wait()
    until(lambda: not processes_of(home), within=30, every=0.1)
