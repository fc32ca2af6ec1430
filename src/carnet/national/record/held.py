"""Which documents of the store the record refers to: for those who keep the store in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from django.db import connection

from carnet.national.clients.documents import Address

_HELD: Final = """
SELECT asked.patient_id, asked.sha256
  FROM unnest(%s::uuid[], %s::text[]) AS asked(patient_id, sha256)
 WHERE EXISTS (SELECT FROM record_document held
                WHERE held.patient_id = asked.patient_id AND held.sha256 = asked.sha256)
"""
_AFTER: Final = """
SELECT DISTINCT patient_id, sha256, size
  FROM record_document
 WHERE patient_id >= %s AND (patient_id, sha256) > (%s, %s) AND sha256 <> ''
 ORDER BY patient_id, sha256
 LIMIT %s
"""


class Held(NamedTuple):
    """A document that is referred to, and the size that it is said to have."""

    address: Address
    size: int


def held(asked: Collection[Address]) -> set[Address]:
    """Those of these that a document of a record refers to."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HELD, [[each.patient_id for each in asked], [each.sha256 for each in asked]]
        )
        return {Address(*found) for found in cursor.fetchall()}


def held_after(address: Address, limit: int) -> Sequence[Held]:
    """The documents that are referred to, by patient and digest, from the one that follows."""
    with connection.cursor() as cursor:
        cursor.execute(_AFTER, [address.patient_id, *address, limit])
        return [Held(Address(patient, sha256), size) for patient, sha256, size in cursor.fetchall()]
