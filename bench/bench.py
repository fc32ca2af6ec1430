"""The bench itself: databases filled, paths measured in turn, rows of the table."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from bench import load, mail, pages, paths, population, searching
from bench.letters import READER, Messages, Requests, person
from bench.measure import HTTP_CONNECTIONS, MLLP_CONNECTIONS, Meter, Run, median
from bench.paths import Batch, Numbers
from bench.population import Document, Person
from bench.stage import (
    CARNET,
    FLOOR,
    FLOOR_DATABASE,
    LARGE,
    LARGE_DATABASE,
    NATIONAL,
    Stage,
)
from bench.table import Bar, Row
from carnet.ops.region.people import population as region
from carnet.standards.ids import Ins


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    #: Documents of the small database, 50 of each person. What they hold has come by ITI-41.
    documents: int = 1_000
    written_about: int = 1_000  #: people that receive what is published
    sessions: int = 500  #: of consultation
    in_hospital: int = 50  #: people
    searched: int = 2_000  #: documents of the record that is searched
    listed: int = 300  #: documents of the record whose pages are read
    warm: int = 1_500  #: requests of a warm-up, at most


#: What the design says, and what only shows that the bench runs.
FULL, QUICK = Size(), Size(50, 5, 5, 2, 30, 10, 5)

PUBLISH = Bar("400/s and 80 % of the floor", lambda run, ratio: run.rate >= 400 and ratio >= 0.8)
PACED = Bar("p99 < 100 ms", lambda run, _ratio: run.p99 < 100)
THOUSAND = Bar("1000/s", lambda run, _ratio: run.rate >= 1000)
SEARCH = Bar("p95 < 50 ms", lambda run, _ratio: 0 < run.p95 < 50)
PAGE = Bar("p95 < 150 ms", lambda run, _ratio: 0 < run.p95 < 150)
GATEWAY = Bar("300/s", lambda run, _ratio: run.rate >= 300)
MAIL = Bar("150/s", lambda run, _ratio: run.rate >= 150)
SAME = Bar("within 10 % of 1,000", lambda _run, ratio: ratio >= 0.9)


@dataclass
class Bench:
    """What is measured, with what, and what was found."""

    stage: Stage
    seconds: float
    rounds: int
    documents: int
    size: Size = FULL
    numbers: Numbers = field(default_factory=Numbers)
    rows: list[Row] = field(default_factory=list)
    strangers: list[float] = field(default_factory=list)

    @property
    def is_large(self) -> bool:
        """Whether a second, larger database is measured."""
        return self.documents > self.size.documents

    def compare(
        self, name: str, contenders: Sequence[tuple[str, load.Addresses, Batch]], meter: Meter
    ) -> dict[str, list[Run]]:
        """Each contender in turn, `rounds` times, there and back; after a warm-up of each."""
        runs: dict[str, list[Run]] = {who: [] for who, _address, _batch in contenders}
        warm = [
            meter.run(
                f"{name} ({who})", address, batch(self.size.warm)(), max(self.seconds / 3, 1)
            ).rate
            for who, address, batch in contenders
        ]
        size = int(1.5 * max(warm) * self.seconds) + 1
        for round_ in range(self.rounds):
            made = {batch: batch(size) for _who, _address, batch in contenders}
            for who, address, batch in contenders[:: -1 if round_ % 2 else 1]:
                run = meter.run(f"{name} ({who})", address, made[batch](), self.seconds)
                runs[who].append(run)
                self.strangers.append(run.strangers)
                say(
                    f"{name}, {who}: {run.rate:.0f}/s, {run.p50:.1f} and {run.p99:.1f} ms, CPU "
                    f"{run.server_ms:.2f}+{run.postgres_ms:.2f} ms (load {run.generator_ms:.2f}; "
                    f"strangers {run.strangers:.2f} processors)"
                )
        return runs

    def at_pace(
        self, batch: Batch, addresses: load.Addresses, meter: Meter, pace: float
    ) -> list[Run]:
        """The publish path, asked for `pace` a second whatever it answers."""
        size = int(pace * self.seconds) + 1
        return [
            meter.run("publish at 80 %", addresses, batch(size)(), self.seconds, pace)
            for _ in range(self.rounds)
        ]

    def meter(self, connections: int, accepted: load.Accepted, length: load.Length) -> Meter:
        """The meter of a path."""
        process = self.stage.postgres.process
        if process is None:
            raise RuntimeError("PostgreSQL does not run")
        return Meter(process.pid, connections, accepted, length)

    def soap(self, wanted: Sequence[str]) -> None:
        """The paths of the record."""
        requests = Requests.made(self.stage.held)
        few = [person(number) for number in range(self.size.documents // population.PER_PATIENT)]
        written = [person(1_000 + number) for number in range(self.size.written_about)]
        many, shown = self._fill(requests, few, written)
        with ExitStack() as running:
            programs = [*self.stage.web(CARNET, NATIONAL), *self.stage.floor_web()]
            programs += self.stage.web(LARGE, LARGE_DATABASE) if self.is_large else []
            running.enter_context(self.stage.running(*programs))
            if "publish" in wanted:
                self._publish(requests, written)
            if "find" in wanted:
                batch = paths.finding(requests, few, self.size.sessions)
                there = [each.ins for each in many]
                large = paths.finding(requests, there, self.size.sessions) if there else batch
                self._read("find 50 entries", paths.found, batch, large)
            if "retrieve" in wanted:
                with self.stage.connect(NATIONAL) as connection:
                    people = population.people_of(connection, few)
                    held = population.documents_of(connection, people, population.PER_PATIENT)
                batch = paths.retrieving(requests, held, self.size.sessions)
                large = paths.retrieving(requests, shown, self.size.sessions) if shown else batch
                self._read("retrieve 60 kB", paths.retrieved, batch, large)

    def _publish(self, requests: Requests, written: Sequence[Ins]) -> None:
        batch = paths.publishing(requests, written, self.numbers)
        meter = self.meter(HTTP_CONNECTIONS, paths.published, load.http_length)
        runs = self.compare("publish 60 kB", self._contenders(batch, batch), meter)
        self.rows.append(Row("publish 60 kB", runs[CARNET], runs[FLOOR], "floor", PUBLISH))
        self._large_row("publish", runs, SAME)
        pace = 0.8 * median(runs[CARNET]).rate
        paced = self.at_pace(batch, self.stage.sockets(CARNET), meter, pace)
        self.rows.append(Row("publish at 80 % load", paced, (), "", PACED))

    def _read(self, name: str, accepted: load.Accepted, batch: Batch, large: Batch) -> None:
        meter = self.meter(HTTP_CONNECTIONS, accepted, load.http_length)
        runs = self.compare(name, self._contenders(batch, large), meter)
        self.rows.append(Row(name, runs[CARNET], runs[FLOOR], "floor", THOUSAND))
        self._large_row(name.split(maxsplit=1)[0], runs, SAME)

    def _large_row(self, name: str, runs: dict[str, list[Run]], bar: Bar) -> None:
        if self.is_large:
            path = f"{name}, {self.documents:,} documents"
            self.rows.append(Row(path, runs[LARGE], runs[CARNET], f"{self.size.documents:,}", bar))

    def _contenders(self, batch: Batch, large: Batch) -> list[tuple[str, load.Addresses, Batch]]:
        names = [CARNET, FLOOR, *([LARGE] if self.is_large else [])]
        return [
            (name, self.stage.sockets(name), large if name == LARGE else batch) for name in names
        ]

    def _fill(
        self, requests: Requests, few: Sequence[Ins], written: Sequence[Ins]
    ) -> tuple[list[Person], list[Document]]:
        """All databases; people to find in the large one, and documents to retrieve there."""
        here = self.stage
        with here.connect(NATIONAL) as connection:
            population.add_people(connection, [*few, *written], READER.idnat)
        with here.running(*here.web(CARNET, NATIONAL)):
            people = [*few] * population.PER_PATIENT
            lots = (
                requests.publish(ins, self.numbers(), signed)
                for ins, signed in zip(people, requests.feeding(people), strict=True)
            )
            meter = self.meter(4, paths.published, load.http_length)
            meter.run("the first documents", here.sockets(CARNET), lots, 600)
        say(f"{self.size.documents:,} documents published")
        many: list[Person] = []
        shown: list[Document] = []
        if self.is_large:
            here.copy(NATIONAL, LARGE_DATABASE)
            here.copy_documents(LARGE)
            many = self._multiply(written)
            with here.connect(LARGE_DATABASE) as connection:
                models = population.documents_of(
                    connection, population.people_of(connection, few), population.PER_PATIENT
                )
                shown = population.documents_of(connection, many, 4)
            population.give_files(here.documents(LARGE), models, shown)
        here.copy(NATIONAL, FLOOR_DATABASE)
        here.copy_documents(FLOOR)
        for database in (NATIONAL, FLOOR_DATABASE, *([LARGE_DATABASE] if self.is_large else [])):
            with here.connect(database) as connection:
                connection.execute("VACUUM (ANALYZE)")
        here.restart_postgres()
        return many, shown

    def _multiply(self, written: Sequence[Ins]) -> list[Person]:
        """Fill the large database; a sample of its people, spread over all of them."""
        started = time.monotonic()
        more = (self.documents - self.size.documents) // population.PER_PATIENT - len(written)
        with self.stage.connect(LARGE_DATABASE) as connection:
            added = population.add_people(
                connection,
                [person(10_000 + number) for number in range(max(more, self.size.sessions))],
                READER.idnat,
            )
            everyone = [*population.people_of(connection, written), *added]
            population.fill(
                connection, everyone, lambda count: say(f"{count:,} documents multiplied")
            )
        say(f"the large database took {time.monotonic() - started:.0f} s")
        return added[:: len(added) // self.size.sessions][: self.size.sessions]

    def hl7(self) -> None:
        """The gateway's path: from a message to its acknowledgement."""
        wards = [Messages.made(citizen) for citizen in region()[: self.size.in_hospital]]
        meter = self.meter(MLLP_CONNECTIONS, paths.acknowledged, load.mllp_length)
        listener = [("127.0.0.1", self.stage.addresses.mllp_port)]
        floor = [("127.0.0.1", self.stage.floor_mllp_port)]
        with self.stage.running(*self.stage.mllp(), self.stage.floor_mllp()):
            meter.run("registrations", listener, [each.registration for each in wards], 600)
            for name, make in (
                ("HL7 MDM, PDF of 40 kB", Messages.letter),
                ("HL7 ADT", Messages.admission),
            ):
                batch = paths.sending(make, wards, self.numbers)
                contenders = [(CARNET, listener, batch), (FLOOR, floor, batch)]
                runs = self.compare(name, contenders, meter)
                self.rows.append(Row(name, runs[CARNET], runs[FLOOR], "floor", GATEWAY))

    def search(self) -> None:
        """Full-text search in one record of 2,000 documents, one question at a time."""
        here, owner = self.stage, person(9_000)
        with here.connect(NATIONAL) as connection:
            (known,) = population.add_people(connection, [owner], READER.idnat)
        self._publish_one(owner)
        more = {searching.PATIENT: str(known.patient_id)}
        module = [sys.executable, "-m", "bench.searching"]
        self._grow([*module, "fill", str(known.patient_id), str(self.size.searched)], more)
        programs = [
            replace(program, environment={**program.environment, **more, **self._django})
            for name, command in ((CARNET, "web"), (FLOOR, "floor"))
            for program in here.web(name, NATIONAL, [*module, command])[:1]
        ]
        with here.running(*programs):
            batch, name = searching.questions(), f"search {self.size.searched:,} documents"
            meter = self.meter(1, searching.answered, load.http_length)
            contenders = [(who, here.sockets(who)[:1], batch) for who in (CARNET, FLOOR)]
            runs = self.compare(name, contenders, meter)
        say(f"search: p95 {median(runs[CARNET]).p95:.1f} ms")
        self.rows.append(Row(name, runs[CARNET], runs[FLOOR], "floor", SEARCH))

    def pages(self) -> None:
        """Pages of the space, one at a time, on a record of 300 documents."""
        here, owner = self.stage, region()[0].ins
        with here.connect(NATIONAL) as connection:
            (known,) = population.people_of(connection, [owner])
        self._publish_one(owner)
        module = [sys.executable, "-m", "bench.pages"]
        told = self._grow([*module, str(known.patient_id), str(self.size.listed)])
        with here.running(*here.web(CARNET, NATIONAL)[:1]):
            meter = self.meter(1, pages.shown, load.http_length)
            for name, batch in pages.reading(json.loads(told)).items():
                path = f"page: {name}"
                runs = self.compare(path, [(CARNET, here.sockets(CARNET)[:1], batch)], meter)
                say(f"{path}: p95 {median(runs[CARNET]).p95:.1f} ms")
                self.rows.append(Row(path, runs[CARNET], (), "", PAGE))

    def _publish_one(self, owner: Ins) -> None:
        """The first document of a record, which is multiplied in the database."""
        requests = Requests.made(self.stage.held)
        with self.stage.running(*self.stage.web(CARNET, NATIONAL)):
            (signed,) = requests.feeding([owner])
            lots = iter([requests.publish(owner, self.numbers(), signed)])
            meter = self.meter(1, paths.published, load.http_length)
            meter.run("the document", self.stage.sockets(CARNET), lots, 60)

    def _grow(self, command: Sequence[str], more: Mapping[str, str] = MappingProxyType({})) -> str:
        """Fill the database by this program of the national wing; what it printed."""
        environment = {**self.stage.environment("national", NATIONAL), **self._django, **more}
        done = subprocess.run(
            command, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        with self.stage.connect(NATIONAL) as connection:
            connection.execute("VACUUM (ANALYZE)")
        return done.stdout

    @property
    def _django(self) -> Mapping[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "carnet.ops.settings.national",
            "CARNET_DOCUMENTS_URL": str(self.stage.home.documents),
        }

    def mail(self) -> None:
        """The mail path: an XDM message accepted, kept for good before the 250."""
        process = self.stage.postgres.process
        if process is None:
            raise RuntimeError("PostgreSQL does not run")
        mails = mail.Mails.made()
        with self.stage.running(*self.stage.smtp()):
            runs = [
                mail.run(
                    mails,
                    self.numbers.counter,
                    port=self.stage.addresses.smtp_port,
                    held=self.stage.held,
                    postgres=process.pid,
                    seconds=self.seconds,
                )
                for _ in range(self.rounds + 1)
            ][1:]
        self.strangers += [run.strangers for run in runs]
        self.rows.append(Row("mail, XDM of 60 kB", runs, (), "", MAIL))


def say(sentence: str) -> None:
    """Progress, apart from the table."""
    print(f"{datetime.now(UTC):%H:%M:%S} {sentence}", file=sys.stderr, flush=True)
