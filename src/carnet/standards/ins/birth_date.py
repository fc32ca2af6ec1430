"""A date of birth, which is not always a day of the calendar.

INSi sends lunar dates and dates with an unknown day or month, so the text is kept beside what
could be read of it (spec identity §1.3; INSi `DateLunaire` has no range check).
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from typing import Final

from carnet.standards.ins.lexical import Trait, TraitError

_DATE: Final = re.compile(r"([0-9]{4})(?:-?([0-9]{2})(?:-?([0-9]{2}))?)?")


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A date of birth: `text` as received, and its parts; `month` and `day` are None when unknown.

    `estimated` says that a part was invented by the rules of RNIV 1 (EXI PP 19): such an identity
    can be neither récupérée nor qualifiée, and its matricule cannot be sent.
    """

    text: str = field(compare=False)
    year: int
    month: int | None
    day: int | None
    estimated: bool = False

    @classmethod
    def parse(cls, text: str) -> BirthDate:
        """Read `YYYY[MM[DD]]` or `YYYY-MM-DD`; `00` is an unknown part. Raises `TraitError`."""
        found = _DATE.fullmatch(text)
        if not found:
            raise TraitError(Trait.BIRTH_DATE, "expected YYYYMMDD or YYYY-MM-DD")
        year, month, day = (int(part or 0) for part in found.groups())
        if not year:
            raise TraitError(Trait.BIRTH_DATE, "the year is missing")
        return cls(text, year, month or None, day or None)

    @classmethod
    def estimate(cls, year: int, month: int | None = None, day: int | None = None) -> BirthDate:
        """The date to write when a part is unknown (RNIV 1, EXI PP 19).

        Day unknown: the first of the month; month unknown: January; both: 31 December.
        """
        known = month is not None and day is not None
        if month is None and day is None:
            month, day = 12, 31
        month, day = month or 1, day or 1
        return cls(f"{year:04d}{month:02d}{day:02d}", year, month, day, estimated=not known)

    @property
    def calendar(self) -> datetime.date | None:
        """The civil day, when it is one."""
        if self.month is None or self.day is None:
            return None
        try:
            return datetime.date(self.year, self.month, self.day)
        except ValueError:
            return None

    @property
    def complete(self) -> bool:
        """Whether day and month are known, on whichever calendar."""
        return self.month is not None and self.day is not None

    @property
    def lunar(self) -> bool:
        """Whether the date is complete but no day of the civil calendar."""
        return self.complete and self.calendar is None

    @property
    def hl7(self) -> str:
        """`YYYYMMDD`, cut before the first unknown part."""
        parts = [f"{self.year:04d}"]
        for part in (self.month, self.day):
            if part is None:
                break
            parts.append(f"{part:02d}")
        return "".join(parts)

    @property
    def iso(self) -> str:
        """`YYYY-MM-DD`, with `00` for an unknown part: the `DateLunaire` of INSi."""
        return f"{self.year:04d}-{self.month or 0:02d}-{self.day or 0:02d}"

    @property
    def french(self) -> str:
        """`JJ/MM/AAAA`, with `00` for an unknown part (RNIV 1, EXI SI 16)."""
        return f"{self.day or 0:02d}/{self.month or 0:02d}/{self.year:04d}"
