"""Why somebody was refused, in words for the holder of the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise

from carnet.national.record.sentences import REASONS

WORDS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {reason: words.patient for reason, words in REASONS.items()}
)


def in_words(codes: Iterable[str]) -> tuple[str, ...]:
    """The sentences of these codes; a code that belongs to another protocol says nothing here."""
    return tuple(str(WORDS[code]) for code in codes if code in WORDS)
