"""The power is cut in the middle of 1,000 publications, again and again: PostgreSQL and the web
processes are killed at once, and what was acknowledged is there and whole.

kill -9 leaves the caches of the machine: that what is written is flushed, and in which order, is
shown by the settings that are asked here and by the tests of the document store.
"""

from __future__ import annotations

import hashlib
import io
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from bench import letters, load, population, stage
from bench.letters import Requests
from bench.population import Person
from bench.stage import NATIONAL, Stage
from carnet.ops import wiring
from carnet.standards.soap import envelope, mtom
from carnet.standards.xds import iti43
from tests.system.conftest import Apart

DOCUMENTS = 1000
PATIENTS = 40
LINES = 8
CUTS = 3
PATIENCE = 240.0

STORED = "SELECT unique_id, id, sha256, size FROM record_document WHERE unique_id = ANY(%s)"
#: What must be nowhere: a line of one table without that of the other, or twice.
HALVES = {
    "a document without its locator": """
        SELECT d.unique_id FROM record_document d LEFT JOIN record_locator l
            ON l.unique_id = d.unique_id AND l.entry_uuid = d.id AND l.patient_id = d.patient_id
           AND l.digest = d.sha1 AND l.kind = 'document' WHERE l.unique_id IS NULL""",
    "a lot without its locator": """
        SELECT s.unique_id FROM record_submissionset s LEFT JOIN record_locator l
            ON l.unique_id = s.unique_id AND l.entry_uuid = s.id AND l.kind = 'submission_set'
         WHERE l.unique_id IS NULL""",
    "a locator of nothing": """
        SELECT l.unique_id FROM record_locator l
         WHERE NOT EXISTS (SELECT FROM record_document d
                            WHERE d.patient_id = l.patient_id AND d.id = l.entry_uuid)
           AND NOT EXISTS (SELECT FROM record_submissionset s
                            WHERE s.patient_id = l.patient_id AND s.id = l.entry_uuid)""",
    "a lot that holds nothing": """
        SELECT s.unique_id FROM record_submissionset s WHERE NOT EXISTS (
            SELECT FROM record_association a JOIN record_document d
                ON d.patient_id = a.patient_id AND d.id = a.target_id
             WHERE a.patient_id = s.patient_id AND a.source_id = s.id
               AND d.submission_set_id = s.id)""",
    "a document in no lot": """
        SELECT d.unique_id FROM record_document d WHERE NOT EXISTS (
            SELECT FROM record_association a JOIN record_submissionset s
                ON s.patient_id = a.patient_id AND s.id = a.source_id
             WHERE a.patient_id = d.patient_id AND a.target_id = d.id
               AND s.id = d.submission_set_id)""",
    "a publication not written in the journal once": """
        SELECT d.unique_id FROM record_document d
         WHERE split_part(d.type_code, '^', 1) <> 'E1762' AND 1 <> (
            SELECT count(*) FROM journal_trace t WHERE t.patient_id = d.patient_id
               AND t.object_id = d.id::text AND t.action = 'document.published')""",
    "a publication that nobody will be told of": """
        SELECT d.unique_id FROM record_document d
         WHERE split_part(d.type_code, '^', 1) <> 'E1762' AND 1 <> (
            SELECT count(*) FROM record_outbox o WHERE o.patient_id = d.patient_id
               AND o.payload ->> 'document' = d.id::text)""",
}


@dataclass(frozen=True)
class Lot:
    """One publication: the request as it is sent, each time the same bytes."""

    unique_id: str
    person: Person
    request: bytes

    @property
    def document(self) -> bytes:
        """The bytes of its one document."""
        (data,) = parts(self.request).attachments.values()
        return data


def parts(message: bytes) -> mtom.Package:
    """An HTTP message, request or answer, as its parts."""
    head, _, body = message.partition(b"\r\n\r\n")
    (content_type,) = (
        line.partition(b":")[2].strip().decode()
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-type:")
    )
    return mtom.read(content_type, io.BytesIO(body), limit=len(body))


