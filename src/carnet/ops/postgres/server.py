"""One PostgreSQL cluster: made, started, watched over its death, stopped."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from carnet.ops import children
from carnet.ops.children import Account
from carnet.ops.language import gettext as _
from carnet.ops.postgres import programs
from carnet.ops.postgres.accounts import PostgresError, blocking_folder, choose_account
from carnet.ops.postgres.programs import Binaries

_SUPERUSER = "carnet_admin"
_LONGEST_SOCKET_PATH = 107  # sun_path of sockaddr_un, less its final zero
_SOCKET_NAME = ".s.PGSQL.5432"
_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")  # cgroup v2: of the one we are in, seen from it
_POLL_SECONDS = 0.02
_PROGRESS_EVERY_SECONDS = 3.0

Progress = Callable[[str], None]


def _shared_megabytes() -> int:
    """An eighth of the memory that we may use, between 128 MB and 1 GB.

    The lines of a record lie on as many pages, and those that are not held here are copied anew:
    with 128 MB, a search among a million documents costs a third more than among a thousand.
    """
    return max(128, min(_memory(_MEMORY_LIMIT) >> 23, 1024))


def _memory(limit: Path) -> int:
    """The bytes of memory of the machine, or those that its file `limit` leaves to a container."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(limit.read_text()))
    except (OSError, ValueError):  # no container, or "max"
        return machine


# Logs may not hold health content: an error's DETAIL shows values, its STATEMENT the query.
SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": f"{_shared_megabytes()}MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}


