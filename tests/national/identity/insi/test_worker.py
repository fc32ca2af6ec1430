"""The worker of the national wing verifies what was deposited."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from carnet.national.identity.insi import batches
from carnet.national.identity.insi.scripted import register_population
from carnet.national.record import tasks
from carnet.standards.ins.insi import (
    BatchLine,
    DepositQuery,
    VerifyQuery,
    scripted_population,
    scripted_questions,
)
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM
from tests.waiting import until


@pytest.mark.django_db(transaction=True)
def test_the_worker_verifies_batches_and_forgets_those_that_expired() -> None:
    register_population(world.TESTS, scripted_population(), now=world.NOW)
    query = next(one.query for one in scripted_questions() if isinstance(one.query, VerifyQuery))
    now = datetime.now(UTC)

    def deposit(at: datetime) -> str:
        line = DepositQuery((BatchLine("IPP-1", query),))
        kept = timedelta(days=1)
        return str(batches.deposit(HOSPITAL_SYSTEM, line, message_id=str(at), keep=kept, now=at))

    batch, _old = deposit(now), deposit(now - timedelta(days=2))
    stop = threading.Event()
    worker = threading.Thread(target=tasks.run_worker, args=(stop,))
    worker.start()
    try:
        until(lambda: batches.collect(HOSPITAL_SYSTEM, batch, now=now).done)
    finally:
        stop.set()
        worker.join()
    assert batches.collect(HOSPITAL_SYSTEM, batch, now=now).lines == (("IPP-1", "00"),)
    assert world.rows("identity_batch") == 1
