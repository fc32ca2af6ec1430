"""People and documents by the million: lines multiplied from real ones, inside the database.

Each line is one that Carnet wrote, with its own ids in place of the model's, so that the filling
follows the tables wherever they go. The documents of a patient come one round after another, as
in life: they lie scattered over the table, not side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from uuid_utils.compat import uuid7

from carnet.national.clients.documents import DocumentStore
from carnet.national.record.fragments import pack, unpack
from carnet.standards.ids import Ins

PER_PATIENT: Final = 50  #: documents of one record

#: Table, and which of its columns are made: from `new`, the person to be.
_PEOPLE: Final = (
    ("identity_person", "'patient_id', new.id, 'matricule', new.matricule"),
    ("identity_inslocator", "'patient_id', new.id, 'matricule', new.matricule"),
    ("record_record", "'patient_id', new.id"),
)
_AUTHORISE: Final = """
INSERT INTO record_authorisation (patient_id, ps_idnat, state, since)
SELECT id, %s, 'VALIDE', now() FROM unnest(%s::uuid[]) AS new(id)
"""
_IDS: Final = """
CREATE TEMPORARY TABLE made AS
SELECT *, uuidv7() AS lot
  FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bytea[])
       AS new(patient_id, document, document_uid, lot_uid, fragment)
"""
#: Each table of the record: which line is the model, and which of its columns are made.
_RECORD: Final = (
    (
        "record_submissionset",
        "old.patient_id = %(patient)s AND old.id = %(lot)s",
        "'id', made.lot, 'unique_id', made.lot_uid",
    ),
    (
        "record_document",
        "old.patient_id = %(patient)s AND old.id = %(document)s",
        """'id', made.document, 'submission_set_id', made.lot, 'unique_id', made.document_uid,
           'logical_id', made.document, 'fragment', made.fragment""",
    ),
    (
        "record_association",
        "old.patient_id = %(patient)s AND old.submission_set_id = %(lot)s",
        """'id', uuidv7(), 'submission_set_id', made.lot, 'source_id', made.lot,
           'target_id', made.document""",
    ),
    (
        "record_locator",
        "old.unique_id = %(document_uid)s",
        "'unique_id', made.document_uid, 'entry_uuid', made.document",
    ),
    (
        "record_locator",
        "old.entry_uuid = %(lot)s",
        "'unique_id', made.lot_uid, 'entry_uuid', made.lot",
    ),
    (
        "journal_trace",
        "old.patient_id = %(patient)s AND old.object_id = %(document)s::text",
        "'id', uuidv7(), 'object_id', made.document",
    ),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the bench."""

    patient_id: UUID
    ins: Ins


def add_people(
    connection: psycopg.Connection, every_ins: Sequence[Ins], reader: str
) -> list[Person]:
    """People with an open record, on the model of one of the region; `reader` may read them."""
    made = [Person(uuid7(), ins) for ins in every_ins]
    ids, matricules = [each.patient_id for each in made], [each.ins.matricule for each in made]
    found = connection.execute("SELECT patient_id FROM identity_person ORDER BY 1 LIMIT 1")
    (model,) = found.fetchone() or (None,)
    for table, columns in _PEOPLE:
        connection.execute(
            f"""INSERT INTO {table} SELECT line.* FROM {table} old,
                    unnest(%s::uuid[], %s::text[]) AS new(id, matricule),
                    LATERAL jsonb_populate_record(old, jsonb_build_object({columns})) AS line
                 WHERE old.patient_id = %s""",  # noqa: S608 - constants only
            [ids, matricules, model],
        )
    connection.execute(_AUTHORISE, [reader, ids])
    return made


def fill(
    connection: psycopg.Connection, people: Sequence[Person], progress: Callable[[int], None]
) -> None:
    """`PER_PATIENT` documents for each of these people, on the model of those of one patient."""
    models = connection.execute(
        """SELECT d.patient_id, d.id, d.submission_set_id, d.unique_id, p.matricule,
                  d.fragment, d.status
             FROM record_document d JOIN identity_person p USING (patient_id)
            WHERE d.patient_id = (SELECT patient_id FROM record_document GROUP BY 1
                                  HAVING count(*) = %s LIMIT 1)""",
        [PER_PATIENT],
    ).fetchall()
    for round_, (patient, document, lot, document_uid, matricule, *packed) in enumerate(models):
        first = round_ * len(people)
        text = unpack(*packed).decode()
        made = []
        for place, person in enumerate(people, first + 1):
            new, uid = uuid7(), _unique_id(2 * place)
            own = text.replace(str(document), str(new)).replace(document_uid, uid)
            fragment = pack(own.replace(matricule, person.ins.matricule))
            made.append((person.patient_id, new, uid, _unique_id(2 * place + 1), fragment))
        connection.execute(_IDS, [list(column) for column in zip(*made, strict=True)])
        model = {"patient": patient, "document": document, "lot": lot, "document_uid": document_uid}
        for table, which, columns in _RECORD:
            connection.execute(
                f"""INSERT INTO {table} SELECT line.* FROM {table} old, made,
                        LATERAL jsonb_populate_record(old, jsonb_build_object(
                            'patient_id', made.patient_id, {columns})) AS line
                     WHERE {which}""",  # noqa: S608 - constants only
                model,
            )
        connection.execute("DROP TABLE made")
        progress(first + len(people))


def _unique_id(number: int) -> str:
    return f"1.3.6.1.4.1.32473.1.9.3{number:012d}"


def people_of(connection: psycopg.Connection, every_ins: Sequence[Ins]) -> list[Person]:
    """Those of these people that exist."""
    by_matricule = {ins.matricule: ins for ins in every_ins}
    found = connection.execute(
        "SELECT patient_id, matricule FROM identity_person WHERE matricule = ANY(%s)",
        [list(by_matricule)],
    )
    return [Person(patient_id, by_matricule[matricule]) for patient_id, matricule in found]


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the bench: whose it is, its uniqueId, the digest of its bytes."""

    person: Person
    unique_id: str
    sha256: str


def documents_of(
    connection: psycopg.Connection, people: Sequence[Person], each: int
) -> list[Document]:
    """`each` documents of each of these people."""
    by_id = {person.patient_id: person for person in people}
    found = connection.execute(
        """SELECT patient_id, unique_id, sha256 FROM (
               SELECT patient_id, unique_id, sha256,
                      row_number() OVER (PARTITION BY patient_id ORDER BY unique_id) AS place
                 FROM record_document WHERE patient_id = ANY(%s)) AS d
            WHERE place <= %s""",
        [list(by_id), each],
    )
    return [Document(by_id[patient], uid, digest) for patient, uid, digest in found]


def give_files(
    store: DocumentStore, models: Sequence[Document], documents: Sequence[Document]
) -> None:
    """Store the bytes of multiplied documents: those of the models they were made of."""
    held = {model.sha256: model for model in models}
    for document in documents:
        model = held[document.sha256]
        data = store.get(model.person.patient_id, model.sha256)
        store.put(document.person.patient_id, data)
