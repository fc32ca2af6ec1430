"""A text cut into words as they are searched: lower case, no accents, dates written out.

The same function cuts documents and questions, so that both agree whatever the language of the
database. « 12/03/2024 » and « 12 mars 2024 » are the same three words; « I.R.M. » is « irm ».
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Final, NamedTuple

MONTHS: Final = (
    *("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout"),
    *("septembre", "octobre", "novembre", "decembre"),
)
#: Two figures of a year above this are of the last century: « 44 » is 1944, « 26 » is 2026.
_LAST_CENTURY: Final = 40
#: No word is longer; what is (a key, a picture in base64) is not searched beyond.
LONGEST: Final = 64

#: Most words are of letters alone, and most other characters begin nothing: both are told at once.
_TOKEN: Final = re.compile(
    r"(?=[^\W_])(?:"
    r"(?P<letters>[^\W\d_]++(?![\d.]|-\n))"
    r"|(?<![\w/.-])(?P<day>\d{1,2})(?P<sep>[/.-])(?P<month>\d{1,2})(?P=sep)"
    r"(?P<year>\d{4}|\d{2})(?![\w/-]|\.\d)"
    r"|(?<![\w/.-])(?P<iso>\d{4}-\d{2}-\d{2})(?![\w/-]|\.\d)"
    r"|(?<!\w)(?P<dotted>(?:[^\W\d_]\.){2,}[^\W\d_]?)(?!\w)"
    r"|(?P<number>\d+(?:[.,]\d+)*)(?![^\W_])"
    r"|(?P<cut>[^\W\d_]{2,})-\n(?P<rest>[^\W\d_]{2,})"
    r"|(?P<word>[^\W_]+))"
)
#: Words of every sentence (articles, pronouns, auxiliaries), without accents. Never an
#: abbreviation that is searched: « ta » is tension artérielle before it is a possessive.
STOP_WORDS: Final = frozenset(
    resources.files(__package__).joinpath("stop_words.txt").read_text(encoding="utf-8").split()
)


class Word(NamedTuple):
    """A word and where it stands in the text; a date written in figures gives three."""

    plain: str
    start: int
    end: int


def words(text: str) -> Iterator[Word]:
    """The words of a text in NFC, in order."""
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        match token.lastgroup:
            case "letters" | "word":
                yield Word(plain(token[0]), start, end)
            case "number":
                yield Word(token[0].replace(",", ".")[:LONGEST], start, end)
            case "dotted":
                yield Word(plain(token[0].replace(".", "")), start, end)
            case "rest":
                yield Word(plain(token["cut"] + token["rest"]), start, end)
            case "iso":
                year, month, day = token[0].split("-")
                yield from _date(day, month, year, start, end)
            case "year":
                yield from _date(token["day"], token["month"], token["year"], start, end)


def _date(day: str, month: str, year: str, start: int, end: int) -> Iterator[Word]:
    if 1 <= int(day) <= 31 and 1 <= int(month) <= 12:
        if len(year) == 2:
            year = f"{19 if int(year) > _LAST_CENTURY else 20}{year}"
        month = MONTHS[int(month) - 1]
        day = str(int(day))
    for each in (day, month, year):
        yield Word(each, start, end)


@lru_cache(maxsize=65_536)
def plain(word: str) -> str:
    """The word in lower case and without accents, ligatures undone, cut at `LONGEST`."""
    if word.isascii():
        return word.lower()[:LONGEST]
    word = word.lower().replace("œ", "oe").replace("æ", "ae").replace("ß", "ss")
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()[:LONGEST]


def singular(word: str) -> str:
    """A plain word without the mark of its plural, before it is stemmed.

    The French stemmer leaves « rendus » and « genoux » as they are.
    """
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    if len(word) > 4 and word.endswith(("oux", "eaux")):
        return word[:-1]
    return word
