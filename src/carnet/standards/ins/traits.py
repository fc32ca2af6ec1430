"""The strict traits of a person, checked when made (RNIV 1 §3.1.4; spec identity §1.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carnet.standards.ins.birth_date import BirthDate
from carnet.standards.ins.lexical import Trait, TraitError, as_spaces, check_name, normalise

#: COG of an unknown place of birth (EXI SI 18); there is no default value.
UNKNOWN_PLACE: Final = "99999"
_COG: Final = re.compile(r"[0-9][0-9AB][0-9]{3}")


class Sex(StrEnum):
    """Administrative sex; an INS is only masculine or feminine, `I` is temporary."""

    FEMININE = "F"
    MASCULINE = "M"
    UNDETERMINED = "I"


@dataclass(frozen=True, slots=True)
class Traits:
    """The strict traits. Names are in the INSi alphabet; `given_names` is separated by spaces.

    `given_names` and `birth_place` (COG) are empty while they have not been collected: `missing`
    says so. Raises `TraitError` when a trait has not its form, or when the first given name does
    not begin the list (RNIV 1 annex III: hyphen and apostrophe count as a space).
    """

    birth_name: str
    first_given_name: str
    sex: Sex
    birth_date: BirthDate
    given_names: str = ""
    birth_place: str = ""

    def __post_init__(self) -> None:
        check_name(self.birth_name, Trait.BIRTH_NAME)
        check_name(self.first_given_name, Trait.FIRST_GIVEN_NAME)
        if self.given_names:
            check_name(self.given_names, Trait.GIVEN_NAMES)
            first, names = as_spaces(self.first_given_name), as_spaces(self.given_names)
            if not f"{names} ".startswith(f"{first} "):
                raise TraitError(
                    Trait.FIRST_GIVEN_NAME, "it must be the beginning of the list of given names"
                )
        if self.birth_place and not _COG.fullmatch(self.birth_place):
            raise TraitError(Trait.BIRTH_PLACE, "expected a COG code of 5 characters")

    @classmethod
    def of(
        cls,
        birth_name: str,
        first_given_name: str,
        sex: str,
        birth_date: str,
        *,
        given_names: str = "",
        birth_place: str = "",
    ) -> Traits:
        """The traits as typed or received, normalised. Raises `TraitError`.

        `sex` is F, M or I; `U` (HL7) and `UN` (CDA) are read as I.
        """
        code = {"U": "I", "UN": "I"}.get(sex, sex)
        if code not in set(Sex):
            raise TraitError(Trait.SEX, "expected F, M or I")
        return cls(
            normalise(birth_name, Trait.BIRTH_NAME),
            normalise(first_given_name, Trait.FIRST_GIVEN_NAME),
            Sex(code),
            BirthDate.parse(birth_date),
            normalise(given_names, Trait.GIVEN_NAMES),
            birth_place,
        )

    @property
    def missing(self) -> tuple[Trait, ...]:
        """The strict traits that an INS needs and that are not known (spec identity §1.3, §5.4)."""
        lacks = {
            Trait.GIVEN_NAMES: not self.given_names,
            Trait.SEX: self.sex is Sex.UNDETERMINED,
            Trait.BIRTH_DATE: not self.birth_date.complete,
            Trait.BIRTH_PLACE: not self.birth_place,
        }
        return tuple(trait for trait, absent in lacks.items() if absent)
