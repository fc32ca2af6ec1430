"""What is hidden from those who help the holder, wherever it was told of before it was hidden."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import connection

from carnet.national.journal.actors import Citizen

_CONCEALED: Final = """
SELECT DISTINCT logical_id::text FROM record_document
 WHERE patient_id = %s AND invisible_representatives
"""


def concealed(actor: Citizen, patient_id: UUID) -> list[str]:
    """The logicalIds of the documents of which the journal must tell this reader nothing.

    None for the holder, and then no statement: see `journal.queries.history`.
    """
    if actor.patient_id == patient_id:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_CONCEALED, [patient_id])
        return [logical_id for (logical_id,) in cursor.fetchall()]
