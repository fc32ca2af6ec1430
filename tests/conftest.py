"""Fixtures of all tests: a real PostgreSQL for the session, the published examples."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from carnet.ops.postgres import Server
from tests import emptying, homes
from tests.waiting import LONG

# A slow machine is no fault, and each run of the suite shows the same: to look for what no run has
# shown yet, pytest --hypothesis-profile=chance.
settings.register_profile("chance", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("suite", settings.get_profile("chance"), derandomize=True)
settings.load_profile("suite")


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says a line at the end of the run, of whichever process: how much a test went through."""
    return lambda line: record_property(_TOLD, line)


_TOLD = "told"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests told by `tell`."""
    told = [
        value
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        for name, value in report.user_properties
        if name == _TOLD and report.when == "call"
    ]
    if told:
        terminalreporter.section("covered")
        for line in sorted(told):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server in a temporary folder, for the whole session.

    Its files need not survive a power cut: what is durable is tested on servers of their own. Its
    memory is small: each table that is emptied is looked for in all of it.
    """
    # Not under pytest's own folder, which other accounts cannot enter (see ops/postgres.py).
    folder = Path(tempfile.mkdtemp(prefix="carnet-test-"))
    folder.chmod(0o711)
    server = Server(
        folder / "postgres",
        settings={
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "shared_buffers": "128MB",
        },
    )
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: Server) -> None:
    """Points Django at the session's server, before pytest-django makes the test database."""
    postgres.ensure("carnet", may_create_databases=True)
    connections["default"].settings_dict["HOST"] = str(postgres.socket_folder)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The test database; what tests commit is taken away by the tables that have lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptying.empty)
        yield


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """What a process remembers for a while is not remembered from test to test."""
    from tests.forgetting import forget  # needs Django's settings

    forget()


@pytest.fixture(autouse=True, scope="session")
def children_have_time() -> Iterator[None]:
    """A child that draws or reads is not given up because the machine is slow."""
    from carnet.establishment.clients import symbols
    from carnet.national.clients import texts
    from carnet.national.doors.space import drawing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(symbols, "SECONDS", LONG)
        patch.setattr(drawing, "SECONDS", LONG)
        patch.setitem(texts.Reader.__init__.__kwdefaults__, "seconds", LONG)
        yield


@pytest.fixture(scope="session")
def ready_home() -> Iterator[Path]:
    """A home in which the region is loaded and nothing runs: to be copied (`homes.copy_of`)."""
    with homes.new_home() as folder:
        homes.make(folder)
        yield folder


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of the published examples, which the repository does not hold."""
    folder = os.environ.get("CARNET_EXAMPLES", "")
    if not folder:
        pytest.skip("the published examples are not here: set CARNET_EXAMPLES to their folder")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"CARNET_EXAMPLES names no folder: {folder}")
    return path
