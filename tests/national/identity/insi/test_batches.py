"""A batch is kept, verified by small steps whoever dies, collected by who deposited it alone."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from carnet.national.identity.insi import batches
from carnet.national.identity.insi.scripted import register_population
from carnet.national.identity.models import Batch
from carnet.standards.ins.insi import (
    BatchLine,
    BatchReport,
    DepositQuery,
    InsiFault,
    VerifyQuery,
    scripted_population,
    scripted_questions,
)
from carnet.standards.soap.envelope import SoapFault
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW

KEEP = timedelta(days=30)
ASKED = [one for one in scripted_questions() if isinstance(one.query, VerifyQuery)]
LINES = tuple(
    BatchLine(f"IPP-{place}", one.query)
    for place, one in enumerate(ASKED)
    if isinstance(one.query, VerifyQuery)
)
CODES = tuple((f"IPP-{place}", one.code) for place, one in enumerate(ASKED))
OTHER = replace(HOSPITAL_SYSTEM, struct_idnat=world.LEGAL_ENTITY)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _population(db: None) -> None:
    register_population(world.TESTS, scripted_population(), now=NOW)


def deposit(*lines: BatchLine, message_id: str = "") -> UUID:
    return batches.deposit(
        HOSPITAL_SYSTEM,
        DepositQuery(lines or LINES),
        message_id=message_id or str(uuid4()),
        keep=KEEP,
        now=NOW,
    )


def test_a_batch_is_verified_by_steps_and_then_collected() -> None:
    batch = deposit()
    assert batches.collect(HOSPITAL_SYSTEM, str(batch), now=NOW) == BatchReport(done=False)
    steps = []
    while done := batches.verify_some(now=NOW, step=5):
        steps.append(done)
    assert sum(steps) == len(LINES)
    assert max(steps) == 5
    assert batches.collect(HOSPITAL_SYSTEM, str(batch), now=NOW) == BatchReport(True, CODES)


def test_a_whole_number_of_steps_ends_too() -> None:
    batch = deposit()
    batches.verify_some(now=NOW, step=len(LINES))
    assert batches.verify_some(now=NOW, step=len(LINES)) == 0
    assert batches.collect(HOSPITAL_SYSTEM, str(batch), now=NOW).done


def test_a_line_that_fails_is_told_with_its_error() -> None:
    failing = next(one for one in scripted_population() if one.fault)
    line = BatchLine("1", VerifyQuery(failing.individual.active, failing.individual.traits))
    batch = deposit(line, *LINES)
    batches.verify_some(now=NOW)
    report = batches.collect(HOSPITAL_SYSTEM, str(batch), now=NOW)
    assert report.lines == (("1", "insi_102"), *CODES)


def test_the_same_message_again_is_the_same_deposit() -> None:
    assert deposit(message_id="uuid:1") == deposit(message_id="uuid:1")
    assert world.rows("identity_batch") == 1
    with pytest.raises(SoapFault, match="another deposit"):
        deposit(*LINES[:2], message_id="uuid:1")


def test_a_batch_is_nobody_elses() -> None:
    batch = deposit()
    batches.verify_some(now=NOW)
    for actor, batch_id, now in (
        (OTHER, str(batch), NOW),
        (HOSPITAL_SYSTEM, str(uuid4()), NOW),
        (HOSPITAL_SYSTEM, str(batch), NOW + KEEP),
    ):
        with pytest.raises(InsiFault) as caught:
            batches.collect(actor, batch_id, now=now)
        assert caught.value.error == "carnet_demande"


def test_too_many_that_wait_are_refused_and_not_kept() -> None:
    for _ in range(batches.PENDING):
        deposit(LINES[0])
    with pytest.raises(InsiFault) as caught:
        deposit(LINES[0])
    assert caught.value.error == "carnet_quota"
    assert world.rows("identity_batch") == batches.PENDING


def test_an_expired_batch_is_forgotten_with_its_lines() -> None:
    deposit()
    assert batches.forget_expired(now=NOW) == 0
    assert batches.forget_expired(now=NOW + KEEP) == 1
    assert world.rows("identity_batchline") == 0


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_leaves_its_step_to_the_next() -> None:
    batch = deposit()
    with transaction.atomic():
        assert batches.verify_some(now=NOW, step=5) == 5
        transaction.set_rollback(True)
    while batches.verify_some(now=NOW, step=5):
        pass
    assert batches.collect(HOSPITAL_SYSTEM, str(batch), now=NOW) == BatchReport(True, CODES)


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_batches() -> None:
    first = [deposit() for _ in range(3)]

    def work() -> None:
        while batches.verify_some(now=NOW, step=3):
            pass
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while batches.verify_some(now=NOW):
        pass
    for batch in first:
        assert batches.collect(HOSPITAL_SYSTEM, str(batch), now=NOW).lines == CODES
    assert Batch.objects.filter(done_at=None).count() == 0
