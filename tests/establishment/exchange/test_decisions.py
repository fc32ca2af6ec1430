"""What came while two files were one: a person says whose it is, and it goes where it is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carnet.establishment.exchange import attributions
from carnet.establishment.exchange.configuration import configuration
from carnet.establishment.exchange.models import (
    Attribution,
    Correction,
    Delivery,
    Document,
    Inbound,
)
from carnet.standards.ids import Ins
from tests.establishment.country import Mail, Record
from tests.establishment.merging import (
    ALL,
    OTHER,
    OTHER_UNKNOWN,
    alive,
    held,
    letter,
    merged,
    patient,
    replacement,
    undone,
)
from tests.establishment.people import INS, NOW, OTHER_INS, PATIENT, QUALIFIED, adt, ins, ipp
from tests.establishment.vigilance import CLAIRE
from tests.establishment.working import receive, work

pytestmark = pytest.mark.django_db


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


def test_nobody_is_asked_about_a_family_that_began_before_the_merge() -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER), letter(1, PATIENT))
    merge = merged()
    receive(replacement(2, 1), replacement(3, 2))
    undone(merge)
    assert not Attribution.objects.exists()
    assert held(patient("IPP1")) == {"1": ("ready",), "2": ("ready",), "3": ("ready",)}


def test_what_came_too_early_is_asked_about_with_what_it_replaces() -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER))
    merge = merged()
    receive(replacement(3, 2), letter(2))
    undone(merge)
    assert list(Attribution.objects.values_list("state", flat=True)) == ["asked", "asked"]
    assert held(patient("IPP1")) == {"2": ("waiting",), "3": ("waiting",)}


def test_what_was_recognised_meanwhile_by_what_is_not_the_survivors_is_asked_about() -> None:
    receive(adt("A28", PATIENT), adt("A28", OTHER_UNKNOWN))
    receive(replace(letter(1), patient=replace(QUALIFIED, local_ids=(), ins=OTHER_INS)))
    merge = merged()
    receive(adt("A31", replace(QUALIFIED, ins=OTHER_INS)))
    assert held(patient("IPP1")) == {"1": ("ready",)}
    undone(merge)
    assert Attribution.objects.get().state == "asked"
    assert Delivery.objects.get().reason == "whose"


def test_what_was_recognised_by_what_is_the_survivors_is_theirs() -> None:
    receive(letter(1, PATIENT), adt("A28", PATIENT), adt("A28", OTHER_UNKNOWN))
    merge = merged()
    undone(merge)
    assert not Attribution.objects.exists()


def test_what_left_under_a_shared_ins_is_not_withdrawn_unasked_after_a_merge_of_long_ago(
    record: Record, mail: Mail
) -> None:
    """The first merges did not keep the INS that the survivor had had."""
    receive(adt("A28", QUALIFIED), letter(1, PATIENT))
    work()
    receive(adt("A31", replace(PATIENT, reliability=("DOUT",))))
    receive(adt("A28", replace(OTHER, ins=INS)))
    merge = merged()
    merge.held.pop("known_ins")
    merge.save()
    Correction.objects.all().delete()
    undone(merge)
    work()
    assert alive(record) == [INS.matricule]
    assert Correction.objects.get().state == "proposed"


THIRD_INS = ins("2810499900033")
THIRD = replace(PATIENT, local_ids=(ipp("IPP3"),), ins=THIRD_INS, reliability=("VALI",))


def decided(row: Attribution, *, gives: bool) -> None:
    attributions.decide(CLAIRE, row.id, configuration(), gives=gives, now=NOW)


@pytest.mark.parametrize(("gives", "under"), [(True, OTHER_INS), (False, THIRD_INS)])
def test_what_is_asked_about_is_decided_when_the_file_was_merged_into_a_third_one_since(
    record: Record, mail: Mail, gives: bool, under: Ins
) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER), adt("A28", THIRD))
    third, other = patient("IPP3"), patient("IPP2")
    merge = merged()
    receive(letter(2))
    undone(merge)
    receive(adt("A40", THIRD, prior_ids=(ipp("IPP1"),)))
    assert held(third) == {"2": ("waiting",)}
    decided(Attribution.objects.get(state="asked"), gives=gives)
    assert held(other if gives else third) == {"2": ("ready",)}
    work()
    assert alive(record) == [under.matricule]


def test_what_left_is_corrected_when_the_file_was_merged_into_a_third_one_since(
    record: Record, mail: Mail
) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER), adt("A28", THIRD))
    merge = merged()
    receive(letter(2))
    work()
    undone(merge)
    receive(adt("A40", THIRD, prior_ids=(ipp("IPP1"),)))
    work()
    assert alive(record) == [INS.matricule]
    row = Attribution.objects.get(state="asked")
    for gives, under in ((False, THIRD_INS), (True, OTHER_INS), (False, THIRD_INS)):
        decided(row, gives=gives)
        work()
        assert alive(record) == [under.matricule]


def test_nobody_is_asked_when_both_files_are_merged_into_a_third_one() -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER), adt("A28", THIRD))
    merge = merged()
    receive(letter(2))
    undone(merge)
    merged("IPP3", "IPP1")
    merged("IPP3", "IPP2")
    row = Attribution.objects.get(merge_id=merge.id)
    assert row.state == "kept"
    assert held(patient("IPP3")) == {"2": ("ready",)}
    with pytest.raises(attributions.NotToAttribute):
        decided(row, gives=True)


@pytest.mark.parametrize("named", ["IPP1", "IPP2"])
def test_what_is_said_again_after_a_separation_stays_where_it_is(named: str) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER))
    one = patient("IPP1")
    merge = merged()
    said = replace(letter(2), patient=replace(PATIENT, local_ids=(ipp(named),)))
    receive(said)
    undone(merge)
    Attribution.objects.update(state="asked")
    Delivery.objects.update(state="waiting", reason="whose")
    document = Document.objects.get()
    receive(replace(said, control_id="D3", flags=ALL))
    assert Inbound.objects.latest("received_at", "id").state == "accepted"
    assert set(Delivery.objects.values_list("state", "reason")) == {("waiting", "whose")}
    assert Delivery.objects.count() == 3
    again = Document.objects.get()
    assert (again.patient_id, again.built) == (one, document.built)


def test_what_is_said_again_of_whom_it_was_given_from_leaves_for_whom_it_was_given_to(
    record: Record, mail: Mail
) -> None:
    receive(adt("A28", QUALIFIED), adt("A28", OTHER_UNKNOWN))
    merge = merged()
    receive(said := replace(letter(2), patient=replace(PATIENT, local_ids=(ipp("IPP2"),))))
    undone(merge)
    decided(Attribution.objects.get(), gives=True)
    receive(replace(said, control_id="D3", patient=OTHER_UNKNOWN))
    assert Inbound.objects.latest("received_at", "id").state == "accepted"
    receive(adt("A31", OTHER))
    work()
    assert alive(record) == [OTHER_INS.matricule]
