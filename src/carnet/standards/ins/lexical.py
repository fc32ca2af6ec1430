"""How names are written: the INSi alphabet, its shape, and when two names are the same.

Source: RNIV 1 annex III and §4.10, INSi notes (spec identity §1.4).
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final


class Trait(StrEnum):
    """The strict traits, by their French name as a page shows it."""

    BIRTH_NAME = "nom de naissance"
    FIRST_GIVEN_NAME = "premier prénom de naissance"
    GIVEN_NAMES = "liste des prénoms de naissance"
    SEX = "sexe"
    BIRTH_DATE = "date de naissance"
    BIRTH_PLACE = "lieu de naissance"


class TraitError(ValueError):
    """A trait has not its form. `reason` is in English and never repeats the value."""

    def __init__(self, trait: Trait, reason: str) -> None:
        super().__init__(f"{trait}: {reason}")
        self.trait = trait
        self.reason = reason


#: Letters that Unicode does not decompose into a base letter and a mark.
_LETTERS: Final = str.maketrans(
    {
        "Œ": "OE",
        "Æ": "AE",
        "Ø": "O",
        "Ł": "L",
        "Đ": "D",
        "Ð": "D",
        "Þ": "TH",
        "ẞ": "SS",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "`": "'",
        "´": "'",
        "‐": "-",
        "‑": "-",
        "–": "-",
        "—": "-",
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
    }
)
#: Written signs that the RNIV turns into a space.
_SIGNS: Final = re.compile(r"[/.,;:_()\"«»*]")
_ALPHABET: Final = re.compile(r"[A-Z '-]*")

_FAMILY: Final = re.compile(r"(?=.*[A-Z])(?![ -])[A-Z '-]+(?<! )")
_GIVEN: Final = re.compile(r"(?=.*[A-Z])(?![ -])[A-Z '-]+(?<![ '-])")
_FORBIDDEN: Final = re.compile(r"  |''|' | '|---")


def normalise(text: str, trait: Trait = Trait.BIRTH_NAME) -> str:
    """`text` in the INSi alphabet: upper case, no accent, no ligature, hyphen and apostrophe kept.

    Signs such as `/` become a space, spaces are single. Raises `TraitError` on anything else (a
    digit, another script): such a character is refused, never dropped (spec identity §1.4).
    """
    upper = text.upper().translate(_LETTERS)
    bare = "".join(
        char for char in unicodedata.normalize("NFD", upper) if not unicodedata.combining(char)
    )
    # An apostrophe stands for itself: "D' ARTAGNAN" is how "D'ARTAGNAN" is often typed.
    words = re.sub(r" *' *", "'", " ".join(_SIGNS.sub(" ", bare).split()))
    if not _ALPHABET.fullmatch(words):
        raise TraitError(trait, "only letters, spaces, hyphens and apostrophes are allowed")
    return words


def check_name(name: str, trait: Trait) -> None:
    """Check the shape that INSi asks of a name already in its alphabet. Raises `TraitError`."""
    given = trait is not Trait.BIRTH_NAME
    if not (_GIVEN if given else _FAMILY).fullmatch(name):
        raise TraitError(trait, "expected A to Z, not beginning nor ending with a separator")
    if _FORBIDDEN.search(name) or (given and "--" in name):
        raise TraitError(trait, "two separators stand side by side")


def as_spaces(name: str) -> str:
    """`name` with hyphens and apostrophes read as spaces, single."""
    return " ".join(name.replace("-", " ").replace("'", " ").split())


def same_name(one: str, other: str) -> bool:
    """Whether two normalised names differ by nothing but hyphens and apostrophes (RNIV 1 §4.5.4).

    `D'ARC` is `D ARC` and `DARC`; `JEAN-PIERRE` is `JEAN PIERRE`, `JEANPIERRE` is not.
    """

    def without(name: str) -> str:
        return name.replace("-", "").replace("'", "")

    return as_spaces(one) == as_spaces(other) or without(one) == without(other)
