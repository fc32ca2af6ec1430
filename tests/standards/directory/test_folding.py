"""How texts of the directory are compared, and how addresses are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.directory import folded, split_address, words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hélène D'ARC-Noël", "helene d arc noel"),
        ("  CŒUR  ", "coeur"),
        ("ŁUKASZ", "ukasz"),
        ("100 %", "100"),
        ("", ""),
    ],
)
def test_case_accents_and_punctuation_do_not_count(text: str, expected: str) -> None:
    assert folded(text) == expected


@given(st.text())
def test_what_is_folded_stays_as_it_is_and_is_plain(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert once.isascii()
    assert "%" not in once
    assert "_" not in once


def test_each_word_comes_after_a_space() -> None:
    assert words_of("DE LA TOUR", "Léa") == " de la tour lea"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1 rue du Lac, 99000 Aubreville", ("1 rue du Lac", "99000", "Aubreville")),
        ("99000 AUBREVILLE CEDEX 9", ("", "99000", "AUBREVILLE CEDEX 9")),
        ("Lieu-dit", ("Lieu-dit", "", "")),
        ("", ("", "", "")),
    ],
)
def test_the_last_line_of_an_address_is_its_town(line: str, expected: tuple[str, str, str]) -> None:
    assert split_address(line) == expected
