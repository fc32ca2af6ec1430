"""Strict traits are checked when made, and differences are named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from carnet.standards.ins import (
    BirthDate,
    Trait,
    TraitError,
    Traits,
    compare,
    qualification_allowed,
)


def traits(**changes: Any) -> Traits:
    """One perfect identity, with the changes a test wants."""
    values: dict[str, Any] = {
        "birth_name": "D'ARC",
        "first_given_name": "JEANNE",
        "sex": "F",
        "birth_date": "19600530",
        "given_names": "JEANNE MARIE CECILE",
        "birth_place": "88154",
    } | changes
    positional = [values.pop(k) for k in ("birth_name", "first_given_name", "sex", "birth_date")]
    return Traits.of(*positional, **values)


@pytest.mark.parametrize("first", ["MAX", "MAX PATRICK", "MAX-PATRICK"])
def test_the_first_given_name_begins_the_list(first: str) -> None:
    assert traits(first_given_name=first, given_names="MAX PATRICK").first_given_name == first


@pytest.mark.parametrize("first", ["PATRICK", "MA"])
def test_a_first_given_name_from_elsewhere_in_the_list_is_refused(first: str) -> None:
    with pytest.raises(TraitError) as caught:
        traits(first_given_name=first, given_names="MAX PATRICK")
    assert caught.value.trait is Trait.FIRST_GIVEN_NAME


@pytest.mark.parametrize(
    ("change", "trait"),
    [
        ({"sex": "X"}, Trait.SEX),
        ({"birth_place": "Paris"}, Trait.BIRTH_PLACE),
        ({"birth_date": "30/05/1960"}, Trait.BIRTH_DATE),
        ({"birth_date": "00000101"}, Trait.BIRTH_DATE),
        ({"birth_name": ""}, Trait.BIRTH_NAME),
    ],
)
def test_a_wrong_trait_is_named(change: dict[str, str], trait: Trait) -> None:
    with pytest.raises(TraitError) as caught:
        traits(**change)
    assert caught.value.trait is trait


def test_what_an_ins_still_lacks_is_listed() -> None:
    lacking = traits(sex="U", given_names="", birth_place="", birth_date="1960")
    assert lacking.missing == (
        Trait.GIVEN_NAMES,
        Trait.SEX,
        Trait.BIRTH_DATE,
        Trait.BIRTH_PLACE,
    )
    assert traits().missing == ()


def test_an_ordinary_date_is_a_day_of_the_calendar() -> None:
    day = BirthDate.parse("1960-05-30")
    assert day.calendar == date(1960, 5, 30)
    assert (day.hl7, day.french) == ("19600530", "30/05/1960")


def test_the_same_day_written_two_ways_is_equal() -> None:
    assert BirthDate.parse("1960-05-30") == BirthDate.parse("19600530")


@pytest.mark.parametrize("text", ["1960-13-05", "19600533", "1960-02-30"])
def test_a_lunar_date_is_kept_and_is_no_day_of_the_calendar(text: str) -> None:
    day = BirthDate.parse(text)
    assert day.lunar
    assert day.calendar is None
    assert day.text == text


@pytest.mark.parametrize(
    ("text", "hl7"), [("1960", "1960"), ("196005", "196005"), ("19600500", "196005")]
)
def test_an_unknown_day_or_month_stays_unknown(text: str, hl7: str) -> None:
    day = BirthDate.parse(text)
    assert not day.complete
    assert not day.lunar
    assert day.hl7 == hl7


@pytest.mark.parametrize(
    ("known", "written"),
    [
        ((1960, 5, None), "19600501"),
        ((1960, None, 7), "19600107"),
        ((1960, None, None), "19601231"),
    ],
)
def test_an_unknown_part_is_estimated_by_the_rule_and_flagged(
    known: tuple[int, int | None, int | None], written: str
) -> None:
    day = BirthDate.estimate(*known)
    assert day.text == written
    assert day.estimated


def test_equal_identities_have_no_difference() -> None:
    assert compare(traits(birth_name="D ARC"), traits()) == ()


@pytest.mark.parametrize(
    ("change", "trait", "blocking"),
    [
        ({"birth_name": "DURAND"}, Trait.BIRTH_NAME, True),
        ({"first_given_name": "JEANNE MARIE"}, Trait.FIRST_GIVEN_NAME, True),
        ({"sex": "M"}, Trait.SEX, True),
        ({"birth_date": "19600531"}, Trait.BIRTH_DATE, True),
        ({"given_names": "JEANNE MARIE"}, Trait.GIVEN_NAMES, False),
        ({"birth_place": "75056"}, Trait.BIRTH_PLACE, False),
    ],
)
def test_each_difference_is_named_and_weighed(
    change: dict[str, str], trait: Trait, blocking: bool
) -> None:
    (difference,) = compare(traits(**change), traits())
    assert (difference.trait, difference.blocking) == (trait, blocking)
    assert qualification_allowed((difference,)) is not blocking


def test_a_trait_that_the_ins_lacks_blocks() -> None:
    (difference,) = compare(traits(), replace(traits(), birth_place=""))
    assert difference.blocking
    assert (difference.local, difference.reference) == ("88154", "")
