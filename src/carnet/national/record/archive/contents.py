"""What an archive says: read within bounds and in the types that we write, or refused in words."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final, TypeVar
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from django.conf import settings
from django.db import connection
from lxml import etree

from carnet.national.record import fragments
from carnet.national.record.archive import FORMAT, MANIFEST, TABLES, table_file
from carnet.standards import xml
from carnet.standards.ids import IdentifierError, Ins, Oid, PatientId
from carnet.standards.ins import BirthDate, Sex, TraitError, Traits
from carnet.standards.xds.ebrim import entry_fragment, read_entry
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.metadata import AssociationType, Status

_COLUMNS: Final = """
SELECT table_name, array_agg(column_name::text) FROM information_schema.columns
 WHERE table_name = ANY(%s) GROUP BY table_name
"""
#: Bytes of the manifest or of a table at most: a record of ten thousand documents has a tenth.
_LONGEST: Final = 256 * 1024 * 1024
#: What `zipfile` says of bytes that are no zip, or that are encrypted (RuntimeError).
_NO_ZIP: Final = (BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError)
_STATUSES: Final = {"status": frozenset(Status.__members__)}
#: What columns may say, by table: who reads them knows no other word.
_WORDS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "record_submissionset": _STATUSES,
    "record_document": _STATUSES,
    "record_folder": _STATUSES,
    "record_association": {**_STATUSES, "type": frozenset(AssociationType)},
}

Row = dict[str, Any]
_T = TypeVar("_T")


class ArchiveError(Exception):
    """An archive cannot be imported; the sentence says why. Nothing was."""


@dataclass(frozen=True, slots=True)
class Held:
    """A document of an archive: its id, the digest of its bytes, and the file that holds them."""

    id: UUID
    sha256: str
    file: str


@dataclass(frozen=True, slots=True)
class Identified:
    """A person, by their INS and its traits."""

    ins: Ins
    traits: Traits


@dataclass(frozen=True, slots=True)
class Said:
    """All that an archive says but the bytes of its documents; a row has the columns of its table.

    The fragments of documents are packed, and tell of this repository unless another holds the
    bytes; `documents` are those whose bytes the archive has. `register` is the repository that it
    was made from; `whose` it is, a person or a patient of an affinity domain.
    """

    register: Oid
    whose: Identified | PatientId
    rows: Mapping[str, list[Row]]
    documents: list[Held]


def opened(file: BinaryIO) -> ZipFile:
    """The archive in these bytes. Raises `ArchiveError`."""
    try:
        return ZipFile(file)
    except _NO_ZIP as error:
        raise _wrong("it is no zip") from error


def said(archive: ZipFile) -> Said:
    """What an archive says. Raises `ArchiveError`."""
    manifest = _object(read(archive, MANIFEST, MANIFEST, most=_LONGEST), MANIFEST)
    if _value(manifest, "format", str) != FORMAT:
        raise ArchiveError("the archive is of another form")
    try:
        register = Oid(_value(manifest, "register", str))
    except IdentifierError:
        raise _wrong("register is no OID") from None
    whose = _whose(_value(manifest, "person", dict))
    rows = _tables(archive)
    if len(rows["record_record"]) != 1:
        raise ArchiveError("the archive does not hold one record")
    documents = list(_documents(archive, manifest, rows["record_document"]))
    for row in rows["record_document"]:
        row["fragment"] = _packed(row, register)
    # One order for everybody, that of `actions.lines`: who shares an id waits, never both.
    rows["record_locator"].sort(key=lambda row: str(row["unique_id"]))
    return Said(register, whose, rows, documents)


def read(archive: ZipFile, name: str, called: str, *, most: int) -> bytes:
    """A file of the archive, as long as it truly is: what its directory says is not believed.

    A refusal says what it is `called`, for a name may tell of the patient. Raises `ArchiveError`
    past `most` bytes too.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise _wrong(f"{called} is missing") from None
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise _wrong(f"{called} is compressed in a way that is not read here")
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)
    except _NO_ZIP as error:
        raise _wrong(f"{called} is damaged") from error
    if len(data) > most:
        raise ArchiveError(f"{called} exceeds {most} bytes")
    return data


def _wrong(why: str) -> ArchiveError:
    return ArchiveError(f"this is not an archive of a record: {why}")


