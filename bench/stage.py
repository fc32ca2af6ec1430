"""The servers under measure, in a temporary home: PostgreSQL, both wings, the floor.

The web processes are those of `carnet serve`, on unix sockets and without the TLS front: the load
sets the header `X-Client-Cert` as the front does. No worker runs: the outbox only fills.
"""

from __future__ import annotations

import base64
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from carnet.national.clients.documents import DocumentStore
from carnet.ops import ports, signin, wiring
from carnet.ops.health import PATH as HEALTH
from carnet.ops.home import Home
from carnet.ops.pki import Authority
from carnet.ops.postgres import Server
from carnet.ops.region import stage as region
from carnet.ops.supervisor import Program, Supervisor, announces_itself, answers
from carnet.ops.wiring import Addresses, Certificates

Progress = Callable[[str], None]
#: Web processes.
CARNET, FLOOR, LARGE = "carnet", "floor", "large"
#: Databases.
NATIONAL = "carnet_national"
ESTABLISHMENT = "carnet_establishment"
LARGE_DATABASE = "carnet_large"
FLOOR_DATABASE = "carnet_floor"


@dataclass
class Stage:
    """A home with its database server; programs are started as they are needed."""

    home: Home
    postgres: Server
    held: Certificates
    addresses: Addresses
    floor_mllp_port: int

    def connect(self, database: str) -> psycopg.Connection:
        """A connection as the role that owns all databases of the bench."""
        return psycopg.connect(
            host=str(self.postgres.socket_folder),
            user=ESTABLISHMENT if database == ESTABLISHMENT else NATIONAL,
            dbname=database,
            autocommit=True,
            cursor_factory=psycopg.ClientCursor,
        )

    def copy(self, database: str, to: str) -> None:
        """A database like another, which nobody may be using."""
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {to} TEMPLATE {database}")

    def restart_postgres(self) -> None:
        """Leave no unfinished work of the filling to the measures: dead lines, checkpoint."""
        self.postgres.stop()
        self.postgres.start()

    def environment(self, wing: str, database: str) -> Mapping[str, str]:
        """The environment of a process of `wing` on `database`: as it is served, not as a sandbox.

        A sandbox keeps both sides of each exchange, which costs more than a search itself.
        """
        build = {
            "national": wiring.national_environment,
            "establishment": wiring.establishment_environment,
        }[wing]
        role = NATIONAL if wing == "national" else ESTABLISHMENT
        url = self.postgres.url(role).replace(f"/{role}?", f"/{database}?")
        built = build(self.home, self.addresses, self.held, url)
        return {**built, "CARNET_EXCHANGES_HOURS": "0"}

    def documents(self, name: str) -> DocumentStore:
        """The document store of the web process `name`."""
        key = self.home.secret("documents-key").read_bytes()
        return DocumentStore(self._folder(name), base64.b64decode(key))

    def copy_documents(self, name: str) -> None:
        """Give `name` the documents of Carnet: what one stores, the other must store too."""
        shutil.copytree(self._folder(CARNET), self._folder(name))

    def _folder(self, name: str) -> Path:
        return self.home.documents if name == CARNET else self.home.folder / f"documents-{name}"

    def sockets(self, name: str) -> tuple[Path, ...]:
        """The sockets of the web processes `name`: as many as the demonstration starts."""
        count = wiring.WEB_PROCESSES["national"]
        return tuple(self.home.sockets / f"{name}-{number}.sock" for number in range(1, count + 1))

    def web(self, name: str, database: str, command: Sequence[str | Path] = ()) -> list[Program]:
        """Web processes on `database`: the national wing's, or others with its environment."""
        environment = {
            **self.environment("national", database),
            "CARNET_DOCUMENTS_URL": str(self._folder(name)),
        }
        return [
            Program(
                socket.stem,
                command or wiring.carnet_command("serve", "national-web"),
                {**environment, "CARNET_WEB_LISTEN": f"unix:{socket}"},
                answers(f"/{HEALTH}", unix=socket),
            )
            for socket in self.sockets(name)
        ]

    def floor_web(self) -> list[Program]:
        """The floor of the SOAP paths."""
        return self.web(FLOOR, FLOOR_DATABASE, [sys.executable, "-m", "bench.floor", "web"])

    def mllp(self) -> list[Program]:
        """The establishment's listener: two processes on one port, as the web has two workers."""
        shared = {"CARNET_MLLP_SHARED": "yes"}
        return [
            Program(
                f"mllp-{number}",
                wiring.carnet_command("serve", "establishment-mllp"),
                {**self.environment("establishment", ESTABLISHMENT), **shared},
                announces_itself,
            )
            for number in (1, 2)
        ]

    def smtp(self) -> list[Program]:
        """The operator's mail server: two processes on one port."""
        shared = {"CARNET_SMTP_SHARED": "yes"}
        return [
            Program(
                f"smtp-{number}",
                wiring.carnet_command("serve", "national-smtp"),
                {**self.environment("national", NATIONAL), **shared},
                announces_itself,
            )
            for number in (1, 2)
        ]

    def floor_mllp(self) -> Program:
        """The bare listener."""
        port = {"CARNET_MLLP_PORT": str(self.floor_mllp_port)}
        return Program(
            "floor-mllp",
            [sys.executable, "-m", "bench.floor", "mllp"],
            {**self.environment("establishment", ESTABLISHMENT), **port},
            announces_itself,
        )

    @contextmanager
    def running(self, *programs: Program) -> Iterator[Supervisor]:
        """These programs, ready, until the context is left."""
        with Supervisor(self.home.log) as supervisor:
            supervisor.start(programs, lambda _name: None)
            yield supervisor


@contextmanager
def prepared(progress: Progress) -> Iterator[Stage]:
    """Both wings' databases with the demonstration region, in a temporary home."""
    folder = Path(tempfile.mkdtemp(prefix="carnet-bench-"))
    try:
        with Home(folder) as home:
            authority = Authority.create(home.pki, datetime.now(UTC))
            chosen = ports.choose(
                dict.fromkeys(("space", "desk", "services", "signin", "smtp", "mllp", "floor"), 0)
            )
            floor = chosen.pop("floor")
            addresses = Addresses(**{f"{name}_port": port for name, port in chosen.items()})
            server = Server(home.postgres)
            stage = Stage(home, server, wiring.certificates(authority), addresses, floor)
            region.write_whitelist(home.whitelist, stage.held, datetime.now(UTC))
            signin.write_clients(home, addresses)
            server.start()
            try:
                server.ensure(NATIONAL, may_create_databases=True)
                server.ensure(ESTABLISHMENT)
                progress("PostgreSQL runs; tables and region are being made")
                with Supervisor(home.log) as supervisor:
                    supervisor.run_to_end(
                        [
                            Program(
                                f"prepare-{wing}",
                                wiring.carnet_command("prepare", wing),
                                stage.environment(wing, f"carnet_{wing}"),
                            )
                            for wing in ("national", "establishment")
                        ]
                    )
                yield stage
            finally:
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
