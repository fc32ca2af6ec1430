"""The whole ecosystem as processes, some of them held apart so that a test may kill them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from carnet.ops import children, wiring
from carnet.ops.demo import running
from carnet.ops.home import Home
from carnet.ops.stage import Stage
from carnet.ops.supervisor import Program, Running, Supervisor
from tests import homes
from tests.browser.conftest import _browser, _thread, in_browser  # noqa: F401 - fixtures
from tests.system.silence import assert_silent
from tests.waiting import LONG

Ecosystem = Callable[..., AbstractContextManager["Scene"]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/system/" in item.path.as_posix():
            item.add_marker(pytest.mark.system)
            item.add_marker(pytest.mark.xdist_group("ecosystem"))  # one `ready_home` for all


class Apart:
    """A service that the test starts, stops and kills. Call from the main thread."""

    def __init__(self, program: Program, log: Path) -> None:
        self._program = program
        self._log = log
        self._running: Running | None = None

    def start(self, *, patience: float = 180.0) -> None:
        with self._log.open("ab") as output:
            begin = output.tell()
            process = children.start(
                self._program.command, output=output, environment=self._program.environment
            )
        self._running = Running(self._program.name, process, self._log, begin)
        deadline = time.monotonic() + patience
        while not self._program.is_ready(self._running):
            assert process.poll() is None, self._running.output()
            assert time.monotonic() < deadline, f"{self._program.name} is not ready"
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9, the children of the service included."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._running is None:
            return
        os.killpg(self._running.process.pid, number)
        self._running.process.wait(timeout=LONG)
        self._running = None


@dataclass(frozen=True)
class Scene:
    """A running ecosystem; `apart` are the services in the test's hands, not started."""

    stage: Stage
    supervisor: Supervisor
    apart: dict[str, Apart]

    def ask(self, wing: str, query: str) -> list[tuple[object, ...]]:
        """What the database of a wing answers."""
        url = self.stage.services[f"{wing}-worker"].environment["DATABASE_URL"]
        with psycopg.connect(url) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def ecosystem(ready_home: Path) -> Iterator[Ecosystem]:
    """Starts the ecosystem in a home of its own: `with ecosystem("national-web") as scene:`.

    When it ended well, no log of any of its processes tells of anybody (`silence`).
    """

    @contextmanager
    def start(*apart: str) -> Iterator[Scene]:
        ports = dict.fromkeys(wiring.PORTS, 0)
        with homes.handlers_kept():
            with running(Home(folder), ports, print, apart=apart) as (stage, supervisor):
                held = {name: Apart(stage.services[name], stage.home.log(name)) for name in apart}
                try:
                    yield Scene(stage, supervisor, held)
                finally:
                    for service in held.values():
                        service.kill()
            assert_silent(stage.home)

    with homes.copy_of(ready_home) as folder:
        yield start
