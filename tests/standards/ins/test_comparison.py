"""Properties of the comparison of two identities (RNIV 1 EXI PP 20, EXI SI 28)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from carnet.standards.ins import (
    BirthDate,
    Sex,
    Trait,
    Traits,
    compare,
    qualification_allowed,
    same_name,
)

words = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=8)
names = st.lists(words, min_size=1, max_size=3).flatmap(
    lambda parts: st.lists(
        st.sampled_from(" -'"), min_size=len(parts) - 1, max_size=len(parts) - 1
    ).map(lambda signs: "".join(a + b for a, b in zip(parts, [*signs, ""], strict=True)))
)
dates = st.one_of(
    st.dates().map(lambda day: f"{day:%Y}".zfill(4) + f"{day:%m%d}"),
    st.builds("{:04d}{:02d}{:02d}".format, st.integers(1, 9999), st.integers(0, 99), st.just(0)),
    st.builds(
        "{:04d}{:02d}{:02d}".format, st.integers(1, 9999), st.integers(1, 14), st.integers(31, 35)
    ),
).map(BirthDate.parse)
places = st.from_regex(r"([0-9]{2}|2[AB])[0-9]{3}", fullmatch=True)


@st.composite
def identities(draw: st.DrawFn) -> Traits:
    """A whole identity, on whichever calendar."""
    first = draw(names)
    given_names = " ".join([first, *draw(st.lists(names, max_size=3))])
    sex = draw(st.sampled_from([Sex.FEMININE, Sex.MASCULINE]))
    return Traits(draw(names), first, sex, draw(dates), given_names, draw(places))


@given(identities())
def test_an_identity_does_not_differ_from_itself(one: Traits) -> None:
    assert compare(one, one) == ()


@given(identities(), st.sampled_from([("-", " "), ("'", " "), ("-", "'"), ("'", "-")]))
def test_hyphens_and_apostrophes_are_no_difference(one: Traits, signs: tuple[str, str]) -> None:
    written = {
        field: getattr(one, field).replace(*signs)
        for field in ("birth_name", "first_given_name", "given_names")
    }
    assert compare(one, replace(one, **written)) == ()
    assert compare(replace(one, **written), one) == ()


@given(identities(), identities())
def test_what_differs_is_named_once_with_both_values_in_the_order_of_the_traits(
    one: Traits, other: Traits
) -> None:
    found = compare(one, other)
    traits = [difference.trait for difference in found]
    assert traits == [trait for trait in Trait if trait in traits]
    shown = {
        Trait.BIRTH_NAME: (one.birth_name, other.birth_name),
        Trait.FIRST_GIVEN_NAME: (one.first_given_name, other.first_given_name),
        Trait.GIVEN_NAMES: (one.given_names, other.given_names),
        Trait.SEX: (one.sex, other.sex),
        Trait.BIRTH_DATE: (one.birth_date.french, other.birth_date.french),
        Trait.BIRTH_PLACE: (one.birth_place, other.birth_place),
    }
    for difference in found:
        assert (difference.local, difference.reference) == shown[difference.trait]
        assert difference.local != difference.reference
    for trait in set(Trait) - set(traits):
        assert same_name(*shown[trait]) or shown[trait][0] == shown[trait][1]


@given(identities(), identities())
def test_whole_identities_differ_by_the_same_traits_seen_from_either_side(
    one: Traits, other: Traits
) -> None:
    there, back = compare(one, other), compare(other, one)
    assert [(each.trait, each.blocking) for each in there] == [
        (each.trait, each.blocking) for each in back
    ]


@pytest.mark.parametrize(
    ("field", "trait", "blocking"),
    [
        ("birth_name", Trait.BIRTH_NAME, True),
        ("sex", Trait.SEX, True),
        ("birth_date", Trait.BIRTH_DATE, True),
        ("given_names", Trait.GIVEN_NAMES, False),
        ("birth_place", Trait.BIRTH_PLACE, False),
    ],
)
@given(one=identities(), other=identities())
def test_one_trait_that_differs_is_the_only_difference_and_has_its_weight(
    one: Traits, other: Traits, field: str, trait: Trait, blocking: bool
) -> None:
    value = getattr(other, field)
    if field == "given_names":
        value = f"{one.first_given_name} {value}"
    changed = replace(one, **{field: value})
    found = compare(one, changed)
    assume(found)
    assert [(each.trait, each.blocking) for each in found] == [(trait, blocking)]
    assert qualification_allowed(found) is not blocking


@given(identities())
def test_a_trait_that_only_the_local_identity_lacks_does_not_block(one: Traits) -> None:
    for field in ("given_names", "birth_place"):
        assert qualification_allowed(compare(replace(one, **{field: ""}), one))
    lacking = compare(one, replace(one, birth_place=""))
    assert not qualification_allowed(lacking)
