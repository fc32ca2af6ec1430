"""TD1.3a: what a record says of its holder, beside its documents (spec dmp §2.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from carnet.national.accounts import queries as accounts
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record import models
from carnet.national.record.actions.refusals import told
from carnet.national.record.context import context
from carnet.national.record.rules import AccessRefused, Act, decide
from carnet.standards.ids import Ins


@dataclass(frozen=True, slots=True)
class Contact:
    """A person, and how to reach them: `telecoms` and `address` as `models.Administrative`."""

    person: identity.Person
    prefix: str
    telecoms: Sequence[Mapping[str, str]]
    address: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Administrative:
    """The administrative data of a record that is open."""

    holder: Contact
    representatives: Sequence[Contact]
    internet_account: bool
    linked_to_mes: bool
    opposes_bris_de_glace: bool
    opposes_centre_15: bool


def administrative(
    actor: Actor, ins: Ins, *, now: datetime, correlation: str = ""
) -> Administrative | None:
    """The administrative data of the record of this INS, none when there is no record.

    Raises `XdsRefused` (DMPAccessDeniedByRightsService, DMPClosed).
    """
    with told(actor, "record.administrative", now=now, correlation=correlation) as attempt:
        person = identity.find_by_ins(ins)
        found = context(actor, person.patient_id, now=now) if person else None
        if person is None or found is None:
            return None
        attempt.patient_id = person.patient_id
        decision = decide(actor, Act.ADMINISTRATIVE, person.patient_id, found.facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        parents = identity.people(accounts.representatives(person.patient_id, now=now))
        lines = models.Administrative.objects.in_bulk([person.patient_id, *parents])
        journal.record(
            actor,
            "record.administrative",
            at=now,
            patient_id=person.patient_id,
            outcome="allowed",
            correlation=correlation,
        )
        own = lines.get(person.patient_id)
        return Administrative(
            holder=_contact(person, own),
            representatives=[_contact(one, lines.get(one.patient_id)) for one in parents.values()],
            internet_account=accounts.has_account(person.patient_id),
            linked_to_mes=own is None or own.linked_to_mes,
            opposes_bris_de_glace=found.facts.opposes_bris_de_glace,
            opposes_centre_15=found.facts.opposes_centre_15,
        )


def linked_to_mes(patient_id: UUID) -> bool:
    """Whether a record is governed by its holder in Mon espace santé."""
    found = models.Administrative.objects.filter(patient_id=patient_id, linked_to_mes=False)
    return not found.exists()


def _contact(person: identity.Person, line: models.Administrative | None) -> Contact:
    if line is None:
        return Contact(person, "", (), {})
    return Contact(person, line.prefix, line.telecoms, line.address)