@dataclass
class Senders:
    """Publishing software: what gets no good answer is sent again, the same bytes."""

    sockets: tuple[Path, ...]
    waiting: SimpleQueue[Lot] = field(default_factory=SimpleQueue)
    acknowledged: set[str] = field(default_factory=set)
    answers: list[bytes] = field(default_factory=list)
    busy: int = 0
    power: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, line: int) -> None:
        connection: socket.socket | None = None
        while len(self.acknowledged) < DOCUMENTS:
            self.power.wait()
            try:
                lot = self.waiting.get(timeout=0.05)
            except Empty:
                continue
            with self.lock:
                self.busy += 1
            try:
                connection = connection or connect(self.sockets[line % len(self.sockets)])
                answer = exchange(connection, lot.request)
            except OSError:
                answer = b""
                closed(connection)
                connection = None
            with self.lock:
                self.busy -= 1
                if answer.startswith(b"HTTP/1.1 200") and b"ResponseStatusType:Success" in answer:
                    self.acknowledged.add(lot.unique_id)
                else:
                    self.answers.append(answer)
                    self.waiting.put(lot)
        closed(connection)

    def until(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(self.acknowledged) < count:
            assert time.monotonic() < deadline, (len(self.acknowledged), self.answers[-1:])
            time.sleep(0.01)

    def until_silent(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.busy:
            assert time.monotonic() < deadline, "a request is neither answered nor broken off"
            time.sleep(0.01)


def connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def closed(connection: socket.socket | None) -> None:
    if connection is not None:
        connection.close()


def exchange(connection: socket.socket, request: bytes) -> bytes:
    """Send, and read the whole answer. Raises `OSError` when the server hangs up before its end."""
    connection.sendall(request)
    received = bytearray()
    expected = 0
    while not expected or len(received) < expected:
        chunk = connection.recv(1 << 20)
        if not chunk:
            raise ConnectionResetError("the answer is cut short")
        received += chunk
        expected = expected or load.http_length(received)
    return bytes(received)


def lots(requests: Requests, people: list[Person]) -> list[Lot]:
    chosen = [people[number % len(people)] for number in range(DOCUMENTS)]
    assertions = requests.feeding([person.ins for person in chosen])
    return [
        Lot(letters.unique_id(2 * n), person, requests.publish(person.ins, n, signed))
        for n, (person, signed) in enumerate(zip(chosen, assertions, strict=True))
    ]


@dataclass
class Machine:
    """The database and the web processes, which lose their power together."""

    held: Stage
    services: list[Apart]

    def cut(self, chance: random.Random) -> None:
        """kill -9 of everything: each process of PostgreSQL and of the web, in any order."""
        postgres = self.held.postgres.process
        assert postgres is not None
        kills = [each.kill for each in self.services]
        kills.append(lambda: os.killpg(postgres.pid, signal.SIGKILL))
        chance.shuffle(kills)
        for kill in kills:
            kill()
        postgres.wait(PATIENCE)

    def start_database(self) -> None:
        self.held.postgres.start()

    def start_services(self) -> None:
        for each in self.services:
            each.start()


def ask(held: Stage, query: str, *values: object) -> list[tuple]:
    with held.connect(NATIONAL) as connection:
        return connection.execute(query, values).fetchall()


def carnet(held: Stage, *arguments: str) -> str:
    """What a command of the operator says; it must find nothing wrong."""
    ended = subprocess.run(
        wiring.carnet_command(*arguments),
        env=dict(held.environment("national", NATIONAL)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def assert_whole(held: Stage, sent: dict[str, Lot], acknowledged: set[str]) -> dict[str, object]:
    """No half document, and each that was acknowledged; gives the entryUUIDs that are there."""
    for half, query in HALVES.items():
        assert ask(held, query) == [], half
    stored = ask(held, STORED, list(sent))
    assert acknowledged <= {line[0] for line in stored}
    store = held.documents(stage.CARNET)
    for unique_id, _id, sha256, size in stored:
        data = store.get(sent[unique_id].person.patient_id, sha256)
        assert hashlib.sha256(data).hexdigest() == sha256
        assert len(data) == size
    return {line[0]: line[1] for line in stored}


@contextmanager
def on(held: Stage) -> Iterator[Machine]:
    """The web processes, in the hands of the test."""
    programs = held.web(stage.CARNET, NATIONAL)
    machine = Machine(held, [Apart(each, held.home.log(each.name)) for each in programs])
    try:
        yield machine
    finally:
        for each in machine.services:
            each.kill()


@pytest.mark.timeout(1200)
def test_what_was_acknowledged_survives_a_power_cut_whole_and_nothing_is_half_there() -> None:
    chance = random.Random(23)
    with stage.prepared(print) as held, on(held) as machine:
        with held.connect(NATIONAL) as connection:
            durable = connection.execute(
                "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
                " current_setting('synchronous_commit')"
            ).fetchone()
            assert durable == ("on", "on", "on")
            every_ins = [letters.person(number) for number in range(PATIENTS)]
            people = population.add_people(connection, every_ins, letters.READER.idnat)
        requests = Requests.made(held.held)
        sent = {lot.unique_id: lot for lot in lots(requests, people)}
        senders = Senders(held.sockets(stage.CARNET))
        for lot in sent.values():
            senders.waiting.put(lot)
        machine.start_services()
        senders.power.set()
        unacknowledged = 0
        ids: dict[str, object] = {}
        with ThreadPoolExecutor(LINES) as pool:
            running = [pool.submit(senders.run, line) for line in range(LINES)]
            for cut in range(1, CUTS + 1):
                senders.until(cut * DOCUMENTS // (CUTS + 1) + chance.randint(-50, 50))
                senders.power.clear()  # nothing new is begun; what is under way is cut
                machine.cut(chance)
                senders.until_silent()
                machine.start_database()
                present = assert_whole(held, sent, senders.acknowledged)
                assert ids.items() <= present.items(), "what was there has changed its id"
                unacknowledged += len(present.keys() - senders.acknowledged)
                ids = present
                machine.start_services()
                senders.power.set()
            for each in running:
                each.result(timeout=PATIENCE)
        present = assert_whole(held, sent, senders.acknowledged)
        assert present.keys() == sent.keys()
        assert ids.items() <= present.items()
        assert len(ask(held, STORED, list(sent))) == DOCUMENTS, "one is there twice"
        assert senders.answers, "the power was cut when nothing was under way"
        print(
            f"{CUTS} cuts, {len(senders.answers)} publications not acknowledged,"
            f" of which {unacknowledged} were there"
        )
        read_again(senders.sockets[0], requests, sent)
        print(carnet(held, "record", "verify"))
        print(carnet(held, "audit", "seal"))
        print(carnet(held, "audit", "verify"))


def read_again(path: Path, requests: Requests, sent: dict[str, Lot]) -> None:
    """Each document as ITI-43 gives it: the very bytes that were sent."""
    everybody = list({lot.person.ins: None for lot in sent.values()})
    assertions = dict(zip(everybody, requests.consulting(everybody), strict=True))
    with connect(path) as connection:
        for lot in sent.values():
            asked = requests.retrieve(lot.unique_id, assertions[lot.person.ins])
            package = parts(exchange(connection, asked))
            told = iti43.read_response(envelope.read(package.root).payload, package.attachments)
            (found,) = told.documents
            assert found.data == lot.document
