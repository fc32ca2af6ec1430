"""When a professional needs what consent to consult: one line for each state of the law (R-131).

Feeding is under none of them: it follows non-opposition, which who feeds keeps (spec dmp §6.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final


class Consent(StrEnum):
    """What the holder said of the access of care teams."""

    NOT_ASKED = "not_asked"
    GIVEN = "given"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, eq=False)  # one object each: compared and hashed as itself
class Policy:
    """A state of the law on consultation.

    `presumes`: what the holder must have said, or not said, for a member of the care team to be
    presumed authorised. What a professional declares by TD0.3 holds for `team_term` inside the
    team and `other_term` outside, where each consultation needs its own consent since 2024.
    """

    code: str
    name: str
    since: date
    presumes: frozenset[Consent]
    team_term: timedelta
    other_term: timedelta
    source: str


_YEAR: Final = timedelta(days=365)
#: How long "this consultation" lasts [design]: no text at hand says it in hours.
_CONSULTATION: Final = timedelta(days=1)

#: Oldest first. The terms in days are those of the 2010 description or ours (spec dmp §6.2).
POLICIES: Final = (
    Policy(
        "2022-non-opposition",
        "Non-opposition",
        date(2022, 1, 1),
        frozenset({Consent.NOT_ASKED, Consent.GIVEN}),
        _YEAR,
        _YEAR,
        "ouverture de Mon espace santé ; arrêté du 26/10/2023 : équipe de soins réputée autorisée",
    ),
    Policy(
        "2024-consent",
        "Consentement à chaque professionnel",
        date(2024, 9, 12),
        frozenset(),
        _YEAR,
        _CONSULTATION,
        "Conseil constitutionnel 2024-1101 QPC du 12/09/2024 ; CSP R.1111-46",
    ),
    Policy(
        "2025-initial-consent",
        "Consentement initial, puis présomption pour l'équipe de soins",
        date(2025, 10, 15),
        frozenset({Consent.GIVEN}),
        _YEAR,
        _CONSULTATION,
        "Conseil d'État n° 490409 du 15/10/2025 ; CSP L.1111-17, L.1110-12",
    ),
)
LATEST: Final = POLICIES[-1]


def policy_of(day: date, policies: Sequence[Policy] = POLICIES) -> Policy:
    """The policy in force on this day; before the first one, the first."""
    return next((each for each in reversed(policies) if each.since <= day), policies[0])


def policy_named(code: str) -> Policy:
    """The policy of this code. Raises `LookupError`."""
    for each in POLICIES:
        if each.code == code:
            return each
    raise LookupError(f"{code!r} is none of {', '.join(each.code for each in POLICIES)}")
