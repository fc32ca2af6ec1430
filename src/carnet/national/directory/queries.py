"""Reads of the directory: small tables, for every room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from carnet.national.directory import models
from carnet.standards.ids import PsIdNat, StructIdNat
from carnet.standards.xds.metadata import Code


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure; `parent` is the legal entity of a geographic establishment."""

    struct_idnat: StructIdNat
    name: str
    kind: str
    sector: str
    address: str
    parent: StructIdNat | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class Professional:
    """A professional and the structures they work in."""

    ps_idnat: PsIdNat
    name: str
    profession: Code
    specialty: Code | None
    structures: tuple[StructIdNat, ...]
    is_active: bool


_COVERED: Final = """
SELECT struct_idnat, name, kind, sector, address, parent_id
  FROM directory_structure
 WHERE struct_idnat = %s AND is_active AND (struct_idnat = %s OR parent_id = %s)
"""


def structure(struct_idnat: str) -> Structure | None:
    """The structure, or none."""
    found = models.Structure.objects.filter(struct_idnat=struct_idnat).first()
    return _structure(found) if found else None


def structures() -> Sequence[Structure]:
    """All structures, by name."""
    return [_structure(one) for one in models.Structure.objects.order_by("name")]


def professional(ps_idnat: str) -> Professional | None:
    """The professional, or none."""
    found = models.Professional.objects.filter(ps_idnat=ps_idnat).first()
    if found is None:
        return None
    places = models.Exercise.objects.filter(professional=found).values_list(
        "structure_id", flat=True
    )
    return Professional(
        ps_idnat=PsIdNat(found.ps_idnat),
        name=str(found),
        profession=Code(found.profession_code, found.profession_system),
        specialty=Code(found.specialty_code, found.specialty_system)
        if found.specialty_code
        else None,
        structures=tuple(StructIdNat(place) for place in sorted(places)),
        is_active=found.is_active,
    )


def covers(certificate: str, struct_idnat: str) -> bool:
    """Whether the holder of a certificate may act for a structure: itself, or an EJ for its EG.

    Source: spec dmp §1 (certificates are held by the legal entity since 01/01/2023), §3.12.
    """
    return covered(certificate, struct_idnat) is not None


def covered(certificate: str, struct_idnat: str) -> Structure | None:
    """The active structure that this certificate covers (see `covers`), or none; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_COVERED, [struct_idnat, certificate, certificate])
        found = cursor.fetchone()
    if found is None:
        return None
    identifier, name, kind, sector, address, parent = found
    return Structure(
        struct_idnat=StructIdNat(identifier),
        name=name,
        kind=kind,
        sector=sector,
        address=address,
        parent=StructIdNat(parent) if parent else None,
        is_active=True,
    )


def _structure(found: models.Structure) -> Structure:
    return Structure(
        struct_idnat=StructIdNat(found.struct_idnat),
        name=found.name,
        kind=found.kind,
        sector=found.sector,
        address=found.address,
        parent=StructIdNat(found.parent_id) if found.parent_id else None,
        is_active=found.is_active,
    )
