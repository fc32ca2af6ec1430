"""A question as it is typed, and what is looked for: words, "phrases", -exclusions, beginnings.

« irm "genou droit" -fracture ligam »: all words must be in a document, in their order between
quotes; what follows a minus must not be; the last word may be only begun. A word is also looked
for under its other names (`standards.texts.equivalents`), but not between quotes.
"""

from __future__ import annotations

import re
import unicodedata
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from uuid import UUID

from carnet.national.record.finding.lexemes import key_of, keyed, lexemes
from carnet.standards.texts import equivalents
from carnet.standards.texts.words import STOP_WORDS, Word, words

#: What is beyond is not looked at.
LONGEST: Final = 300
_MOST_WORDS: Final = 16
#: A shorter beginning would be completed with anything.
_LEAST_BEGUN: Final = 3

_CHUNK: Final = re.compile(
    r"""\s*(?P<minus>(?<!\S)[-−–](?=[\w"«“]))?
        (?: ["«“”](?P<quoted>[^"»”“]*)(?:["»”“]|$)
          | (?P<bare>[^"«“”]+?)(?=\s[-−–][\w"«“]|["«“”]|$)
          | . )""",
    re.VERBOSE | re.DOTALL,
)

#: Lexemes in order: each place may be taken by one of several; the number is the distance to the
#: place before (2 when a word of every sentence stands between).
Place = tuple[int, frozenset[str]]
Sequence_ = tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """What must be there, in one of several ways; or, `excluded`, in none of them."""

    ways: tuple[Sequence_, ...]
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for. Nothing to look for is every document."""

    clauses: tuple[Clause, ...] = ()

    @property
    def wanted(self) -> tuple[Clause, ...]:
        """What must be there."""
        return tuple(clause for clause in self.clauses if not clause.excluded)

    def sought(self, patient_id: UUID) -> str:
        """The tsquery of what must be there; empty when nothing must."""
        return " & ".join(_either(patient_id, clause) for clause in self.wanted)

    def glimpsed(self, patient_id: UUID) -> str:
        """The tsquery of anything of what must be there; empty when nothing must."""
        return " | ".join(_either(patient_id, clause) for clause in self.wanted)

    def unwanted(self, patient_id: UUID) -> str:
        """The tsquery of what must not be there; empty when anything may."""
        return " | ".join(_either(patient_id, each) for each in self.clauses if each.excluded)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question cut in pieces, before anything is known of the record."""

    pieces: tuple[tuple[bool, bool, tuple[Word, ...]], ...]  #: (excluded, quoted, words)
    begun: bool  #: the last word may be only its beginning

    @property
    def last(self) -> str:
        """The beginning to be completed, or nothing."""
        if not self.begun or not self.pieces:
            return ""
        excluded, quoted, inside = self.pieces[-1]
        word = inside[-1].plain
        usable = not excluded and not quoted and len(word) >= _LEAST_BEGUN and word.isalpha()
        return word if usable else ""


def cut(text: str) -> Asked:
    """The pieces of a question; of what is too long, the beginning."""
    text = unicodedata.normalize("NFC", text[:LONGEST].replace("\x00", " "))
    pieces = []
    room = _MOST_WORDS
    for chunk in _CHUNK.finditer(text):
        quoted = chunk["quoted"] is not None
        inside = tuple(words(chunk["quoted"] or chunk["bare"] or ""))[:room]
        room -= len(inside)
        if inside and chunk["minus"] and not quoted:
            # the minus is of the first word alone
            first = tuple(word for word in inside if word.start == inside[0].start)
            pieces.append((True, True, first))
            inside = inside[len(first) :]
            if inside:
                pieces.append((False, False, inside))
        elif inside:
            pieces.append((bool(chunk["minus"]), quoted, inside))
    return Asked(tuple(pieces), begun=bool(text) and (text[-1].isalnum()))


