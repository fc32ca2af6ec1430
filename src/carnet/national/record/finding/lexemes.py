"""Words to lexemes: « artérielles » and « artériel » are one. PostgreSQL stems, we remember."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from django.db import connection

from carnet.standards.texts.words import singular

#: The French stemmer of Snowball without its list of stop words (migration `finding`).
_STEM: Final = (
    "SELECT word, (ts_lexize('record_french', word))[1] FROM unnest(%s::text[]) AS w(word)"
)
#: Words remembered by a process; a word of a language has one stem for ever.
_MOST: Final = 200_000

_known: dict[str, str] = {}
_lock = threading.Lock()


def lexemes(words: Iterable[str]) -> Mapping[str, str]:
    """The lexeme of each of these plain words; one statement when one is met for the first time."""
    wanted = set(words)
    found = {word: lexeme for word in wanted if (lexeme := _known.get(word))}
    unknown = wanted - found.keys()
    stemmed = {word: singular(word) for word in unknown if word.isalpha()}
    new = {word: word for word in unknown - stemmed.keys()}
    if stemmed:
        with connection.cursor() as cursor:
            cursor.execute(_STEM, [list(set(stemmed.values()))])
            stems = dict(cursor.fetchall())
        new |= {word: stems[base] or base for word, base in stemmed.items()}
    if new:
        with _lock:
            if len(_known) + len(new) > _MOST:
                _known.clear()
            _known.update(new)
    return found | new


def key_of(patient_id: UUID) -> str:
    """What the lexemes of a patient begin with, in the index and in what is asked of it.

    The end of a UUIDv7 is chance: two patients rarely share it, and it does no harm when they do,
    since the patient is a condition of every search.
    """
    return patient_id.hex[-6:]


def keyed(key: str, lexeme: str) -> str:
    """The lexeme as it is indexed and asked for, quoted for tsvector and tsquery."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{key}{escaped}'"
