"""What differs between a local identity and what INSi, or another domain, says of the person.

Source: RNIV 1 EXI PP 20, EXI SI 28, §4.5.4 (spec identity §1.4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from carnet.standards.ins.lexical import Trait, same_name
from carnet.standards.ins.traits import Traits


@dataclass(frozen=True, slots=True)
class Difference:
    """One trait that differs: both values as a page shows them, empty when one side lacks it.

    `blocking` forbids récupération and qualification; a difference that does not block is for a
    human to weigh (other given names, place of birth).
    """

    trait: Trait
    local: str
    reference: str
    blocking: bool


def _exactly(one: str, other: str) -> bool:
    return one == other


#: Trait, how it is shown, when two values are the same, whether a difference blocks.
_TABLE: Final[
    tuple[tuple[Trait, Callable[[Traits], str], Callable[[str, str], bool], bool], ...]
] = (
    (Trait.BIRTH_NAME, lambda traits: traits.birth_name, same_name, True),
    (Trait.FIRST_GIVEN_NAME, lambda traits: traits.first_given_name, same_name, True),
    (Trait.GIVEN_NAMES, lambda traits: traits.given_names, same_name, False),
    (Trait.SEX, lambda traits: traits.sex.value, _exactly, True),
    (Trait.BIRTH_DATE, lambda traits: traits.birth_date.french, _exactly, True),
    (Trait.BIRTH_PLACE, lambda traits: traits.birth_place, _exactly, False),
)


def compare(local: Traits, reference: Traits) -> tuple[Difference, ...]:
    """What differs, in the order of the traits; empty when the identities agree on all six.

    Hyphens and apostrophes are no difference. A trait that `reference` (the INS) lacks blocks,
    except the list of given names, which INSi may leave out; one that only `local` lacks does not.
    """
    found = []
    for trait, shown, same, blocks in _TABLE:
        here, there = shown(local), shown(reference)
        if not same(here, there):
            lacking = not there and trait is not Trait.GIVEN_NAMES
            found.append(Difference(trait, here, there, blocks or lacking))
    return tuple(found)


def qualification_allowed(differences: tuple[Difference, ...]) -> bool:
    """Whether nothing blocks récupération or qualification (RNIV 1 EXI PP 20)."""
    return not any(difference.blocking for difference in differences)
