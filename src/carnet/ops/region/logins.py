"""Who can sign in to the demonstration."""

from __future__ import annotations

from typing import Final

from carnet.ops.region.people import REFERENCE_DAY, Citizen

#: The password of everybody in the demonstration: it opens nothing but synthetic records.
PASSWORD: Final = "aubre-demo-2026"  # noqa: S105 - printed at start, meant to be known

#: The operator of the hospitals' desk.
OPERATOR: Final = "operateur"

#: Hashing a password is slow on purpose: only the first adults have an account from the start.
_ACCOUNTS: Final = 12


#: The provisional code of the first adult without an account: what activating is tried with.
PROVISIONAL_CODE: Final = "AUBR-2026-DEM2"


def newcomer(people: tuple[Citizen, ...]) -> Citizen:
    """The first adult whose space waits to be activated."""
    holders = account_holders(people)
    return next(
        person
        for person in people
        if person not in holders and REFERENCE_DAY.year - person.birth_date.year > 18
    )


def account_holders(people: tuple[Citizen, ...]) -> tuple[Citizen, ...]:
    """The citizens whose space can be opened: Jeanne and Claire, then the first adults."""
    adults = [p for p in people if REFERENCE_DAY.year - p.birth_date.year > 18]
    return tuple(adults[:_ACCOUNTS])
