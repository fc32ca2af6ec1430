"""One document into the index of its patient, or out of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.db import connection

from carnet.national.clients.texts import ReadText
from carnet.national.record.finding import folding, vocabulary
from carnet.national.record.finding.lexemes import key_of, keyed, lexemes
from carnet.national.record.fragments import entry_of
from carnet.national.record.queries.lines import Line, label, summary_of
from carnet.standards.nos import category
from carnet.standards.texts import Part
from carnet.standards.texts.parts import split
from carnet.standards.texts.words import STOP_WORDS, Word, words

#: Change it when documents must be read or indexed anew; `reindex` does those of before.
REVISION: Final = 1
#: Characters of a stored part: what is looked through for one passage.
PART: Final = 700
#: A lexeme has at most so many positions, and positions stop there (PostgreSQL, 8.11.1).
_MOST_POSITIONS: Final = 255
_LAST_POSITION: Final = 16_383
#: Bytes of a tsvector, whose limit is 1 MB; reached by no text that a person would read.
_MOST_BYTES: Final = 900_000

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))"
_KEEP_TEXT: Final = """
INSERT INTO record_text (patient_id, sha256, parts, state, likeness, revision)
VALUES (%s, %s, %s::jsonb, %s, %s, %s)
ON CONFLICT (patient_id, sha256) DO UPDATE
   SET parts = excluded.parts, state = excluded.state, likeness = excluded.likeness,
       revision = excluded.revision
"""
_TEXT: Final = """
SELECT parts, state FROM record_text WHERE patient_id = %s AND sha256 = %s AND revision = %s
"""
_ALIKE: Final = """
SELECT other.fold, text.parts, text.sha256,
       document.service_start::date = (SELECT service_start::date FROM record_document
                                        WHERE patient_id = %s AND id = %s)
  FROM record_text text
  JOIN record_indexed other USING (patient_id, sha256)
  JOIN record_document document
    ON document.patient_id = other.patient_id AND document.id = other.id
 WHERE text.patient_id = %s AND other.id <> %s
   AND text.likeness = (SELECT likeness FROM record_text WHERE patient_id = %s AND sha256 = %s)
 ORDER BY other.id
 LIMIT 50
"""
_KEEP: Final = """
INSERT INTO record_indexed (patient_id, id, sha256, words, fold, type_label, author, structure,
                            specialty, revision)
VALUES (%s, %s, %s, %s::tsvector, %s, %s, %s, %s, %s, %s)
ON CONFLICT (patient_id, id) DO UPDATE
   SET sha256 = excluded.sha256, words = excluded.words, fold = excluded.fold,
       type_label = excluded.type_label, author = excluded.author,
       structure = excluded.structure, specialty = excluded.specialty,
       revision = excluded.revision
"""
_FORGET: Final = "DELETE FROM record_indexed WHERE patient_id = %s AND id = %s RETURNING sha256"
_FORGET_TEXT: Final = """
DELETE FROM record_text text
 WHERE patient_id = %s AND sha256 = %s
   AND NOT EXISTS (SELECT FROM record_indexed other
                    WHERE other.patient_id = text.patient_id AND other.sha256 = text.sha256)
RETURNING sha256
"""
_DOCUMENT: Final = f"""
SELECT {", ".join(Line._fields)}, sha256, practice_setting
  FROM record_document
 WHERE patient_id = %s AND id = %s AND status IN ('APPROVED', 'ARCHIVED')
"""  # noqa: S608 - constants only


@dataclass(frozen=True)
class Stretch:
    """Words that weigh alike ("A", the title, to "C", headings, and "D", the text)."""

    text: str
    weight: str

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Its words, read once for all that asks for them."""
        return tuple(words(self.text))


@dataclass(frozen=True)
class Content:
    """What a stored content says, as it is kept: headings and parts of the text, in order."""

    sha256: str
    stretches: tuple[Stretch, ...]

    @classmethod
    def of(cls, sha256: str, parts: Iterable[Part]) -> Content:
        """From its parts; a heading is said once for those that follow each other under it."""
        stretches = []
        before = ""
        for part in parts:
            if part.heading and part.heading != before:
                stretches.append(Stretch(part.heading, "C"))
            before = part.heading
            stretches.append(Stretch(part.text, "D"))
        return cls(sha256, tuple(stretches))

    @cached_property
    def words(self) -> list[str]:
        """The plain words of the text, headings left out."""
        return [word.plain for each in self.stretches if each.weight == "D" for word in each.words]


