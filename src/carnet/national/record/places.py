"""Where the objects of an affinity domain are, for those who know their ids and not their patient.

In profile `ihe` the registry keeps the entryUUIDs that are submitted, and a stored query may name
any object by its entryUUID alone: each has a line, of whatever kind and version.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from django.db import connection

from carnet.national.identity import queries as identity

_OF_RECORD: Final = """
INSERT INTO record_place (id, patient_id)
SELECT id, patient_id FROM (
    SELECT id, patient_id, submission_set_id AS lot FROM record_document
     UNION ALL
    SELECT id, patient_id, submission_set_id FROM record_folder
     UNION ALL
    SELECT id, patient_id, submission_set_id FROM record_association
     UNION ALL
    SELECT id, patient_id, id FROM record_submissionset) AS object
 WHERE patient_id = %(patient)s
"""
_OF_LOT: Final = f"{_OF_RECORD} AND lot = %(lot)s"
_FIND: Final = "SELECT id, patient_id FROM record_place WHERE id = ANY(%s::uuid[])"
_TAKEN: Final = """
SELECT id FROM record_place WHERE id = ANY(%(ids)s::uuid[])
 UNION
SELECT entry_uuid FROM record_locator WHERE entry_uuid = ANY(%(ids)s::uuid[])
"""
_NAMED: Final = f"""
SELECT DISTINCT patient_id FROM record_locator
  JOIN {identity.DOMAIN_PATIENTS} USING (patient_id)
 WHERE unique_id = ANY(%s::text[])
"""  # noqa: S608 - constants only
_FORGET: Final = "DELETE FROM record_place WHERE id = ANY(%s::uuid[])"


def keep_places(patient_id: UUID, lot_id: UUID) -> None:
    """Remember where the objects of a lot are, in the transaction that registers them."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_LOT, {"patient": patient_id, "lot": lot_id})


def keep_all_places(patient_id: UUID) -> None:
    """Remember where all objects of a record are, in the transaction that takes it."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_RECORD, {"patient": patient_id})


def forget_places(ids: Collection[UUID]) -> None:
    """Forget objects that are removed."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [list(ids)])


def patients_of(ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """The patient of each of these objects of the domain that exists."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [list(ids)])
        return dict(cursor.fetchall())


def taken(ids: Collection[UUID]) -> set[UUID]:
    """Those of these entryUUIDs that objects have already."""
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, {"ids": list(ids)})
        return {found for (found,) in cursor.fetchall()}


def patients_named(unique_ids: Collection[str]) -> set[UUID]:
    """The patients of the domain whose objects have these uniqueIds."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, [list(unique_ids)])
        return {found for (found,) in cursor.fetchall()}
