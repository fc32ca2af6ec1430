"""What a search gives: frozen, in the reader's words, nothing of what the reader may not open."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from carnet.national.record.finding.passages import Passage, Piece, marked_html
from carnet.national.record.queries.views import DocumentSummary
from carnet.standards.nos import category


class Order(StrEnum):
    """What comes first."""

    RELEVANCE = "relevance"  #: what answers best; of equals, and nearly, the most recent
    DATE = "date"  #: the most recent act


@dataclass(frozen=True, slots=True)
class Filters:
    """What is kept; an empty value keeps everything. Values are those of the facets."""

    category: str = ""  #: slug
    type: str = ""
    period: str = ""  #: a year
    author: str = ""
    structure: str = ""
    specialty: str = ""
    since: date | None = None  #: first day of the act, in Paris
    until: date | None = None  #: last day


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that a filter may take, with how many results it would leave."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Copy:
    """Another document that says the same."""

    id: UUID
    date: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """A document that answers, the newest of its copies."""

    document: DocumentSummary
    title: tuple[Piece, ...]
    passages: tuple[Passage, ...]
    copies: tuple[Copy, ...]

    @property
    def title_html(self) -> SafeString:
        """The title, escaped, what was looked for in `mark`."""
        return marked_html(self.title)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another question, which finds something."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """A page of results. `next_after` goes back into `after`; empty at the end."""

    results: tuple[Result, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]  #: by name of `Filters`
    total: int  #: results, copies folded
    next_after: str = ""
    suggestion: Suggestion | None = None
    unread: int = 0  #: documents of this reader that are not yet in the index


class Hit(NamedTuple):
    """A document that matches and that the reader may open. Ids are texts, made faster."""

    id: str
    fold: str
    score: float  #: by which it is ordered, the highest first
    date: float  #: of the act, in seconds since 1970
    category: str
    type: str
    period: str
    author: str
    structure: str
    specialty: str


FACETS: Final = ("category", "type", "period", "author", "structure", "specialty")
_PLACES: Final = {name: Hit._fields.index(name) for name in FACETS}
_PARIS: Final = ZoneInfo("Europe/Paris")


def narrow(
    hits: Sequence[Hit], filters: Filters
) -> tuple[list[tuple[Hit, tuple[Hit, ...]]], dict[str, tuple[FacetValue, ...]]]:
    """What the filters keep, copies folded, and the facets: each counts what the others keep."""
    if filters.since or filters.until:
        first, last = _bounds(filters)
        hits = [hit for hit in hits if first <= hit.date < last]
    chosen = {name: value for name in FACETS if (value := getattr(filters, name))}
    folded = fold(_kept(hits, chosen))
    facets = {}
    for name in FACETS:
        others = {other: value for other, value in chosen.items() if other != name}
        counted = fold(_kept(hits, others)) if name in chosen else folded
        place = _PLACES[name]
        facets[name] = _values(name, Counter([str(hit[place]) for hit, _copies in counted]))
    return folded, facets


def fold(hits: Sequence[Hit]) -> list[tuple[Hit, tuple[Hit, ...]]]:
    """Each hit that stands for its copies, the newest, with the others, newest first.

    It takes the place of the first of them.
    """
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.fold, []).append(hit)
    if len(groups) == len(hits):
        return [(hit, ()) for hit in hits]
    folded = []
    for group in groups.values():
        newest, *others = sorted(group, key=lambda hit: (hit.date, hit.id), reverse=True)
        folded.append((newest._replace(score=group[0].score), tuple(others)))
    return folded


def _kept(hits: Sequence[Hit], chosen: Mapping[str, str]) -> Sequence[Hit]:
    for name, value in chosen.items():
        place = _PLACES[name]
        hits = [hit for hit in hits if hit[place] == value]
    return hits


def _values(name: str, counted: Mapping[str, int]) -> tuple[FacetValue, ...]:
    values = [
        FacetValue(value, str(category(value).title) if name == "category" else value, count)
        for value, count in counted.items()
        if value
    ]
    if name == "period":
        return tuple(sorted(values, key=lambda each: each.value, reverse=True))
    return tuple(sorted(values, key=lambda each: (-each.count, each.label)))


def _bounds(filters: Filters) -> tuple[float, float]:
    """The first second that is kept, and the one after the last."""
    first, last = filters.since, filters.until
    return (
        datetime.combine(first, time.min, _PARIS).timestamp() if first else -math.inf,
        datetime.combine(last, time.min, _PARIS).timestamp() + 86_400 if last else math.inf,
    )
