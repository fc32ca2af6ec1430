"""When INSi may be asked, what to ask first, what to propose next.

Nothing here sends by itself: each further question is proposed to a person, who may edit it
(EXI SI 27); traits are never guessed. Source: RNIV 1 §4.1, §4.8, EXI PP 06, EXI SI 25 to 27
(spec identity §1.12, §1.13).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from carnet.standards.ids import INS_NIA, Ins
from carnet.standards.ins.insi.queries import CardQuery, Query, TraitsQuery
from carnet.standards.ins.insi.results import ResultCode
from carnet.standards.ins.lexical import as_spaces
from carnet.standards.ins.status import Attribute, IdentityState, Status
from carnet.standards.ins.traits import UNKNOWN_PLACE, Traits


class Purpose(StrEnum):
    """Why INSi is asked."""

    RETRIEVAL = "récupération"
    VERIFICATION = "vérification"


class Situation(StrEnum):
    """What is true of a person or of a moment, and keeps INSi from being asked."""

    OUTSIDE_VISIT = "hors venue"
    NEWBORN_WITHOUT_NIR = "nouveau-né sans NIR"
    ANONYMOUS_CARE = "soins anonymes"
    AME_WITHOUT_MATRICULE = "AME sans NIR ni NIA"
    DOCUMENT_ERROR_REPORTED = "erreur signalée sur le document d'identité"
    APPLI_CARTE_VITALE = "INS donné par l'appli carte Vitale"


_ALWAYS: Final = frozenset(Purpose)
#: What forbids a call, and for which purposes. Retrieval is unit and made during a visit.
FORBIDDEN: Final[dict[Situation | Attribute, frozenset[Purpose]]] = {
    Attribute.DOUTEUSE: _ALWAYS,
    Attribute.FICTIVE: _ALWAYS,
    Situation.OUTSIDE_VISIT: frozenset({Purpose.RETRIEVAL}),
    Situation.NEWBORN_WITHOUT_NIR: _ALWAYS,
    Situation.ANONYMOUS_CARE: _ALWAYS,
    Situation.AME_WITHOUT_MATRICULE: _ALWAYS,
    Situation.DOCUMENT_ERROR_REPORTED: _ALWAYS,
    Situation.APPLI_CARTE_VITALE: _ALWAYS,
}


def forbidding(
    state: IdentityState,
    situations: frozenset[Situation] = frozenset(),
    *,
    purpose: Purpose = Purpose.RETRIEVAL,
    provisoire_allowed: bool = True,
) -> tuple[Situation | Attribute | Status, ...]:
    """What forbids to ask INSi, in the order of the table; empty when it may be asked.

    `provisoire_allowed` is the structure's setting for the retrieval of identities that are
    provisoires (EXI SI 25).
    """
    true: frozenset[Situation | Attribute] = state.attributes | situations
    reasons: list[Situation | Attribute | Status] = [
        reason for reason, purposes in FORBIDDEN.items() if reason in true and purpose in purposes
    ]
    shut = purpose is Purpose.RETRIEVAL and not provisoire_allowed
    if shut and state.status is Status.PROVISOIRE:
        reasons.append(Status.PROVISOIRE)
    return tuple(reasons)


def first_query(traits: Traits, card: CardQuery | None = None) -> Query:
    """What to ask first: the carte Vitale when there is one, else the minimum of traits.

    Raises `TraitError` when the traits do not make a question (EXI PP 06, EXI SI 26).
    """
    return card or TraitsQuery.first(traits)


class Step(StrEnum):
    """What a proposed question changes, as a page may show it."""

    WITHOUT_PLACE = "sans le lieu de naissance"
    HYPHENS_AS_SPACES = "tirets remplacés par des espaces"
    APOSTROPHES_AS_SPACES = "apostrophes remplacées par des espaces"
    ALL_AS_SPACES = "tirets et apostrophes remplacés par des espaces"
    FIRST_PART = "première partie du prénom composé"
    ANOTHER_GIVEN_NAME = "autre prénom de la liste"
    WITH_PLACE = "avec le lieu de naissance"
    WITH_GIVEN_NAMES = "avec les autres prénoms"
    WITH_PLACE_AND_GIVEN_NAMES = "avec le lieu de naissance et les autres prénoms"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked about traits, and the code that came back."""

    query: TraitsQuery
    code: ResultCode


