"""The supervisor with real processes: deaths, signals, orphans."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from carnet.ops import ports
from carnet.ops.supervisor import ProcessError, Program, Supervisor, announces_itself, listens
from tests.terminal import hear_signals
from tests.waiting import LONG, until

ENVIRONMENT = {"PATH": os.defpath}
READY = 'print(\'{"event": "ready"}\', flush=True)\n'
SLEEP = "import time\ntime.sleep(60)\n"
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


def after(path: Path) -> str:
    """Waits until somebody writes to the pipe that is made there."""
    os.mkfifo(path)
    return f"open({str(path)!r}).read()\n"


def program(name: str, code: str, **options: object) -> Program:
    options.setdefault("is_ready", announces_itself)
    return Program(name, [sys.executable, "-c", code], ENVIRONMENT, **options)


@pytest.fixture
def supervisor(tmp_path):
    handlers = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP)}
    with Supervisor(lambda name: tmp_path / f"{name}.log", grace=LONG) as supervisor:
        yield supervisor
    for number, handler in handlers.items():
        signal.signal(number, handler)


def silent(_sentence: str) -> None:
    """Nobody listens."""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until_gone(pid: int) -> None:
    until(lambda: not alive(pid))


def pids(supervisor: Supervisor) -> list[int]:
    return [running.process.pid for running in supervisor._running]


def test_programs_are_told_ready_in_their_order(supervisor):
    told: list[str] = []
    slow = "import time\ntime.sleep(0.3)\n"
    supervisor.start(
        [program("first", slow + READY + SLEEP), program("second", READY + SLEEP)], told.append
    )
    assert told == ["first", "second"]


def test_leaving_stops_everything(supervisor):
    supervisor.start([program("a", READY + SLEEP), program("b", READY + SLEEP)], silent)
    started = pids(supervisor)
    supervisor.stop()
    assert not any(alive(pid) for pid in started)


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace(tmp_path):
    hasty = Supervisor(lambda name: tmp_path / f"{name}.log", grace=0.5)
    hasty.start([program("stubborn", STUBBORN + READY + SLEEP)], silent)
    (pid,) = pids(hasty)
    hasty.stop()
    assert not alive(pid)


def test_processes_are_stopped_in_reverse_order(supervisor, tmp_path):
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def stop(*_):\n"
        f"    open({str(order)!r}, 'a').write(sys.argv[1] + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, stop)\n" + READY + "time.sleep(60)\n"
    )
    programs = [
        Program(name, [sys.executable, "-c", code, name], ENVIRONMENT, announces_itself)
        for name in ("first", "second", "third")
    ]
    supervisor.start(programs, silent)
    supervisor.stop()
    assert order.read_text().split() == ["third", "second", "first"]


def test_a_death_while_watching_is_told_with_its_cause_and_last_lines(supervisor, tmp_path):
    death = "print('the disk is full')\nraise SystemExit(3)"
    supervisor.start(
        [
            program("steady", READY + SLEEP),
            program("fragile", READY + after(tmp_path / "go") + death),
        ],
        silent,
    )
    (tmp_path / "go").write_text("")
    with pytest.raises(ProcessError, match=r"(?s)fragile ended with code 3.*the disk is full"):
        supervisor.watch()


def test_a_death_by_a_signal_names_the_signal(supervisor):
    supervisor.start([program("victim", READY + SLEEP)], silent)
    os.kill(pids(supervisor)[0], signal.SIGKILL)
    with pytest.raises(ProcessError, match="victim was killed by SIGKILL"):
        supervisor.watch()


def test_a_death_before_being_ready_is_told(supervisor):
    with pytest.raises(ProcessError, match=r"(?s)broken ended with code 1.*NameError"):
        supervisor.start([program("broken", "nonsense")], silent)


def test_one_that_is_never_ready_is_told(supervisor):
    with pytest.raises(ProcessError, match="mute was not ready after 0 s"):
        supervisor.start([program("mute", SLEEP, patience=0.2)], silent)


def test_a_former_lifes_readiness_is_not_believed(supervisor, tmp_path):
    (tmp_path / "again.log").write_text('{"event": "ready"}\n')
    with pytest.raises(ProcessError, match="again was not ready"):
        supervisor.start([program("again", SLEEP, patience=0.2)], silent)


def test_what_a_dead_process_started_dies_with_it(supervisor, tmp_path):
    code = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "os._exit(1)"
    )
    supervisor.start([program("parent", code, is_ready=lambda _running: True)], silent)
    with pytest.raises(ProcessError):
        supervisor.watch()
    assert not alive(int((tmp_path / "pid").read_text()))


def test_a_port_that_takes_connections_is_ready(supervisor):
    port = ports.choose({"any": 0})["any"]
    code = (
        "import socket, time\ntime.sleep(0.2)\n"
        f"server = socket.create_server(('127.0.0.1', {port}))\ntime.sleep(60)"
    )
    supervisor.start([program("listener", code, is_ready=listens(port))], silent)
    with socket.create_connection(("127.0.0.1", port), timeout=LONG):
        pass


def test_run_to_end_waits_for_all(supervisor, tmp_path):
    code = "import pathlib, sys, time\ntime.sleep(0.1)\npathlib.Path(sys.argv[1]).touch()\n"
    made = [tmp_path / "one", tmp_path / "two"]
    supervisor.run_to_end(
        [Program(path.name, [sys.executable, "-c", code, path], ENVIRONMENT) for path in made]
    )
    assert all(path.exists() for path in made)


def test_run_to_end_tells_the_one_that_failed(supervisor):
    with pytest.raises(ProcessError, match=r"(?s)prepare ended with code 1.*no such table"):
        supervisor.run_to_end([program("prepare", "raise SystemExit('no such table')")])


def test_a_death_during_run_to_end_is_told(supervisor, tmp_path):
    go = tmp_path / "go"
    supervisor.start([program("server", READY + after(go))], silent)
    with pytest.raises(ProcessError, match="server ended"):
        supervisor.run_to_end([program("task", f"open({str(go)!r}, 'w').close()\n" + SLEEP)])


SUPERVISED = """
import pathlib, sys, time
from carnet.ops.supervisor import Program, Supervisor, announces_itself
folder = pathlib.Path(sys.argv[1])
try:
    with Supervisor(lambda name: folder / f"{name}.log", grace=1.0) as supervisor:
        program = Program("child", [sys.executable, "-c", sys.argv[2]], {}, announces_itself)
        supervisor.start([program], lambda _name: None)
        print(supervisor._running[0].process.pid, flush=True)
        supervisor.watch()
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@pytest.fixture
def supervising(tmp_path):
    """A process that supervises a child, and the child's number."""
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, str(tmp_path), READY + SLEEP],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_signals,
    ) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_supervisor_stops_everything(supervising, number):
    process, child = supervising
    process.send_signal(number)
    assert process.wait(LONG) == 0
    assert process.stdout.read() == "stopped\n"
    assert not alive(child)


def test_children_do_not_outlive_a_supervisor_that_was_killed(supervising):
    process, child = supervising
    process.kill()
    process.wait()
    wait_until_gone(child)