def lock(patient_id: UUID) -> None:
    """One writer at a time in the index of a record, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [str(patient_id)])


def keep_text(patient_id: UUID, sha256: str, text: ReadText) -> Content:
    """Keep what a content says, in parts of the size of a passage; give it to be indexed."""
    parts = [piece for part in text.parts for piece in split(part, PART)]
    content = Content.of(sha256, parts)
    alike = folding.likeness(content.words, text.carried_sha256)
    rows = [[part.heading, part.page, part.text] for part in parts]
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP_TEXT, [patient_id, sha256, json.dumps(rows), text.state, alike, REVISION]
        )
    return content


def index(patient_id: UUID, document_id: UUID, content: Content | None = None) -> bool:
    """Index a document as it is now; False when it left meanwhile.

    `content` spares the reading of what was just kept. Call it in a transaction that holds `lock`.
    Raises `LookupError` when its text is not kept: it left with another document of the same
    content, and is to be read again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DOCUMENT, [patient_id, document_id])
        found = cursor.fetchone()
        if found is None:
            forget(patient_id, document_id)
            return False
        *columns, sha256, practice = found
        line = Line(*columns)
        if content is None or content.sha256 != sha256:
            cursor.execute(_TEXT, [patient_id, sha256, REVISION])
            kept = cursor.fetchone()
            if kept is None:
                raise LookupError("the text of the document is not kept")
            content = Content.of(sha256, _parts(kept[0]))
        entry, shown = entry_of(line.fragment, line.status), summary_of(line)
        names = [_names(author.person) for author in entry.authors]
        practice_label = label(entry.practice_setting) if practice else ""
        about = (
            shown.type_label,
            *names,
            shown.structure_name,
            shown.author_specialty,
            practice_label,
            category(line.category).title,
            *(label(code) for code in entry.events),
            f"{shown.date:%Y-%m-%d}",
        )
        stretches = [
            Stretch(shown.title, "A"),
            *(Stretch(each, "B") for each in about if each),
            *content.stretches,
        ]
        cursor.execute(
            _KEEP,
            [
                patient_id,
                document_id,
                sha256,
                vector(patient_id, stretches),
                _fold(cursor, patient_id, document_id, content),
                shown.type_label,
                shown.author_name,
                shown.structure_name,
                shown.author_specialty or practice_label,
                REVISION,
            ],
        )
    vocabulary.add(patient_id, ((each.text, each.words) for each in stretches))
    return True


def forget(patient_id: UUID, document_id: UUID) -> None:
    """Take a document out of the index, and its text when no other document has it."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [patient_id, document_id])
        for (sha256,) in cursor.fetchall():
            cursor.execute(_FORGET_TEXT, [patient_id, sha256])
            if cursor.fetchone():
                vocabulary.make(patient_id)


def vector(patient_id: UUID, stretches: Iterable[Stretch]) -> str:
    """The tsvector of these stretches, as PostgreSQL reads it; a gap parts two of them."""
    found: dict[str, list[str]] = {}
    placed = []
    position = 0
    for stretch in stretches:
        for word in stretch.words:
            position += 1
            if word.plain not in STOP_WORDS:
                placed.append((word.plain, f"{min(position, _LAST_POSITION)}{stretch.weight}"))
        position += 5
    stems = lexemes(plain for plain, _place in placed)
    key = key_of(patient_id)
    size = 0
    for plain, place in placed:
        places = found.setdefault(stems[plain], [])
        size += 4 if places else len(stems[plain].encode()) + 24
        if size > _MOST_BYTES:
            break
        if len(places) < _MOST_POSITIONS:
            places.append(place)
    return " ".join(
        f"{keyed(key, lexeme)}:{','.join(places)}" for lexeme, places in found.items() if places
    )


def _parts(kept: str) -> list[Part]:
    return [Part(text, heading, page) for heading, page, text in json.loads(kept)]


def _fold(cursor: Any, patient_id: UUID, document_id: UUID, content: Content) -> UUID:
    """The fold of a copy that is there already, else a fold of its own."""
    this = [patient_id, document_id]
    cursor.execute(_ALIKE, [*this, *this, patient_id, content.sha256])
    mine = content.words
    for fold, kept, sha256, on_one_day in cursor.fetchall():
        if 0 < len(mine) < folding.LONG_ENOUGH and not on_one_day:
            continue
        if sha256 == content.sha256 or folding.alike(mine, Content.of(sha256, _parts(kept)).words):
            return UUID(str(fold))
    return document_id


def _names(xcn: str) -> str:
    """Given and family name of an XCN, without its identifiers."""
    return " ".join(xcn.split("^")[1:3])
