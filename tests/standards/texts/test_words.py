"""A text cut into words: the same for a document and for a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.texts.words import LONGEST, plain, singular, words


def plains(text: str) -> list[str]:
    return [word.plain for word in words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L’Œdème AIGU du poumon", ["l", "oedeme", "aigu", "du", "poumon"]),
        ("I.R.M. et T.A.", ["irm", "et", "ta"]),
        ("HbA1c 6,5 %", ["hba1c", "6.5"]),
        ("25-OH vitamine D", ["25", "oh", "vitamine", "d"]),
        ("TA 14/8", ["ta", "14", "8"]),
        ("130/80", ["130", "80"]),
        ("hyper-\ntension", ["hypertension"]),
        ("anti-inflammatoire", ["anti", "inflammatoire"]),
        ("E11.9", ["e11", "9"]),
        ("", []),
        ("…—«»", []),
    ],
)
def test_words_are_plain(text: str, expected: list[str]) -> None:
    assert plains(text) == expected


@pytest.mark.parametrize(
    "text", ["12/03/2024", "12.03.2024", "12-03-2024", "12/3/24", "2024-03-12", "12 mars 2024"]
)
def test_a_date_is_the_same_words_however_it_is_written(text: str) -> None:
    assert plains(f"le {text}.") == ["le", "12", "mars", "2024"]


@pytest.mark.parametrize(("text", "year"), [("01/02/44", "1944"), ("01/02/26", "2026")])
def test_two_figures_of_a_year_say_its_century(text: str, year: str) -> None:
    assert plains(text)[-1] == year


@pytest.mark.parametrize("text", ["45/13/2024", "2024-13-45"])
def test_what_is_no_date_stays_as_it_is(text: str) -> None:
    assert "mars" not in plains(text)
    assert len(plains(text)) == 3


def test_a_word_says_where_it_stands() -> None:
    text = "Une hypoœstrogénie."
    (_une, word) = words(text)
    assert text[word.start : word.end] == "hypoœstrogénie"


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("rendus", "rendu"),
        ("genoux", "genou"),
        ("eaux", "eaux"),
        ("os", "os"),
        ("stress", "stress"),
    ],
)
def test_the_mark_of_a_plural_is_taken_off(plural: str, one: str) -> None:
    assert singular(plural) == one


@given(st.text(max_size=300))
def test_any_text_gives_words_of_it_in_order(text: str) -> None:
    found = list(words(text))
    assert all(0 < len(word.plain) <= 2 * LONGEST for word in found)
    assert [word.start for word in found] == sorted(word.start for word in found)
    assert all(word.end <= len(text) for word in found)


@given(st.text(max_size=50))
def test_a_plain_word_is_plain(text: str) -> None:
    assert plain(plain(text)) == plain(text)
