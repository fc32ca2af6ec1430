"""The floor: each path's work in one bare function, on the same server, files and tables.

What a floor does: what nobody can leave out. It uses Carnet's own `standards` and document store
and writes the same lines into the same tables; it has no framework, no rules of access, no look at
who called. Publish verifies its VIHF and the metadata, as the standard asks of any registry (ITI
TF-2, 3.41 and 3.42), reads one line (the patient) and writes by one statement.

`python -m bench.floor web` and `python -m bench.floor mllp` are configured by the environment, as
`carnet serve` is.
"""

from __future__ import annotations

import base64
import json
import os
import socketserver
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from granian import Granian
from granian.constants import Interfaces
from psycopg.types.json import Json
from psycopg_pool import ConnectionPool
from uuid_utils.compat import uuid7

from carnet.national.clients.documents import DocumentStore, Stored
from carnet.national.record import entries
from carnet.national.record.fragments import unpack
from carnet.ops.memory import keep_freed_memory
from carnet.standards.cda import reading
from carnet.standards.certificates import Trust
from carnet.standards.hl7v2 import mllp
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Envelope
from carnet.standards.vihf import verify
from carnet.standards.xds import iti18, iti41, iti43, registry_response, rules
from carnet.standards.xds.iti43 import Retrieved

Answer = tuple[bytes, Mapping[str, bytes]]
StartResponse = Callable[[str, list[tuple[str, str]]], object]

_LIMIT = 20 * 1024 * 1024
_PATIENT = """
SELECT ins.patient_id FROM identity_inslocator ins JOIN record_record USING (patient_id)
 WHERE matricule = %s AND oid = %s
"""
_FIND = """
SELECT fragment, status FROM record_document JOIN identity_inslocator USING (patient_id)
 WHERE matricule = %s AND oid = %s AND status = 'APPROVED' ORDER BY service_start DESC, id DESC
"""
_RETRIEVE = """
SELECT d.patient_id, d.mime_type, d.sha256 FROM record_locator l
  JOIN record_document d ON d.patient_id = l.patient_id AND d.id = l.entry_uuid
 WHERE l.unique_id = %s
"""


@cache
def _pool() -> ConnectionPool[psycopg.Connection]:
    return ConnectionPool(
        os.environ["DATABASE_URL"],
        min_size=1,
        max_size=8,
        kwargs={"autocommit": True, "prepare_threshold": 5},
    )


@cache
def _store() -> DocumentStore:
    key = Path(os.environ["CARNET_MASTER_KEY_FILE"]).read_text().strip()
    return DocumentStore(Path(os.environ["CARNET_DOCUMENTS_URL"]), base64.b64decode(key))


@cache
def _trust() -> Trust:
    return Trust(
        [Path(os.environ["CARNET_TRUST_CA"]).read_bytes()],
        [Path(os.environ["CARNET_TRUST_CRL"]).read_bytes()],
    )


def publish(message: Envelope, attachments: Mapping[str, bytes]) -> Answer:
    """VIHF and metadata verified, CDA header read, encrypted file flushed, one statement."""
    now = datetime.now(UTC)
    if message.assertion is None:
        raise ValueError("no assertion")
    vihf, _certificate = verify(message.assertion, trust=_trust(), now=now)
    request = iti41.read(message.payload, attachments)
    submission = request.submission
    (entry,), lot = submission.documents, submission.submission_set
    data = request.documents[entry.id]
    header = reading.read(data)
    if vihf.patient is None or lot is None or header.id.root != entry.unique_id:
        raise ValueError("no patient, no lot, or another document")
    if rules.check(submission, patient=vihf.patient):
        raise ValueError("metadata that no registry may take")
    stored = Stored.of(data)
    with _pool().connection() as connection:
        found = connection.execute(_PATIENT, [vihf.patient.matricule, vihf.patient.oid]).fetchone()
        if found is None:
            raise ValueError("unknown patient")
        (patient_id,) = found
        _store().put(patient_id, data, stored)
        ids = {lot.id: uuid7(), entry.id: uuid7()}
        document = entries.document_row(
            entries.registered(entry, ids[entry.id], stored, os.environ["CARNET_REPOSITORY_OID"]),
            stored,
            patient_id=patient_id,
            submission_set_id=ids[lot.id],
            senders=lot.author,
            replaces=None,
            received_at=now,
        )
        keys = {"patient_id": patient_id, "at": now, "id": uuid7(), "correlation": ""}
        lines: Sequence[tuple[str, Mapping[str, Any]]] = (
            (
                "record_locator",
                entries.locator_row(
                    entry.unique_id,
                    str(ids[entry.id]),
                    patient_id=patient_id,
                    kind="document",
                    digest=stored.sha1,
                ),
            ),
            (
                "record_locator",
                entries.locator_row(
                    lot.unique_id,
                    str(ids[lot.id]),
                    patient_id=patient_id,
                    kind="submission_set",
                    digest=stored.sha256,
                ),
            ),
            (
                "record_submissionset",
                entries.lot_row(
                    lot,
                    ids[lot.id],
                    patient_id=patient_id,
                    digest=stored.sha256,
                    received_at=now,
                ),
            ),
            ("record_document", document),
            *(
                (
                    "record_association",
                    {
                        "patient_id": patient_id,
                        "id": uuid7(),
                        "submission_set_id": ids[lot.id],
                        "type": link.type.value,
                        "source_id": ids[link.source],
                        "target_id": ids[link.target],
                        "slots": Json(dict(link.slots)),
                    },
                )
                for link in submission.associations
            ),
            (
                "journal_trace",
                {
                    **keys,
                    "action": "document.published",
                    "outcome": "allowed",
                    "actor_kind": "establishment",
                    "actor_id": vihf.structure,
                    "actor_label": vihf.subject_id,
                    "structure": vihf.structure,
                    "purpose": vihf.purpose.value,
                    "reasons": [],
                    "object_type": "document",
                    "object_id": str(ids[entry.id]),
                    "details": Json({"title": entry.title}),
                },
            ),
            (
                "record_outbox",
                {
                    **keys,
                    "kind": "document.published",
                    "payload": Json({"document": str(ids[entry.id]), "title": entry.title}),
                    "due_at": now,
                    "attempts": 0,
                    "problem": "",
                },
            ),
        )
        statement = _inserts(tuple((table, tuple(line)) for table, line in lines))
        connection.execute(statement, [value for _, line in lines for value in line.values()])
    return registry_response.write(), {}


