"""The embedded PostgreSQL, killed, misled and moved about."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from carnet.ops.postgres import PostgresError, Server, programs
from carnet.ops.postgres.accounts import choose_account
from carnet.ops.postgres.server import _memory, _processes_in
from tests.waiting import LONG, until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change account")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that any account can enter, with a path short enough for a socket."""
    path = Path(tempfile.mkdtemp(prefix="carnet-pg-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def make(folder: Path) -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def build(**options: object) -> Server:
        server = Server(folder / "pg", **options)
        made.append(server)
        return server

    yield build
    for server in made:
        server.stop()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """The data of a cluster that was made, started and stopped: to be copied."""
    path = Path(tempfile.mkdtemp(prefix="carnet-pg-"))
    path.chmod(0o711)
    server = Server(path / "pg")
    server.start()
    server.stop()
    yield server.data
    shutil.rmtree(path)


@pytest.fixture
def server(make: Callable[..., Server], cluster: Path) -> Server:
    server = make()
    server.folder.mkdir(mode=0o700)
    subprocess.run(["cp", "-a", cluster, server.data], check=True)
    server.start()
    return server


def postmaster(server: Server) -> subprocess.Popen[bytes]:
    assert server.process is not None
    return server.process


def count(server: Server) -> int:
    with psycopg.connect(server.url("wing")) as session:
        row = session.execute("SELECT count(*) FROM acts").fetchone()
        assert row is not None
        return int(row[0])


def make_table(server: Server) -> None:
    with psycopg.connect(server.ensure("wing")) as session:
        session.execute("CREATE TABLE acts (id serial PRIMARY KEY, filler text)")


def killed_under_writes(server: Server, kill: Callable[[Server], None]) -> int:
    """Write from two threads until the server is killed; how many commits were acknowledged."""
    acknowledged: list[int] = []

    def write() -> None:
        try:
            with psycopg.connect(server.url("wing"), autocommit=True) as session:
                while True:
                    session.execute("INSERT INTO acts (filler) VALUES (repeat('x', 500))")
                    acknowledged.append(1)
        except psycopg.OperationalError:
            return

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    while len(acknowledged) < 300:
        time.sleep(0.01)
    kill(server)
    for writer in writers:
        writer.join(LONG)
    return len(acknowledged)


def kill_everything(server: Server) -> None:
    for pid in _processes_in(server.data):
        # The others end by themselves as soon as the first one is gone.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    postmaster(server).wait()


def kill_the_postmaster(server: Server) -> None:
    postmaster(server).kill()
    postmaster(server).wait()


@pytest.mark.django_db
def test_the_test_database_speaks_utf8_and_orders_by_code_point() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding) FROM pg_database"
            " WHERE datname = current_database()"
        )
        assert cursor.fetchone() == ("b", "C.UTF-8", "UTF8")


@pytest.mark.parametrize("kill", [kill_everything, kill_the_postmaster])
def test_a_server_killed_under_writes_loses_no_commit(
    server: Server, make: Callable[..., Server], kill: Callable[[Server], None]
) -> None:
    make_table(server)
    acknowledged = killed_under_writes(server, kill)
    again = make()
    again.start()
    # A commit may be durable without its acknowledgement having come back: one per writer.
    assert acknowledged <= count(again) <= acknowledged + 2


def test_a_stopped_server_starts_again_with_its_data(
    server: Server, make: Callable[..., Server]
) -> None:
    make_table(server)
    server.stop()
    again = make()
    again.start()
    assert count(again) == 0


def test_a_stop_is_clean(server: Server) -> None:
    make_table(server)
    process = postmaster(server)
    server.stop()
    assert process.returncode == 0
    assert not (server.data / "postmaster.pid").exists()


def test_a_pid_file_that_names_a_foreign_process_is_not_believed(
    server: Server, make: Callable[..., Server]
) -> None:
    make_table(server)
    kill_everything(server)
    account = choose_account(os.environ)
    foreign = subprocess.Popen(["sleep", "60"], user=account.uid if account else None)
    try:
        pid_file = server.data / "postmaster.pid"
        for file in (pid_file, server.socket_folder / ".s.PGSQL.5432.lock"):
            lines = file.read_text().split("\n")
            file.write_text("\n".join([str(foreign.pid), *lines[1:]]))
        again = make()
        again.start()
        assert count(again) == 0
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


def test_a_pid_file_that_names_a_zombie_is_not_believed(
    server: Server, make: Callable[..., Server]
) -> None:
    make_table(server)
    zombie = postmaster(server)
    zombie.kill()  # and not waited for: it stays in the process table
    again = make()
    again.start()
    assert count(again) == 0
    zombie.wait()


def test_a_server_left_by_a_former_life_is_stopped_first(
    server: Server, make: Callable[..., Server]
) -> None:
    make_table(server)
    again = make()
    again.start()
    assert postmaster(server).wait(LONG) == 0
    assert count(again) == 0