def _object(data: bytes, called: str) -> Row:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _wrong(f"{called} is no JSON") from error
    if not isinstance(value, dict):
        raise _wrong(f"{called} holds something else than an object")
    return value


def _value(row: Row, name: str, kind: type[_T]) -> _T:
    value = row.get(name)
    if not isinstance(value, kind):
        raise _wrong(f"{name} is missing, or of another type")
    return value


def _whose(told: Row) -> Identified | PatientId:
    try:
        return _of_domain(told) if "identifier" in told else _person(told)
    except (IdentifierError, TraitError) as error:
        raise ArchiveError(f"the person of the archive is not identified: {error}") from None


def _of_domain(told: Row) -> PatientId:
    identifier = _value(told, "identifier", str)
    if not identifier.isprintable():
        raise _wrong("identifier is none")
    return PatientId(identifier, Oid(_value(told, "authority", str)))


def _person(told: Row) -> Identified:
    sex = _value(told, "sex", str)
    if sex not in set(Sex):
        raise _wrong("sex is none")
    return Identified(
        Ins(_value(told, "matricule", str), Oid(_value(told, "oid", str))),
        Traits(
            birth_name=_value(told, "birth_name", str),
            first_given_name=_value(told, "first_given_name", str),
            given_names=_value(told, "birth_given_names", str),
            sex=Sex(sex),
            birth_date=BirthDate.parse(_value(told, "birth_date", str)),
            birth_place=_value(told, "birth_place", str),
        ),
    )


def _tables(archive: ZipFile) -> dict[str, list[Row]]:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [list(TABLES)])
        columns = {table: frozenset(names) for table, names in cursor.fetchall()}
    return {table: list(_rows(archive, table, columns[table])) for table in TABLES}


def _rows(archive: ZipFile, table: str, columns: frozenset[str]) -> Iterator[Row]:
    name = table_file(table)
    for line in read(archive, name, name, most=_LONGEST).splitlines():
        row = _object(line, name)
        if row.keys() != columns:
            raise ArchiveError("the archive was made by another version of Carnet")
        if "fragment" in columns and (fragment := _value(row, "fragment", str)):
            _xml(fragment)  # it is joined to others as it is, in answers
        for column, words in _WORDS.get(table, {}).items():
            if _value(row, column, str) not in words:
                raise _wrong(f"a {column} of {table} is none that is known")
        yield row


def _documents(archive: ZipFile, manifest: Row, rows: list[Row]) -> Iterator[Held]:
    """The documents of the lines, each with its file, which is as long as its line says.

    Those whose bytes were not there (their `sha256` is empty) are none.
    """
    files = {}
    for each in _value(manifest, "documents", list):
        if not isinstance(each, dict):
            raise _wrong("documents are something else than objects")
        if sha256 := _value(each, "sha256", str):
            files[sha256] = _value(each, "file", str)
    for row in rows:
        if not (sha256 := _value(row, "sha256", str)):
            continue
        file = files.get(sha256, "")
        if file not in archive.NameToInfo:
            raise _wrong("a document is missing")
        if archive.getinfo(file).file_size != row["size"]:
            raise ArchiveError("a document is not as long as its line says")
        try:
            yield Held(UUID(_value(row, "id", str)), sha256, file)
        except ValueError:
            raise _wrong("the id of a document is no UUID") from None


def _packed(row: Row, register: Oid) -> str:
    """The entry as this repository tells it, as a line of JSON carries it.

    A document whose bytes another repository holds stays there.
    """
    try:
        entry = read_entry(_xml(row["fragment"]))
    except XdsRefused as error:
        raise _wrong("the metadata of a document cannot be read") from error
    if row["sha256"] or entry.repository_unique_id == register:
        entry = replace(entry, repository_unique_id=settings.CARNET_REPOSITORY_OID)
    elif not entry.repository_unique_id:
        raise _wrong("a document is in no repository")
    try:
        return fragments.in_json(fragments.pack(entry_fragment(entry)))
    except ValueError as error:
        raise ArchiveError(str(error)) from None


def _xml(fragment: str) -> etree._Element:
    try:
        return xml.parse(fragment.encode())
    except ValueError as error:  # XmlError, or half a character
        raise _wrong("metadata are no XML") from error
