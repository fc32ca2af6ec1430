"""An access in an emergency is told to the médecin traitant, once, in their own mailbox."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from carnet.national.accounts import queries as told
from carnet.national.journal import queries as journal
from carnet.national.messaging import actions, tasks
from carnet.national.messaging.models import Message
from carnet.national.record import queries
from carnet.national.record import tasks as record
from carnet.national.record.models import Outbox, Record
from carnet.standards.ids import Ins
from carnet.standards.xds.iti18 import FindDocuments, untyped
from carnet.standards.xds.metadata import Status
from tests.national import world
from tests.national.world import NOW, PHYSICIAN_READER

pytestmark = pytest.mark.django_db

DOCTOR = "899900063500"
ADDRESS = "emilie.nogaret@cabinet.mssante.fr"


@pytest.fixture
def person() -> tuple[UUID, Ins]:
    """Somebody with a médecin traitant who has a mailbox here."""
    patient_id, ins = world.make_patient()
    Record.objects.filter(patient_id=patient_id).update(medecin_traitant=DOCTOR)
    actions.open_professional_mailbox(
        world.TESTS, ADDRESS, kind="PER", now=NOW, ps_idnat=DOCTOR, label="Dr Nogaret"
    )
    return patient_id, ins


def read(ins: Ins, **changes: Any) -> None:
    reader = replace(PHYSICIAN_READER, purpose="bris_de_glace", **changes)
    query = untyped(FindDocuments(ins.cx, (Status.APPROVED,)))
    queries.find(reader, query, patient=ins, now=NOW)


def drain() -> None:
    now = NOW
    while record.drain(now=now, others=tasks.EVENTS):
        now += timedelta(seconds=1)


def acts(patient_id: UUID) -> list[tuple[str, str]]:
    lines = journal.history(world.holder(patient_id), patient_id)
    return [(line.action, line.outcome) for line in lines if line.action.startswith("medecin")]


def test_the_holder_and_the_medecin_traitant_are_told(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    read(ins)
    read(ins)
    drain()
    (message,) = Message.objects.all()
    assert message.subject == "Accès en urgence au dossier d'un de vos patients"
    assert PHYSICIAN_READER.label in message.body
    assert "bris de glace" in message.body
    assert message.reply_blocked
    (notice,) = told.notifications(world.holder(patient_id), patient_id)
    assert notice.kind == "access.emergency"
    assert acts(patient_id) == [("medecin_traitant.told", "allowed")]
    assert not Outbox.objects.exists()


def test_a_medecin_traitant_is_not_told_of_themselves(person: tuple[UUID, Ins]) -> None:
    _patient_id, ins = person
    read(ins, ps_idnat=DOCTOR)
    drain()
    assert not Message.objects.exists()


def test_that_nobody_could_be_told_is_in_the_history(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    actions.close_mailbox(world.TESTS, ADDRESS, now=NOW)
    read(ins)
    drain()
    assert not Message.objects.exists()
    assert acts(patient_id) == [("medecin_traitant.told", "failed")]


def test_a_store_that_fails_puts_the_notice_off(person: tuple[UUID, Ins], settings: Any) -> None:
    _patient_id, ins = person
    settings.CARNET_CLAMD = "127.0.0.1:9"
    read(ins)
    drain()
    (left,) = Outbox.objects.all()
    assert (left.kind, left.problem) == ("medecin_traitant.emergency", "AntivirusError")
    settings.CARNET_CLAMD = ""
    record.drain(now=NOW + timedelta(minutes=1), others=tasks.EVENTS)
    assert Message.objects.count() == 1
