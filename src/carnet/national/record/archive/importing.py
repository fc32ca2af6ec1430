"""Reading an archive into this Carnet."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final
from uuid import UUID
from zipfile import ZipFile

from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from psycopg.errors import ProgramLimitExceeded

from carnet.national.clients import clamd
from carnet.national.clients.documents import store
from carnet.national.identity import actions as identities
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record import places
from carnet.national.record.archive import contents
from carnet.national.record.archive.contents import ArchiveError, Held, Identified, Row, Said
from carnet.national.record.finding import reading
from carnet.national.record.profiles import FR_DMP, IHE, domain
from carnet.standards.ids import PatientId

__all__ = ["ArchiveError", "Imported", "import_record"]

#: What a table gets of the lines of an archive.
_LINES: Final = """
INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)
"""
#: Waits for whoever is making a record of this person.
_UNLESS_THERE: Final = " ON CONFLICT (patient_id) DO NOTHING"


@dataclass(frozen=True, slots=True)
class Imported:
    """Whose record it is here, and how many documents came."""

    patient_id: UUID
    documents: int


def import_record(actor: Actor, file: BinaryIO, *, now: datetime) -> Imported:
    """Make the record of an archive a record of this Carnet.

    The person is registered if they are unknown here; if they are known they have no record yet.
    A patient of an affinity domain is one of the domain that is here, and found as such.
    Identifiers of documents stay theirs; the repository becomes this one, unless another holds the
    bytes. The access history is not made ours: the archive goes on proving it. Raises
    `ArchiveError`, `OSError`; the bytes of documents of a refused archive are collected later.
    """
    with contents.opened(file) as archive:
        said = contents.said(archive)
        try:
            with transaction.atomic():
                return _write(actor, archive, said, now)
        except (IntegrityError, DataError) as error:
            raise ArchiveError(
                "the archive contradicts itself, or a document of it is already here"
            ) from error
        except OperationalError as error:
            if not isinstance(error.__cause__, ProgramLimitExceeded):
                raise
            raise ArchiveError("a text of the archive is too long to be kept") from error


def _write(actor: Actor, archive: ZipFile, said: Said, now: datetime) -> Imported:
    patient_id = _patient(actor, said.whose, now)
    count = len(said.rows["record_document"])
    rows = dict(said.rows)
    if not _insert("record_record", rows.pop("record_record"), patient_id, _UNLESS_THERE):
        raise ArchiveError("this person already has a record here")
    kept = store(settings.CARNET_DOCUMENTS_URL, settings.CARNET_MASTER_KEY)
    for document in said.documents:
        kept.put(patient_id, _verified(archive, document))
    for table, lines in rows.items():
        _insert(table, lines, patient_id)
    profile = IHE if isinstance(said.whose, PatientId) else FR_DMP
    if profile.places:
        places.keep_all_places(patient_id)
    if profile.announces:
        for document in said.documents:
            reading.ask(patient_id, document.id)
    journal.record(
        actor,
        "record.imported",
        at=now,
        patient_id=patient_id,
        outcome="allowed",
        details={"documents": count, "from": said.register},
    )
    return Imported(patient_id, count)


def _patient(actor: Actor, whose: Identified | PatientId, now: datetime) -> UUID:
    """Whose record it will be, made known when they are not."""
    if isinstance(whose, PatientId):
        if settings.CARNET_AFFINITY_DOMAIN is None or not domain().knows(whose.authority):
            raise ArchiveError("the patient of the archive is of no affinity domain that is here")
        return identities.register_domain_patient(actor, whose, now=now)
    while (known := identity.patient_of(whose.ins)) is None:
        with suppress(identities.InsAlreadyKnown):  # since we looked: look again
            return identities.register_person(actor, whose.ins, whose.traits, now=now)
    return known


def _verified(archive: ZipFile, document: Held) -> bytes:
    """The bytes of a document: those that its line tells of, which the antivirus lets in."""
    most = settings.CARNET_MAX_DOCUMENT_BYTES
    data = contents.read(archive, document.file, "a document", most=most)
    if hashlib.sha256(data).hexdigest() != document.sha256:
        raise ArchiveError("a document is not the one that its line tells of")
    try:
        clamd.check(settings.CARNET_CLAMD, data)
    except clamd.InfectedError:
        raise ArchiveError("the antivirus refuses a document") from None
    return data


def _insert(table: str, rows: list[Row], patient_id: UUID, unless: str = "") -> int:
    """Write the lines of a table for this patient; gives how many were."""
    lines = json.dumps([row | {"patient_id": str(patient_id)} for row in rows])
    with connection.cursor() as cursor:
        cursor.execute(_LINES.format(table=table) + unless, [lines])
        return int(cursor.rowcount)
