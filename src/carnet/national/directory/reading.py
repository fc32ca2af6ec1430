"""Rows of the directory put together: what each resource of a page holds, a statement a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from django.db import connection

from carnet.national.directory.searching import CHAINS, TABLES
from carnet.standards.fhir.directory.held import (
    Device,
    Held,
    Mailbox,
    Organization,
    Practitioner,
    Qualification,
    Role,
    Service,
    resource_of,
)
from carnet.standards.fhir.directory.search import Search
from carnet.standards.fhir.outcome import refused

_MAILBOXES: Final = """
SELECT coalesce(m.professional_id, ''), coalesce(m.structure_id, ''),
       m.address, m.kind, m.description, m.service
  FROM directory_mailbox m
 WHERE m.is_active AND NOT m.is_unlisted AND {where}
 ORDER BY m.id
"""
_PRACTITIONERS: Final = """
SELECT r.number, r.ps_idnat, r.family_name, r.given_name, r.civility, r.title, r.is_active,
       r.last_updated
  FROM directory_professional r WHERE r.number = ANY(%s)
"""
_QUALIFICATIONS: Final = """
SELECT q.professional_id, q.kind, q.type_code, q.code
  FROM directory_qualification q WHERE q.is_active AND q.professional_id = ANY(%s)
 ORDER BY q.kind = 'diploma', q.kind = 'savoir_faire', q.code
"""
_ROLES: Final = """
SELECT r.professional_id, coalesce(r.structure_id, ''), r.number, p.number, s.number, r.profession,
       r.role, r.mode, r.activity, r.section, r.started_on, r.ended_on, r.is_active, r.last_updated
  FROM directory_exercise r
  JOIN directory_professional p ON p.ps_idnat = r.professional_id
  LEFT JOIN directory_structure s ON s.struct_idnat = r.structure_id
 WHERE r.number = ANY(%s)
"""
_ORGANIZATIONS: Final = """
SELECT r.number, r.struct_idnat, r.name, r.alias, r.kind, r.sector, r.category, r.legal_status,
       r.activity, r.hospital_service, r.siret, r.licence, r.street, r.postal_code, r.city,
       r.commune, r.phone, r.fax, r.email, r.opened_on, r.closed_on, parent.number, r.is_active,
       r.last_updated
  FROM directory_structure r
  LEFT JOIN directory_structure parent ON parent.struct_idnat = r.parent_id
 WHERE r.number = ANY(%s)
"""
_SERVICES: Final = """
SELECT r.number, s.number, r.kind, r.authorisation, r.code, r.modality, r.form, r.label,
       r.authorised_on, r.started_on, r.ended_on, r.is_active, r.last_updated
  FROM directory_service r JOIN directory_structure s ON s.struct_idnat = r.structure_id
 WHERE r.number = ANY(%s)
"""
_DEVICES: Final = """
SELECT r.number, s.number, r.authorisation, r.code, r.label, r.manufacturer, r.model, r.serial,
       r.authorised_on, r.started_on, r.ended_on, r.is_active, r.last_updated
  FROM directory_device r JOIN directory_structure s ON s.struct_idnat = r.structure_id
 WHERE r.number = ANY(%s)
