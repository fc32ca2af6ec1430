"""Two at once on who may read: what the holder said stands, and each deed is done once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection

from carnet.national.journal.models import Trace
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.models import Authorisation as Line
from carnet.national.record.models import Episode, TeamMember
from carnet.national.record.rules import Authorisation
from carnet.standards.habilitations import AuthorizationAction, SetAuthorization
from carnet.standards.xds.errors import XdsRefused
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER
from tests.waiting import LONG

pytestmark = pytest.mark.django_db(transaction=True)

ADD = SetAuthorization(AuthorizationAction.AJOUT)


def at_once(*deeds: Callable[[], object]) -> None:
    """Do these in threads that start together."""
    barrier = Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(LONG)
            deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as threads:
        list(threads.map(run, deeds))


@pytest.mark.parametrize("attempt", range(3))
def test_a_block_and_a_declaration_at_once_leave_the_block(attempt: int) -> None:
    patient_id, ins = world.make_patient()
    reader = replace(PHYSICIAN_READER, ps_idnat=f"89990006352{attempt}")

    def declare() -> None:
        try:
            record.set_authorization(reader, ADD, patient=ins, now=NOW)
        except XdsRefused as refusal:
            assert "blocked" in str(refusal)  # noqa: PT017 - either order is good

    def block() -> None:
        record.authorise(
            world.holder(patient_id), patient_id, reader.ps_idnat, Authorisation.BLOCKED, now=NOW
        )

    at_once(declare, block, declare)
    assert queries.existence(reader, ins, now=NOW).authorisation == "INTERDIT"


def test_the_same_declaration_at_once_is_written_once() -> None:
    patient_id, ins = world.make_patient()
    at_once(*[lambda: record.set_authorization(PHYSICIAN_READER, ADD, patient=ins, now=NOW)] * 4)
    assert Line.objects.filter(patient_id=patient_id).count() == 1
    written = Trace.objects.filter(patient_id=patient_id, action="authorisation.changed")
    assert written.count() == 1


def test_an_episode_opened_by_several_at_once_is_one() -> None:
    patient_id, _ins = world.make_patient()
    at_once(*[lambda: record.open_episode(HOSPITAL_SYSTEM, patient_id, now=NOW)] * 4)
    for table in (Episode, TeamMember):
        assert table.objects.filter(patient_id=patient_id).count() == 1


def test_several_workers_release_a_document_once() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    published = record.publish(
        HOSPITAL_SYSTEM,
        world.request(ins, confidentiality=world.visibility("INVISIBLE_PATIENT")),
        patient=ins,
        now=NOW,
    )
    document = UUID(next(iter(published.entry_uuids.values())))
    day = NOW + timedelta(days=1)
    record.schedule_release(PHYSICIAN_READER, patient_id, document, day, now=NOW)
    at_once(*[lambda: record.release_due(now=day)] * 4)
    shown = Trace.objects.filter(patient_id=patient_id, action="document.revealed")
    assert shown.count() == 1
