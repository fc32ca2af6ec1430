"""TD0.2: whether a record exists, in which state, and where the caller stands (spec dmp §2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record.actions.refusals import told
from carnet.national.record.context import context
from carnet.national.record.queries.administrative import linked_to_mes
from carnet.national.record.rules import AccessRefused, Act, Authorisation, decide
from carnet.standards.ids import Ins


@dataclass(frozen=True, slots=True)
class Existence:
    """What TD0.2 answers; `status` is none when there is no record."""

    status: Literal["active", "terminated"] | None
    authorisation: Authorisation
    is_medecin_traitant: bool
    person: identity.Person | None
    linked_to_mes: bool = False


def existence(actor: Actor, ins: Ins, *, now: datetime, correlation: str = "") -> Existence:
    """The record of this INS as the caller meets it; asking is written in the journal.

    Raises `XdsRefused` (DMPAccessDeniedByRightsService) when the caller may not ask.
    """
    with told(actor, "record.existence", now=now, correlation=correlation) as attempt:
        person = identity.find_by_ins(ins)
        found = context(actor, person.patient_id, now=now) if person else None
        if person is None or found is None:
            return Existence(None, Authorisation.NONE, False, None)
        attempt.patient_id = person.patient_id
        decision = decide(actor, Act.EXISTENCE, person.patient_id, found.facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        journal.record(
            actor,
            "record.existence",
            at=now,
            patient_id=person.patient_id,
            outcome="allowed",
            correlation=correlation,
        )
    return Existence(
        "active" if found.facts.active else "terminated",
        found.facts.authorisation,
        found.facts.is_medecin_traitant,
        person,
        linked_to_mes(person.patient_id),
    )
