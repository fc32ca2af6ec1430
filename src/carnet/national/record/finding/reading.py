"""The worker's part: documents are read one after another, whatever they hold."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from carnet.national.clients.documents import DocumentStoreError, store
from carnet.national.clients.texts import Reader, ReaderDied, ReadText, recogniser
from carnet.national.record.finding import indexing

_log = logging.getLogger(__name__)

#: Seconds between two looks when there was nothing to read.
IDLE: Final = 0.5
#: Waits between tries; what still fails then stays, `problem` says why, and is logged.
RETRIES: Final = (timedelta(seconds=5), timedelta(minutes=5), timedelta(hours=1))
#: Beyond what reading lasts, before another worker takes the document.
_MARGIN: Final = timedelta(seconds=10)
#: Documents of one statement of `reindex`.
_BATCH: Final = 500

_ASK: Final = "INSERT INTO record_reading (patient_id, document_id) VALUES (%s, %s)"
#: A line is taken for as long as a reading may last, so that no transaction lasts with it: nothing
#: waits for a long one. What a killed worker was reading is read again when its time is over, or
#: later when it has killed one before.
_TAKE: Final = """
UPDATE record_reading
   SET attempts = attempts + 1,
       due_at = %s + (%s::interval[])[least(attempts, %s) + 1]
 WHERE (patient_id, id) = (
    SELECT patient_id, id FROM record_reading
     WHERE due_at <= %s ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING patient_id, id, document_id, attempts, ARRAY(
    SELECT same.id FROM record_reading same
     WHERE same.patient_id = record_reading.patient_id
       AND same.document_id = record_reading.document_id)
"""
#: All that was asked of this document before it was looked at.
_DONE: Final = "DELETE FROM record_reading WHERE patient_id = %s AND id = ANY(%s)"
_AGAIN: Final = """
UPDATE record_reading SET due_at = %s, problem = %s
 WHERE patient_id = %s AND id = %s
"""
#: And whether it was read already, by this revision.
_CONTENT: Final = """
SELECT sha256, mime_type, EXISTS (
       SELECT FROM record_text text
        WHERE text.patient_id = document.patient_id AND text.sha256 = document.sha256
          AND text.revision = %s)
  FROM record_document document
 WHERE patient_id = %s AND id = %s AND status IN ('APPROVED', 'ARCHIVED')
"""
_TO_INDEX: Final = """
SELECT document.patient_id, document.id
  FROM record_document document
 WHERE (document.patient_id, document.id) > (%s, %s) AND document.sha256 <> ''
   AND (%s::uuid IS NULL OR document.patient_id = %s)
   AND status IN ('APPROVED', 'ARCHIVED')
   AND (%s OR NOT EXISTS (
        SELECT FROM record_indexed indexed
         WHERE indexed.patient_id = document.patient_id AND indexed.id = document.id
           AND indexed.revision = %s))
 ORDER BY document.patient_id, document.id
 LIMIT %s
"""


def ask(patient_id: UUID, document_id: UUID) -> None:
    """Have a document read, or looked at again, after the caller's commit."""
    with connection.cursor() as cursor:
        cursor.execute(_ASK, [patient_id, document_id])


def reader() -> Reader:
    """A reader as the settings say; that scans are not read is told once, in the log."""
    found = recogniser() if settings.CARNET_OCR else ""
    if settings.CARNET_OCR and not found:
        _log.info("recogniser_not_installed")
    return Reader(recogniser=found, languages=settings.CARNET_OCR_LANGUAGES)


def read_next(reader: Reader, *, now: datetime) -> bool:
    """Read what is due first; False when nothing is."""
    with connection.cursor() as cursor:
        longest = timedelta(seconds=reader.longest) + _MARGIN
        waits = [longest, *(max(longest, wait) for wait in RETRIES)]
        cursor.execute(_TAKE, [now, waits, len(RETRIES), now])
        line = cursor.fetchone()
        if line is None:
            return False
        patient_id, id_, document_id, attempts, asked = line
        try:
            read(reader, patient_id, document_id)
            cursor.execute(_DONE, [patient_id, asked])
        except (DatabaseError, DocumentStoreError, LookupError, OSError, ValueError) as error:
            _put_off(patient_id, id_, attempts, error, now)
    return True


def read(reader: Reader, patient_id: UUID, document_id: UUID, *, anew: bool = False) -> None:
    """Read a document unless its text is kept (`anew`: read it even so), then index it.

    A content that kills the reader is kept as such, and its document found by its title alone.
    Only the index is written in a transaction. Raises `DocumentStoreError`, `DatabaseError`;
    `LookupError` when the text left meanwhile: read it again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CONTENT, [indexing.REVISION, patient_id, document_id])
        found = cursor.fetchone()
    text = content = None
    if found and (anew or not found[2]):
        sha256, mime_type, _is_kept = found
        data = store(settings.CARNET_DOCUMENTS_URL, settings.CARNET_MASTER_KEY).get(
            patient_id, sha256
        )
        try:
            text = reader.read(mime_type, data)
        except ReaderDied:
            _log.warning("document_not_read", extra={"reason": "died", "event": str(document_id)})
            text = ReadText((), "died", sha256)
    with transaction.atomic():
        indexing.lock(patient_id)
        if found and text:
            content = indexing.keep_text(patient_id, found[0], text)
        indexing.index(patient_id, document_id, content)


@dataclass
class Progress:
    """How many documents a `reindex` has done so far."""

    read: int = 0
    failed: int = 0


def reindex(
    progress: Progress,
    *,
    everything: bool = False,
    patient_id: UUID | None = None,
    after: tuple[UUID, UUID] | None = None,
) -> Iterator[tuple[UUID, UUID]]:
    """Index what is not, or `everything` anew; gives each document once it is done.

    Each is done for itself: stopped, it goes on where it was (`after`, or what is not yet indexed).
    What cannot be had from the store is logged, counted and left.
    """
    last = after or (UUID(int=0), UUID(int=0))
    with reader() as reading:
        while lines := _to_index(last, everything=everything, patient_id=patient_id):
            for last in lines:
                try:
                    read(reading, *last, anew=everything)
                except (DocumentStoreError, LookupError, OSError) as error:
                    progress.failed += 1
                    _log.error(
                        "document_not_read",
                        extra={"reason": type(error).__name__, "event": str(last[1])},
                    )
                    continue
                progress.read += 1
                yield last


def _to_index(
    after: tuple[UUID, UUID], *, everything: bool, patient_id: UUID | None
) -> list[tuple[UUID, UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _TO_INDEX, [*after, patient_id, patient_id, everything, indexing.REVISION, _BATCH]
        )
        return list(cursor.fetchall())


def _put_off(patient_id: UUID, id_: UUID, attempts: int, error: Exception, now: datetime) -> None:
    last = attempts > len(RETRIES)
    reason = type(error).__name__
    _log.log(
        logging.ERROR if last else logging.WARNING,
        "document_not_read",
        extra={"attempts": attempts, "reason": reason},
    )
    wait = RETRIES[min(attempts, len(RETRIES)) - 1]
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, [now + wait, reason, patient_id, id_])


def run(stop: threading.Event) -> None:
    """Read until `stop` is set. A database that goes away is waited for."""
    with reader() as reading:
        while not stop.is_set():
            try:
                done = read_next(reading, now=datetime.now(UTC))
            except DatabaseError as error:
                _log.error("reader_without_database", extra={"reason": type(error).__name__})
                connection.close()
                done = False
            if not done:
                stop.wait(IDLE)
    connection.close()
