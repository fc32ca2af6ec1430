"""Two at once: what one of them stores is stored once, whoever wins."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.db import connection

from carnet.national.accounts.models import Notification
from carnet.national.journal import queries as journal
from carnet.national.journal.queries import Trace
from carnet.national.record import actions as record
from carnet.national.record import queries, tasks
from carnet.national.record.models import Document, FirstAccess
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti18 import FindDocuments, untyped
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.metadata import Status
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER
from tests.waiting import LONG

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")
AT_ONCE = 4


@pytest.fixture
def at_once() -> Iterator[Callable[[Callable[[int], T]], list[T]]]:
    """Run a deed in several threads that start together; the deed is told which it is."""
    barrier = Barrier(AT_ONCE)

    def at_once(deed: Callable[[int], T]) -> list[T]:
        def run(place: int) -> T:
            try:
                connection.ensure_connection()
                barrier.wait(LONG)
                return deed(place)
            finally:
                connection.close()

        with ThreadPoolExecutor(AT_ONCE) as threads:
            return list(threads.map(run, range(AT_ONCE)))

    return at_once


def publish(ins: Ins, request: ProvideRequest) -> str:
    try:
        done = record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=NOW)
    except XdsRefused as refusal:
        return refusal.errors[0].code
    return "replayed" if done.replayed else "published"


def test_the_same_lot_published_at_once_is_stored_once(at_once: Any, documents: Path) -> None:
    _patient_id, ins = world.make_patient()
    request = world.request(ins)
    answers = at_once(lambda _place: publish(ins, request))
    assert sorted(answers) == ["published"] + ["replayed"] * (AT_ONCE - 1)
    assert world.rows("record_document") == 1
    assert world.rows("record_outbox") == 1
    assert sum(1 for each in documents.rglob("*") if each.is_file()) == 1


def test_one_document_id_with_several_contents_at_once_keeps_one(at_once: Any) -> None:
    _patient_id, ins = world.make_patient()
    oid = world.new_oid()
    requests = [
        world.request(ins, world.letter(ins, id=oid, title=f"Version {place}"))
        for place in range(AT_ONCE)
    ]
    answers = at_once(lambda place: publish(ins, requests[place]))
    assert sorted(answers) == ["XDSNonIdenticalHash"] * (AT_ONCE - 1) + ["published"]
    assert world.rows("record_document") == 1


def test_several_replacements_at_once_make_one_new_version(at_once: Any) -> None:
    patient_id, ins = world.make_patient()
    first = world.request(ins)
    publish(ins, first)
    old = Document.objects.get(patient_id=patient_id).id
    requests = [
        world.request(ins, replaces={"Document00": f"urn:uuid:{old}"}) for _ in range(AT_ONCE)
    ]
    answers = at_once(lambda place: publish(ins, requests[place]))
    assert sorted(answers) == ["XDSRegistryDeprecatedDocumentError"] * (AT_ONCE - 1) + ["published"]
    assert Document.objects.filter(patient_id=patient_id, status="APPROVED").count() == 1


def test_a_first_access_made_several_times_at_once_is_told_once(at_once: Any) -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    query = untyped(FindDocuments(ins.cx, (Status.APPROVED,)))
    at_once(lambda _place: queries.find(PHYSICIAN_READER, query, patient=ins, now=NOW))
    assert FirstAccess.objects.filter(patient_id=patient_id).count() == 1
    at_once(lambda _place: tasks.drain(now=NOW + timedelta(seconds=1)))
    told = Notification.objects.filter(patient_id=patient_id, kind="access.first")
    assert told.count() == 1


def test_events_drained_by_several_workers_are_done_once(at_once: Any) -> None:
    patient_id, ins = world.make_patient()
    for _ in range(6):
        publish(ins, world.request(ins))
    done = at_once(lambda _place: tasks.drain(now=NOW, batch=3))
    while tasks.drain(now=NOW):
        pass
    assert sum(done) <= 6
    assert Notification.objects.filter(patient_id=patient_id).count() == 6
    assert world.rows("record_outbox") == 0


@pytest.mark.parametrize(("purpose", "kind"), [("normal", "first"), ("bris_de_glace", "emergency")])
def test_twenty_accesses_at_once_by_one_professional_make_exactly_one_notice(
    purpose: str, kind: str
) -> None:
    """R-152."""
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    reader = replace(PHYSICIAN_READER, purpose=purpose)
    query = untyped(FindDocuments(ins.cx, (Status.APPROVED,)))
    barrier = Barrier(20)

    def read(_place: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(LONG)
            queries.find(reader, query, patient=ins, now=NOW)
            tasks.drain(now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(read, range(20)))
    while tasks.drain(now=NOW):
        pass
    told = Notification.objects.filter(patient_id=patient_id)
    assert [each.kind for each in told] == [f"access.{kind}"]
    assert sum(each.action == "documents.searched" for each in _history(patient_id)) == 20


def _history(patient_id: UUID) -> Sequence[Trace]:
    return journal.history(world.holder(patient_id), patient_id)
