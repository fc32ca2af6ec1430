"""`carnet demo` as a newcomer runs it: the whole stack, as processes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from carnet.ops import wiring
from tests import homes
from tests.homes import processes_of
from tests.terminal import hear_signals
from tests.waiting import until

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(900),  # under load a first start takes two minutes
    pytest.mark.xdist_group("ecosystem"),
]

READY = "Ctrl-C"
# `carnet demo --home` on any ports: another demonstration on this machine may take the usual ones
# between our choice and their use.
ANYWHERE = """
import sys
from pathlib import Path
from carnet.ops import demo, wiring
wiring.PORTS = dict.fromkeys(wiring.PORTS, 0)
sys.exit(demo.demo(Path(sys.argv[1])))
"""
STOPPING = 240  # seconds: ten for each service that does not listen, sixty for PostgreSQL

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
            [sys.executable, "-c", ANYWHERE, str(home)],
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
        process.communicate(timeout=STOPPING)


def until_ready(process: subprocess.Popen[str]) -> None:
    """What it says is printed as it comes: a failure, of a time limit too, shows it."""
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="")
        if READY in line:
            return
    pytest.fail(f"the demonstration ended with code {process.wait(STOPPING)}")


def until_nothing_is_left(home: Path) -> None:
    until(lambda: not processes_of(home), every=0.1, told=lambda: processes_of(home))


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
    print(ended.stdout, ended.stderr)
    report = json.loads(ended.stdout.splitlines()[-1])
    assert ended.returncode == 0
    assert report["ok"] is True
    assert report["documents_published"] >= 1
    assert report["messages_delivered"] >= 1
    assert report["seconds_to_visible"] > 0
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
    said, _ = first.communicate(timeout=STOPPING)
    assert first.returncode == 0, said
    until_nothing_is_left(empty_home)

    second = start(empty_home)
    until_ready(second)
    assert (empty_home / "pki" / "ca.pem").read_bytes() == authorities


def test_the_death_of_one_process_stops_all_and_is_told(home: Path, start: Start) -> None:
    process = start(home)
    until_ready(process)
    (victim,) = (
        number for number, line in processes_of(home).items() if "establishment-mllp" in line
    )
    os.kill(victim, signal.SIGKILL)
    said, _ = process.communicate(timeout=STOPPING)
    assert "establishment-mllp was killed by SIGKILL" in said
    assert process.returncode == 1, said
    until_nothing_is_left(home)


def test_nothing_outlives_a_demonstration_that_was_killed(home: Path, start: Start) -> None:
    process = start(home)
    until_ready(process)
    process.kill()
    process.wait()
    until_nothing_is_left(home)
