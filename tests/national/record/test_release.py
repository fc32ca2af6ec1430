"""A document hidden from its patient is shown to them on the day that was set."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from carnet.national.accounts.models import Notification
from carnet.national.journal.models import Trace
from carnet.national.record import actions as record
from carnet.national.record import queries, tasks
from carnet.national.record.fragments import entry_of
from carnet.national.record.models import Document, Release
from carnet.national.record.rules import AccessRefused
from carnet.standards.ids import Ins
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)


def publish(ins: Ins, *codes: str) -> UUID:
    published = record.publish(
        HOSPITAL_SYSTEM,
        world.request(ins, confidentiality=world.visibility(*codes)),
        patient=ins,
        now=NOW,
    )
    return UUID(next(iter(published.entry_uuids.values())))


def schedule(patient_id: UUID, document_id: UUID, **options: Any) -> None:
    due_at = options.pop("due_at", NOW + WEEK)
    record.schedule_release(PHYSICIAN_READER, patient_id, document_id, due_at, now=NOW, **options)


def shown(patient_id: UUID) -> int:
    return queries.list_documents(world.holder(patient_id), patient_id).total


def test_it_is_shown_on_its_day_and_not_before_and_the_patient_is_told() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    hidden = publish(ins, "INVISIBLE_PATIENT")
    schedule(patient_id, hidden)
    assert record.release_due(now=NOW + WEEK - timedelta(seconds=1)) == 0
    assert shown(patient_id) == 0
    assert record.release_due(now=NOW + WEEK) == 1
    assert record.release_due(now=NOW + WEEK) == 0
    assert shown(patient_id) == 1
    line = Document.objects.get(patient_id=patient_id)
    entry = entry_of(line.fragment, line.status)
    assert {code.code for code in entry.confidentiality} == {"N"}
    tasks.drain(now=NOW + WEEK)
    assert Notification.objects.get(patient_id=patient_id).kind == "document.new"
    trace = Trace.objects.get(action="document.revealed")
    assert (trace.actor_kind, trace.outcome) == ("system", "allowed")


@pytest.mark.parametrize(
    "meanwhile", [{"invisible_patient": False}, {"status": "DEPRECATED"}, {"status": "DELETED"}]
)
def test_what_was_announced_replaced_or_deleted_meanwhile_is_left_as_it_is(
    meanwhile: dict[str, Any],
) -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    hidden = publish(ins, "INVISIBLE_PATIENT")
    schedule(patient_id, hidden)
    Document.objects.filter(id=hidden).update(**meanwhile)
    assert record.release_due(now=NOW + WEEK) == 1
    assert not Release.objects.exists()
    assert not Trace.objects.filter(action="document.revealed").exists()


def test_another_day_replaces_the_first() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    hidden = publish(ins, "INVISIBLE_PATIENT")
    schedule(patient_id, hidden)
    schedule(patient_id, hidden, due_at=NOW + 2 * WEEK)
    assert record.release_due(now=NOW + WEEK) == 0


def test_who_may_not_make_it_visible_sets_no_day_and_it_is_written() -> None:
    patient_id, ins = world.make_patient()
    hidden = publish(ins, "INVISIBLE_PATIENT")
    with pytest.raises(AccessRefused, match="not_authorised"):
        schedule(patient_id, hidden)
    trace = Trace.objects.get(action="document.revealed")
    assert (trace.outcome, trace.reasons) == ("refused", ["not_authorised"])


def test_a_day_that_is_past_or_a_document_that_is_seen_is_refused() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    with pytest.raises(ValueError, match="past"):
        schedule(patient_id, publish(ins))
    with pytest.raises(ValueError, match="past"):
        schedule(patient_id, publish(ins, "INVISIBLE_PATIENT"), due_at=NOW)
    with pytest.raises(LookupError):
        schedule(patient_id, UUID(int=5))
