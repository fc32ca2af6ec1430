"""What is also called otherwise: « IRM » and « imagerie par résonance magnétique ».

The facts are in `equivalents.tsv`: a physician may read and complete them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from carnet.standards.texts.words import words

Phrase = tuple[str, ...]

_SIGNS: Final = ("=", ">")


@dataclass(frozen=True, slots=True)
class Group:
    """Terms that mean the same (`both_ways`), or a term of every day and what it covers."""

    terms: tuple[Phrase, ...]
    both_ways: bool

    def others(self, term: Phrase) -> tuple[Phrase, ...]:
        """What to look for beside `term`, which is of this group."""
        if self.both_ways:
            return tuple(each for each in self.terms if each != term)
        return self.terms[1:] if term == self.terms[0] else ()


@cache
def groups() -> tuple[Group, ...]:
    """All lines of the table. Raises `ValueError` for a line that cannot be read."""
    text = resources.files(__package__).joinpath("equivalents.tsv").read_text(encoding="utf-8")
    found = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        term, sign, others, *_source = line.split("\t")
        terms = tuple(phrase(each) for each in (term, *others.split("|")))
        if sign not in _SIGNS or not all(terms):
            raise ValueError(f"equivalents.tsv: {line!r}")
        found.append(Group(terms, both_ways=sign == "="))
    return tuple(found)


@cache
def by_term() -> Mapping[Phrase, tuple[Phrase, ...]]:
    """What each term is also called."""
    found: dict[Phrase, list[Phrase]] = {}
    for group in groups():
        for term in group.terms:
            known = found.setdefault(term, [])
            known += [each for each in group.others(term) if each not in known]
    return {term: tuple(others) for term, others in found.items() if others}


def phrase(text: str) -> Phrase:
    """The plain words of a term."""
    return tuple(word.plain for word in words(text))
