"""Which profession may read which type of document: the matrice d'habilitation (spec dmp §6.4).

One file is one version, with the day it takes effect. What it does not grant is refused, and so
is a type or a profession that it does not name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from carnet.national.journal.actors import Actor, Professional
from carnet.standards import nos

#: Keys of the heads of columns: G15 are professionals, G16 those in training, who have the rights
#: of their profession unless a column of their own says otherwise [design].
SYSTEMS: Final[Mapping[str, str]] = MappingProxyType(
    {"1.2.250.1.71.1.2.7": "G15", "1.2.250.1.71.1.2.8": "G16"}
)
_GRANTS: Final[Mapping[str, bool]] = MappingProxyType(
    {"oui": True, "oui?": True, "non": False, "non?": False, "": False}
)
_FIRST_COLUMNS: Final = ["type", "system", "label"]


class MatrixError(ValueError):
    """A file is not a matrix; says which line and why."""


@dataclass(frozen=True, slots=True, eq=False)  # one object each: compared and hashed as itself
class Matrix:
    """A version of the matrix.

    `cells` are by profession (`G15_60`, or `G15_60/SI01` with a savoir-faire), then by type, in the
    form `code^^system`; a cell that ends in `?` is what no source at hand confirms.
    """

    version: str
    since: date
    source: str = ""
    cells: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def opens(self, actor: Actor, type_code: str) -> bool:
        """Whether a document of this type (`code^^system`) is open to the actor's profession."""
        return type_code in self.types_of(self.profession_of(actor))

    def opened(self, actor: Actor) -> str:
        """The types open to the actor's profession, as a JSON object for `facets.facet_sql`."""
        return _json(self.types_of(self.profession_of(actor)))

    def profession_of(self, actor: Actor) -> str:
        """The column of this actor, or an empty text."""
        if not isinstance(actor, Professional):
            return ""
        system = SYSTEMS.get(actor.profession.scheme, "")
        for known in (system, "G15") if system else ():
            plain = f"{known}_{actor.profession.code}"
            if actor.specialty and f"{plain}/{actor.specialty.code}" in self.cells:
                return f"{plain}/{actor.specialty.code}"
            if plain in self.cells:
                return plain
        return ""

    def cell(self, profession: str, type_code: str) -> str:
        """What the matrix says, as its file writes it."""
        return self.cells.get(profession, {}).get(type_code, "")

    def types_of(self, profession: str) -> frozenset[str]:
        """The types that a column opens."""
        return _granted(self, profession)


#: Opens nothing: that of who was given no matrix.
EMPTY: Final = Matrix("none", date.min)


@cache
def _granted(matrix: Matrix, profession: str) -> frozenset[str]:
    cells = matrix.cells.get(profession, {})
    return frozenset(each for each, cell in cells.items() if _GRANTS[cell])


@cache
def _json(types: frozenset[str]) -> str:
    return json.dumps(dict.fromkeys(sorted(types), 1))


def read(text: str) -> Matrix:
    """A matrix from its file: `# version:`, `# since:`, `# source:`, a head, a line for each type.

    Raises `MatrixError`.
    """
    said: dict[str, str] = {}
    lines: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            name, _, value = line[1:].partition(":")
            said[name.strip()] = value.strip()
        elif line.strip():
            lines.append((number, line.split("\t")))
    try:
        since = date.fromisoformat(said["since"])
        version = said["version"]
    except (KeyError, ValueError):
        raise MatrixError("the first lines do not say # version: and # since: YYYY-MM-DD") from None
    if not lines or lines[0][1][:3] != _FIRST_COLUMNS or not version:
        raise MatrixError(f"the head is not {', '.join(_FIRST_COLUMNS)}, then the professions")
    professions = lines[0][1][3:]
    cells: dict[str, dict[str, str]] = {each: {} for each in professions}
    if len(cells) != len(professions) or not all(map(_known_profession, professions)):
        raise MatrixError(f"line {lines[0][0]}: a profession is unknown or comes twice")
    for number, row in lines[1:]:
        if len(row) != len(professions) + 3 or not _known_type(*row[:2]):
            raise MatrixError(f"line {number}: no type of JDV_J07, or a cell too few or too many")
        type_code = "^^".join(row[:2])
        for profession, cell in zip(professions, row[3:], strict=True):
            if cell not in _GRANTS or type_code in cells[profession]:
                raise MatrixError(f"line {number}: {cell!r} is no cell, or the type comes twice")
            cells[profession][type_code] = cell
    return Matrix(
        version,
        since,
        said.get("source", ""),
        MappingProxyType({name: MappingProxyType(each) for name, each in cells.items()}),
    )


def _known_profession(key: str) -> bool:
    system, _, code = key.partition("/")[0].partition("_")
    oids = {name: oid for oid, name in SYSTEMS.items()}
    return system in oids and bool(nos.display(oids[system], code))


def _known_type(code: str, system: str) -> bool:
    return nos.value_set("type_codes").find(code, system) is not None


@cache
def shipped() -> tuple[Matrix, ...]:
    """The versions that come with Carnet, oldest first."""
    folder = resources.files(__package__).joinpath("matrices")
    texts = (each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith(".tsv"))
    return ordered(map(read, texts))


def ordered(matrices: Iterable[Matrix]) -> tuple[Matrix, ...]:
    """By the day they take effect. Raises `MatrixError` when two take effect on one day."""
    found = tuple(sorted(matrices, key=lambda each: each.since))
    if len({each.since for each in found}) != len(found):
        raise MatrixError("two versions take effect on the same day")
    return found


def matrix_of(day: date, matrices: Sequence[Matrix]) -> Matrix:
    """The version in force on this day; `EMPTY`, which opens nothing, before the first."""
    return next((each for each in reversed(matrices) if each.since <= day), EMPTY)
