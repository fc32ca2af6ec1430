"""An INS that changes after documents left: they are withdrawn, and sent again (EXI PP 14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from carnet.establishment.exchange import corrections, queries, watching
from carnet.establishment.exchange.configuration import configuration
from carnet.establishment.exchange.models import Correction, Delivery, Document
from carnet.standards.hl7v2.messages import Flags
from carnet.standards.xds.metadata import Status
from tests.establishment.country import Mail, Record
from tests.establishment.messages import cda, document, pdf
from tests.establishment.people import INS, NOW, OTHER_INS, PATIENT, QUALIFIED, adt
from tests.establishment.vigilance import CLAIRE
from tests.establishment.working import receive, states, work

pytestmark = pytest.mark.django_db

ALL = Flags(to_record=True, to_professionals=True, to_patient=True)
REPLACED = replace(QUALIFIED, ins=OTHER_INS)


def test_a_replaced_ins_withdraws_and_sends_again(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), pdf(flags=ALL))
    work()
    assert set(states().values()) == {"delivered"}
    receive(adt("A47", REPLACED, prior_ins=INS))
    assert Correction.objects.get().state == "started"
    work()
    found = states()
    assert found["D", "record"] == "delivered"
    assert found["D", "professional"] == "delivered"
    assert found["D", "patient"] == "refused"
    assert found["F", "record"] == found["F", "patient"] == "delivered"
    entries = list(record.entries.values())
    assert sorted(str(e.status) for e in entries) == sorted(
        [str(Status.DELETED), str(Status.APPROVED)]
    )
    alive = next(e for e in entries if e.status is Status.APPROVED)
    assert OTHER_INS.matricule in alive.patient_id
    boxes = [to for _, to, _ in mail.taken if "patient." in to]
    assert [OTHER_INS.matricule in box for box in boxes] == [False, True]


def test_an_ins_that_was_wrong_withdraws_and_waits_for_the_right_one(
    record: Record, mail: Mail
) -> None:
    receive(adt("A28", QUALIFIED), pdf(flags=Flags(to_record=True)))
    work()
    receive(adt("A47", PATIENT, prior_ins=INS, removes_ins=True))
    work()
    assert [str(e.status) for e in record.entries.values()] == [str(Status.DELETED)]
    again = Document.objects.get(action="F", correction__isnull=False)
    assert again.deliveries.get().state == "waiting"
    receive(adt("A31", REPLACED))
    work()
    assert again.deliveries.get().state == "delivered"


def test_an_ins_that_merely_went_asks_first(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), pdf(flags=Flags(to_record=True)))
    work()
    receive(adt("A31", PATIENT))
    row = Correction.objects.get()
    assert row.state == "proposed"
    (shown,) = queries.corrections(CLAIRE)
    assert [d.title for d in shown.documents] == ["Lettre de liaison à la sortie"]
    corrections.start(CLAIRE, row.id, configuration(), now=NOW)
    with pytest.raises(corrections.NotProposed):
        corrections.drop(CLAIRE, row.id, now=NOW)
    work()
    assert [str(e.status) for e in record.entries.values()] == [str(Status.DELETED)]


def test_an_ins_that_comes_back_drops_the_proposal(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), pdf(flags=Flags(to_record=True)))
    work()
    receive(adt("A31", PATIENT), adt("A31", QUALIFIED))
    assert Correction.objects.get().state == "dropped"
    assert not Document.objects.filter(action="D").exists()


def test_a_document_of_its_author_is_asked_for_and_taken_when_it_comes(
    record: Record, mail: Mail
) -> None:
    receive(adt("A28", QUALIFIED), document(flags=Flags(to_record=True)))
    work()
    receive(adt("A47", REPLACED, prior_ins=INS))
    work()
    (shown,) = queries.corrections(CLAIRE)
    assert shown.to_ask == ("Lettre de liaison à la sortie",)
    fresh = cda("1.2.250.1.999.7.9.2", version=2, ins=OTHER_INS, replaces="1.2.250.1.999.7.9.1")
    receive(
        document(
            fresh, control_id="D2", document_id="1.2.250.1.999.7.9.2", flags=Flags(to_record=True)
        )
    )
    taken = Document.objects.filter(uid="1.2.250.1.999.7.9.2")
    assert [d.action for d in taken] == ["F"]


def test_nothing_left_under_the_former_ins_needs_no_correction() -> None:
    receive(adt("A28", QUALIFIED), adt("A47", REPLACED, prior_ins=INS))
    assert not Correction.objects.exists()


def test_what_was_on_its_way_when_the_ins_went_is_corrected_too(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), pdf(flags=Flags(to_record=True)))
    receive(adt("A47", REPLACED, prior_ins=INS))
    Delivery.objects.update(
        state="delivered",
        ins_matricule=INS.matricule,
        ins_oid=str(INS.oid),
        updated_at=NOW + timedelta(minutes=1),
    )
    assert not Correction.objects.exists()
    for _ in range(2):
        with watching.watch(
            clock=lambda: NOW + timedelta(minutes=2), chance=lambda: 0.5
        ) as attempt:
            attempt()
    assert Correction.objects.get().state == "started"
