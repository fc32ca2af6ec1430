"""People and the INS that lead to them."""

import pytest

from carnet.national.identity import actions, queries
from carnet.standards.ids import INS_NIR, Ins
from carnet.standards.ins import BirthDate, Sex, Traits
from tests.national import world
from tests.national.world import NOW

pytestmark = pytest.mark.django_db


def test_a_person_is_found_by_ins() -> None:
    patient_id, ins = world.make_patient()
    found = queries.find_by_ins(ins)
    assert found is not None
    assert (found.patient_id, found.ins) == (patient_id, ins)
    assert queries.patient_of(ins) == patient_id
    assert found.name == "Dominique PAT-TROIS"


def test_the_same_matricule_under_another_oid_is_nobody() -> None:
    _patient_id, ins = world.make_patient()
    assert queries.patient_of(Ins(ins.matricule, INS_NIR)) is None
    assert queries.find_by_ins(world.new_ins()) is None


def test_an_ins_is_of_one_person() -> None:
    _patient_id, ins = world.make_patient()
    traits = Traits(
        birth_name="AUTRE",
        first_given_name="ALIX",
        sex=Sex.MASCULINE,
        birth_date=BirthDate.parse("1980"),
    )
    before = world.rows("identity_person")
    with pytest.raises(actions.InsAlreadyKnown):
        actions.register_person(world.TESTS, ins, traits, now=NOW)
    assert world.rows("identity_person") == before


def test_a_birth_date_that_is_no_day_is_kept_as_it_is() -> None:
    ins = world.new_ins()
    traits = Traits(
        birth_name="AUTRE",
        first_given_name="ALIX",
        sex=Sex.MASCULINE,
        birth_date=BirthDate.parse("19801300"),
    )
    patient_id = actions.register_person(world.TESTS, ins, traits, now=NOW)
    found = queries.person(patient_id)
    assert found is not None
    assert found.birth_date is None
    assert found.birth_date_hl7 == traits.birth_date.hl7
