"""TD0.5: whose record? People are found by their traits, for a centre 15 (spec dmp §2.1, §2.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record.actions.refusals import told
from carnet.national.record.models import Record
from carnet.national.record.rules import AccessRefused, Act, RecordFacts, decide
from carnet.standards.gdp.td05 import TraitsQuery
from carnet.standards.ins.lexical import Trait, TraitError, normalise
from carnet.standards.xds.errors import ErrorCode, refused

#: People of one family name looked at; beyond, the caller says more of the person.
MOST_HOMONYMS: Final = 100
#: Candidates told when the caller does not say how many.
USUAL_LIMIT: Final = 20

_SEXES: Final[Mapping[str, str]] = MappingProxyType({"": "", "M": "M", "F": "F", "UN": "I"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody with an open record; `percent` tells how well the traits agree."""

    person: identity.Person
    percent: int
    opposes_centre_15: bool


def find_candidates(
    actor: Professional | Establishment,
    query: TraitsQuery,
    *,
    now: datetime,
    correlation: str = "",
) -> tuple[Sequence[Candidate], int]:
    """The best candidates, at most as many as asked for, and how many there are.

    Each candidate told is written in the journal of that person. An address is not compared: a
    record rarely knows one.

    Raises `XdsRefused` (XDSTooManyResults, DMPAccessDeniedByRightsService).
    """
    with told(actor, "patient.found", now=now, correlation=correlation):
        decision = decide(actor, Act.FIND_PATIENTS, journal.NO_PATIENT, RecordFacts())
        if not decision.allowed:
            raise AccessRefused(decision)
        matches = _matches(query)
        if len(matches) > MOST_HOMONYMS:
            raise refused(
                ErrorCode.TOO_MANY_RESULTS,
                f"more than {MOST_HOMONYMS} people have this name: give more traits",
            )
        opposed = dict(
            Record.objects.filter(
                patient_id__in=[one.patient_id for one in matches], status="active"
            ).values_list("patient_id", "opposes_centre_15")
        )
        found = [one for one in matches if one.patient_id in opposed]
        kept = found[: query.limit or USUAL_LIMIT]
        people = identity.people([one.patient_id for one in kept])
        journal.write(
            [
                journal.row(
                    actor,
                    "patient.found",
                    at=now,
                    patient_id=patient_id,
                    outcome="allowed",
                    correlation=correlation,
                )
                for patient_id in (people or [None])
            ]
        )
    return [
        Candidate(people[one.patient_id], one.percent, opposed[one.patient_id]) for one in kept
    ], len(found)


def _matches(query: TraitsQuery) -> Sequence[identity.Match]:
    try:
        return identity.find_by_traits(
            normalise(query.family),
            given=normalise(query.given, Trait.FIRST_GIVEN_NAME),
            sex=_SEXES[query.gender],
            birth_date=query.birth_date,
            limit=MOST_HOMONYMS + 1,
        )
    except TraitError:
        return []  # nobody's name holds such a character
