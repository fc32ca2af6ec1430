"""Messages out of order: what replaces or deletes a document may come before it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections, transaction

from carnet.establishment.exchange import watching
from carnet.establishment.exchange.models import Delivery, Document, Inbound
from carnet.standards.hl7v2 import er7
from carnet.standards.hl7v2.messages import Action, Flags
from tests.establishment.country import Mail, Record
from tests.establishment.messages import cda, document, pdf
from tests.establishment.people import NOW, QUALIFIED, adt
from tests.establishment.working import receive, work
from tests.waiting import LONG

pytestmark = pytest.mark.django_db

UID = "1.2.250.1.999.7.9"
TO_RECORD = Flags(to_record=True)
TO_DOCTOR = Flags(to_professionals=True)


def version(number: int, *, replaces: int = 0, flags: Flags = TO_RECORD) -> Any:
    """A letter as a PDF; it replaces another when told so."""
    fields: dict[str, Any] = {"control_id": f"D{number}", "document_id": f"{UID}.{number}"}
    if replaces:
        fields |= {
            "trigger": "T10",
            "action": Action.REPLACE,
            "parent_id": f"{UID}.{replaces}",
        }
    return pdf(flags=flags, **fields)


def cda_version(number: int, *, replaces: int = 0) -> Any:
    """The same, with a CDA of its author."""
    of = f"{UID}.{replaces}" if replaces else ""
    data = cda(f"{UID}.{number}", version=number, set_id=f"{UID}.1", replaces=of)
    fields: dict[str, Any] = {"control_id": f"D{number}", "document_id": f"{UID}.{number}"}
    if replaces:
        fields |= {"trigger": "T10", "action": Action.REPLACE, "parent_id": of}
    return document(data, flags=TO_RECORD, **fields)


def answers() -> set[str]:
    """The codes of the acknowledgements."""
    return {er7.read(bytes(row.ack)).get("MSA-1") for row in Inbound.objects.all()}


def shown(record: Record) -> dict[str, str]:
    """Number of the letter -> its status in the record."""
    letters = {u: e for u, e in record.entries.items() if Document.objects.filter(uid=u).exists()}
    return {u.rpartition(".")[2]: str(e.status).rpartition(":")[2] for u, e in letters.items()}


@pytest.mark.parametrize("made", [version, cda_version])
def test_a_replacement_that_came_first_leaves_after_what_it_replaces(
    record: Record, mail: Mail, made: Any
) -> None:
    receive(adt("A28", QUALIFIED), made(2, replaces=1))
    work()
    assert Delivery.objects.get().reason == "900"
    receive(made(1))
    assert answers() == {"AA"}
    work()
    assert shown(record) == {"1": "Deprecated", "2": "Approved"}
    assert {d.state for d in Delivery.objects.all()} == {"delivered"}
    first, second = Document.objects.order_by("version")
    assert (first.set_id, first.version, second.version) == (second.set_id, 1, 2)


def test_three_versions_in_the_wrong_order_leave_in_the_right_one(
    record: Record, mail: Mail
) -> None:
    receive(adt("A28", QUALIFIED), cda_version(3, replaces=2))
    work()
    receive(cda_version(2, replaces=1), cda_version(1))
    assert answers() == {"AA"}
    work()
    assert shown(record) == {"1": "Deprecated", "2": "Deprecated", "3": "Approved"}


def test_an_older_version_is_not_mailed_after_the_newer_one(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), version(2, replaces=1, flags=TO_DOCTOR))
    work()
    assert len(mail.taken) == 1
    receive(version(1, flags=TO_DOCTOR))
    work()
    assert len(mail.taken) == 1
    assert Delivery.objects.get(document__uid=f"{UID}.1").reason == "superseded"


def test_what_was_deleted_before_it_came_never_leaves(record: Record, mail: Mail) -> None:
    deletion = pdf(
        control_id="D9",
        document_id=f"{UID}.1",
        flags=TO_RECORD,
        trigger="T04",
        action=Action.DELETE,
    )
    receive(adt("A28", QUALIFIED), deletion, version(1))
    work()
    assert answers() == {"AA"}
    assert shown(record) == {}
    assert {d.state for d in Delivery.objects.all()} == {"cancelled"}


def test_what_was_on_its_way_when_the_first_came_is_taken_up_later(
    record: Record, mail: Mail
) -> None:
    receive(adt("A28", QUALIFIED), version(2, replaces=1), version(1))
    early = Delivery.objects.get(document__uid=f"{UID}.2")
    early.after, early.state, early.reason = None, "stuck", "900"
    early.save()
    with watching.watch(clock=lambda: NOW, chance=lambda: 0.5) as attempt:
        attempt()
    work()
    assert shown(record) == {"1": "Deprecated", "2": "Approved"}


@pytest.mark.django_db(transaction=True)
def test_what_is_being_sent_is_not_built_again() -> None:
    receive(adt("A28", QUALIFIED), version(2, replaces=1, flags=TO_DOCTOR))
    sending, sent = threading.Event(), threading.Event()

    def send() -> None:
        with transaction.atomic():
            list(Delivery.objects.select_for_update())
            sending.set()
            assert sent.wait(LONG)
        connections.close_all()

    thread = threading.Thread(target=send)
    thread.start()
    assert sending.wait(LONG)
    receive(version(1, flags=TO_DOCTOR))
    sent.set()
    thread.join(LONG)
    early = Document.objects.get(uid=f"{UID}.2")
    assert early.target is not None
    assert (early.built is not None, early.version) == (True, 1)


def test_two_patients_have_no_version_in_common(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), version(2, replaces=1))
    Document.objects.update(patient_id="00000000-0000-0000-0000-000000000001")
    receive(version(1))
    assert not Document.objects.exclude(target=None).exists()
