"""The whole product of the tables, compared with an oracle written apart; and what always holds.

How it is gone through is told in `whole`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest

from carnet.national.journal.actors import Professional
from carnet.national.record.rules import (
    Act,
    Authorisation,
    Consent,
    RecordFacts,
    Team,
    columns,
    facet_code,
    visible,
)
from carnet.national.record.rules.decision import decide_as
from carnet.national.record.rules.standing import Standing, standing
from carnet.standards.xds.metadata import Status
from tests.national.record.rules.oracle import who
from tests.national.record.rules.people import (
    CALLERS,
    CITIZENS,
    DOCUMENTS,
    FACTS,
    PATIENT,
    SITUATIONS,
    everybody,
)
from tests.national.record.rules.whole import (
    BITS,
    ON_DOCUMENTS,
    QUESTIONS,
    answers,
    decided,
    expected,
    pairs,
    stands,
)

pytestmark = pytest.mark.xdist_group("access")

CONSULTING = (Act.SEARCH, Act.LOOK_UP, Act.READ)


def test_every_caller_in_every_situation_doing_every_act_on_every_document(
    tell: Callable[[str], None],
) -> None:
    contradictions = [
        (caller, tied) for caller, tied in pairs() if decided(caller) != expected(tied)
    ]
    standings = {caller for caller, _tied in pairs()}
    met = len(CALLERS) * len(SITUATIONS)
    tell(
        f"access: {len(CALLERS)} callers x {len(SITUATIONS)} situations = {met},"
        f" which come to {len(standings)} standings"
    )
    tell(
        f"access: {len(standings)} standings x ({len(Act)} acts + {len(ON_DOCUMENTS)} acts"
        f" x {len(DOCUMENTS)} documents) = {len(standings) * len(QUESTIONS)} decisions"
    )
    tell(
        f"access: {met * len(QUESTIONS)} combinations of caller, situation, act and document,"
        f" {len(contradictions)} contradictions"
    )
    assert not contradictions[:5]


def test_every_profession_has_the_column_of_who_they_are(
    tell: Callable[[str], None],
) -> None:
    known = {tied.caller: caller.column for caller, tied in pairs() if tied.caller}
    assert set(known.values()) == set(columns())
    everyone = list(everybody())
    for actor, is_mt in product(everyone, (True, False)):
        caller = standing(actor, PATIENT, RecordFacts(is_medecin_traitant=is_mt))
        expected_of = who(actor, PATIENT, is_medecin_traitant=is_mt)
        if expected_of is None:
            assert not decide_as(caller, Act.EXISTENCE).allowed
        else:
            assert caller.column == known[expected_of]
    tell(f"access: {2 * len(everyone)} callers by profession, savoir-faire, mode, purpose")


def test_a_blocked_professional_does_nothing_but_learn_it() -> None:
    learning = BITS[Act.EXISTENCE, None]
    for actor in CALLERS:
        if isinstance(actor, Professional):
            for record, caller in zip(SITUATIONS, stands()[actor], strict=True):
                if record.authorisation is Authorisation.BLOCKED:
                    assert not decided(caller) & ~learning


#: What may be taken from a situation without anybody being let in by it.
TIGHTER = (
    ("active", False),
    ("authorisation", Authorisation.NONE),
    ("authorisation", Authorisation.EXPIRED),
    ("authorisation", Authorisation.BLOCKED),
    ("is_medecin_traitant", False),
    ("opposes_bris_de_glace", True),
    ("opposes_centre_15", True),
    ("masked_in_emergency", False),
    ("team", Team.NONE),
    ("consent", Consent.REFUSED),
    ("is_adult", True),
)


def tightened(fact: str, value: object) -> Iterator[int]:
    """For each situation, the place in `SITUATIONS` of the one with this fact so."""
    names = list(FACTS)
    step = 1
    for name in reversed(names[names.index(fact) + 1 :]):
        step *= len(FACTS[name])
    for place, record in enumerate(SITUATIONS):
        if fact == "authorisation" and record.authorisation is Authorisation.BLOCKED:
            yield place  # taking a block away restricts nothing
        else:
            values = FACTS[fact]
            yield place + step * (values.index(value) - values.index(getattr(record, fact)))


def test_adding_a_restriction_to_a_situation_never_widens_access(
    tell: Callable[[str], None],
) -> None:
    consulting = answers(lambda act, _document: act in CONSULTING)
    for fact, value in TIGHTER:
        places = list(tightened(fact, value))
        assert all(getattr(SITUATIONS[each], fact) == value for each in places[:1])
        for actor in CALLERS:
            here = stands()[actor]
            for before, after in {*zip(here, map(here.__getitem__, places), strict=True)}:
                assert not decided(after) & ~decided(before) & consulting
    tried = len(TIGHTER) * len(SITUATIONS) * len(CALLERS)
    tell(f"access: {tried} situations made tighter, none opens anything")


TIGHTER_DOCUMENT: tuple[dict[str, object], ...] = (
    {"masked": True},
    {"invisible_patient": True},
    {"invisible_representatives": True},
    {"listed": False},
    {"own": False},
    {"kin": False},
    {"status": Status.DELETED},
)


def every_standing() -> set[Standing]:
    return {caller for caller, _tied in pairs()}


def test_adding_a_restriction_to_a_document_never_widens_access() -> None:
    hidden = [
        (BITS[act, document], BITS[act, document._replace(**change)])  # type: ignore[arg-type]
        for act, document, change in product(CONSULTING, DOCUMENTS, TIGHTER_DOCUMENT)
    ]
    for said in {decided(caller) for caller in every_standing()}:
        assert not any(said & after and not said & before for before, after in hidden)


def test_a_list_and_an_item_agree() -> None:
    whose = {
        caller: (actor, record)
        for actor in CALLERS
        for record, caller in zip(SITUATIONS, stands()[actor], strict=True)
    }
    for caller, (actor, record) in whose.items():
        for act in CONSULTING:
            listed = visible(actor, act, PATIENT, record)
            for document in DOCUMENTS:
                item = decide_as(caller, act, document)
                assert bool(listed >> facet_code(document) & 1) is item.allowed


def test_what_a_professional_may_read_is_found_unless_it_was_deleted() -> None:
    kept = [each for each in DOCUMENTS if each.status is not Status.DELETED]
    citizens = {caller for actor in CITIZENS for caller in stands()[actor]}
    for said in {decided(caller) for caller in every_standing() - citizens}:
        for document in kept:
            if said & BITS[Act.READ, document]:
                assert said & BITS[Act.SEARCH, document]
