"""What changes of an identity keeps what was before."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from django.db import connection

from carnet.national.identity import changes, models, queries
from carnet.national.identity.actions import InsAlreadyKnown, register_person
from carnet.national.identity.changes import ForbiddenChange, Reason, UnknownPerson
from carnet.standards.ids import INS_NIA, Ins, matricule_key
from carnet.standards.ins import BirthDate, Sex, Traits
from tests.national import world
from tests.national.world import NOW, TESTS

pytestmark = pytest.mark.django_db

TRAITS = Traits.of(
    "CARPENTIER", "ALEX", "M", "19950130", given_names="ALEX CAMILLE", birth_place="59606"
)


def nia(order: int) -> Ins:
    body = f"1950199331{order:03d}"
    return Ins(body + matricule_key(body), INS_NIA)


def test_a_nia_becomes_a_nir_and_still_leads_to_the_person() -> None:
    patient_id = register_person(TESTS, nia(1), TRAITS, now=NOW)
    nir = world.new_ins()
    changes.change_matricule(TESTS, patient_id, nir, reason=Reason.NIA_TO_NIR, now=NOW)
    person = queries.find_by_ins(nia(1))
    assert person is not None
    assert (person.patient_id, person.ins) == (patient_id, nir)
    former = models.FormerIns.objects.get(patient_id=patient_id)
    assert (former.matricule, former.kind, former.until) == (nia(1).matricule, "NIA", "2026-03-02")


def test_a_changed_sex_changes_matricule_and_traits_at_once() -> None:
    patient_id, _ins = world.make_patient(with_record=False)
    nir, traits = world.new_ins(), replace(TRAITS, sex=Sex.FEMININE)
    changes.change_matricule(
        TESTS, patient_id, nir, reason=Reason.CIVIL_STATUS, traits=traits, now=NOW
    )
    person = queries.person(patient_id)
    assert person is not None
    assert (person.sex, person.birth_name) == ("F", "CARPENTIER")
    former = models.FormerTraits.objects.get(patient_id=patient_id)
    assert (former.birth_name, former.reason) == ("PAT-TROIS", "civil_status")


def test_a_person_may_come_back_to_a_former_matricule() -> None:
    patient_id, ins = world.make_patient(with_record=False)
    wrong = world.new_ins()
    for given in (wrong, ins):
        changes.change_matricule(TESTS, patient_id, given, reason=Reason.CORRECTION, now=NOW)
    assert queries.patient_of(wrong) == queries.patient_of(ins) == patient_id
    assert models.FormerIns.objects.filter(patient_id=patient_id).count() == 2


@pytest.mark.parametrize("reason", [Reason.NIA_TO_NIR, Reason.CORRECTION])
def test_a_change_that_no_rule_allows_changes_nothing(reason: Reason) -> None:
    patient_id, ins = world.make_patient(with_record=False)
    given = world.new_ins() if reason is Reason.NIA_TO_NIR else nia(2)
    before = world.rows("journal_trace")
    for wrong in (ins, given):
        with pytest.raises(ForbiddenChange):
            changes.change_matricule(TESTS, patient_id, wrong, reason=reason, now=NOW)
    assert world.rows("identity_formerins") == 0
    assert world.rows("journal_trace") == before


def test_the_matricule_of_somebody_else_is_refused() -> None:
    patient_id, ins = world.make_patient(with_record=False)
    _other, taken = world.make_patient(with_record=False)
    with pytest.raises(InsAlreadyKnown):
        changes.change_matricule(TESTS, patient_id, taken, reason=Reason.CORRECTION, now=NOW)
    person = queries.person(patient_id)
    assert person is not None
    assert person.ins == ins


def test_corrected_traits_keep_the_former_ones() -> None:
    patient_id, _ins = world.make_patient(with_record=False)
    changes.correct_traits(TESTS, patient_id, TRAITS, reason=Reason.CORRECTION, now=NOW)
    with pytest.raises(ForbiddenChange):
        changes.correct_traits(TESTS, patient_id, TRAITS, reason=Reason.CORRECTION, now=NOW)
    former = models.FormerTraits.objects.get(patient_id=patient_id)
    assert (former.birth_name, former.birth_date) == ("PAT-TROIS", "19790328")


def test_a_death_is_declared_and_may_be_cancelled() -> None:
    patient_id, _ins = world.make_patient(with_record=False)
    changes.declare_death(TESTS, patient_id, BirthDate.parse("2023-09"), now=NOW)
    assert models.Person.objects.get(patient_id=patient_id).deceased_on == "202309"
    changes.cancel_death(TESTS, patient_id, now=NOW)
    assert models.Person.objects.get(patient_id=patient_id).deceased_on == ""


def test_nobody_is_changed_under_an_unknown_id() -> None:
    patient_id, _ins = world.make_patient(with_record=False)
    unknown = patient_id.__class__(int=1)
    with pytest.raises(UnknownPerson):
        changes.declare_death(TESTS, unknown, BirthDate.parse("2023"), now=NOW)
    with pytest.raises(UnknownPerson):
        changes.correct_traits(TESTS, unknown, TRAITS, reason=Reason.CORRECTION, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_follow_one_another() -> None:
    patient_id, first = world.make_patient(with_record=False)
    given = [world.new_ins() for _ in range(4)]

    def change(ins: Ins) -> None:
        changes.change_matricule(TESTS, patient_id, ins, reason=Reason.CORRECTION, now=NOW)
        connection.close()

    threads = [threading.Thread(target=change, args=[ins]) for ins in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    former = models.FormerIns.objects.filter(patient_id=patient_id)
    person = queries.person(patient_id)
    assert person is not None
    assert {one.matricule for one in former} | {person.ins.matricule} == {
        ins.matricule for ins in (first, *given)
    }
