"""When nothing is found: the question as it may have been meant.

The words that come near are looked for in the documents of the reader before they are shown, all
of them: a word that only a hidden document holds changes nothing of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from uuid import UUID

from rapidfuzz import process
from rapidfuzz.distance import OSA

from carnet.national.record.finding import asking, vocabulary
from carnet.national.record.finding.found import Hit, Suggestion, fold
from carnet.standards.texts.words import plain

#: A word is corrected by one letter for each so many of its own, two changed places being one.
_LETTERS_A_FAULT: Final = 4
#: Words looked for at once, the nearest first; more never come so near one of them.
_MOST: Final = 200


class Reader(Protocol):
    """Who searches, in what they may open (`searching.Reader`)."""

    patient_id: UUID

    def known(self, words: Sequence[str]) -> frozenset[str]:
        """Those of these plain words that are in a document of this reader."""

    def matching(self, question: asking.Question) -> list[Hit]:
        """All that answers."""


def suggest(reader: Reader, text: str, asked: asking.Asked) -> Suggestion | None:
    """The question with other words, if it finds something."""
    typed = [
        word.plain
        for excluded, _quoted, inside in asked.pieces
        if not excluded
        for word in inside
        if word.plain.isalpha() and len(word.plain) > vocabulary.SHORTEST
    ]
    written = vocabulary.written(reader.patient_id)
    near = {word: _near(word, written) for word in typed}
    every = list(dict.fromkeys([*typed, *(each for words in near.values() for each in words)]))
    known = reader.known(every[:_MOST])
    corrected = text[: asking.LONGEST]
    changed = False
    for word, others in near.items():
        better = next((each for each in others if each in known), "")
        if word not in known and better:
            changed = True
            corrected = _replaced(corrected, word, written[better])
    if not changed:
        return None
    question = asking.understand(asking.cut(f"{corrected} "))
    count = len(fold(reader.matching(question)))
    return Suggestion(corrected, count) if count else None


def _near(word: str, written: Mapping[str, str]) -> list[str]:
    faults = max(1, len(word) // _LETTERS_A_FAULT)
    found = process.extract(
        word, written.keys(), scorer=OSA.distance, score_cutoff=faults, limit=_MOST
    )
    return [each for each, distance, _key in found if distance]


def _replaced(text: str, word: str, better: str) -> str:
    return re.sub(r"\w+", lambda typed: better if plain(typed[0]) == word else typed[0], text)
