"""Reads about identities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.db import connection

from carnet.national.identity import models
from carnet.standards.ids import Ins, Oid
from carnet.standards.ins import BirthDate


@dataclass(frozen=True, slots=True)
class Person:
    """A person: INS and traits (spec identity §2)."""

    patient_id: UUID
    ins: Ins
    birth_name: str
    birth_given_names: str
    first_given_name: str
    used_name: str
    used_given_name: str
    sex: str
    birth_date: date | None  #: none when it is no day of the calendar (lunar, or a part unknown)
    birth_date_hl7: str  #: YYYYMMDD, cut before the first unknown part
    birth_place: str

    @property
    def name(self) -> str:
        """Given name and family name as the person uses them."""
        given = self.used_given_name or self.first_given_name
        return f"{given.title()} {self.used_name or self.birth_name}"


def find_by_ins(ins: Ins) -> Person | None:
    """The person with this INS, or none."""
    found = models.InsLocator.objects.filter(matricule=ins.matricule, oid=ins.oid).first()
    return person(found.patient_id) if found else None


def person(patient_id: UUID) -> Person | None:
    """The person, or none."""
    return people([patient_id]).get(patient_id)


def people(patient_ids: Sequence[UUID]) -> dict[UUID, Person]:
    """Those of these persons that exist, by patient id."""
    found = models.Person.objects.filter(patient_id__in=patient_ids)
    return {one.patient_id: _person(one) for one in found}


def _person(found: models.Person) -> Person:
    return Person(
        patient_id=found.patient_id,
        ins=Ins(found.matricule, Oid(found.oid)),
        birth_name=found.birth_name,
        birth_given_names=found.birth_given_names,
        first_given_name=found.first_given_name,
        used_name=found.used_name,
        used_given_name=found.used_given_name,
        sex=found.sex,
        birth_date=BirthDate.parse(found.birth_date).calendar,
        birth_date_hl7=found.birth_date,
        birth_place=found.birth_place,
    )


#: For a statement that needs the patient id that an INS leads to: takes matricule and OID.
PATIENT_OF: Final = "SELECT patient_id FROM identity_inslocator WHERE matricule = %s AND oid = %s"


def patient_of(ins: Ins) -> UUID | None:
    """The patient id that this INS leads to, or none."""
    with connection.cursor() as cursor:
        cursor.execute(PATIENT_OF, [ins.matricule, str(ins.oid)])
        found = cursor.fetchone()
    return found[0] if found else None
