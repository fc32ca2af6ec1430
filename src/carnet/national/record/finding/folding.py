"""Copies: the same text sent twice, or sent again with a word changed, is shown once.

Two documents are copies when they hold the same figures, dates included, and nearly the same
words: a blood test is never folded into that of another day, which differs by its figures alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Final

#: How many of the groups of three words of both must be common (Jaccard index, each as often
#: as it is there).
ALIKE: Final = 0.9
#: Shorter texts say too little ("ECG normal"): they are copies only of themselves, on one day.
LONG_ENOUGH: Final = 40


def likeness(words: Sequence[str], carried_sha256: str) -> str:
    """The digest that copies share: of their figures, of all words of a short text, or of the
    bytes of what has no text at all (`carried_sha256`)."""
    if not words:
        return carried_sha256
    kept = words
    if len(words) >= LONG_ENOUGH:
        kept = sorted(word for word in words if any(map(str.isdigit, word)))
    kind = "figures" if len(words) >= LONG_ENOUGH else "words"
    return hashlib.sha256(" ".join((kind, *kept)).encode()).hexdigest()


def alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two texts of one `likeness` are nearly the same."""
    if not one or not other:
        return not one and not other
    a, b = _shingles(one), _shingles(other)
    return (a & b).total() >= ALIKE * (a | b).total()


def _shingles(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    return Counter(zip(words, words[1:], words[2:], strict=False)) or Counter([tuple(words)])
