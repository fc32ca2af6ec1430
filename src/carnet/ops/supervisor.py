"""Several processes as one: started in order, watched, stopped in reverse, none left behind."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from carnet.ops import children
from carnet.ops.ports import LOOPBACK

_POLL_SECONDS = 0.03
_WATCH_SECONDS = 0.2
_DYING_SECONDS = 5.0
_LAST_LINES = 15
_LONGEST_LINE = 400

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Running:
    """A started process; what it writes in `log` from the byte `log_start` on is of this life."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    log_start: int
    stop: Callable[[], None] | None = None  # how it wants to be stopped; None: by SIGTERM

    def output(self) -> str:
        """What it has written since it was started."""
        with self.log.open("rb") as file:
            file.seek(self.log_start)
            return file.read().decode("utf-8", "replace")


Check = Callable[[Running], bool]


@dataclass(frozen=True)
class Program:
    """A process to start. `is_ready` is asked again and again until it says so."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    is_ready: Check = lambda _running: True
    patience: float = 180.0  # seconds until it must be ready: a death is told at once


class ProcessError(Exception):
    """A process ended that should not have, or never became ready; holds its last lines."""

    def __init__(self, running: Running, what: str) -> None:
        lines = [
            line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
            for line in running.output().splitlines()[-_LAST_LINES:]
        ]
        self.name = running.name
        super().__init__(
            f"{running.name} {what}; the end of {running.log}:\n" + "\n".join(lines).strip()
        )


class Supervisor:
    """Starts programs and keeps them together; leaving its context stops them all.

    SIGTERM and SIGHUP are made to raise `KeyboardInterrupt` in the main thread, as Ctrl-C does.
    """

    def __init__(self, log: Callable[[str], Path], *, grace: float = 10.0) -> None:
        """`log` gives the log file of a name; `grace` is in seconds, from SIGTERM to SIGKILL."""
        self._log = log
        self._grace = grace
        self._running: list[Running] = []

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
                signal.signal(number, signal.default_int_handler)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, programs: Sequence[Program], progress: Progress) -> None:
        """Start them in order, then wait until each is ready.

        Raises `ProcessError` for the first that ends or is not ready in its time.
        """
        started = [(program, self._spawn(program)) for program in programs]
        begun = time.monotonic()
        for program, running in started:
            while not program.is_ready(running):
                self.check()
                if time.monotonic() - begun > program.patience:
                    raise ProcessError(running, f"was not ready after {program.patience:.0f} s")
                time.sleep(_POLL_SECONDS)
            progress(program.name)

    def run_to_end(self, programs: Sequence[Program]) -> None:
        """Start them together and wait until all have ended well (their readiness is not asked).

        Raises `ProcessError` for the first that ends with another code than 0.
        """
        left = [self._spawn(program) for program in programs]
        while left:
            for running in list(left):
                if _has_ended(running):
                    left.remove(running)
                    self._running.remove(running)
                    _reap(running)
                    if running.process.returncode != 0:
                        raise ProcessError(running, _how_it_ended(running))
            self.check(but=left)
            time.sleep(_POLL_SECONDS)

    def attend(
        self, name: str, process: subprocess.Popen[bytes], log: Path, stop: Callable[[], None]
    ) -> None:
        """Watch a process that somebody else started; `stop` is called in its turn."""
        self._running.append(Running(name, process, log, log.stat().st_size, stop))

    def check(self, but: Sequence[Running] = ()) -> None:
        """Raises `ProcessError` if a process that should be running has ended."""
        for running in self._running:
            if running not in but and _has_ended(running):
                _reap(running)
                raise ProcessError(running, _how_it_ended(running))

    def watch(self) -> None:
        """Wait for ever. Raises `ProcessError` when one ends, `KeyboardInterrupt` at a signal."""
        while True:
            self.check()
            time.sleep(_WATCH_SECONDS)

    def stop(self) -> None:
        """Stop them in reverse: SIGTERM, then SIGKILL to whatever is left of their groups.

        Signals that come meanwhile wait: half-stopped helps nobody.
        """
        heard = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
        before = {number: signal.signal(number, signal.SIG_IGN) for number in heard}
        while self._running:
            running = self._running.pop()
            if running.stop is not None:
                running.stop()
                continue
            if not _has_ended(running):
                running.process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + self._grace
            while not _has_ended(running) and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
            _reap(running)
        for number, handler in before.items():
            signal.signal(number, handler)

    def _spawn(self, program: Program) -> Running:
        log = self._log(program.name)
        with log.open("ab") as output:
            start = output.tell()
            process = children.start(
                program.command, output=output, environment=program.environment
            )
        running = Running(program.name, process, log, start)
        self._running.append(running)
        return running


def _has_ended(running: Running) -> bool:
    """Whether it ended, leaving it in the process table: its group's number stays its own."""
    if running.process.returncode is not None:
        return True
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, running.process.pid, flags) is not None


def _reap(running: Running) -> None:
    """Kill what is left of its process group, wait until it is gone, then take the exit code."""
    if running.process.returncode is None:
        os.killpg(running.process.pid, signal.SIGKILL)
        # A process that a disk holds up may not hold us up.
        deadline = time.monotonic() + _DYING_SECONDS
        while _has_members(running.process.pid) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        running.process.wait()


def _has_members(group: int) -> bool:
    """Whether a process of the group still runs; one that only waits for its parent does not."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # After the name, which may hold anything: state, parent, group (proc(5)).
            state, _parent, of, *_ = entry.read_text(errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(of) == group and state not in "ZX":
            return True
    return False


def _how_it_ended(running: Running) -> str:
    code = running.process.returncode
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def announces_itself(running: Running) -> bool:
    """Ready when its log holds the event `ready`."""
    for line in running.output().splitlines():
        if '"ready"' in line:
            try:
                written = json.loads(line)
            except ValueError:
                continue  # half written
            if written.get("event") == "ready":
                return True
    return False


def answers(path: str, *, unix: Path | None = None, port: int = 0) -> Check:
    """Ready when a GET of `path`, on a unix socket or a loopback port, is answered by 200."""

    def check(_running: Running) -> bool:
        connection = _UnixConnection(unix) if unix else http.client.HTTPConnection(LOOPBACK, port)
        connection.timeout = 5
        try:
            connection.request("GET", path, headers={"Host": "localhost"})
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return check


def listens(port: int) -> Check:
    """Ready when the port of the loopback interface takes connections."""

    def check(_running: Running) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, port)) == 0

    return check


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
