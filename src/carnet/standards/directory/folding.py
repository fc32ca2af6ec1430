"""How names and places of the directory are compared: no case, no accent, single spaces.

HL7 FHIR R4, 3.1.1.4.8: a search of type string ignores case and accents, and may ignore
punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o"})
_NOT_WORD: Final = re.compile(r"[^0-9a-z]+")


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """`text` as it is compared: "Hélène D'ARC-Noël" is "helene d arc noel"."""
    lower = text.lower().translate(_LIGATURES)
    if not lower.isascii():
        lower = "".join(
            char for char in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(char)
        )
    return _NOT_WORD.sub(" ", lower).strip()


def words_of(*texts: str) -> str:
    """The folded words of these texts, each after one space: " helene d arc noel"."""
    return "".join(f" {word}" for text in texts for word in folded(text).split())
