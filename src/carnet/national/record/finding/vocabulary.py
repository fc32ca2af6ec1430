"""The words of a record as they are written in it: what completes and corrects a question.

They come from every document, also those that a reader may not open: whoever uses them must
search again, as the reader, before anything is shown. Both columns hold one word a line, in the
same order: that of the plain words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from django.db import connection

from carnet.standards.texts.words import STOP_WORDS, Word, plain, words

SHORTEST: Final = 3
#: Words of one record, the first ones met.
_MOST: Final = 50_000
#: Words that a beginning is completed with, the first in their order.
_MOST_ENDINGS: Final = 60

_PLAIN: Final = "SELECT plain FROM record_vocabulary WHERE patient_id = %s"
_BOTH: Final = "SELECT plain, written FROM record_vocabulary WHERE patient_id = %s"
_KEEP: Final = """
INSERT INTO record_vocabulary (patient_id, plain, written) VALUES (%s, %s, %s)
ON CONFLICT (patient_id) DO UPDATE SET plain = excluded.plain, written = excluded.written
"""
_TEXTS: Final = """
SELECT parts FROM record_text text
 WHERE patient_id = %s AND EXISTS (
       SELECT FROM record_indexed other
        WHERE other.patient_id = text.patient_id AND other.sha256 = text.sha256)
"""
_TITLES: Final = """
SELECT document.title, indexed.type_label, indexed.author, indexed.structure, indexed.specialty
  FROM record_indexed indexed JOIN record_document document USING (patient_id, id)
 WHERE indexed.patient_id = %s
"""


def completed(patient_id: UUID, beginning: str) -> tuple[str, ...]:
    """The plain words of this record that begin so, and are longer."""
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN, [patient_id])
        found = cursor.fetchone()
    lines = f"\n{found[0]}\n" if found else "\n"
    endings: list[str] = []
    at = lines.find(f"\n{beginning}")
    while at >= 0 and len(endings) < _MOST_ENDINGS and lines.startswith(beginning, at + 1):
        end = lines.index("\n", at + 1)
        endings.append(lines[at + 1 : end])
        at = end
    return tuple(word for word in endings if word != beginning)


def written(patient_id: UUID) -> Mapping[str, str]:
    """All words, as they are written, by their plain form."""
    with connection.cursor() as cursor:
        cursor.execute(_BOTH, [patient_id])
        found = cursor.fetchone()
    if not found or not found[0]:
        return {}
    return dict(zip(found[0].split("\n"), found[1].split("\n"), strict=True))


def add(patient_id: UUID, texts: Iterable[tuple[str, Iterable[Word]]]) -> None:
    """Add the words of these texts, given with them."""
    known = dict(written(patient_id))
    before = len(known)
    for text, inside in texts:
        _add(known, text, inside)
    if len(known) != before:
        _keep(patient_id, known)


def make(patient_id: UUID) -> None:
    """Make the vocabulary again: something left."""
    known: dict[str, str] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TITLES, [patient_id])
        for line in cursor.fetchall():
            _add_all(known, " ".join(line))
        cursor.execute(_TEXTS, [patient_id])
        for (parts,) in cursor:
            for heading, _page, text in json.loads(parts):
                _add_all(known, f"{heading} {text}")
    _keep(patient_id, known)


def _add_all(known: dict[str, str], text: str) -> None:
    _add(known, text, words(text))


def _add(known: dict[str, str], text: str, inside: Iterable[Word]) -> None:
    for word in inside:
        if (
            word.plain not in known
            and len(known) < _MOST
            and len(word.plain) >= SHORTEST
            and word.plain not in STOP_WORDS
            and not word.plain.replace(".", "").isdigit()
        ):
            typed = text[word.start : word.end]
            known[word.plain] = typed.lower() if plain(typed) == word.plain else word.plain


def _keep(patient_id: UUID, known: Mapping[str, str]) -> None:
    lines = sorted(known.items())
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP,
            [
                patient_id,
                "\n".join(word for word, _written in lines),
                "\n".join(each for _word, each in lines),
            ],
        )