@dataclass
class Server:
    """One PostgreSQL cluster in `folder` (`data`, `socket`, `server.log`), started and stopped.

    `settings` are added to `SERVER_SETTINGS`; `progress` receives sentences while it works.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    settings: Mapping[str, str] = field(default_factory=dict)
    progress: Progress = lambda _sentence: None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def data(self) -> Path:
        return self.folder.resolve() / "data"

    @property
    def socket_folder(self) -> Path:
        return self.folder / "socket"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def url(self, name: str) -> str:
        """The `DATABASE_URL` of the role and database `name`."""
        return f"postgresql://{quote(name)}@/{quote(name)}?host={quote(str(self.socket_folder))}"

    def start(self) -> subprocess.Popen[bytes]:
        """Make the cluster if there is none, start it, wait until it answers; its process.

        Recovery after a crash takes as long as it needs: only the server's death ends the wait.
        Raises `PostgresError` with the last lines of the server's log, or with what to do.
        """
        self._check_socket_length()
        account = choose_account(self.environment)
        self._make_folders(account)
        binaries = programs.find_binaries(self.environment)
        if account is not None:
            binaries = programs.within_reach(
                binaries, account, self.folder, self.environment, self.progress
            )
        if not self.data.exists():
            self.progress(_("PostgreSQL : création de la base"))
            self._initialise(binaries, account)
        self._clear_the_place()
        options = {
            **SERVER_SETTINGS,
            **self.settings,
            "unix_socket_directories": str(self.socket_folder),
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as output:
            self.process = children.start(
                [binaries.program("postgres"), "-D", self.data, *arguments],
                output=output,
                environment=_child_environment(),
                account=account,
                when_parent_dies=signal.SIGINT,
            )
        self._wait_until_it_answers(self.process)
        return self.process

    def stop(self, *, patience: float = 60.0) -> None:
        """Fast shutdown (open transactions are rolled back, everything is flushed).

        After `patience` seconds: immediate shutdown, which the next start recovers from.
        """
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        self.process = None

    def ensure(self, name: str, *, may_create_databases: bool = False) -> str:
        """Make the role and the database `name` if they are missing; its `DATABASE_URL`."""
        identifier = sql.Identifier(name)
        with self._admin() as connection:
            if not _exists(connection, "pg_roles", "rolname", name):
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(identifier))
            if may_create_databases:
                connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(identifier))
            if not _exists(connection, "pg_database", "datname", name):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(identifier, identifier)
                )
                # By default any role may connect to any database: one wing, one database.
                connection.execute(
                    sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(
                        identifier
                    )
                )
        return self.url(name)

    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_folder), user=_SUPERUSER, dbname="postgres", autocommit=True
        )

    def _check_socket_length(self) -> None:
        socket = self.socket_folder / _SOCKET_NAME
        if len(os.fsencode(socket)) > _LONGEST_SOCKET_PATH:
            raise PostgresError(
                f"the path {socket} is longer than a unix socket's name may be "
                f"({_LONGEST_SOCKET_PATH} bytes): set CARNET_HOME to a shorter folder"
            )

    def _make_folders(self, account: Account | None) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        if account is None:
            return
        blocker = blocking_folder(self.folder, account)
        if blocker is not None:
            raise PostgresError(
                f"the account {account.name}, which runs PostgreSQL because root may not, cannot "
                f"enter {blocker}: set CARNET_HOME to a folder it can reach (for example "
                f"/var/lib/carnet), or allow it with `chmod o+x {blocker}`"
            )
        for folder in (self.folder, self.socket_folder):
            os.chown(folder, account.uid, account.gid)

    def _initialise(self, binaries: Binaries, account: Account | None) -> None:
        """initdb in a folder aside, then one rename: a cluster is whole or it is not there."""
        aside = self.folder / "data.new"
        shutil.rmtree(aside, ignore_errors=True)
        # The built-in provider came with version 17: same order and case rules on any machine.
        provider = ["--locale-provider=builtin"] if binaries.major >= 17 else []
        made = subprocess.run(
            [
                binaries.program("initdb"),
                f"--pgdata={aside}",
                f"--username={_SUPERUSER}",
                "--encoding=UTF8",
                *provider,
                "--locale=C.UTF-8",
                "--auth=trust",
                "--text-search-config=simple",
                "--data-checksums",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=_child_environment(),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        if made.returncode != 0:
            raise PostgresError(f"initdb failed: {made.stderr.strip()}")
        aside.rename(self.data)

    def _clear_the_place(self) -> None:
        """Stop what a former life left on this data, and remove a pid file that lies.

        PostgreSQL takes any live process (or zombie) that has the pid of its pid file for a
        running server. A process is the server's only if it works in the data folder.
        """
        pid_file = self.data / "postmaster.pid"
        left = _processes_in(self.data)
        if left:
            self.progress(_("PostgreSQL : arrêt d'un serveur resté de la fois précédente"))
            if pid_file.exists():
                postmaster = int(pid_file.read_text().split("\n", 1)[0])
                _signal([postmaster] if postmaster in left else [], signal.SIGINT)
            left = _wait_until_gone(self.data, 20.0)
            _signal(left, signal.SIGKILL)
            left = _wait_until_gone(self.data, 5.0)
        if left:
            raise PostgresError(f"processes {left} still use {self.data} and cannot be stopped")
        for stale in (pid_file, *self.socket_folder.iterdir()):  # the socket has a pid file too
            stale.unlink(missing_ok=True)

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        told = time.monotonic()
        while process.poll() is None:
            try:
                self._admin().close()
            except psycopg.OperationalError:  # not listening yet, or replaying its journal
                time.sleep(_POLL_SECONDS)
            else:
                return
            if time.monotonic() - told > _PROGRESS_EVERY_SECONDS:
                told = time.monotonic()
                self.progress(
                    _("PostgreSQL : démarrage (reprise du journal après un arrêt brutal)")
                )
        self.process = None
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        raise PostgresError(
            f"PostgreSQL ended with code {process.returncode}; the end of {self.log}:\n"
            + "\n".join(lines)
        )


def _exists(connection: psycopg.Connection, table: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(
        sql.Identifier(table), sql.Identifier(column)
    )
    return connection.execute(query, (name,)).fetchone() is not None


def _child_environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _processes_in(folder: Path) -> list[int]:
    """The pids whose working folder is `folder`: every PostgreSQL process of that cluster."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # gone, a zombie, or another user's: not ours
    return found


def _wait_until_gone(folder: Path, seconds: float) -> list[int]:
    """Wait for the processes of a cluster to end, `seconds` at most; those that have not."""
    deadline = time.monotonic() + seconds
    while (left := _processes_in(folder)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return left


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
