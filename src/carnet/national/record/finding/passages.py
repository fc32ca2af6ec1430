"""The passages of a document that answer a question, with the words that do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from carnet.national.record.finding.asking import Question, Sequence_
from carnet.national.record.finding.lexemes import lexemes
from carnet.standards.texts.words import Word, plain, words

#: Characters shown around what was found.
WIDTH: Final = 220
#: Passages shown of one document.
MOST: Final = 2
#: Parts of one document that are looked at word by word.
_TRIED: Final = 5

#: A plain letter as it may be written.
_WRITTEN: Final = {
    letter: f"[{letter}{accented}{letter.upper()}{accented.upper()}]"
    for letter, accented in {
        **dict.fromkeys("bdfghjklmpqrstvwxz", ""),
        **{"a": "àâäáã", "c": "ç", "e": "éèêë", "i": "îïìí", "n": "ñ"},
        **{"o": "ôöòóõ", "u": "ùûüú", "y": "ÿ"},
    }.items()
}

#: Letters of the longest abbreviation that is written with dots.
_DOTTED: Final = 4

Piece = tuple[str, bool]  #: some text, and whether it was looked for
Span = tuple[int, int, int]  #: (start, end, which clause)


@dataclass(frozen=True, slots=True)
class Passage:
    """A few lines of a document: where, and what."""

    heading: str
    page: int
    pieces: tuple[Piece, ...]

    @property
    def html(self) -> SafeString:
        """The text, escaped, what was looked for in `mark`."""
        return marked_html(self.pieces)


def marked_html(pieces: Iterable[Piece]) -> SafeString:
    """These pieces as HTML, every text escaped."""
    shown = (format_html("<mark>{}</mark>" if marked else "{}", text) for text, marked in pieces)
    return format_html_join("", "{}", ((each,) for each in shown))


class Marker:
    """Finds in texts what one question looks for."""

    def __init__(self, question: Question) -> None:
        #: By the lexeme that they begin with: (which clause, in which way).
        self._ways: dict[str, list[tuple[int, Sequence_]]] = {}
        for which, clause in enumerate(question.wanted):
            for way in clause.ways:
                for lexeme in way[0][1]:
                    self._ways.setdefault(lexeme, []).append((which, way))
        self._rough = _candidates(frozenset(self._ways))
        longest = max(
            (sum(place[0] for place in w) for c in question.wanted for w in c.ways), default=0
        )
        #: Words to read where one may begin; a date in figures gives three.
        self._reach = longest + 2

    def passages(self, parts: Sequence[tuple[str, int, str]]) -> tuple[Passage, ...]:
        """The best of these parts (heading, page, text), in the order of the document."""
        if self._rough is None:
            return ()
        rough, most = self._rough
        worth = []
        best = 0
        for place, (_heading, _page, text) in enumerate(parts):
            begun = [(match.start(), match[0]) for match in rough.finditer(text)]
            if begun:
                different = {plain(beginning) for _at, beginning in begun}
                worth.append((len(different), -place, [at for at, _beginning in begun]))
                best += len(different) >= most
            if best == _TRIED:
                break  # none that follows is better
        found: dict[int, Passage] = {}
        for _many, place, starts in sorted(worth, reverse=True)[:_TRIED]:
            heading, page, text = parts[-place]
            spans = self._near(text, starts)
            if spans:
                found[-place] = Passage(heading, page, _window(text, spans))
            if len(found) == MOST:
                break
        return tuple(passage for _place, passage in sorted(found.items()))

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """The whole text, marked."""
        return tuple(_pieces(text, self.spans(text), 0, len(text)))

    def spans(self, text: str) -> list[Span]:
        """What is looked for, spans apart from each other, in order."""
        return _apart(self._spans(list(words(text)), 0))

    def _near(self, text: str, starts: Iterable[int]) -> list[Span]:
        """As `spans`, where something may begin: the rest of the text is not cut into words."""
        found: set[Span] = set()
        for start in starts:
            first = text.rfind(" ", 0, start) + 1
            inside: list[Word] = []
            after = 0
            for word in words(text[first:]):
                inside.append(word)
                after += first + word.end > start
                if after == self._reach:
                    break
            found.update(self._spans(inside, first))
        return _apart(found)

    def _spans(self, inside: Sequence[Word], first: int) -> Iterator[Span]:
        """Where a way begins in these words of a text that is read from `first` on."""
        stems = lexemes(word.plain for word in inside)
        for at, word in enumerate(inside):
            for which, way in self._ways.get(stems[word.plain], ()):
                end = _end(way, inside, stems, at)
                if end:
                    yield first + word.start, first + inside[end - 1].end, which


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Without those that begin inside another; the longest of those that begin together."""
    apart: list[Span] = []
    for span in sorted(spans, key=lambda span: (span[0], -span[1], span[2])):
        if not apart or span[0] >= apart[-1][1]:
            apart.append(span)
    return apart


