"""Deeds on identities."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from carnet.national.identity.models import DomainPatient, InsLocator, Person
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.standards.ids import Ins, PatientId
from carnet.standards.ins import Traits


class InsAlreadyKnown(Exception):  # noqa: N818 - says what is the case
    """A person already has this INS."""


def register_person(
    actor: Actor,
    ins: Ins,
    traits: Traits,
    *,
    now: datetime,
    used_name: str = "",
    used_given_name: str = "",
    patient_id: UUID | None = None,
) -> UUID:
    """Make a person known by this INS; give the patient id that all their data will carry.

    Raises `InsAlreadyKnown`; nothing is changed then.
    """
    patient_id = patient_id or uuid7()
    try:
        with transaction.atomic():
            Person.objects.create(
                patient_id=patient_id,
                matricule=ins.matricule,
                oid=ins.oid,
                birth_name=traits.birth_name,
                birth_given_names=traits.given_names,
                first_given_name=traits.first_given_name,
                used_name=used_name,
                used_given_name=used_given_name,
                sex=traits.sex,
                birth_date=traits.birth_date.hl7,
                birth_place=traits.birth_place,
                registered_at=now,
            )
            InsLocator.objects.create(matricule=ins.matricule, oid=ins.oid, patient_id=patient_id)
            journal.record(
                actor, "person.registered", at=now, patient_id=patient_id, outcome="allowed"
            )
    except IntegrityError:
        if InsLocator.objects.filter(matricule=ins.matricule, oid=ins.oid).exists():
            raise InsAlreadyKnown from None
        raise
    return patient_id


def register_domain_patient(actor: Actor, known_by: PatientId, *, now: datetime) -> UUID:
    """Make a patient of the affinity domain known; one who is known already stays as they are."""
    with transaction.atomic():
        found, created = DomainPatient.objects.get_or_create(
            identifier=known_by.id,
            authority=str(known_by.authority),
            defaults={"patient_id": uuid7(), "known_at": now},
        )
        if created:
            journal.record(
                actor, "person.registered", at=now, patient_id=found.patient_id, outcome="allowed"
            )
    return found.patient_id


def change_used_name(actor: Actor, patient_id: UUID, used_name: str, *, now: datetime) -> None:
    """Keep the name that a person uses; empty for none. The traits of the INS stay as they are."""
    with transaction.atomic():
        Person.objects.filter(patient_id=patient_id).update(used_name=used_name)
        journal.record(
            actor, "person.used_name_changed", at=now, patient_id=patient_id, outcome="allowed"
        )
