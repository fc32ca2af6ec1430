"""The test population of INSi, entered in our base."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from uuid_utils.compat import uuid7

from carnet.national.identity import models
from carnet.national.identity.actions import register_person
from carnet.national.journal.actors import Actor
from carnet.standards.ins.insi import NationalIdentifier, Person, Tiq


def register_population(actor: Actor, population: Iterable[Person], *, now: datetime) -> None:
    """Make these people known, all or none. Raises `InsAlreadyKnown`."""
    with transaction.atomic():
        for person in population:
            _register(actor, person, now)


def _register(actor: Actor, person: Person, now: datetime) -> None:
    active = person.individual.active
    patient_id = register_person(actor, active.ins, person.traits, now=now)
    models.Person.objects.filter(patient_id=patient_id).update(
        deceased_on=person.deceased, insured_number=person.insured, birth_rank=person.rank
    )
    models.Script.objects.create(
        patient_id=patient_id, names=_names(person.individual.traits), fault=person.fault
    )
    models.FormerIns.objects.bulk_create(
        models.FormerIns(
            patient_id=patient_id,
            id=uuid7(),
            matricule=former.ins.matricule,
            oid=former.oid,
            kind=former.matricule.kind,
            since=former.start,
            until=former.end,
        )
        for former in person.individual.history
    )
    # A published history repeats the number in force.
    models.InsLocator.objects.bulk_create(
        models.InsLocator(matricule=matricule, oid=oid, patient_id=patient_id)
        for matricule, oid in sorted(
            {_key(former) for former in person.individual.history} - {_key(active)}
        )
    )


def _key(identifier: NationalIdentifier) -> tuple[str, str]:
    return identifier.ins.matricule, identifier.oid


def _names(tiq: Tiq) -> str:
    """Which given names are answered: `list`, `first` or `both`."""
    if not tiq.first_given_name:
        return "list"
    return "both" if tiq.given_names else "first"
