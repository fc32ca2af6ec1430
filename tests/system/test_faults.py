"""Nothing acknowledged is lost, nothing is doubled, whoever dies."""

from __future__ import annotations

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from carnet.ops.region import ward
from carnet.ops.region.papers import discharge
from carnet.ops.region.people import REFERENCE_DAY, population
from tests.system.conftest import Ecosystem, Scene
from tests.waiting import until

LINES = 4
NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
PATIENCE = 240

ARRIVED = """
SELECT count(*), count(DISTINCT unique_id) FROM record_document
 WHERE unique_id LIKE '%.77____' AND status = 'APPROVED'
"""
MAILED = "SELECT count(*), count(DISTINCT (mailbox_id, message_id)) FROM messaging_message"
TRIED_AGAIN = "SELECT count(*) FROM exchange_delivery WHERE attempts > 1"
LEFT = "SELECT state, count(*) FROM exchange_delivery WHERE state <> 'delivered' GROUP BY 1"
TOLD = """
SELECT count(*) FROM accounts_notification WHERE kind = 'document.new' AND target_id IN
    (SELECT id::text FROM record_document WHERE unique_id LIKE '%.77____')
"""


def letters(line: int, count: int) -> list[bytes]:
    """What one sender has to say: letters for many patients, each its own document."""
    people = population()
    days = {"admitted": REFERENCE_DAY, "discharged": REFERENCE_DAY}
    pdf = ward.to_pdf(discharge(people[0], **days))
    return [
        ward.validation(
            discharge(people[order % len(people)], **days), pdf, number=f"77{order:04d}", at=NOW
        )
        for order in range(line, count, LINES)
    ]


def register(scene: Scene) -> None:
    """The hospital knows its patients before any letter."""
    with ward.Line("127.0.0.1", scene.stage.addresses.mllp_port) as line:
        for person in population():
            assert line.send(ward.registration(person, at=NOW)).get("MSA-1") == "AA"


def send(scene: Scene, line: int, count: int) -> list[str]:
    """Send as an engine does: what gets no answer is sent again, on a new connection."""
    codes = []
    waiting = letters(line, count)
    deadline = time.monotonic() + PATIENCE
    while waiting and time.monotonic() < deadline:
        try:
            with ward.Line("127.0.0.1", scene.stage.addresses.mllp_port) as connection:
                while waiting:
                    codes.append(connection.send(waiting[0]).get("MSA-1"))
                    del waiting[0]
        except OSError:
            time.sleep(0.1)
    return codes


def until_delivered(scene: Scene) -> None:
    until(lambda: not scene.ask("establishment", LEFT), within=PATIENCE, every=0.2)


@pytest.mark.timeout(1200)
def test_500_letters_arrive_once_while_record_and_worker_are_killed(
    ecosystem: Ecosystem,
) -> None:
    chance = random.Random(7)
    with ecosystem("national-web", "establishment-worker") as scene:
        record, worker = scene.apart["national-web"], scene.apart["establishment-worker"]
        register(scene)
        worker.start()  # the record is stopped: everything must wait
        with ThreadPoolExecutor(LINES) as senders:
            sending = [senders.submit(send, scene, line, 500) for line in range(LINES)]
            for _ in range(4):
                record.start()
                time.sleep(chance.uniform(0.4, 1.5))
                worker.kill()
                time.sleep(chance.uniform(0.0, 0.3))
                worker.start()
                time.sleep(chance.uniform(0.4, 1.5))
                record.kill()
                time.sleep(chance.uniform(0.2, 0.8))
            record.start()
            answers = [code for answer in sending for code in answer.result()]
        assert answers == ["AA"] * 500
        until_delivered(scene)
        assert scene.ask("establishment", TRIED_AGAIN) != [(0,)], "nobody died in the middle"
        assert scene.ask("national", ARRIVED) == [(500, 500)]
        assert scene.ask("national", MAILED) == [(1000, 1000)]


@pytest.mark.timeout(1200)
def test_letters_arrive_once_whichever_process_is_killed(ecosystem: Ecosystem) -> None:
    chance = random.Random(11)
    names = (
        "establishment-mllp",
        "establishment-worker",
        "national-web",
        "national-smtp",
        "national-worker",
    )
    with ecosystem(*names) as scene:
        for name in names:
            scene.apart[name].start()
        register(scene)
        with ThreadPoolExecutor(LINES) as senders:
            sending: list[Future[list[str]]] = [
                senders.submit(send, scene, line, 120) for line in range(LINES)
            ]
            for name in (*names, *names):
                time.sleep(chance.uniform(0.1, 0.8))
                scene.apart[name].kill()
                scene.apart[name].start()
            answers = [code for answer in sending for code in answer.result()]
        assert answers == ["AA"] * 120
        until_delivered(scene)
        assert scene.ask("national", ARRIVED) == [(120, 120)]
        assert scene.ask("national", MAILED) == [(240, 240)]
        until_told(scene, 120)


def until_told(scene: Scene, count: int) -> None:
    until(lambda: scene.ask("national", TOLD) == [(count,)], within=PATIENCE, every=0.2)
