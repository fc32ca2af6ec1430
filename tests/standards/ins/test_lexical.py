"""Names are written in the INSi alphabet, and two spellings of one name are one name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.ins import Trait, TraitError, normalise, same_name
from carnet.standards.ins.lexical import check_name


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Élodie", "ELODIE"),
        ("François", "FRANCOIS"),
        ("Lœtitia", "LOETITIA"),
        ("Ægir", "AEGIR"),
        ("d’Artagnan", "D'ARTAGNAN"),
        ("D' Artagnan", "D'ARTAGNAN"),
        ("Jean/Pierre", "JEAN PIERRE"),
        ("  de   la Tour ", "DE LA TOUR"),
        ("Anne–Marie", "ANNE-MARIE"),
        ("MARIE, CLAIRE", "MARIE CLAIRE"),
    ],
)
def test_a_name_is_brought_to_the_insi_alphabet(typed: str, stored: str) -> None:
    assert normalise(typed) == stored


@pytest.mark.parametrize("name", ["JEAN2", "Иван", "A@B"])
def test_a_character_without_equivalent_is_refused_not_dropped(name: str) -> None:
    with pytest.raises(TraitError) as caught:
        normalise(name)
    assert name not in str(caught.value)


@pytest.mark.parametrize("name", ["-A", "A ", "A''B", "A  B", "", "'", "'-"])
def test_a_badly_shaped_family_name_is_refused(name: str) -> None:
    with pytest.raises(TraitError):
        check_name(name, Trait.BIRTH_NAME)


@pytest.mark.parametrize("name", ["ANNE--MARIE", "ANNE-", "ANNE'"])
def test_a_given_name_is_held_to_more_than_a_family_name(name: str) -> None:
    check_name(name, Trait.BIRTH_NAME)
    with pytest.raises(TraitError):
        check_name(name, Trait.FIRST_GIVEN_NAME)


@pytest.mark.parametrize(
    ("one", "other"),
    [("D'ARC", "D ARC"), ("D'ARC", "DARC"), ("JEAN-PIERRE", "JEAN PIERRE"), ("A--B", "A-B")],
)
def test_hyphen_and_apostrophe_make_no_difference(one: str, other: str) -> None:
    assert same_name(one, other)


def test_a_lost_space_is_a_difference() -> None:
    assert not same_name("JEANPIERRE", "JEAN PIERRE")


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    try:
        once = normalise(text)
    except TraitError:
        return
    assert normalise(once) == once
