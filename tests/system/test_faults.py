"""Nothing acknowledged is lost, nothing is doubled, whoever dies (issue: "what bad input gets")."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from carnet.ops.region import ward
from carnet.ops.region.papers import discharge
from carnet.ops.region.people import REFERENCE_DAY, population
from tests.system.conftest import Ecosystem, Scene

LETTERS = 500
LINES = 4
NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)

ARRIVED = f"""
SELECT count(*), count(DISTINCT unique_id) FROM record_document
 WHERE unique_id LIKE '{ward.DOCUMENTS}.77%' AND status = 'APPROVED'
"""
MAILED = "SELECT count(*), count(DISTINCT (mailbox_id, message_id)) FROM messaging_message"
TRIED_AGAIN = "SELECT count(*) FROM exchange_delivery WHERE attempts > 1"
LEFT = "SELECT state, count(*) FROM exchange_delivery WHERE state <> 'delivered' GROUP BY 1"


def letters(line: int) -> list[bytes]:
    """What one sender has to say: letters for many patients, each its own document."""
    people = population()
    days = {"admitted": REFERENCE_DAY, "discharged": REFERENCE_DAY}
    pdf = ward.to_pdf(discharge(people[0], **days))
    return [
        ward.validation(
            discharge(people[order % len(people)], **days), pdf, number=f"77{order:04d}", at=NOW
        )
        for order in range(line, LETTERS, LINES)
    ]


def send(scene: Scene, line: int) -> list[str]:
    with ward.Line("127.0.0.1", scene.stage.addresses.mllp_port) as connection:
        return [connection.send(message).get("MSA-1") for message in letters(line)]


@pytest.mark.timeout(400)
def test_500_letters_arrive_once_while_record_and_worker_are_killed(
    ecosystem: Ecosystem,
) -> None:
    chance = random.Random(7)
    with ecosystem("national-web", "establishment-worker") as scene:
        record, worker = scene.apart["national-web"], scene.apart["establishment-worker"]
        with ward.Line("127.0.0.1", scene.stage.addresses.mllp_port) as line:
            for person in population():
                line.send(ward.registration(person, at=NOW))
        worker.start()  # the record is stopped: everything must wait
        with ThreadPoolExecutor(LINES) as senders:
            sending = [senders.submit(send, scene, line) for line in range(LINES)]
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
        assert answers == ["AA"] * LETTERS
        until_delivered(scene)
        assert scene.ask("establishment", TRIED_AGAIN) != [(0,)], "nobody died in the middle"
        assert scene.ask("national", ARRIVED) == [(LETTERS, LETTERS)]
        assert scene.ask("national", MAILED) == [(2 * LETTERS, 2 * LETTERS)]


def until_delivered(scene: Scene) -> None:
    deadline = time.monotonic() + 240
    left: list[tuple[object, ...]] = [("",)]
    while left and time.monotonic() < deadline:
        time.sleep(0.5)
        left = scene.ask("establishment", LEFT)
    assert left == []
