"""What changes of an identity once it is known: its matricule, its traits, its death.

What was before is kept. A former INS still leads to the person (`InsLocator`): what is under way
with it arrives.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from carnet.national.identity.actions import InsAlreadyKnown
from carnet.national.identity.models import FormerIns, FormerTraits, InsLocator, Person
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.standards.ids import INS_NIA, Ins
from carnet.standards.ins import BirthDate, Traits


class Reason(StrEnum):
    """Why a matricule or traits change."""

    NIA_TO_NIR = "nia_to_nir"  #: who was waiting has a NIR
    CIVIL_STATUS = "civil_status"  #: sex, name or given names changed by the civil register
    CORRECTION = "correction"  #: they never were right


class UnknownPerson(LookupError):  # noqa: N818 - says what is the case
    """No person has this patient id."""


class ForbiddenChange(ValueError):  # noqa: N818 - says what is the case
    """A change that no rule allows; nothing is changed."""


def change_matricule(
    actor: Actor,
    patient_id: UUID,
    ins: Ins,
    *,
    reason: Reason,
    now: datetime,
    traits: Traits | None = None,
) -> None:
    """Give another INS to a person, with the `traits` that change by the same decision, if any.

    Raises `InsAlreadyKnown` when the INS is somebody else's, `ForbiddenChange` when it is already
    in force, when a NIR would become a NIA again, or when what becomes a NIR was no NIA;
    `UnknownPerson`.
    """
    try:
        with transaction.atomic():
            person = _locked(patient_id)
            _check(person, ins, reason)
            FormerIns.objects.create(
                patient_id=patient_id,
                id=uuid7(),
                matricule=person.matricule,
                oid=person.oid,
                kind="NIA" if person.oid == INS_NIA else "NIR",
                until=now.date().isoformat(),
            )
            lead = {"matricule": ins.matricule, "oid": ins.oid}
            # Back to one of their own former INS, the person is already led to.
            if not InsLocator.objects.filter(**lead, patient_id=patient_id).exists():
                InsLocator.objects.create(**lead, patient_id=patient_id)
            person.matricule, person.oid = ins.matricule, ins.oid
            person.save(update_fields=["matricule", "oid"])
            if traits is not None:
                _replace(person, traits, reason, now)
            _trace(actor, "person.matricule_changed", patient_id, reason, now)
    except IntegrityError:
        if InsLocator.objects.filter(matricule=ins.matricule, oid=ins.oid).exists():
            raise InsAlreadyKnown from None
        raise


def correct_traits(
    actor: Actor, patient_id: UUID, traits: Traits, *, reason: Reason, now: datetime
) -> None:
    """Give other strict traits to a person. Raises `ForbiddenChange` for the same ones.

    Raises `UnknownPerson`.
    """
    with transaction.atomic():
        _replace(_locked(patient_id), traits, reason, now)
        _trace(actor, "person.traits_corrected", patient_id, reason, now)


def declare_death(actor: Actor, patient_id: UUID, on: BirthDate, *, now: datetime) -> None:
    """Write the day of death, as much of it as is known. Raises `UnknownPerson`."""
    with transaction.atomic():
        person = _locked(patient_id)
        person.deceased_on = on.hl7
        person.save(update_fields=["deceased_on"])
        _trace(actor, "person.death_declared", patient_id, None, now)


def cancel_death(actor: Actor, patient_id: UUID, *, now: datetime) -> None:
    """The person was declared dead by mistake. Raises `UnknownPerson`."""
    with transaction.atomic():
        person = _locked(patient_id)
        person.deceased_on = ""
        person.save(update_fields=["deceased_on"])
        _trace(actor, "person.death_cancelled", patient_id, Reason.CORRECTION, now)


def _locked(patient_id: UUID) -> Person:
    person = Person.objects.select_for_update().filter(patient_id=patient_id).first()
    if person is None:
        raise UnknownPerson
    return person


def _check(person: Person, ins: Ins, reason: Reason) -> None:
    if (person.matricule, person.oid) == (ins.matricule, ins.oid):
        raise ForbiddenChange("the INS is already in force")
    if ins.oid == INS_NIA and person.oid != INS_NIA:
        raise ForbiddenChange("a NIR never becomes a NIA")
    if reason is Reason.NIA_TO_NIR and (person.oid != INS_NIA or ins.oid == INS_NIA):
        raise ForbiddenChange("only a NIA becomes a NIR")


#: Columns of `Person` and of `FormerTraits` that hold the strict traits.
_TRAITS = (
    "birth_name",
    "birth_given_names",
    "first_given_name",
    "sex",
    "birth_date",
    "birth_place",
)


def _replace(person: Person, traits: Traits, reason: Reason, now: datetime) -> None:
    before = {name: getattr(person, name) for name in _TRAITS}
    after = {
        "birth_name": traits.birth_name,
        "birth_given_names": traits.given_names,
        "first_given_name": traits.first_given_name,
        "sex": traits.sex.value,
        "birth_date": traits.birth_date.hl7,
        "birth_place": traits.birth_place,
    }
    if before == after:
        raise ForbiddenChange("the traits are already these")
    FormerTraits.objects.create(
        patient_id=person.patient_id, id=uuid7(), reason=reason, replaced_at=now, **before
    )
    for name, value in after.items():
        setattr(person, name, value)
    person.save(update_fields=_TRAITS)


def _trace(
    actor: Actor, action: str, patient_id: UUID, reason: Reason | None, now: datetime
) -> None:
    journal.record(
        actor,
        action,
        at=now,
        patient_id=patient_id,
        outcome="allowed",
        reasons=[reason] if reason else [],
    )
