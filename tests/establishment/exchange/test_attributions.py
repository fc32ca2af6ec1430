"""A merge that was wrong: each document is again that of its patient, wherever it had got to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections

from carnet.establishment.exchange import attributions, following
from carnet.establishment.exchange.configuration import configuration
from carnet.establishment.exchange.models import Attribution, Correction, Delivery, Document
from carnet.establishment.patients import vigilance
from carnet.establishment.patients.models import Merge, Patient
from carnet.standards.hl7v2.messages import Action, Flags, LocalId
from carnet.standards.xds.metadata import Status
from tests.establishment.country import Mail, Record
from tests.establishment.messages import pdf
from tests.establishment.people import INS, NOW, OTHER_INS, PATIENT, QUALIFIED, adt, ipp, movement
from tests.establishment.vigilance import CLAIRE
from tests.establishment.working import receive, work

pytestmark = pytest.mark.django_db

TO_RECORD = Flags(to_record=True)
ALL = Flags(to_record=True, to_professionals=True, to_patient=True)
VISITS = "1.2.250.1.999.7.3"
OTHER = replace(
    QUALIFIED, local_ids=(ipp("IPP2"),), birth_name="AUTRE", given_names="LOUISE", ins=OTHER_INS
)
OTHER_UNKNOWN = replace(OTHER, ins=None, reliability=("PROV",))


def letter(number: int, patient: Any = OTHER, flags: Flags = TO_RECORD, **fields: Any) -> Any:
    return pdf(
        control_id=f"D{number}",
        document_id=f"1.2.250.1.999.7.9.{number}",
        patient=replace(patient, ins=None),
        flags=flags,
        **fields,
    )


def patient(value: str) -> UUID:
    """Whose file holds this identifier."""
    return Patient.objects.get(identifiers__value=value).id


def merged(kept: str = "IPP1", gone: str = "IPP2") -> Merge:
    ids = patient(kept), patient(gone)
    following.done(lambda: vigilance.merge(CLAIRE, *ids, now=NOW), now=NOW)
    return Merge.objects.get(survivor=ids[0], merged=ids[1])


def undone(merge: Merge) -> None:
    following.done(lambda: vigilance.unmerge(CLAIRE, merge.id, now=NOW), now=NOW)


def held(patient_id: UUID) -> dict[str, tuple[str, ...]]:
    """The documents of a file, but for what corrections made: id's end -> states."""
    rows = Document.objects.filter(patient_id=patient_id, correction=None)
    return {
        d.uid.rpartition(".")[2]: tuple(sorted(x.state for x in d.deliveries.all())) for d in rows
    }


def alive(record: Record) -> list[str]:
    """The INS under which the record shows a letter, once for each."""
    letters = set(Document.objects.values_list("uid", flat=True))
    shown = [e for u, e in record.entries.items() if u in letters and e.status is Status.APPROVED]
    return sorted(e.patient_id.partition("^")[0] for e in shown)


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


def test_what_came_since_waits_for_somebody_to_say_whose_it_is(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER))
    one, other = patient("IPP1"), patient("IPP2")
    merge = merged()
    receive(letter(1, PATIENT), letter(2), letter(3))
    undone(merge)
    assert held(one) == {"1": ("ready",), "2": ("waiting",), "3": ("waiting",)}
    assert {d.reason for d in Delivery.objects.filter(state="waiting")} == {"whose"}
    receive(adt("A31", QUALIFIED))
    work()
    assert alive(record) == [INS.matricule]
    second, third = Attribution.objects.filter(state="asked").order_by("id")
    attributions.decide(CLAIRE, second.id, configuration(), gives=True, now=NOW)
    attributions.decide(CLAIRE, third.id, configuration(), gives=False, now=NOW)
    work()
    assert alive(record) == sorted([INS.matricule, INS.matricule, OTHER_INS.matricule])
    assert (held(one), held(other)) == (
        {"1": ("delivered",), "3": ("delivered",)},
        {"2": ("delivered",)},
    )