def understand(asked: Asked, endings: Sequence[str] = ()) -> Question:
    """The question; `endings` are plain words that `asked.last` may be the beginning of."""
    met = [word.plain for _excluded, _quoted, inside in asked.pieces for word in inside]
    stems = ChainMap(dict(lexemes((*met, *endings))), _stems_of_terms())
    clauses: list[Clause] = []
    for place, (excluded, quoted, inside) in enumerate(asked.pieces):
        if quoted:
            way = _way([word.plain for word in inside], stems)
            clauses += [Clause((way,), excluded)] if way else []
            continue
        final = place == len(asked.pieces) - 1
        clauses += _bare(inside, stems, endings if final else ())
    return Question(tuple(clauses))


def _bare(inside: Sequence[Word], stems: Mapping[str, str], endings: Sequence[str]) -> list[Clause]:
    """The clauses of words without quotes: each word, longest known term first, with its names."""
    clauses = []
    plains = [word.plain for word in inside]
    at = 0
    while at < len(plains):
        length, others = _longest_term(plains[at:], stems)
        if length:
            ways = [_way(plains[at : at + length], stems), *(_way(o, stems) for o in others)]
            last = at + length == len(plains)
            if last and length == 1 and endings:
                ways.append(_any_of((plains[at], *endings), stems))
            clauses.append(Clause(tuple(dict.fromkeys(way for way in ways if way))))
            at += length
            continue
        same = at + 1
        while same < len(plains) and inside[same].start == inside[at].start:
            same += 1  # a date written in figures: its three words go together
        if same > at + 1:
            clauses.append(Clause((_way(plains[at:same], stems),)))
        elif plains[at] not in STOP_WORDS:
            ending = endings if same == len(plains) else ()
            clauses.append(Clause((_any_of((plains[at], *ending), stems),)))
        at = same
    return clauses


def _longest_term(
    plains: Sequence[str], stems: Mapping[str, str]
) -> tuple[int, tuple[equivalents.Phrase, ...]]:
    known, longest = _terms()
    for length in range(min(longest, len(plains)), 0, -1):
        others = known.get(tuple(stems[word] for word in plains[:length]))
        if others:
            return length, others
    return 0, ()


def _way(plains: Sequence[str], stems: Mapping[str, str]) -> Sequence_:
    """These words one after the other; words of every sentence only hold their place."""
    places: list[Place] = []
    distance = 1
    for word in plains:
        if word in STOP_WORDS:
            distance += 1
            continue
        places.append((distance, frozenset({stems[word]})))
        distance = 1
    return tuple(places)


def _any_of(plains: Iterable[str], stems: Mapping[str, str]) -> Sequence_:
    return ((1, frozenset(stems[word] for word in plains)),)


def _either(patient_id: UUID, clause: Clause) -> str:
    return "(" + " | ".join(_sequence(patient_id, way) for way in clause.ways) + ")"


def _sequence(patient_id: UUID, way: Sequence_) -> str:
    text, key = "", key_of(patient_id)
    for distance, choices in way:
        one = " | ".join(keyed(key, lexeme) for lexeme in sorted(choices))
        text = f"{text} <{distance}> ({one})" if text else f"({one})"
    return f"({text})"


@cache
def _stems_of_terms() -> dict[str, str]:
    every = equivalents.by_term()
    return dict(
        lexemes(
            {word for term, others in every.items() for each in (term, *others) for word in each}
        )
    )


@cache
def _terms() -> tuple[Mapping[tuple[str, ...], tuple[equivalents.Phrase, ...]], int]:
    """The other names of each term, by the lexemes of its words; the length of the longest."""
    stems = _stems_of_terms()
    found: dict[tuple[str, ...], tuple[equivalents.Phrase, ...]] = {}
    for term, others in equivalents.by_term().items():
        key = tuple(stems[word] for word in term)
        found[key] = (*found.get(key, ()), *others)
    return found, max(len(key) for key in found)
