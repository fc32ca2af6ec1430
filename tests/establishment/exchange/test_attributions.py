"""A merge that was wrong: each document is again that of its patient, wherever it had got to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import transaction

from carnet.establishment.exchange import following, outbox
from carnet.establishment.exchange.configuration import configuration
from carnet.establishment.exchange.models import Attribution, Correction, Delivery, Document
from carnet.establishment.patients import vigilance
from carnet.establishment.patients.models import Merge, Patient
from tests.establishment.country import Mail, Record
from tests.establishment.merging import (
    ALL,
    OTHER,
    OTHER_UNKNOWN,
    VISITS,
    alive,
    arrival,
    held,
    in_a_thread,
    letter,
    merged,
    patient,
    replacement,
    sending,
    somebody_waits_for_a_lock,
    stays_of,
    undone,
)
from tests.establishment.people import INS, NOW, OTHER_INS, PATIENT, QUALIFIED, adt, ipp
from tests.establishment.vigilance import CLAIRE
from tests.establishment.working import receive, work
from tests.waiting import LONG, until

pytestmark = pytest.mark.django_db


def test_what_waited_goes_back_and_waits() -> None:
    receive(adt("A28", PATIENT), adt("A28", OTHER_UNKNOWN), letter(1, PATIENT), letter(2))
    one, other = patient("IPP1"), patient("IPP2")
    merge = merged()
    assert held(one) == {"1": ("waiting",), "2": ("waiting",)}
    undone(merge)
    assert held(one) == {"1": ("waiting",)}
    assert held(other) == {"2": ("waiting",)}
    receive(adt("A31", OTHER))
    assert held(other) == {"2": ("ready",)}
    assert held(one) == {"1": ("waiting",)}


def test_what_was_ready_goes_back_and_leaves_for_its_own_patient(
    record: Record, mail: Mail
) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER_UNKNOWN), letter(2, flags=ALL))
    merge = merged()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"ready"}
    undone(merge)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"waiting"}
    receive(adt("A31", OTHER))
    work()
    assert alive(record) == [OTHER_INS.matricule]
    assert [OTHER_INS.matricule in to for _, to, _ in mail.taken if "patient." in to] == [True]
    assert not Correction.objects.exists()


def test_what_left_for_the_survivor_is_withdrawn_and_sent_again(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER_UNKNOWN), letter(1, PATIENT), letter(2))
    merge = merged()
    work()
    assert alive(record) == [INS.matricule, INS.matricule]
    undone(merge)
    work()
    assert alive(record) == [INS.matricule]
    correction = Correction.objects.get()
    assert (correction.patient_id, correction.cause, correction.state) == (
        patient("IPP2"),
        "unmerged",
        "started",
    )
    receive(adt("A31", OTHER))
    work()
    assert alive(record) == sorted([INS.matricule, OTHER_INS.matricule])


def test_what_failed_without_an_answer_is_withdrawn_in_case_it_arrived(
    record: Record, mail: Mail
) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER_UNKNOWN), letter(2))
    merge = merged()
    Delivery.objects.update(
        attempts=3,
        state="stuck",
        reason="exhausted",
        ins_matricule=INS.matricule,
        ins_oid=str(INS.oid),
    )
    undone(merge)
    work()
    found = {(d.document.action, d.state) for d in Delivery.objects.select_related("document")}
    assert found == {("F", "cancelled"), ("D", "cancelled"), ("F", "waiting")}
    assert {d.reason for d in Delivery.objects.filter(document__action="D")} == {
        "nothing_to_delete"
    }


def test_what_the_record_refused_waits_for_the_right_patient() -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER_UNKNOWN), letter(2))
    merge = merged()
    Delivery.objects.update(state="stuck", reason="904")
    undone(merge)
    assert held(patient("IPP2")) == {"2": ("waiting",)}
    assert not Correction.objects.exists()


def test_two_qualified_files_are_what_they_were(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER), letter(1, PATIENT), letter(2))
    work()
    merge = merged()
    work()
    assert alive(record) == [INS.matricule, INS.matricule]
    undone(merge)
    work()
    assert alive(record) == sorted([INS.matricule, OTHER_INS.matricule])
    back = Patient.objects.get(pk=patient("IPP2"))
    assert (back.status, back.ins_matricule) == ("qualifiée", OTHER_INS.matricule)


def test_what_was_never_sent_elsewhere_stays_where_it_is(record: Record, mail: Mail) -> None:
    receive(adt("A28", PATIENT), adt("A28", OTHER), letter(2))
    work()
    merge = merged()
    assert Correction.objects.get().state == "proposed"
    undone(merge)
    work()
    assert alive(record) == [OTHER_INS.matricule]
    assert Correction.objects.get().state == "dropped"


def test_a_new_version_goes_with_the_document_that_it_replaces() -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER_UNKNOWN), letter(2))
    merge = merged()
    receive(replacement(3, 2))
    undone(merge)
    assert held(patient("IPP2")) == {"2": ("waiting",), "3": ("waiting",)}
    assert not Attribution.objects.filter(state="asked").exists()


def test_a_stay_is_not_shared_between_two_patients() -> None:
    receive(
        adt("A28", QUALIFIED),
        arrival(OTHER_UNKNOWN, "M1", "V2"),
    )
    one, other = patient("IPP1"), patient("IPP2")
    merge = merged()
    receive(
        arrival(OTHER_UNKNOWN, "M2", "V2", trigger="A02"),
        arrival(OTHER_UNKNOWN, "M3", "V3"),
    )
    undone(merge)
    stays = {p: set(stays_of(p)) for p in (one, other)}
    assert stays == {one: {"V3"}, other: {"V2"}}
    following.done(lambda: vigilance.give_stay(CLAIRE, merge.id, VISITS, "V3", now=NOW), now=NOW)
    assert set(stays_of(other)) == {"V2", "V3"}
    with pytest.raises(vigilance.NotPossible):
        vigilance.give_stay(CLAIRE, merge.id, VISITS, "V3", now=NOW)


def test_a_chain_is_undone_link_by_link_from_its_end() -> None:
    third = replace(OTHER_UNKNOWN, local_ids=(ipp("IPP3"),), birth_name="TIERS")
    receive(adt("A28", PATIENT), adt("A28", OTHER_UNKNOWN), adt("A28", third))
    receive(letter(1, PATIENT), letter(2), letter(3, third))
    a, b, c = (patient(f"IPP{n}") for n in (1, 2, 3))
    first, second = merged("IPP2", "IPP3"), merged("IPP1", "IPP2")
    assert set(held(a)) == {"1", "2", "3"}
    with pytest.raises(vigilance.MergedSince):
        undone(first)
    undone(second)
    assert (set(held(a)), set(held(b)), set(held(c))) == ({"1"}, {"2", "3"}, set())
    undone(first)
    assert (set(held(a)), set(held(b)), set(held(c))) == ({"1"}, {"2"}, {"3"})


def test_a_merge_is_undone_once_and_may_be_made_again() -> None:
    receive(adt("A28", PATIENT), adt("A28", OTHER_UNKNOWN), letter(2))
    merge = merged()
    undone(merge)
    with pytest.raises(vigilance.NotPossible):
        undone(merge)
    one, other = patient("IPP1"), patient("IPP2")
    again = vigilance.merge(CLAIRE, one, other, now=NOW)
    following.after(again, configuration(), now=NOW)
    assert set(held(one)) == {"2"}
    undone(Merge.objects.get(undone_at=None))
    assert set(held(other)) == {"2"}


@pytest.mark.django_db(transaction=True)
def test_a_merge_is_undone_while_a_document_is_on_its_way(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER_UNKNOWN), letter(2))
    merge = merged()
    with sending(record):
        undoing = in_a_thread(lambda: undone(merge))
        until(somebody_waits_for_a_lock)
    undoing.join(LONG)
    work()
    assert alive(record) == []
    assert Correction.objects.get().state == "started"


@pytest.mark.django_db(transaction=True)
def test_a_document_that_names_an_ins_alone_is_not_left_in_a_file_that_is_being_merged() -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER))
    other = patient("IPP2")
    named = replace(letter(2), patient=replace(OTHER, local_ids=()))
    with transaction.atomic():
        merged()
        filing = in_a_thread(lambda: receive(named))
        until(lambda: somebody_waits_for_a_lock() or not filing.is_alive())
    filing.join(LONG)
    assert Document.objects.get().patient_id != other
    assert Document.objects.get().patient_keys == [f"{OTHER_INS.oid}|{OTHER_INS.matricule}"]


@pytest.mark.django_db(transaction=True)
def test_a_document_is_not_built_again_while_it_is_being_sent(record: Record, mail: Mail) -> None:
    """The traits change, and free what waits: the record is being sent the document of before."""
    receive(adt("A28", QUALIFIED), letter(1, PATIENT, flags=ALL))
    mailbox = Delivery.objects.filter(destination="patient")
    mailbox.update(state="waiting", reason="status")
    built = Document.objects.get().built
    with sending(record):
        receive(adt("A31", replace(QUALIFIED, birth_name="MARTIN")))
    assert Document.objects.get().built == built


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_long_for_what_is_being_sent(
    record: Record, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER_UNKNOWN), letter(2))
    merge = merged()
    monkeypatch.setattr(outbox, "PATIENCE", "50ms")
    with sending(record), pytest.raises(outbox.BeingSent):
        undone(merge)
    merge.refresh_from_db()
    assert merge.undone_at is None
    undone(merge)
    assert set(held(patient("IPP2"))) == {"2"}
