"""The persons of our base as the INSi service sees them.

What is a match is `standards.ins.insi.population`'s to say: here the statements bring few people
near, by the traits that INSi compares to the letter or by number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from carnet.standards.ids import Ins, Oid
from carnet.standards.ins import BirthDate, Sex, Traits
from carnet.standards.ins.insi import (
    CardQuery,
    Individual,
    Matricule,
    NationalIdentifier,
    Person,
    Query,
    Tiq,
    TraitsQuery,
    VerifyQuery,
)


@dataclass(frozen=True, slots=True)
class Known:
    """A person of the base, and the patient id that their data carry."""

    patient_id: UUID
    person: Person


_BY_TRAITS: Final = """
SELECT patient_id FROM identity_person WHERE birth_name = %s AND birth_date = %s AND sex = %s
"""
_BY_NUMBER: Final = """
SELECT patient_id FROM identity_inslocator WHERE left(matricule, 13) = ANY(%s)
 UNION
SELECT patient_id FROM identity_person WHERE insured_number = ANY(%s) AND insured_number <> ''
"""
_PEOPLE: Final = """
SELECT p.patient_id, p.matricule, p.oid, p.birth_name, p.first_given_name, p.sex, p.birth_date,
       p.birth_given_names, p.birth_place, p.insured_number, p.birth_rank, p.deceased_on,
       coalesce(s.names, 'list'), coalesce(s.fault, ''),
       (SELECT jsonb_agg(jsonb_build_array(f.matricule, f.oid, f.kind, f.since, f.until)
                         ORDER BY f.id)
          FROM identity_formerins f WHERE f.patient_id = p.patient_id)
  FROM identity_person p LEFT JOIN identity_script s USING (patient_id)
 WHERE p.patient_id = ANY(%s)
"""


class _Row(NamedTuple):
    """A line of `_PEOPLE`."""

    patient_id: UUID
    matricule: str
    oid: str
    birth_name: str
    first_given_name: str
    sex: str
    birth_date: str
    given_names: str
    birth_place: str
    insured: str
    rank: str
    deceased: str
    names: str
    fault: str
    history: str | None


def near(query: Query) -> Sequence[Known]:
    """All those whom `query` may be about, and few others."""
    match query:
        case TraitsQuery():
            traits = [query.birth_name, query.birth_date.hl7, query.sex.value]
            return _known(_BY_TRAITS, traits)
        case CardQuery():
            return bearing(one.number for one in (query.individual, query.insured) if one)
        case VerifyQuery():
            return bearing([query.identifier.matricule.number])


def bearing(numbers: Iterable[str]) -> Sequence[Known]:
    """Those who have one of these numbers (13 characters), had it, or depend on who has it."""
    wanted = list(numbers)
    return _known(_BY_NUMBER, [wanted, wanted])


def _known(statement: str, parameters: list[Any]) -> list[Known]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found = [id_ for (id_,) in cursor.fetchall()]
        if not found:
            return []
        cursor.execute(_PEOPLE, [found])
        rows = [_Row(*row) for row in cursor.fetchall()]
    return [Known(row.patient_id, _person(row)) for row in rows]


#: What is left unsaid of the given names, by the form in which a person's are answered.
_UNSAID: Final[dict[str, dict[str, str]]] = {
    "list": {"first_given_name": ""},
    "first": {"given_names": ""},
    "both": {},
}


def _person(row: _Row) -> Person:
    traits = Traits(
        row.birth_name,
        row.first_given_name,
        Sex(row.sex),
        BirthDate.parse(row.birth_date),
        row.given_names or row.first_given_name,
        row.birth_place,
    )
    individual = Individual(
        NationalIdentifier.of(Ins(row.matricule, Oid(row.oid))),
        replace(Tiq.of(traits), **_UNSAID[row.names]),
        tuple(_former(*entry) for entry in json.loads(row.history or "[]")),
    )
    return Person(traits, individual, row.fault, row.insured, row.rank, deceased=row.deceased)


def _former(matricule: str, oid: str, kind: str, since: str, until: str) -> NationalIdentifier:
    return NationalIdentifier(Matricule(matricule[:13], matricule[13:], kind), oid, since, until)