"""


def load(resource: str, numbers: Sequence[int]) -> list[Held]:
    """The rows with these numbers, in their order; a number that is no row is passed over."""
    if not numbers:
        return []
    held = {one.number: one for one in _LOADERS[resource](list(numbers))}
    return [held[number] for number in numbers if number in held]


def referring(source: str, reference: str, numbers: Sequence[int], *, most: int) -> list[int]:
    """The numbers of what refers to these rows, `most` and one more at most (`_revinclude`)."""
    target, column, key = CHAINS[source, reference]
    found = _rows(
        f"SELECT r.number FROM {TABLES[source]} WHERE r.{column} IN"  # noqa: S608 - constants
        f" (SELECT r.{key} FROM {TABLES[target]} WHERE r.number = ANY(%s))"
        " ORDER BY r.number LIMIT %s",
        [list(numbers), most + 1],
    )
    return [number for (number,) in found]


#: What one page may include.
MOST_INCLUDED: Final = 5000


def included(asked: Search, matches: Sequence[Held]) -> list[Held]:
    """What `_include` and `_revinclude` add to a page, once each. Raises `FhirRefused`."""
    wanted: dict[str, dict[int, None]] = {}
    shown = {resource_of(one) for one in matches}
    for each in asked.include:
        source, _, reference = each.partition(":")
        target = CHAINS[source, reference][0]
        for one in matches:
            number = getattr(one, _NUMBERS[reference])
            if number is not None:
                wanted.setdefault(target, {})[number] = None
    for each in asked.reverse:
        source, _, reference = each.partition(":")
        numbers = referring(source, reference, [one.number for one in matches], most=MOST_INCLUDED)
        wanted.setdefault(source, {}).update(dict.fromkeys(numbers))
    if sum(map(len, wanted.values())) > MOST_INCLUDED:
        raise refused(400, "too-costly", f"a page includes {MOST_INCLUDED} at most: lower _count")
    return [
        one
        for resource, numbers in wanted.items()
        for one in load(resource, list(numbers))
        if resource_of(one) not in shown
    ]


#: Where what is held has the number of what it refers to.
_NUMBERS: Final[Mapping[str, str]] = MappingProxyType(
    {"practitioner": "practitioner", "organization": "organization", "partof": "part_of"}
)


def _practitioners(numbers: list[int]) -> Iterable[Held]:
    rows = _rows(_PRACTITIONERS, [numbers])
    names = [row[1] for row in rows]
    qualifications: dict[str, list[Qualification]] = {}
    for name, *said in _rows(_QUALIFICATIONS, [names]):
        qualifications.setdefault(name, []).append(Qualification(*said))
    where = "m.structure_id IS NULL AND m.professional_id = ANY(%s)"
    mailboxes = _mailboxes(where, [names])
    for row in rows:
        yield Practitioner(
            *(*row, tuple(qualifications.get(row[1], ())), mailboxes.get((row[1], ""), ()))
        )


def _roles(numbers: list[int]) -> Iterable[Held]:
    rows = _rows(_ROLES, [numbers])
    where = "m.structure_id IS NOT NULL AND m.professional_id = ANY(%s)"
    mailboxes = _mailboxes(where, [[row[0] for row in rows]])
    for row in rows:
        yield Role(*(*row[2:], mailboxes.get((row[0], row[1]), ())))


def _organizations(numbers: list[int]) -> Iterable[Held]:
    rows = _rows(_ORGANIZATIONS, [numbers])
    where = "m.professional_id IS NULL AND m.structure_id = ANY(%s)"
    mailboxes = _mailboxes(where, [[row[1] for row in rows]])
    for row in rows:
        yield Organization(*(*row, mailboxes.get(("", row[1]), ())))


def _services(numbers: list[int]) -> Iterable[Held]:
    return (Service(*row) for row in _rows(_SERVICES, [numbers]))


def _devices(numbers: list[int]) -> Iterable[Held]:
    return (Device(*row) for row in _rows(_DEVICES, [numbers]))


def _mailboxes(where: str, values: list[Any]) -> dict[tuple[str, str], tuple[Mailbox, ...]]:
    """By professional and structure, each empty when the mailbox has none."""
    found: dict[tuple[str, str], tuple[Mailbox, ...]] = {}
    for professional, structure, *said in _rows(_MAILBOXES.format(where=where), values):
        key = (professional, structure)
        found[key] = (*found.get(key, ()), Mailbox(*said))
    return found


def _rows(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


_LOADERS: Final[Mapping[str, Callable[[list[int]], Iterable[Held]]]] = MappingProxyType(
    {
        "Practitioner": _practitioners,
        "PractitionerRole": _roles,
        "Organization": _organizations,
        "HealthcareService": _services,
        "Device": _devices,
    }
)
