"""Synthetic matricules are well formed and carry their key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.ids import INS_NIR_TEST, IdentifierError
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
