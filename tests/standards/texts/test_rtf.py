"""The words of an RTF."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.texts import rtf
from carnet.standards.texts.parts import TextError

HEAD = b"{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}{\\info{\\author Secret}}"


def test_words_are_taken_and_tables_left() -> None:
    text = rtf.text_of(HEAD + b"\\f0\\b Compte\\b0  rendu\\par Deuxi\\'e8me ligne}")
    assert text == "Compte rendu\nDeuxième ligne"


def test_a_unicode_character_stands_for_its_replacement() -> None:
    assert rtf.text_of(HEAD + b"\\u339\\'3fd\\u232?me \\u-10179?\\u-9216?}") == "œdème \U0001f400"


def test_a_group_that_is_ignorable_says_nothing() -> None:
    assert rtf.text_of(HEAD + b"a{\\*\\generator Riched20;}b}") == "ab"


def test_escaped_signs_are_themselves() -> None:
    assert rtf.text_of(HEAD + b"\\{a\\}\\\\\\~b}") == "{a}\\\u00a0b"


def test_a_code_page_that_does_not_exist_is_read_as_the_usual_one() -> None:
    assert rtf.text_of(b"{\\rtf1\\ansicpg125 \\'e9t\\'e9}") == "été"


@pytest.mark.parametrize("data", [b"", b"hello", HEAD + b"{" * 1000, HEAD + b"\\bin10 xxxxxxxxxx}"])
def test_what_is_no_rtf_is_refused(data: bytes) -> None:
    with pytest.raises(TextError) as refusal:
        rtf.text_of(data)
    assert refusal.value.code == "unreadable"


@given(st.binary(max_size=400))
def test_any_bytes_give_a_text_or_a_refusal(data: bytes) -> None:
    try:
        assert isinstance(rtf.text_of(HEAD + data), str)
    except TextError as refusal:
        assert refusal.code == "unreadable"  # noqa: PT017 - either is right
