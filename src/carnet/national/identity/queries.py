"""Reads about identities."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from carnet.national.identity import models
from carnet.standards.ids import Ins, Oid, PatientId
from carnet.standards.ins import BirthDate
from carnet.standards.ins.lexical import as_spaces


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


@dataclass(frozen=True, slots=True)
class Match:
    """A person who may be the one looked for; `percent` tells how well the traits agree."""

    patient_id: UUID
    percent: int


#: A family name, birth or used, and what else was given; what agrees weighs 40, 25, 25 and 10.
_BY_TRAITS: Final = """
SELECT patient_id, 40
       + 25 * (translate(first_given_name, '-''', '  ') = %(given)s
               OR translate(used_given_name, '-''', '  ') = %(given)s)::int
       + 25 * (%(birth)s <> '' AND starts_with(birth_date, %(birth)s))::int
       + 10 * (sex = %(sex)s)::int AS weight
  FROM identity_person
 WHERE translate(birth_name, '-''', '  ') = %(family)s
    OR translate(used_name, '-''', '  ') = %(family)s
 ORDER BY weight DESC, patient_id
 LIMIT %(limit)s
"""


def find_by_traits(
    family: str, *, given: str = "", sex: str = "", birth_date: str = "", limit: int
) -> Sequence[Match]:
    """Who has this family name, birth or used, those whose other traits agree first.

    Names are in the INSi alphabet (`lexical.normalise`); hyphens and apostrophes are no difference.
    `sex` is M, F or I; `birth_date` is YYYY[MM[DD]]. What is empty is not asked.
    """
    asked = 40 + 25 * bool(given) + 25 * bool(birth_date) + 10 * bool(sex)
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_TRAITS,
            {
                "family": as_spaces(family),
                "given": as_spaces(given),
                "birth": birth_date,
                "sex": sex,
                "limit": limit,
            },
        )
        return [Match(id_, 100 * weight // asked) for id_, weight in cursor.fetchall()]


#: For a statement that needs the patient id that an INS leads to: takes matricule and OID.
PATIENT_OF: Final = "SELECT patient_id FROM identity_inslocator WHERE matricule = %s AND oid = %s"


#: The table of the patients of the affinity domain, for a statement that must find no other.
DOMAIN_PATIENTS: Final = "identity_domainpatient"
_DOMAIN_PATIENT: Final = (
    "SELECT patient_id FROM identity_domainpatient WHERE identifier = %s AND authority = %s"
)


def domain_patient_of(known_by: PatientId) -> UUID | None:
    """The patient id of a patient of the affinity domain, or none."""
    with connection.cursor() as cursor:
        cursor.execute(_DOMAIN_PATIENT, [known_by.id, str(known_by.authority)])
        found = cursor.fetchone()
    return found[0] if found else None


def domain_identifier(patient_id: UUID) -> PatientId | None:
    """What a patient of the affinity domain is known by, or none."""
    found = models.DomainPatient.objects.filter(patient_id=patient_id).first()
    return PatientId(found.identifier, Oid(found.authority)) if found else None


_DOMAIN_PATIENTS: Final = """
SELECT DISTINCT ON (patient_id) identifier, authority FROM identity_domainpatient
 ORDER BY patient_id LIMIT %s
"""


def domain_patients(limit: int) -> Sequence[PatientId]:
    """The first `limit` patients of the affinity domain, by one identifier each."""
    with connection.cursor() as cursor:
        cursor.execute(_DOMAIN_PATIENTS, [limit])
        return [PatientId(id_, Oid(authority)) for id_, authority in cursor.fetchall()]


#: For a statement that needs a birth date, YYYYMMDD or cut: a patient id follows.
BIRTH_DATE_OF: Final = "SELECT birth_date FROM identity_person WHERE patient_id ="
_MAJORITY: Final = 18


def majority(birth_date: str) -> date:
    """The day on which who was born on this date (YYYYMMDD, or cut) is an adult (Code civil 414).

    A part that is unknown, or no part of the calendar, is taken at its latest: nobody loses their
    representatives too early. Raises `TraitError` when it is no date.
    """
    born = BirthDate.parse(birth_date)
    year = born.year + _MAJORITY
    if born.month is None or born.month > 12:
        return date(year, 12, 31)
    last = monthrange(year, born.month)[1]
    if born.day is None or born.day <= last:
        return date(year, born.month, born.day or last)
    return date(year, born.month, last) + timedelta(days=1)  # born on 29 February


def is_adult(birth_date: str, day: date) -> bool:
    """Whether who was born on this date is an adult on this day."""
    return majority(birth_date) <= day


def patient_of(ins: Ins) -> UUID | None:
    """The patient id that this INS leads to, or none."""
    with connection.cursor() as cursor:
        cursor.execute(PATIENT_OF, [ins.matricule, str(ins.oid)])
        found = cursor.fetchone()
    return found[0] if found else None
