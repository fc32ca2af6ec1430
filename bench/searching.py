"""Full-text search in one record of 2,000 documents: the room's query, and a bare statement.

`python -m bench.searching web` answers `GET /?q=words` by `record.finding.searching.search` for the
holder of the record, as pages and doors call it; `floor` by one SELECT of the same index: no
rights, no other names of words, no facets, no copies, no passages. `fill` makes the record from its
one document: other dates, other texts.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, quote
from uuid import UUID

import psycopg
from granian import Granian
from granian.constants import Interfaces
from psycopg_pool import ConnectionPool
from uuid_utils.compat import uuid7

from bench.paths import Batch, Round
from carnet.ops.memory import keep_freed_memory
from carnet.standards.texts import equivalents

#: Names the one record to `web` and `floor`.
PATIENT: Final = "CARNET_BENCH_PATIENT"
_PAGE: Final = 20
_COMMON: Final = (
    *("patient", "consultation", "traitement", "docteur"),
    *("examen", "clinique", "suivi", "résultat"),
)
_SYLLABLES: Final = (
    *("car", "dio", "pul", "mo", "ne", "hy", "per", "ten", "sion", "ri"),
    *("ta", "lo", "gie", "phro", "de", "ma", "so", "ver", "ti", "que"),
)

_MODEL: Final = "SELECT patient_id, id FROM record_document WHERE patient_id = %s"
_MULTIPLY: Final = """
INSERT INTO record_document
SELECT line.* FROM record_document old,
       unnest(%s::uuid[], %s::text[]) WITH ORDINALITY AS new(id, sha256, place),
       LATERAL jsonb_populate_record(old, jsonb_build_object(
           'id', new.id, 'logical_id', new.id, 'unique_id', old.unique_id || '.' || place,
           'sha256', new.sha256,
           'service_start', old.service_start - make_interval(days => 3 * place::int))) AS line
 WHERE old.patient_id = %s AND old.id = %s
"""
_FLOOR: Final = """
SELECT id FROM record_indexed, CAST((
       SELECT string_agg(quote_literal(right(%s, 6)
                         || coalesce((ts_lexize('record_french', word))[1], word)), ' & ')
         FROM unnest(%s::text[]) AS asked(word)) AS tsquery) AS query
 WHERE patient_id = %s AND words @@ query
 ORDER BY ts_rank(words, query) DESC, id DESC LIMIT 20
"""


@cache
def vocabulary() -> tuple[str, ...]:
    """Twelve thousand words, those of the table of other names among them; the same each time."""
    chance = random.Random(7)
    made = {
        "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))): None for _ in range(12_000)
    }
    known = {word for term in equivalents.by_term() for word in term if len(word) > 3}
    every = [*sorted(known), *made]
    chance.shuffle(every)
    return tuple(every)


def text(number: int) -> str:
    """A letter of 250 to 700 words, frequent and rare ones as in any language (Zipf)."""
    chance = random.Random(number)
    words = vocabulary()
    count = chance.randint(250, 700)
    chosen = chance.choices(words, [1 / (place + 5) for place in range(len(words))], k=count)
    for word in _COMMON:
        chosen[chance.randrange(count)] = word
    lines = (" ".join(chosen[at : at + 12]) for at in range(0, count, 12))
    return "\n".join(f"{line} {chance.randint(1, 300)}." for line in lines)


def questions() -> Batch:
    """Rare words, words of half the record and of all of it, in pairs too, beginnings, nothing."""
    words = vocabulary()
    asked = [
        *words[2_000:2_040],
        *words[20:40],
        *(f"{words[30 + place]} {words[300 + place]}" for place in range(20)),
        *(f"{word} {words[60]}" for word in _COMMON),
        *_COMMON[:4],
        *("hta", "irm", "tension", "prise de sang", "scanner"),
        *(word[:5] for word in words[500:510]),
        "introuvable",
    ]
    made = [f"GET /?q={quote(each)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for each in asked]

    def batch(size: int) -> Round:
        chance = random.Random(size)
        chosen = chance.choices(made, k=size)
        return lambda: iter(chosen)

    return batch


def answered(answer: bytes | bytearray) -> bool:
    """A page of results, which may be empty."""
    return answer.startswith(b"HTTP/1.1 200") and b'"found"' in answer


def fill(patient_id: UUID, documents: int) -> None:
    """Multiply the one document of this record, each with a text of its own, and index them."""
    import django

    django.setup()
    from django.db import connection, transaction

    from carnet.national.clients.texts import ReadText
    from carnet.national.record.finding import indexing
    from carnet.standards.texts import Part

    shas = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(1, documents)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MODEL, [patient_id])
        ((_patient, model),) = cursor.fetchall()
        ids = [uuid7() for _sha in shas]
        cursor.execute(_MULTIPLY, [ids, shas, patient_id, model])
        for number, (id_, sha) in enumerate(zip(ids, shas, strict=True)):
            read = ReadText((Part(text(number), page=1),), "whole", sha)
            indexing.keep_text(patient_id, sha, read)
            indexing.index(patient_id, id_)


def _search(words: str) -> list[str]:
    from carnet.national.journal.actors import Citizen
    from carnet.national.record.finding.searching import search

    patient_id = UUID(os.environ[PATIENT])
    reader = Citizen(patient_id, patient_id, "bench")
    found = search(reader, patient_id, words, now=datetime.now(UTC), limit=_PAGE)
    return [str(result.document.id) for result in found.results]


@cache
def _pool() -> ConnectionPool[psycopg.Connection]:
    return ConnectionPool(os.environ["DATABASE_URL"], min_size=1, kwargs={"autocommit": True})


def _select(words: str) -> list[str]:
    patient = os.environ[PATIENT]
    with _pool().connection() as connection:
        lines = connection.execute(_FLOOR, [patient, words.split(), patient]).fetchall()
    return [str(id_) for (id_,) in lines]


def _answering(find: Callable[[str], list[str]]) -> Callable[..., Iterable[bytes]]:
    def application(
        environ: Mapping[str, Any], start_response: Callable[..., object]
    ) -> Iterable[bytes]:
        (words,) = parse_qs(environ["QUERY_STRING"]).get("q", [""])
        body = json.dumps({"found": find(words) if words else []}).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return (body,)

    return application


web = _answering(_search)
floor = _answering(_select)


def _serve(name: str) -> None:
    keep_freed_memory()
    Granian(
        f"bench.searching:{name}",
        address="unix",
        port=0,
        uds=Path(os.environ["CARNET_WEB_LISTEN"].removeprefix("unix:")),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=4,
        respawn_failed_workers=True,
        websockets=False,
    ).serve()


if os.environ.get(PATIENT) and os.environ.get("DJANGO_SETTINGS_MODULE"):
    import django

    django.setup()  # in the worker of granian, which imports this module anew

if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(UUID(sys.argv[2]), int(sys.argv[3]))
    else:
        _serve(sys.argv[1])
