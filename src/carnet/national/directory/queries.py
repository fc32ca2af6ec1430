"""Reads of the directory: small tables, for every room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from carnet.national.directory import models
from carnet.national.directory.remembered import Remembered
from carnet.standards.directory import words_of
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
    family_name: str = ""
    given_name: str = ""


#: For a statement that asks whether a professional works in a structure they name: takes PS_IdNat
#: and Struct_IdNat, gives the structure or nothing.
EXERCISED: Final = (
    "SELECT structure_id::text FROM directory_exercise"
    " WHERE professional_id = %s AND structure_id = %s AND is_active LIMIT 1"
)

_COVERED: Final = """
SELECT struct_idnat, name, kind, sector, address, parent_id
  FROM directory_structure
 WHERE struct_idnat = %s AND is_active AND (struct_idnat = %s OR parent_id = %s)
"""


def structure(struct_idnat: str) -> Structure | None:
    """The structure, or none."""
    found = models.Structure.objects.filter(struct_idnat=struct_idnat).first()
    return _structure(found) if found else None


def structures_named(struct_idnats: Sequence[str]) -> dict[str, Structure]:
    """Those of these structures that are known, by Struct_IdNat."""
    found = models.Structure.objects.filter(struct_idnat__in=struct_idnats)
    return {one.struct_idnat: _structure(one) for one in found}


def structures() -> Sequence[Structure]:
    """All structures, by name."""
    return [_structure(one) for one in models.Structure.objects.order_by("name")]


def professional(ps_idnat: str) -> Professional | None:
    """The professional, or none."""
    return professionals([ps_idnat]).get(ps_idnat)


def professionals(ps_idnats: Sequence[str]) -> dict[str, Professional]:
    """Those of these professionals that are known, by PS_IdNat."""
    places: dict[str, list[str]] = {}
    exercised = models.Exercise.objects.filter(
        professional_id__in=ps_idnats, is_active=True, structure__isnull=False
    )
    for ps_idnat, place in exercised.values_list("professional_id", "structure_id").distinct():
        places.setdefault(ps_idnat, []).append(place)
    return {
        one.ps_idnat: _professional(one, places.get(one.ps_idnat, []))
        for one in models.Professional.objects.filter(ps_idnat__in=ps_idnats)
    }


def professionals_called(words: str, *, limit: int) -> Sequence[Professional]:
    """Active professionals, each word beginning one of their names; by name.

    Whoever looks for somebody types a beginning, with or without accents, and chooses from a list:
    nothing is ever done to whom a beginning finds by itself.
    """
    known = words_of(words).split()
    if not known:
        return []
    found = models.Professional.objects.filter(is_active=True)
    for word in known:
        found = found.filter(names__contains=f" {word}")
    ids = list(
        found.order_by("family_name", "given_name", "ps_idnat").values_list("ps_idnat", flat=True)[
            :limit
        ]
    )
    by_id = professionals(ids)
    return [by_id[each] for each in ids]


def professionals_of(struct_idnat: str) -> Sequence[str]:
    """The PS_IdNat of those who work in this structure."""
    found = models.Exercise.objects.filter(structure_id=struct_idnat, is_active=True)
    return list(found.values_list("professional_id", flat=True).distinct())


def _professional(found: models.Professional, places: Sequence[str]) -> Professional:
    return Professional(
        ps_idnat=PsIdNat(found.ps_idnat),
        name=str(found),
        profession=Code(found.profession_code, found.profession_system),
        specialty=Code(found.specialty_code, found.specialty_system)
        if found.specialty_code
        else None,
        structures=tuple(StructIdNat(place) for place in sorted(places)),
        is_active=found.is_active,
        family_name=found.family_name,
        given_name=found.given_name,
    )


def covers(certificate: str, struct_idnat: str) -> bool:
    """Whether the holder of a certificate may act for a structure: itself, or an EJ for its EG.

    Source: spec dmp §1 (certificates are held by the legal entity since 01/01/2023), §3.12.
    """
    return covered(certificate, struct_idnat) is not None


def covered(certificate: str, struct_idnat: str) -> Structure | None:
    """The active structure that this certificate covers (see `covers`), or none.

    Asked at every call of software: what was found is remembered for a second.
    """
    return _covered((certificate, struct_idnat))


def _look_up(key: tuple[str, str]) -> Structure | None:
    certificate, struct_idnat = key
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


_covered: Final = Remembered(_look_up)


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
