"""Reading an archive into this Carnet."""

from __future__ import annotations

import hashlib
import json
import logging
import traceback
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO, Final
from uuid import UUID
from zipfile import BadZipFile, ZipFile

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction

from carnet.national.clients import clamd
from carnet.national.clients.documents import DocumentStore, store
from carnet.national.identity import actions as identities
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record import fragments
from carnet.national.record.archive import FORMAT, MANIFEST, TABLES, table_file
from carnet.national.record.finding import reading
from carnet.national.record.models import Record
from carnet.standards import xml
from carnet.standards.ids import IdentifierError, Ins, Oid
from carnet.standards.ins import BirthDate, Sex, Traits
from carnet.standards.xds.ebrim import entry_fragment, read_entry
from carnet.standards.xds.errors import XdsRefused

_COLUMNS: Final = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"

_log = logging.getLogger(__name__)

#: Bytes of the manifest or of a table at most: a record of ten thousand documents has a tenth.
_LONGEST: Final = 256 * 1024 * 1024
#: What the libraries say of bytes that are no archive, and our readers of what is in it.
_NO_ARCHIVE: Final = (
    *(BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),  # of zips
    *(KeyError, TypeError, AttributeError, ValueError, XdsRefused),  # RuntimeError: too deep, too
)

Row = dict[str, Any]


class ArchiveError(Exception):
    """An archive cannot be imported; the sentence says why. Nothing was."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Whose record it is here, and how many documents came."""

    patient_id: UUID
    documents: int


def import_record(actor: Actor, file: BinaryIO, *, now: datetime) -> Imported:
    """Make the record of an archive a record of this Carnet.

    The person is registered if they are unknown here; if they are known they have no record yet.
    Identifiers of documents stay theirs; the repository becomes this one. The access history is
    not made ours: the archive goes on proving it. Raises `ArchiveError`, `OSError`; the bytes of
    documents of a refused archive are collected later.
    """
    try:
        with ZipFile(file) as archive:
            return _import(actor, archive, now)
    except _NO_ARCHIVE as error:
        # The archive's fault, or ours: where it was met tells which. Its values are not for a log.
        *_, place = traceback.extract_tb(error.__traceback__)
        told = {"reason": type(error).__name__, "event": f"{place.name}:{place.lineno}"}
        _log.warning("archive_refused", extra=told)
        raise ArchiveError(f"this is not an archive of a record: {type(error).__name__}") from error
    except (IntegrityError, DataError) as error:
        raise ArchiveError(
            "the archive contradicts itself, or a document of it is already here"
        ) from error


def _import(actor: Actor, archive: ZipFile, now: datetime) -> Imported:
    manifest = _object(_read(archive, MANIFEST))
    if manifest["format"] != FORMAT:
        raise ArchiveError("the archive is of another form")
    rows = {table: list(_rows(archive, table)) for table in TABLES}
    if len(rows["record_record"]) != 1:
        raise ArchiveError("the archive does not hold one record")
    with transaction.atomic():
        patient_id = _person(actor, manifest["person"], now)
        if Record.objects.filter(patient_id=patient_id).exists():
            raise ArchiveError("this person already has a record here")
        _keep_documents(archive, manifest, rows["record_document"], patient_id)
        for row in rows["record_document"]:
            row["fragment"] = fragments.in_json(fragments.pack(_here(row["fragment"])))
        for table, lines in rows.items():
            _insert(table, lines, patient_id)
        for row in rows["record_document"]:
            reading.ask(patient_id, UUID(row["id"]))
        journal.record(
            actor,
            "record.imported",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            details={"documents": len(rows["record_document"]), "from": manifest["register"]},
        )
    return Imported(patient_id, len(rows["record_document"]))


def _rows(archive: ZipFile, table: str) -> Iterator[Row]:
    for line in _read(archive, table_file(table)).splitlines():
        row = _object(line)
        if row.get("fragment"):
            xml.parse(row["fragment"].encode())  # it is joined to others as it is, in answers
        yield row


def _read(archive: ZipFile, name: str) -> bytes:
    """A file of the archive, as long as it truly is: what its directory says is not believed."""
    with archive.open(name) as file:
        data = file.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise ArchiveError(f"{name} exceeds {_LONGEST} bytes")
    return data


def _object(data: bytes) -> Row:
    value = json.loads(data)
    if not isinstance(value, dict):
        raise TypeError("an object is expected")
    return value


def _person(actor: Actor, said: Row, now: datetime) -> UUID:
    try:
        ins = Ins(said["matricule"], Oid(said["oid"]))
        traits = Traits(
            birth_name=said["birth_name"],
            first_given_name=said["first_given_name"],
            given_names=said["birth_given_names"],
            sex=Sex(said["sex"]),
            birth_date=BirthDate.parse(said["birth_date"]),
            birth_place=said["birth_place"],
        )
    except IdentifierError as error:
        raise ArchiveError(f"the person of the archive is not identified: {error}") from None
    return identity.patient_of(ins) or identities.register_person(actor, ins, traits, now=now)


def _keep_documents(
    archive: ZipFile, manifest: Row, documents: list[Row], patient_id: UUID
) -> None:
    """Keep the bytes of every document, each verified against the digest of its line."""
    files = {each["sha256"]: each["file"] for each in manifest["documents"]}
    kept = store(settings.CARNET_DOCUMENTS_URL, settings.CARNET_MASTER_KEY)
    for row in documents:
        if archive.getinfo(files[row["sha256"]]).file_size != row["size"]:
            raise ArchiveError("a document is not as long as its line says")
        _keep(archive, files[row["sha256"]], row["sha256"], kept, patient_id)


def _keep(archive: ZipFile, name: str, sha256: str, kept: DocumentStore, patient_id: UUID) -> None:
    with archive.open(name) as file:
        data = file.read(settings.CARNET_MAX_DOCUMENT_BYTES + 1)
    if len(data) > settings.CARNET_MAX_DOCUMENT_BYTES:
        raise ArchiveError(f"a document exceeds {settings.CARNET_MAX_DOCUMENT_BYTES} bytes")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ArchiveError("a document is not the one that its line tells of")
    try:
        clamd.check(settings.CARNET_CLAMD, data)
    except clamd.InfectedError:
        raise ArchiveError("the antivirus refuses a document") from None
    kept.put(patient_id, data)


def _here(fragment: str) -> str:
    """The entry as this repository tells it."""
    entry = read_entry(xml.parse(fragment.encode()))
    return entry_fragment(replace(entry, repository_unique_id=settings.CARNET_REPOSITORY_OID))


def _insert(table: str, lines: list[Row], patient_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [table])
        columns = {name for (name,) in cursor.fetchall()}
        for line in lines:
            if line.keys() != columns:
                raise ArchiveError("the archive was made by another version of Carnet")
            line["patient_id"] = str(patient_id)
        cursor.execute(
            f"INSERT INTO {table} SELECT *"  # noqa: S608 - constants only
            f" FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)",
            [json.dumps(lines)],
        )
