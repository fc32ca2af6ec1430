"""Logical ids of the directory: a prefix for each type of resource, and the number of the row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Organization": "001",
        "Device": "002",
        "Practitioner": "003",
        "HealthcareService": "004",
        "PractitionerRole": "005",
    }
)
_ID: Final = re.compile(r"(00[1-5])-([1-9][0-9]{0,17})")


def logical_id(resource: str, number: int) -> str:
    """The id of the row `number` of a resource, as `003-42`."""
    return f"{_PREFIXES[resource]}-{number}"


def number_of(resource: str, id_: str) -> int | None:
    """The number in an id of this resource; none when it is no such id."""
    matched = _ID.fullmatch(id_)
    return int(matched[2]) if matched and matched[1] == _PREFIXES[resource] else None


def referred(resource: str, reference: str) -> int | None:
    """The number of the resource that a reference names, by id, `[type]/[id]` or an address."""
    place, _, id_ = reference.rpartition("/")
    if place and place.rpartition("/")[2] != resource:
        return None
    return number_of(resource, id_)