@dataclass(frozen=True, slots=True)
class Proposal:
    """A question to propose next, and what it changes."""

    step: Step
    query: TraitsQuery


_Variation = Callable[[TraitsQuery, Traits], Iterator[TraitsQuery]]


def _renamed(query: TraitsQuery, change: Callable[[str], str]) -> Iterator[TraitsQuery]:
    yield replace(
        query,
        birth_name=change(query.birth_name),
        given_names=tuple(change(name) for name in query.given_names),
    )


def _placed(query: TraitsQuery, local: Traits) -> Iterator[TraitsQuery]:
    if local.birth_place not in ("", UNKNOWN_PLACE):
        yield replace(query, birth_place=local.birth_place)


def _named(query: TraitsQuery, local: Traits) -> Iterator[TraitsQuery]:
    if local.given_names:
        yield replace(query, given_names=(query.given_names[0], *_others(local)))


def _placed_and_named(query: TraitsQuery, local: Traits) -> Iterator[TraitsQuery]:
    for placed in _placed(query, local):
        yield from _named(placed, local)


def _first_part(query: TraitsQuery, _: Traits) -> Iterator[TraitsQuery]:
    part = as_spaces(query.given_names[0]).partition(" ")[0]
    yield replace(query, given_names=(part,))


def _another(query: TraitsQuery, local: Traits) -> Iterator[TraitsQuery]:
    for name in _others(local):
        yield replace(query, given_names=(name,))


def _others(local: Traits) -> tuple[str, ...]:
    """The given names of the list after the first, as they are written there."""
    left = len(as_spaces(local.first_given_name).split())
    names = iter(local.given_names.split())
    while left > 0 and (name := next(names, "")):
        left -= len(as_spaces(name).split())
    return tuple(names)


#: What to try after "no identity", one row after the other.
LOOSEN: Final[tuple[tuple[Step, _Variation], ...]] = (
    (Step.WITHOUT_PLACE, lambda query, _: iter([replace(query, birth_place="")])),
    (Step.HYPHENS_AS_SPACES, lambda query, _: _renamed(query, lambda n: _spaced(n, "-"))),
    (Step.APOSTROPHES_AS_SPACES, lambda query, _: _renamed(query, lambda n: _spaced(n, "'"))),
    (Step.ALL_AS_SPACES, lambda query, _: _renamed(query, as_spaces)),
    (Step.FIRST_PART, _first_part),
    (Step.ANOTHER_GIVEN_NAME, _another),
)
#: What to try after "several identities": the place first (RNIV 1 v2.0), then the given names.
NARROW: Final[tuple[tuple[Step, _Variation], ...]] = (
    (Step.WITH_PLACE, _placed),
    (Step.WITH_GIVEN_NAMES, _named),
    (Step.WITH_PLACE_AND_GIVEN_NAMES, _placed_and_named),
)


def _spaced(name: str, sign: str) -> str:
    return " ".join(name.replace(sign, " ").split())


def next_query(asked: Sequence[Asked], local: Traits) -> Proposal | None:
    """The next question to propose after those `asked`, oldest first; None when all was tried.

    Once several identities were found, the question that found them is narrowed; until then the
    first question is loosened. One identity found ends the search.
    """
    if not asked or asked[-1].code is ResultCode.FOUND:
        return None
    several = [one.query for one in asked if one.code is ResultCode.SEVERAL]
    basis, table = (several[-1], NARROW) if several else (asked[0].query, LOOSEN)
    tried = {one.query for one in asked}
    for step, variation in table:
        for query in variation(basis, local):
            if query not in tried:
                return Proposal(step, query)
    return None


#: Years after which a qualified identity is verified again; 3 to 5 (RNIV 1 §4.8.1).
VERIFICATION_YEARS: Final = 3


def verification_due(
    ins: Ins, verified_on: date, today: date, *, visit: bool, years: int = VERIFICATION_YEARS
) -> bool:
    """Whether to verify a qualified identity: `years` have passed, or a NIA comes to a visit.

    A NIA may have become a NIR (RNIV 1 §4.8.2).
    """
    if ins.oid == INS_NIA and visit and verified_on < today:
        return True
    return (today.year - verified_on.year, today.month, today.day) >= (
        years,
        verified_on.month,
        verified_on.day,
    )
