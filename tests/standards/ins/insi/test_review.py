"""What a person sees of an answer before accepting it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carnet.standards.ids import INS_NIA, INS_NIR_TEST, IdentifierError, Ins
from carnet.standards.ins import StatusEvent, Trait, TraitError, Traits
from carnet.standards.ins.insi import (
    Individual,
    Matricule,
    NationalIdentifier,
    Notice,
    Tiq,
    review,
)

INS = Ins("260058815400233", INS_NIR_TEST)
FORMER = Ins("160058815400283", INS_NIR_TEST)
LOCAL = Traits.of(
    "D'ARC", "JEANNE", "F", "1960-05-30", given_names="JEANNE MARIE", birth_place="88154"
)
TIQ = replace(Tiq.of(LOCAL), first_given_name="")
ANSWER = Individual(NationalIdentifier.of(INS), TIQ, (NationalIdentifier.of(FORMER),))


def answer(**traits: str) -> Individual:
    return replace(ANSWER, traits=replace(TIQ, **traits))


def test_an_answer_that_agrees_is_acceptable_and_gives_the_ins() -> None:
    seen = review(ANSWER, LOCAL)
    assert (seen.ins, seen.traits, seen.differences, seen.notices) == (INS, LOCAL, (), ())
    assert seen.event is StatusEvent.INSI_ACCEPTED


@pytest.mark.parametrize(
    ("changes", "trait"),
    [
        ({"birth_name": "DARQUE"}, Trait.BIRTH_NAME),
        ({"given_names": "MARIE JEANNE"}, Trait.FIRST_GIVEN_NAME),
        ({"sex": "M"}, Trait.SEX),
        ({"birth_date": "1960-05-31"}, Trait.BIRTH_DATE),
    ],
)
def test_a_strict_trait_that_differs_forbids_to_accept(
    changes: dict[str, str], trait: Trait
) -> None:
    seen = review(answer(**changes), LOCAL)
    assert [one.trait for one in seen.differences if one.blocking] == [trait]
    assert seen.event is StatusEvent.INSI_INCONSISTENT


@pytest.mark.parametrize(
    ("changes", "trait"),
    [
        ({"given_names": "JEANNE CECILE"}, Trait.GIVEN_NAMES),
        ({"birth_place": "88155"}, Trait.BIRTH_PLACE),
    ],
)
def test_another_trait_that_differs_is_shown_and_left_to_a_person(
    changes: dict[str, str], trait: Trait
) -> None:
    seen = review(answer(**changes), LOCAL)
    assert [one.trait for one in seen.differences] == [trait]
    assert seen.acceptable


def test_the_local_first_given_name_is_kept_when_it_begins_the_list() -> None:
    local = replace(LOCAL, first_given_name="JEANNE-MARIE", given_names="")
    seen = review(ANSWER, local)
    assert seen.traits.first_given_name == "JEANNE-MARIE"
    assert Notice.FIRST_GIVEN_NAME_CHOSEN not in seen.notices


def test_a_first_given_name_taken_from_the_list_is_to_be_confirmed() -> None:
    seen = review(answer(given_names="ANNE-LAURE MARIE"), LOCAL)
    assert seen.traits.first_given_name == "ANNE-LAURE"
    assert seen.notices == (Notice.FIRST_GIVEN_NAME_CHOSEN,)


def test_an_older_answer_gives_the_first_given_name_alone() -> None:
    seen = review(answer(first_given_name="JEANNE", given_names=""), LOCAL)
    assert seen.acceptable
    assert seen.traits.given_names == ""


def test_a_first_given_name_that_contradicts_the_list_gives_way_to_it() -> None:
    local = replace(LOCAL, first_given_name="LOUISE", given_names="")
    seen = review(answer(first_given_name="LUCIE"), local)
    assert seen.traits.first_given_name == "JEANNE"
    assert seen.notices == (Notice.FIRST_GIVEN_NAME_CHOSEN,)


@pytest.mark.parametrize(
    ("individual", "notice"),
    [
        (
            replace(
                ANSWER, active=NationalIdentifier.of(replace(INS, matricule="260058815400244"))
            ),
            Notice.WRONG_KEY,
        ),
        (replace(ANSWER, active=NationalIdentifier.of(replace(INS, oid=INS_NIA))), Notice.NIA),
        (answer(birth_date="1960-05-00"), Notice.BIRTH_DATE_INCOMPLETE),
        (answer(birth_date="1960-14-30"), Notice.BIRTH_DATE_LUNAR),
        (answer(birth_place=""), Notice.BIRTH_PLACE_UNKNOWN),
        (answer(birth_place="99999"), Notice.BIRTH_PLACE_UNKNOWN),
    ],
)
def test_what_does_not_forbid_is_told(individual: Individual, notice: Notice) -> None:
    assert review(individual, LOCAL).notices == (notice,)


@pytest.mark.parametrize(
    ("known", "notices"),
    [
        (None, ()),
        (INS, ()),
        (FORMER, (Notice.MATRICULE_CHANGED,)),
        (replace(INS, matricule="279035121518989"), (Notice.MATRICULE_UNRELATED,)),
    ],
)
def test_the_matricule_known_until_now_is_set_beside_the_history(
    known: Ins | None, notices: tuple[Notice, ...]
) -> None:
    assert review(ANSWER, LOCAL, known=known).notices == notices


def test_a_former_identifier_that_is_no_ins_is_no_obstacle() -> None:
    old = NationalIdentifier(Matricule("2600588154002"), "1.2.250.1.213.1.4.2")
    seen = review(replace(ANSWER, history=(old,)), LOCAL, known=FORMER)
    assert seen.notices == (Notice.MATRICULE_UNRELATED,)


def test_a_place_in_lower_case_is_read() -> None:
    assert review(answer(birth_place="2a004"), LOCAL).traits.birth_place == "2A004"


def test_a_key_that_was_not_given_is_computed() -> None:
    bare = NationalIdentifier(Matricule(INS.matricule[:13]), INS.oid)
    assert review(replace(ANSWER, active=bare), LOCAL).ins == INS


@pytest.mark.parametrize("name", ["birth_name", "given_names", "sex", "birth_date"])
def test_an_answer_that_lacks_a_trait_makes_no_identity(name: str) -> None:
    with pytest.raises(TraitError):
        review(answer(**{name: ""}), LOCAL)


def test_an_answer_under_another_oid_makes_no_identity() -> None:
    other = replace(ANSWER, active=replace(ANSWER.active, oid="1.2.250.1.213.1.4.2"))
    with pytest.raises(IdentifierError):
        review(other, LOCAL)
