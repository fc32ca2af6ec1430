"""The worker: woken at once, killed at random, stopped cleanly."""

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from carnet.establishment.exchange import actions, tasks
from carnet.establishment.exchange.models import Delivery
from carnet.standards.hl7v2.messages import Flags
from tests.establishment.country import Mail, Papers, Record
from tests.establishment.messages import cda, document, wire
from tests.establishment.people import NOW, QUALIFIED, adt
from tests.waiting import LONG, until

pytestmark = pytest.mark.django_db(transaction=True)

LETTERS = 40


def send(count: int, flags: Flags) -> None:
    actions.receive("test", wire(adt("A28", QUALIFIED)), now=NOW)
    for number in range(1, count + 1):
        uid = f"1.2.250.1.999.7.9.{number}"
        letter = document(
            cda(uid, set_id=uid), control_id=f"D{number}", document_id=uid, flags=flags
        )
        actions.receive("test", wire(letter), now=NOW)


def delivered() -> int:
    return Delivery.objects.filter(state="delivered").count()


@contextmanager
def working() -> Iterator[threading.Event]:
    """The worker in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=tasks.run_worker, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(LONG)
        assert not thread.is_alive()


def start(papers: Papers, record: Record) -> subprocess.Popen[bytes]:
    """The worker as a process."""
    changes: dict[str, Any] = {name: str(path) for name, path in papers.settings().items()}
    changes["CARNET_DMP_URL"] = record.url
    held = connection.settings_dict
    changes["database"] = {name: held[name] for name in ("NAME", "HOST", "PORT", "USER")}
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "CARNET_TEST_SETTINGS": json.dumps(changes),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.establishment.worker"],
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def test_the_worker_sends_what_is_ready_and_stops(record: Record, mail: Mail) -> None:
    with working():
        send(3, Flags(to_record=True, to_patient=True))
        until(lambda: delivered() == 6)
    assert len(record.entries) == 3
    assert len(mail.taken) == 3


def test_a_silent_record_does_not_hold_back_the_mail(record: Record, mail: Mail) -> None:
    record.behaviour = lambda: "silent"
    with working():
        send(4, Flags(to_record=True, to_patient=True))
        # Behind a record that is given up after ten seconds, the last of four would wait thirty.
        until(lambda: len(mail.taken) == 4, within=25)
        assert record.entries == {}


def test_killed_at_random_it_publishes_each_document_once(
    papers: Papers, record: Record, settings: Any
) -> None:
    settings.CARNET_DMP_URL = record.url
    send(LETTERS, Flags(to_record=True))
    lost = random.Random(7)  # the record also loses some of its answers
    record.behaviour = lambda: "lost" if lost.random() < 0.1 else "ok"
    for goal in (5, 15, 25):
        process = start(papers, record)
        until(lambda goal=goal: len(record.lots) >= goal, within=240)
        process.kill()
        process.wait()
    process = start(papers, record)
    try:
        until(lambda: delivered() == LETTERS, within=240)
    finally:
        process.terminate()
        assert process.wait(LONG) == 0
    assert len(record.entries) == LETTERS
    assert len(set(record.lots)) == LETTERS
