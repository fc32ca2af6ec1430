"""Writing a record into an archive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.conf import settings
from django.db import connection
from django.utils.text import get_valid_filename

from carnet.national.clients.documents import store
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal import queries as history
from carnet.national.journal import receipts
from carnet.national.journal.actors import Actor, Citizen
from carnet.national.record.archive import FORMAT, MANIFEST, TABLES, table_file
from carnet.national.record.context import context
from carnet.national.record.entries import plain
from carnet.national.record.fragments import unpack
from carnet.national.record.queries.concealed import concealed
from carnet.national.record.queries.opening import EXTENSIONS
from carnet.national.record.rules import Act, sight, visible, visible_sql
from carnet.standards import xml
from carnet.standards.ids import PatientId
from carnet.standards.xds.ebrim import read_entry

_READ_ME: Final = """\
Ce dossier contient une copie du carnet de santé de {name}, faite le {day:%d/%m/%Y}.

documents/      les documents, tels qu'ils ont été reçus
acces.jsonl     qui a fait quoi dans ce dossier, un acte par ligne
preuve.json     la même histoire avec la preuve que rien n'y a été changé
                (à vérifier avec : carnet audit check-receipt preuve.json)
tables/         le dossier lui-même, pour un autre Carnet (carnet record import)
manifest.json   ce que contient cette archive, avec l'empreinte SHA-256 de chaque document
"""
_READ_ME_TOO: Final = """
De ces documents, cette copie n'a que la description :
"""
_READABLE: Final = f"""
SELECT id FROM record_document WHERE patient_id = %s AND {visible_sql()}
"""  # noqa: S608 - constants only
#: One statement: one moment.
_LINES: Final = " UNION ALL ".join(
    f"SELECT '{table}', to_jsonb(line)::text FROM {table} AS line"  # noqa: S608 - constants only
    " WHERE patient_id = %s"
    for table in TABLES
)
_PAGE: Final = 1000

Row = dict[str, Any]


def export_record(
    actor: Actor,
    reader: Citizen,
    patient_id: UUID,
    file: BinaryIO,
    *,
    now: datetime,
    whole: bool = False,
) -> int:
    """Write a record into `file`; give how many documents.

    `reader` is the holder or a legal representative, for whom it is made, and gets what they
    would see: a document that they must not yet know of is not in it, unless `whole`, which is
    for another Carnet that will keep this record and never for them. `actor` is who makes it.
    Told in the journal. Raises `PermissionError`; `LookupError` when there is no record;
    `DocumentStoreError`, `OSError`: the file is then no archive.
    """
    history.check_space(reader, patient_id)
    whose = identity.person(patient_id) or identity.domain_identifier(patient_id)
    rows = _rows(patient_id)
    if whose is None or not rows["record_record"]:
        raise LookupError("there is no record")
    if not whole:
        _keep_readable(reader, patient_id, rows, now)
    told = concealed(reader, patient_id)
    documents = [_line(row) for row in rows["record_document"]]
    store_ = store(settings.CARNET_DOCUMENTS_URL, settings.CARNET_MASTER_KEY)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("LISEZ-MOI.txt", _read_me(_called(whose), rows, documents, now))
        for each in documents:
            name = each.get("file")
            if name and name not in archive.NameToInfo:
                with archive.open(_info(name, now), "w", force_zip64=True) as entry:
                    for piece in store_.pieces(patient_id, each["sha256"]):
                        entry.write(piece)
        for table, lines in rows.items():
            archive.writestr(table_file(table), _lines(lines))
        archive.writestr("acces.jsonl", _lines(_history(reader, patient_id, told)))
        proof = receipts.made(reader, patient_id, now=now, concealed=told)
        archive.writestr("preuve.json", json.dumps(proof, ensure_ascii=False))
        manifest = {
            "format": FORMAT,
            "made_at": now.astimezone(UTC).isoformat(),
            "register": settings.CARNET_REPOSITORY_OID,
            "whole": whole,
            "person": _told(whose),
            "documents": documents,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    journal.record(
        actor,
        "record.exported",
        at=now,
        patient_id=patient_id,
        outcome="allowed",
        details={"documents": len(documents), "whole": whole},
    )
    return len(documents)


def _called(whose: identity.Person | PatientId) -> str:
    return whose.id if isinstance(whose, PatientId) else whose.name


def _told(whose: identity.Person | PatientId) -> Row:
    """Who it is, for another Carnet."""
    if isinstance(whose, PatientId):
        return {"identifier": whose.id, "authority": str(whose.authority)}
    return {
        "matricule": whose.ins.matricule,
        "oid": str(whose.ins.oid),
        "birth_name": whose.birth_name,
        "birth_given_names": whose.birth_given_names,
        "first_given_name": whose.first_given_name,
        "sex": whose.sex,
        "birth_date": whose.birth_date_hl7,
        "birth_place": whose.birth_place,
    }


def _rows(patient_id: UUID) -> dict[str, list[Row]]:
    """The lines of every table, as of one moment; metadata as ebRIM, for whoever reads them."""
    found: dict[str, list[Row]] = {table: [] for table in TABLES}
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [patient_id] * len(TABLES))
        for table, line in cursor.fetchall():
            found[table].append(json.loads(line))
    for row in found["record_document"]:
        packed = bytes.fromhex(row["fragment"].removeprefix("\\x"))
        row["fragment"] = unpack(packed, row["status"]).decode()
    return found


def _keep_readable(
    actor: Citizen, patient_id: UUID, rows: dict[str, list[Row]], now: datetime
) -> None:
    """Leave out the documents that the actor may not read, and every line that tells of one."""
    found = context(actor, patient_id, now=now)
    if found is None:
        raise LookupError("there is no record")
    codes = visible(actor, Act.READ, patient_id, found.facts)
    with connection.cursor() as cursor:
        cursor.execute(_READABLE, [patient_id, *sight(actor, codes)])
        readable = {str(identifier) for (identifier,) in cursor.fetchall()}

    def keep(table: str, **wanted: Iterable[str]) -> set[str]:
        rows[table] = [
            row for row in rows[table] if all(row[key] in ids for key, ids in wanted.items())
        ]
        return {row["id"] for row in rows[table] if "id" in row}

    shown = keep("record_document", id=readable)
    folders = {row["id"] for row in rows["record_folder"]}
    lots = {row["submission_set_id"] for row in (*rows["record_document"], *rows["record_folder"])}
    objects = shown | folders | lots
    keep("record_submissionset", id=lots)
    keep("record_association", source_id=objects, target_id=objects, submission_set_id=lots)
    keep("record_locator", entry_uuid=objects)
    keep("record_release", document_id=shown)


def _line(row: Row) -> Row:
    """What the manifest says of a document: its file, or the repository where it would be."""
    said = {key: row[key] for key in ("id", "title", "mime_type", "size", "sha256")}
    if row["sha256"]:
        return said | {"file": _name(row)}
    entry = read_entry(xml.parse(row["fragment"].encode()))
    return said | {"repository": entry.repository_unique_id}


def _read_me(name: str, rows: dict[str, list[Row]], documents: list[Row], now: datetime) -> str:
    text = _READ_ME.format(name=name, day=now)
    absent = [
        f"- {row['service_start'][:10]} « {' '.join(row['title'].split())} » {_where(repository)}\n"
        for row, each in zip(rows["record_document"], documents, strict=True)
        if (repository := each.get("repository")) is not None
    ]
    return text + _READ_ME_TOO + "".join(absent) if absent else text


def _where(repository: str) -> str:
    if repository == settings.CARNET_REPOSITORY_OID:
        return "a été retiré d'ici"
    return f"est gardé par l'entrepôt {repository}"


def _name(row: Row) -> str:
    """The place of a document in the archive; the digest keeps two of one title apart."""
    title = get_valid_filename(plain(row["title"])[:60] or "document")
    extension = EXTENSIONS.get(row["mime_type"], ".bin")
    return f"documents/{row['service_start'][:10]}_{title}_{row['sha256'][:12]}{extension}"


def _info(name: str, now: datetime) -> ZipInfo:
    made = ZipInfo(name, now.timetuple()[:6])
    made.compress_type = ZIP_DEFLATED
    return made


def _history(actor: Citizen, patient_id: UUID, concealed: Sequence[str]) -> Iterable[Row]:
    before = None
    while page := history.history(
        actor, patient_id, before=before, limit=_PAGE, concealed=concealed
    ):
        for trace in page:
            yield {
                "at": trace.at.astimezone(UTC).isoformat(),
                "sentence": trace.sentence,
                "action": trace.action,
                "outcome": trace.outcome,
                "actor": trace.actor_label,
                "document": str(trace.document_id) if trace.document_id else None,
                "reasons": list(trace.reasons),
            }
        before = page[-1].at


def _lines(rows: Iterable[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