@cache
def _inserts(tables: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """One statement that inserts one line into each of these tables."""
    parts = (
        f"l{place} AS (INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608 - our own names
        f" VALUES ({', '.join(['%s'] * len(columns))}))"
        for place, (table, columns) in enumerate(tables)
    )
    return f"WITH {', '.join(parts)} SELECT 1"


def find(message: Envelope, _attachments: Mapping[str, bytes]) -> Answer:
    """One SELECT of the stored fragments, unpacked and joined."""
    query = iti18.read(message.payload)
    matricule, _, rest = getattr(query, "patient_id", "").partition("^^^&")
    with _pool().connection() as connection:
        found = connection.execute(
            _FIND, [matricule, rest.partition("&")[0]], binary=True
        ).fetchall()
    return iti18.write_response(unpack(*line) for line in found), {}


def retrieve(message: Envelope, _attachments: Mapping[str, bytes]) -> Answer:
    """Locator, file, MTOM."""
    refs = iti43.read(message.payload)
    with _pool().connection() as connection:
        found = connection.execute(_RETRIEVE, [refs[0].unique_id]).fetchone()
    if found is None:
        raise ValueError("unknown document")
    patient_id, mime_type, sha256 = found
    data = _store().get(patient_id, sha256)
    return iti43.write_response([Retrieved(refs[0], mime_type, data)])


_WORK: Mapping[str, tuple[str, Callable[[Envelope, Mapping[str, bytes]], Answer]]] = {
    iti41.ACTION: (iti41.RESPONSE_ACTION, publish),
    iti18.ACTION: (iti18.RESPONSE_ACTION, find),
    iti43.ACTION: (iti43.RESPONSE_ACTION, retrieve),
}


def application(environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """The bare WSGI function."""
    if environ["REQUEST_METHOD"] == "GET":
        start_response("200 OK", [("Content-Length", "2")])
        return (b"ok",)
    package = mtom.read(environ["CONTENT_TYPE"], environ["wsgi.input"], limit=_LIMIT)
    message = envelope.read(package.root)
    action, work = _WORK[message.addressing.action]
    payload, attachments = work(message, package.attachments)
    kind, body = mtom.write(
        envelope.write(message.addressing.answer(action, f"urn:uuid:{uuid.uuid4()}"), payload),
        attachments,
        boundary=f"floor-{uuid.uuid4()}",
        action=action,
    )
    start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return (body,)


class _Peer(socketserver.BaseRequestHandler):
    """One MLLP connection, one thread: read, insert, commit, acknowledge."""

    def handle(self) -> None:
        framer = mllp.Framer()
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            while data := self.request.recv(64 * 1024):
                for found in framer.feed(data):
                    if not isinstance(found, mllp.Frame):
                        raise TypeError("a frame that is none")
                    connection.execute(
                        "INSERT INTO floor_inbound VALUES (%s, %s, %b)",
                        [uuid7(), datetime.now(UTC), found.data],
                    )
                    self.request.sendall(_ACK)


_ACK = mllp.frame(b"MSH|^~\\&|FLOOR|||||||ACK|1|P|2.5\rMSA|AA|1\r")


def _serve_web() -> None:
    keep_freed_memory()
    Granian(
        "bench.floor:application",
        address="unix",
        port=0,
        uds=Path(os.environ["CARNET_WEB_LISTEN"].removeprefix("unix:")),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=4,
        respawn_failed_workers=True,
        websockets=False,
    ).serve()


def _serve_mllp() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS floor_inbound"
            " (id uuid PRIMARY KEY, received_at timestamptz, raw bytea STORAGE EXTERNAL)"
        )
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    socketserver.ThreadingTCPServer.daemon_threads = True
    socketserver.ThreadingTCPServer.request_queue_size = 64
    address = ("127.0.0.1", int(os.environ["CARNET_MLLP_PORT"]))
    with socketserver.ThreadingTCPServer(address, _Peer) as server:
        print(json.dumps({"event": "ready"}), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    {"web": _serve_web, "mllp": _serve_mllp}[sys.argv[1]]()
