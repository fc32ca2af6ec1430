"""Synthetic matricules are well formed and carry their key."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from carnet.standards.ids import INS_NIR_TEST, IdentifierError, Ins, matricule_key
from carnet.standards.ins import Sex, synthetic_ins

places = st.one_of(
    st.from_regex(r"(0[1-9]|[1-8][0-9]|9[0-57-9])[0-9]{3}", fullmatch=True),
    st.from_regex(r"2[AB][0-9]{3}", fullmatch=True),
)


@given(
    st.sampled_from([Sex.FEMININE, Sex.MASCULINE]),
    st.integers(1900, 2030),
    st.integers(1, 12),
    places,
    st.integers(1, 999),
)
def test_every_synthetic_matricule_has_its_key(
    sex: Sex, year: int, month: int, place: str, order: int
) -> None:
    ins = synthetic_ins(sex, year, month, place, order)
    assert ins.key_valid
    assert ins.oid == INS_NIR_TEST
    assert ins.matricule[5:10] == place


bodies = st.from_regex(r"[12][0-9]{4}([0-9]{2}|2[AB])[0-9]{6}", fullmatch=True)


@given(bodies, st.integers(0, 12), st.integers(0, 9))
def test_one_wrong_digit_is_told_by_the_key(body: str, at: int, digit: int) -> None:
    wrong = f"{body[:at]}{digit}{body[at + 1 :]}"
    assume(wrong != body and not {"2A", "2B"} & {body[5:7], wrong[5:7]})
    assert matricule_key(wrong) != matricule_key(body)


@given(bodies, st.integers(0, 11))
def test_two_digits_exchanged_are_told_by_the_key(body: str, at: int) -> None:
    wrong = body[:at] + body[at + 1] + body[at] + body[at + 2 :]
    assume(wrong != body and not {"2A", "2B"} & {body[5:7], wrong[5:7]})
    assume(wrong.isdigit())
    assert matricule_key(wrong) != matricule_key(body)


@given(bodies)
def test_a_key_completes_its_number_to_a_multiple_of_97(body: str) -> None:
    key = matricule_key(body)
    number = int(body.replace("2A", "19").replace("2B", "18") if not body.isdigit() else body)
    assert (number + int(key)) % 97 == 0
    assert 1 <= int(key) <= 97
    assert Ins(body + key, INS_NIR_TEST).key_valid
    wrong = f"{int(key) % 97 + 1:02d}"
    assert not Ins(body + wrong, INS_NIR_TEST).key_valid


def test_a_published_corsican_vector_is_found_again() -> None:
    assert synthetic_ins(Sex.MASCULINE, 1980, 3, "2B020", 401).matricule == "180032B02040123"


@pytest.mark.parametrize(
    ("sex", "month", "place", "order"),
    [
        (Sex.UNDETERMINED, 1, "75056", 1),
        (Sex.FEMININE, 13, "75056", 1),
        (Sex.FEMININE, 1, "7505", 1),
        (Sex.FEMININE, 1, "1A056", 1),
        (Sex.FEMININE, 1, "75056", 1000),
    ],
)
def test_an_impossible_matricule_is_refused(sex: Sex, month: int, place: str, order: int) -> None:
    with pytest.raises(IdentifierError):
        synthetic_ins(sex, 1980, month, place, order)