def test_the_server_stops_when_its_parent_is_killed(folder: Path) -> None:
    program = (
        "import sys, time, pathlib; from carnet.ops.postgres import Server\n"
        "server = Server(pathlib.Path(sys.argv[1])); server.start()\n"
        "print(server.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder / "pg")], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.kill()
    until(lambda: not _processes_in((folder / "pg").resolve() / "data"))


def test_an_interrupted_initdb_is_begun_again(make: Callable[..., Server]) -> None:
    server = make()
    aside = server.folder / "data.new"
    aside.mkdir(parents=True)
    (aside / "PG_VERSION").write_text("half")
    server.start()
    make_table(server)
    assert count(server) == 0


def test_each_role_enters_its_own_database_alone(server: Server) -> None:
    server.ensure("national")
    server.ensure("establishment")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(
            host=str(server.socket_folder), user="establishment", dbname="national"
        ).close()


def test_the_server_listens_on_no_network_address(server: Server) -> None:
    with psycopg.connect(server.ensure("wing")) as session:
        assert session.execute("SHOW listen_addresses").fetchone() == ("",)


def test_an_error_leaves_no_value_in_the_log(server: Server) -> None:
    with psycopg.connect(server.ensure("wing"), autocommit=True) as session:
        session.execute("CREATE TABLE people (matricule text PRIMARY KEY)")
        session.execute("INSERT INTO people VALUES ('secret-value')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            session.execute("INSERT INTO people VALUES ('secret-value')")
    log = server.log.read_text()
    assert "duplicate key" in log
    assert "secret-value" not in log


def test_a_server_that_cannot_start_shows_the_end_of_its_log(make: Callable[..., Server]) -> None:
    with pytest.raises(PostgresError, match="shared_buffers"):
        make(settings={"shared_buffers": "nonsense"}).start()


def test_a_folder_whose_path_is_too_long_for_a_socket_is_refused(folder: Path) -> None:
    with pytest.raises(PostgresError, match="shorter folder"):
        Server(folder / ("long" * 25)).start()


def test_binaries_of_another_folder_can_be_named(folder: Path) -> None:
    wheel = programs.find_binaries({})
    other = folder / "bin"
    other.symlink_to(wheel.folder)
    assert programs.find_binaries({"CARNET_POSTGRES_BIN": str(other)}).folder == other


def test_a_folder_without_a_server_is_refused_by_the_name_of_the_variable(folder: Path) -> None:
    with pytest.raises(PostgresError, match="CARNET_POSTGRES_BIN"):
        programs.find_binaries({"CARNET_POSTGRES_BIN": str(folder)})


def test_a_version_too_old_is_refused(folder: Path) -> None:
    program = folder / "postgres"
    program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
    program.chmod(0o755)
    with pytest.raises(PostgresError, match="15 or later"):
        programs.find_binaries({"CARNET_POSTGRES_BIN": str(folder)})


@as_root
def test_as_root_the_server_runs_under_another_account(server: Server) -> None:
    assert Path(f"/proc/{postmaster(server).pid}").stat().st_uid != 0


@as_root
def test_as_root_a_folder_that_the_account_cannot_enter_is_named(folder: Path) -> None:
    folder.chmod(0o700)
    with pytest.raises(PostgresError, match=f"cannot enter {folder}"):
        Server(folder / "pg").start()


@as_root
def test_as_root_binaries_out_of_the_accounts_reach_are_copied(
    folder: Path, make: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = programs.find_binaries({}).folder.parent.parent
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(part, hidden / part.name)
    out_of_reach = programs.Binaries(hidden / wheel.name / "pginstall" / "bin", 18)
    monkeypatch.setattr(programs, "find_binaries", lambda _environment: out_of_reach)
    server = make()
    server.start()
    program = Path(f"/proc/{postmaster(server).pid}/exe").readlink()
    assert program.is_relative_to(server.folder)


@as_root
def test_a_plain_user_runs_the_server_as_itself(folder: Path) -> None:
    account = choose_account({})
    assert account is not None
    os.chown(folder, account.uid, account.gid)
    # The interpreter may be out of that account's reach: the account is changed after its start.
    program = (
        f"import os, sys, pathlib, psycopg; from carnet.ops.postgres import Server\n"
        f"import encodings.idna, encodings.ascii, psycopg.pq, carnet.ops.children\n"
        f"os.setgroups([]); os.setgid({account.gid}); os.setuid({account.uid})\n"
        f"server = Server(pathlib.Path(sys.argv[1])); server.start()\n"
        f"print(psycopg.connect(server.ensure('wing')).execute('SELECT 1').fetchone()[0])\n"
        f"server.stop()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(folder / "pg")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.strip() == "1", ended.stderr


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("3221225472\n", 3 << 30), ("max\n", None), (None, None), (str(1 << 60), None)],
)
def test_a_container_has_the_memory_that_its_limit_leaves(
    tmp_path: Path, limit: str | None, expected: int | None
) -> None:
    file = tmp_path / "memory.max"
    if limit is not None:
        file.write_text(limit)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert _memory(file) == min(expected or machine, machine)