def _end(way: Sequence_, inside: Sequence[Word], stems: Mapping[str, str], at: int) -> int:
    """Where this way ends when it begins at this word, else 0."""
    for distance, choices in way[1:]:
        at += distance
        if at >= len(inside) or stems[inside[at].plain] not in choices:
            return 0
    return at + 1


@lru_cache(maxsize=256)
def _candidates(lexemes: frozenset[str]) -> tuple[re.Pattern[str], int] | None:
    """Where a word may have one of these lexemes: a stem and its words begin alike, mostly.

    And how many different beginnings there are; none for no lexeme.
    """
    starts: list[str] = []
    for start in sorted(map(_start, lexemes)):
        if not starts or not start.startswith(starts[-1]):
            starts.append(start)
    if not starts:
        return None
    return re.compile("|".join(_pattern(start, start in lexemes) for start in starts)), len(starts)


def _start(lexeme: str) -> str:
    """What all its words begin with."""
    return lexeme[: max(_DOTTED, len(lexeme) - 2)] if lexeme.isalpha() else lexeme


def _pattern(start: str, is_whole: bool) -> str:
    """How it may be written; « I.R.M. » and « 6,5 » have signs inside.

    Letters come first where they can, which is what makes a pattern quick.
    """
    first = r"(?<![^\W_])"
    if not start.isalpha():
        return first + re.escape(start).replace(r"\.", "[.,]")
    letters = [_WRITTEN.get(letter, re.escape(letter)) for letter in start]
    if is_whole and len(start) <= _DOTTED:
        return first + r"\.?".join(letters)
    if "oe" in start or "ae" in start:
        return first + _ligatures("".join(letters))
    return f"{''.join(letters)}(?<![^\\W_].{{{len(start)}}})"


def _ligatures(pattern: str) -> str:
    """The pattern, « œ » and « æ » being as good as their two letters."""
    for letter, both in (("o", "œŒ"), ("a", "æÆ")):
        two = _WRITTEN[letter] + _WRITTEN["e"]
        pattern = pattern.replace(two, f"(?:{two}|[{both}])")
    return pattern


def _window(text: str, spans: Sequence[Span]) -> tuple[Piece, ...]:
    """About `WIDTH` characters where most clauses are, cut between words."""

    def worth(first: int) -> tuple[int, int, int]:
        inside = [s for s in spans if s[0] >= first and s[1] <= first + WIDTH]
        return len({which for _start, _end, which in inside}), len(inside), -first

    best = max((start for start, _end, _which in spans), key=worth)
    last = max(
        (end for start, end, _w in spans if start >= best and end <= best + WIDTH), default=0
    )
    slack = max(0, WIDTH - (last - best))
    start = max(0, best - slack // 2)
    end = min(len(text), start + max(WIDTH, last - best))
    start = max(0, min(start, end - WIDTH))
    if start:
        start = min(best, text.find(" ", start) + 1 or best)
    if end < len(text):
        cut = text.rfind(" ", start, end)
        end = cut if cut >= last else max(end, last)
    pieces = list(_pieces(text, spans, start, end))
    if start:
        pieces.insert(0, ("… ", False))
    if end < len(text):
        pieces.append((" …", False))
    return tuple(pieces)


def _pieces(text: str, spans: Sequence[Span], start: int, end: int) -> Iterator[Piece]:
    at = start
    for first, last, _which in spans:
        if first < at or last > end:
            continue
        if first > at:
            yield text[at:first], False
        yield text[first:last], True
        at = last
    if at < end:
        yield text[at:end], False