def test_what_came_and_left_since_is_corrected_once_it_is_given(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER))
    merge = merged()
    receive(letter(2))
    work()
    undone(merge)
    work()
    assert alive(record) == [INS.matricule]
    row = Attribution.objects.get(state="asked")
    attributions.decide(CLAIRE, row.id, configuration(), gives=True, now=NOW)
    work()
    assert alive(record) == [OTHER_INS.matricule]
    attributions.decide(CLAIRE, row.id, configuration(), gives=False, now=NOW)
    work()
    assert alive(record) == [INS.matricule]
    with pytest.raises(attributions.NotToAttribute):
        attributions.decide(CLAIRE, row.id, configuration(), gives=False, now=NOW)


def test_a_new_version_goes_with_the_document_that_it_replaces() -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER_UNKNOWN), letter(2))
    merge = merged()
    receive(replacement(3, 2))
    undone(merge)
    assert held(patient("IPP2")) == {"2": ("waiting",), "3": ("waiting",)}
    assert not Attribution.objects.filter(state="asked").exists()


def test_what_a_correction_sent_again_waits_with_the_document(record: Record, mail: Mail) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER_UNKNOWN))
    merge = merged()
    receive(letter(2))
    work()
    receive(adt("A47", replace(QUALIFIED, ins=OTHER_INS), prior_ins=INS))
    undone(merge)
    receive(adt("A31", replace(QUALIFIED, ins=OTHER_INS)))
    work()
    assert alive(record) == []
    again = Delivery.objects.get(document__action="F", document__correction__isnull=False)
    assert (again.state, again.reason) == ("waiting", "whose")
    row = Attribution.objects.get(document=again.document_id)
    attributions.decide(CLAIRE, row.id, configuration(), gives=False, now=NOW)
    work()
    assert alive(record) == [OTHER_INS.matricule]
    assert not Attribution.objects.filter(state="asked").exists()


def test_a_family_is_given_whole_whichever_of_it_is_given() -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER))
    merge = merged()
    receive(letter(2), replacement(3, 2))
    undone(merge)
    row = Attribution.objects.get(document__uid__endswith=".3")
    attributions.decide(CLAIRE, row.id, configuration(), gives=True, now=NOW)
    assert held(patient("IPP1")) == {}
    assert held(patient("IPP2")) == {"2": ("ready",), "3": ("ready",)}
    assert set(Attribution.objects.values_list("state", flat=True)) == {"given"}


def test_of_three_files_what_is_given_to_one_is_asked_about_no_more() -> None:
    third = replace(PATIENT, local_ids=(ipp("IPP3"),))
    receive(adt("A28", QUALIFIED), adt("A28", OTHER), adt("A28", third))
    first, second = merged(), merged("IPP1", "IPP3")
    receive(replace(letter(2), patient=replace(QUALIFIED, local_ids=())))
    undone(second)
    undone(first)
    row = Attribution.objects.get(merge_id=first.id)
    attributions.decide(CLAIRE, row.id, configuration(), gives=True, now=NOW)
    assert held(patient("IPP2")) == {"2": ("ready",)}


def replacement(number: int, replaced: int) -> Any:
    return letter(
        number,
        PATIENT,
        trigger="T10",
        action=Action.REPLACE,
        parent_id=f"1.2.250.1.999.7.9.{replaced}",
    )


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


def arrival(who: Any, number: str, visit: str, trigger: str = "A01") -> Any:
    return adt(
        trigger,
        replace(who, account=LocalId("N1", "CH-AUBRE", "1.2.250.1.999.7.4", "AN")),
        movement=movement(number, medical_unit="CARDIO", nature="HMS"),
        patient_class="I",
        visit=LocalId(visit, "CH-AUBRE", VISITS, "VN"),
    )


def stays_of(patient_id: UUID) -> list[str]:
    return list(Patient.objects.get(pk=patient_id).movements.values_list("visit", flat=True))


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
    asked, answers = threading.Event(), threading.Event()

    def slow() -> str:
        asked.set()
        assert answers.wait(20)
        return "ok"

    record.behaviour = slow
    sending = in_a_thread(work)
    assert asked.wait(20)
    undoing = in_a_thread(lambda: undone(merge))
    wait_until(somebody_waits_for_a_lock)
    answers.set()
    sending.join(30)
    undoing.join(30)
    work()
    assert alive(record) == []
    assert Correction.objects.get().state == "started"


def in_a_thread(deed: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        deed()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(0.02)
    pytest.fail("it did not happen in 20 seconds")
