"""Places of birth by their COG code, with the history of the codes (RNIV 1 EXI SI 18 to 20).

A code is judged at the day of birth. One that the table does not hold is accepted all the same
(EXI SI 31: INSi may return it; the départements of Algeria, for one, are not there):
`standing` tells, the caller shows. The table is made by `docs/birth_places.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from carnet.standards.ins.birth_date import BirthDate
from carnet.standards.ins.lexical import TraitError, as_spaces, normalise
from carnet.standards.ins.traits import UNKNOWN_PLACE

FILE: Final = "birth_places.tsv"
#: Codes of countries and of territories abroad begin so.
ABROAD: Final = "99"


class Standing(StrEnum):
    """What the table says of a code at a date of birth."""

    KNOWN = "known"
    OTHER_DATE = "other_date"  #: a code of the COG, but not of that day
    UNKNOWN = "unknown"  #: no code of the table, to be shown and accepted
    UNSPECIFIED = "unspecified"  #: 99999, the place is not known


@dataclass(frozen=True, slots=True)
class Place:
    """A commune or a country under one name: `start` and `end` are YYYY-MM-DD, empty if open.

    `end` is the day after the last one.
    """

    code: str
    start: str
    end: str
    name: str

    @property
    def abroad(self) -> bool:
        """Whether it is a country, not a commune."""
        return self.code.startswith(ABROAD)

    def at(self, born: BirthDate | None) -> bool:
        """Whether it had this code and name at a birth; a part of the date unknown leaves room."""
        if born is None:
            return not self.end
        first = f"{born.year:04d}-{born.month or 1:02d}-{born.day or 1:02d}"
        last = f"{born.year:04d}-{born.month or 12:02d}-{born.day or 31:02d}"
        return (not self.start or self.start <= last) and (not self.end or first < self.end)


def places(code: str) -> tuple[Place, ...]:
    """All that the code has named since 1943, oldest first."""
    text = _table()
    found, at = [], text.find(f"\n{code}\t")
    while at >= 0 and text.startswith(f"{code}\t", at + 1):
        end = text.find("\n", at + 1)
        found.append(Place(*text[at + 1 : end].split("\t")))
        at = end
    return tuple(found)


def place(code: str, born: BirthDate | None = None) -> Place | None:
    """What the code names at that birth, today without a date; else the last that it named."""
    known = places(code)
    return next((one for one in reversed(known) if one.at(born)), known[-1] if known else None)


def standing(code: str, born: BirthDate | None = None) -> Standing:
    """What the table says of the code at that birth, today without a date."""
    if code == UNKNOWN_PLACE:
        return Standing.UNSPECIFIED
    known = places(code)
    if not known:
        return Standing.UNKNOWN
    return Standing.KNOWN if any(one.at(born) for one in known) else Standing.OTHER_DATE


def name(code: str, born: BirthDate | None = None) -> str:
    """What to show for a code: the name at that birth, or the code itself when it has none."""
    found = place(code, born)
    return found.name if found else code


def search(text: str, born: BirthDate | None = None, *, limit: int = 20) -> tuple[Place, ...]:
    """The places of that birth whose name begins with `text`, whole names first.

    Case, accents, hyphens and apostrophes do not count. Empty when `text` is no name.
    """
    try:
        wanted = as_spaces(normalise(text))
    except TraitError:
        return ()
    if not wanted:
        return ()
    begin = [(key, one) for key, one in _names() if key.startswith(wanted) and one.at(born)]
    begin.sort(key=lambda found: (found[0] != wanted, found[0], found[1].code))
    return tuple(one for _, one in begin[:limit])


@cache
def _table() -> str:
    return "\n" + (files(__package__) / FILE).read_text(encoding="utf-8")


@cache
def _names() -> tuple[tuple[str, Place], ...]:
    return tuple((as_spaces(_bare(one.name)), one) for one in _all())


def _all() -> Iterator[Place]:
    for line in _table().splitlines():
        if line and not line.startswith("#"):
            yield Place(*line.split("\t"))


def _bare(shown: str) -> str:
    """The letters of a name of the table, without the number of an arrondissement."""
    return normalise("".join(" " if char.isdigit() else char for char in shown))
