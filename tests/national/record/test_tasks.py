"""After commit: the citizen is told, once, and of nothing that they must not know yet."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail

from carnet.national.accounts import actions as accounts
from carnet.national.accounts import queries as told
from carnet.national.accounts import tasks as mails
from carnet.national.journal.actors import Citizen
from carnet.national.record import actions as record
from carnet.national.record import queries, tasks
from carnet.national.record.models import Outbox
from carnet.standards.xds.iti18 import FindDocuments, untyped
from carnet.standards.xds.metadata import Status
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW
from tests.waiting import LONG

pytestmark = pytest.mark.django_db


def publish(ins: Any, *codes: str) -> None:
    request = world.request(ins, confidentiality=world.visibility(*codes))
    record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=NOW, correlation="c-7")


def sentences(actor: Citizen, patient_id: UUID) -> list[str]:
    return [each.sentence for each in told.notifications(actor, patient_id)]


def test_a_new_document_is_told_to_its_patient() -> None:
    patient_id, ins = world.make_patient()
    publish(ins)
    assert tasks.drain(now=NOW) == 1
    (notification,) = told.notifications(world.holder(patient_id), patient_id)
    assert notification.kind == "document.new"
    assert "Lettre de liaison" in notification.sentence
    assert "CH de l'Exemple" in notification.sentence
    assert not Outbox.objects.exists()


def test_a_document_not_yet_for_the_patient_is_told_to_nobody() -> None:
    patient_id, ins = world.make_patient()
    publish(ins, "INVISIBLE_PATIENT")
    tasks.drain(now=NOW)
    assert sentences(world.holder(patient_id), patient_id) == []


def test_a_document_hidden_from_representatives_is_told_to_the_patient_alone() -> None:
    parent_id, _ins = world.make_patient()
    patient_id, ins = world.make_patient()
    publish(ins, "INVISIBLE_REPRESENTANTS_LEGAUX")
    tasks.drain(now=NOW)
    parent = Citizen(parent_id, parent_id, "Parent", frozenset({patient_id}))
    assert sentences(parent, patient_id) == []
    assert len(sentences(world.holder(patient_id), patient_id)) == 1


def test_the_mail_says_that_there_is_news_and_not_which() -> None:
    patient_id, ins = world.make_patient()
    accounts.create_account(
        world.TESTS,
        patient_id,
        login="dominique",
        password="x" * 12,
        email="d@example.org",
        now=NOW,
    )
    publish(ins)
    tasks.drain(now=NOW)
    assert mails.send_due(now=NOW) == 1
    (message,) = mail.outbox
    assert message.to == ["d@example.org"]
    assert "Lettre" not in message.body
    assert "PAT-TROIS" not in message.body
    assert mails.send_due(now=NOW) == 0


def test_who_does_not_want_mails_of_a_kind_gets_none() -> None:
    patient_id, ins = world.make_patient()
    account = accounts.create_account(
        world.TESTS,
        patient_id,
        login="dominique",
        password="x" * 12,
        email="d@example.org",
        now=NOW,
    )
    actor = Citizen(account, patient_id, "Dominique")
    accounts.set_preferences(actor, email="d@example.org", by_kind={"document.new": False})
    publish(ins)
    tasks.drain(now=NOW)
    assert mails.send_due(now=NOW) == 0


def test_an_event_that_fails_is_put_off_and_the_others_are_done(settings: Any) -> None:
    patient_id, ins = world.make_patient()
    publish(ins)
    publish(ins)
    first = Outbox.objects.filter(patient_id=patient_id).order_by("id").first()
    assert first is not None
    Outbox.objects.filter(patient_id=patient_id, id=first.id).update(kind="unheard of")
    assert tasks.drain(now=NOW) == 2
    (left,) = Outbox.objects.all()
    assert (left.attempts, left.problem) == (1, "KeyError")
    assert left.due_at == NOW + tasks.RETRIES[0]
    assert tasks.drain(now=NOW) == 0


def test_an_emergency_access_is_told_each_day() -> None:
    patient_id, ins = world.make_patient()
    emergency = replace(world.PHYSICIAN_READER, purpose="bris_de_glace")
    for now in (NOW, NOW + timedelta(hours=1), NOW + timedelta(days=1)):
        query = untyped(FindDocuments(ins.cx, (Status.APPROVED,)))
        queries.find(emergency, query, patient=ins, now=now)
    tasks.drain(now=NOW + timedelta(days=2))
    kinds = [each.kind for each in told.notifications(world.holder(patient_id), patient_id)]
    assert kinds == ["access.emergency"] * 2


@pytest.mark.django_db(transaction=True)
def test_the_worker_stops_when_told() -> None:
    stop = threading.Event()
    worker = threading.Thread(target=tasks.run_worker, args=(stop,))
    worker.start()
    stop.set()
    worker.join(LONG)
    assert not worker.is_alive()
