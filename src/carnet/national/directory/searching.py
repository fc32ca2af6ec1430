"""Searches of the directory in SQL: one fragment for each field of each resource.

A page is the rows whose number follows that of the last one: a row that is added, changed or closed
between two pages moves no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from django.db import connection

from carnet.national.directory.fields import FIELDS
from carnet.national.directory.matching import Sql, either
from carnet.standards.fhir.directory.search import Condition, Search

#: Each table, under the name that fields know it by.
TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Practitioner": "directory_professional r",
        "PractitionerRole": "directory_exercise r",
        "Organization": "directory_structure r",
        "HealthcareService": "directory_service r",
        "Device": "directory_device r",
    }
)
#: Resource, reference: what it leads to, by which column, to which key.
CHAINS: Final[Mapping[tuple[str, str], tuple[str, str, str]]] = MappingProxyType(
    {
        ("PractitionerRole", "practitioner"): ("Practitioner", "professional_id", "ps_idnat"),
        ("PractitionerRole", "organization"): ("Organization", "structure_id", "struct_idnat"),
        ("Organization", "partof"): ("Organization", "parent_id", "struct_idnat"),
        ("HealthcareService", "organization"): ("Organization", "structure_id", "struct_idnat"),
        ("Device", "organization"): ("Organization", "structure_id", "struct_idnat"),
    }
)


@dataclass(frozen=True, slots=True)
class Page:
    """Numbers of the rows of a page; `after` is where the next one begins, none at the end."""

    numbers: tuple[int, ...]
    after: int | None
    total: int | None


def search(asked: Search) -> Page:
    """The page that is asked for."""
    where, values = _where(asked)
    source = f"FROM {TABLES[asked.resource]} WHERE {where}"
    numbers: list[int] = []
    if asked.count:
        found = _planned(
            f"SELECT r.number {source} AND r.number > %s ORDER BY r.number LIMIT %s",
            [*values, asked.after, asked.count + 1],
        )
        numbers = [number for (number,) in found]
    more = len(numbers) > asked.count
    total: int | None = None
    if asked.total == "accurate":
        ((total,),) = _planned(f"SELECT count(*) {source}", values)
    elif not more and not asked.after:
        total = len(numbers)
    shown = tuple(numbers[: asked.count])
    return Page(shown, shown[-1] if more else None, total)


def _planned(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that is planned for its values: never prepared.

    How to search depends on whether a name is rare: the plan for any name would be a bad one.
    """
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.execute(sql, values, prepare=False)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _where(asked: Search) -> Sql:
    said = [_condition(asked.resource, each) for each in asked.conditions]
    return " AND ".join(["TRUE", *(f"({sql})" for sql, _ in said)]), [
        value for _, values in said for value in values
    ]


def _condition(resource: str, condition: Condition) -> Sql:
    source, column, key = "", "", ""
    if condition.via:
        resource, column, key = CHAINS[resource, condition.via]
        source = TABLES[resource]
    match = FIELDS[resource][condition.field]
    sql, values = either([match(condition.modifier, value) for value in condition.values])
    if source:
        # The `r` of inside hides the other.
        return f"r.{column} IN (SELECT r.{key} FROM {source} WHERE {sql})", values  # noqa: S608 - constants
    return sql, values
