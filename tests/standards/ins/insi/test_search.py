"""When INSi may be asked, and what is proposed after each answer."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.ids import INS_NIA, INS_NIR_TEST, Ins
from carnet.standards.ins import Attribute, IdentityState, Status, Traits
from carnet.standards.ins.insi import (
    Asked,
    CardQuery,
    Matricule,
    Proposal,
    Purpose,
    ResultCode,
    Situation,
    Step,
    TraitsQuery,
    first_query,
    forbidding,
    next_query,
    verification_due,
)

NONE, SEVERAL, FOUND = ResultCode.NONE, ResultCode.SEVERAL, ResultCode.FOUND
LOCAL = Traits.of(
    "D'ARC-LYS",
    "JEANNE-MARIE",
    "F",
    "1960-05-30",
    given_names="JEANNE-MARIE CECILE ANNE-LAURE",
    birth_place="88154",
)
PROVISOIRE = IdentityState(Status.PROVISOIRE)


def dialogue(local: Traits, *codes: ResultCode) -> list[Proposal | None]:
    """What is proposed after each of these answers to what was proposed before."""
    asked, query, proposals = [], TraitsQuery.first(local), []
    for code in codes:
        asked.append(Asked(query, code))
        proposal = next_query(asked, local)
        proposals.append(proposal)
        query = proposal.query if proposal else query
    return proposals


def told(proposals: list[Proposal | None]) -> list[tuple[str, str, str] | None]:
    return [
        None
        if one is None
        else (one.query.birth_name, " ".join(one.query.given_names), one.query.birth_place)
        for one in proposals
    ]


def test_the_card_is_the_first_choice_and_the_minimum_of_traits_the_second() -> None:
    card = CardQuery(Matricule("2600588154002"))
    assert first_query(LOCAL, card) is card
    assert first_query(LOCAL) == TraitsQuery.first(LOCAL)


def test_one_identity_found_ends_the_search() -> None:
    assert dialogue(LOCAL, FOUND) == [None]


def test_without_any_question_nothing_is_proposed() -> None:
    assert next_query([], LOCAL) is None


def test_after_no_identity_the_question_is_loosened() -> None:
    proposals = dialogue(LOCAL, *[NONE] * 7)
    assert told(proposals) == [
        ("D'ARC LYS", "JEANNE MARIE", ""),
        ("D ARC-LYS", "JEANNE-MARIE", ""),
        ("D ARC LYS", "JEANNE MARIE", ""),
        ("D'ARC-LYS", "JEANNE", ""),
        ("D'ARC-LYS", "CECILE", ""),
        ("D'ARC-LYS", "ANNE-LAURE", ""),
        None,
    ]
    assert [one.step for one in proposals if one][3:] == [
        Step.FIRST_PART,
        Step.ANOTHER_GIVEN_NAME,
        Step.ANOTHER_GIVEN_NAME,
    ]


def test_a_place_of_birth_that_was_asked_is_dropped_first() -> None:
    query = TraitsQuery("DURAND", ("ANNE",), LOCAL.sex, LOCAL.birth_date, "88154")
    proposal = next_query([Asked(query, NONE)], LOCAL)
    assert proposal is not None
    assert (proposal.step, proposal.query.birth_place) == (Step.WITHOUT_PLACE, "")


def test_after_several_identities_the_place_comes_first_and_then_the_given_names() -> None:
    proposals = dialogue(LOCAL, SEVERAL, SEVERAL, SEVERAL)
    assert told(proposals) == [
        ("D'ARC-LYS", "JEANNE-MARIE", "88154"),
        ("D'ARC-LYS", "JEANNE-MARIE CECILE ANNE-LAURE", "88154"),
        None,
    ]


def test_a_place_that_finds_nobody_gives_way_to_the_given_names() -> None:
    assert told(dialogue(LOCAL, SEVERAL, NONE, NONE, NONE)) == [
        ("D'ARC-LYS", "JEANNE-MARIE", "88154"),
        ("D'ARC-LYS", "JEANNE-MARIE CECILE ANNE-LAURE", ""),
        ("D'ARC-LYS", "JEANNE-MARIE CECILE ANNE-LAURE", "88154"),
        None,
    ]


def test_an_unknown_place_is_never_asked() -> None:
    local = Traits.of("DURAND", "ANNE", "F", "1960-05-30", birth_place="99999")
    assert dialogue(local, SEVERAL) == [None]


def test_a_first_given_name_written_with_spaces_is_not_repeated() -> None:
    local = Traits.of("DURAND", "MAX PATRICK", "M", "1960-05-30", given_names="MAX-PATRICK LUC")
    assert told(dialogue(local, SEVERAL))[0] == ("DURAND", "MAX PATRICK LUC", "")


words = st.text("AB", min_size=1, max_size=3)
names = st.lists(words, min_size=1, max_size=3).map("-".join)


@given(
    st.builds(
        lambda family, given, place: Traits.of(
            family, given[0], "F", "1960-05-30", given_names=" ".join(given), birth_place=place
        ),
        names | names.map(lambda name: f"'{name}-"),
        st.lists(names, min_size=1, max_size=4),
        st.sampled_from(["", "99999", "88154"]),
    ),
    st.lists(st.sampled_from([NONE, SEVERAL]), min_size=25, max_size=25),
)
def test_a_search_ends_and_never_asks_twice(local: Traits, codes: list[ResultCode]) -> None:
    proposals = dialogue(local, *codes)
    assert proposals[-1] is None
    queries = [one.query for one in proposals if one]
    assert len(set(queries)) == len(queries)
    assert TraitsQuery.first(local) not in queries


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("situation", list(Situation))
def test_each_situation_forbids_what_its_row_says(situation: Situation, purpose: Purpose) -> None:
    allowed = (situation, purpose) == (Situation.OUTSIDE_VISIT, Purpose.VERIFICATION)
    reasons = forbidding(PROVISOIRE, frozenset({situation}), purpose=purpose)
    assert reasons == (() if allowed else (situation,))


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize(
    ("attribute", "forbids"),
    [(Attribute.DOUTEUSE, True), (Attribute.FICTIVE, True), (Attribute.HOMONYME, False)],
)
def test_an_identity_that_is_locked_is_never_asked(
    attribute: Attribute, forbids: bool, purpose: Purpose
) -> None:
    state = IdentityState(Status.PROVISOIRE, frozenset({attribute}))
    assert forbidding(state, purpose=purpose) == ((attribute,) if forbids else ())


def test_a_structure_may_keep_provisional_identities_from_being_asked() -> None:
    assert forbidding(PROVISOIRE, provisoire_allowed=False) == (Status.PROVISOIRE,)
    assert forbidding(IdentityState(Status.VALIDEE), provisoire_allowed=False) == ()


NIR, NIA = Ins("260058815400233", INS_NIR_TEST), Ins("109076322088835", INS_NIA)


@pytest.mark.parametrize(
    ("ins", "today", "visit", "due"),
    [
        (NIR, date(2026, 3, 4), True, False),
        (NIR, date(2026, 3, 5), False, True),
        (NIR, date(2027, 1, 1), False, True),
        (NIA, date(2023, 3, 6), True, True),
        (NIA, date(2023, 3, 5), True, False),
        (NIA, date(2023, 3, 6), False, False),
        (NIA, date(2026, 3, 5), False, True),
    ],
)
def test_a_verification_is_due_by_age_or_by_a_visit_under_a_nia(
    ins: Ins, today: date, visit: bool, due: bool
) -> None:
    assert verification_due(ins, date(2023, 3, 5), today, visit=visit) == due
