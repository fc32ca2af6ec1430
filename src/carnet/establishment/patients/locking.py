"""The patients a message or a deed may touch, locked in one statement and in one order, so that two
of them at the same moment wait for each other instead of deadlocking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from carnet.establishment.patients.models import Patient
from carnet.standards.hl7v2.messages import AdtEvent, LocalId
from carnet.standards.ids import Ins, Oid
from carnet.standards.ins import Status

#: Those who are named, who hold an identifier or an INS that is, and who shares an INS with them.
_COLUMNS: Final = tuple(field.attname for field in Patient._meta.concrete_fields)
_LOCK: Final = f"""
WITH matched AS (
    SELECT unnest(%(patients)s::uuid[]) AS id
    UNION
    SELECT i.patient_id AS id FROM patients_identifier i
      JOIN unnest(%(domains)s::text[], %(values)s::text[]) AS k(domain, value)
        ON i.domain = k.domain AND i.value = k.value
    UNION
    SELECT p.id FROM patients_patient p
     WHERE p.ins_matricule <> '' AND p.ins_matricule = ANY(%(ins)s)
), shared AS (
    SELECT p.id FROM matched m
      JOIN patients_patient s ON s.id = m.id AND s.ins_matricule <> ''
      JOIN patients_patient p ON p.ins_matricule = s.ins_matricule AND p.ins_matricule <> ''
)
SELECT {", ".join(f"p.{name}" for name in _COLUMNS)} FROM patients_patient p
 WHERE p.id IN (SELECT id FROM matched UNION SELECT id FROM shared)
 ORDER BY p.id FOR UPDATE OF p
"""  # noqa: S608 - constants only
#: A statement of its own: it sees what those we waited for have done.
_OWNERS: Final = """
SELECT domain, value, patient_id FROM patients_identifier WHERE patient_id = ANY(%s)
"""

_HOLD: Final = """
SELECT 1 FROM patients_identifier i
  JOIN unnest(%(domains)s::text[], %(values)s::text[]) AS k(domain, value)
    ON i.domain = k.domain AND i.value = k.value
 ORDER BY i.id FOR SHARE OF i
"""


class Known:
    """The locked patients and who holds which identifier, kept true while a message is applied."""

    def __init__(self, patients: Iterable[Patient], owners: dict[tuple[str, str], UUID]) -> None:
        self.patients = {p.id: p for p in patients}
        self._owners = owners
        #: The INS under which each could be named outside when it was locked.
        self.held = {
            p.id: Ins(p.ins_matricule, Oid(p.ins_oid)) if p.status == Status.QUALIFIEE else None
            for p in self.patients.values()
        }

    def owner(self, local_id: LocalId) -> UUID | None:
        """The id of the patient who holds this identifier."""
        return self._owners.get((local_id.domain, local_id.value))

    def first(self, ids: Iterable[LocalId]) -> Patient | None:
        """The patient who holds the first known of these identifiers."""
        return next((self.patients[owner] for i in ids if (owner := self.owner(i))), None)

    def owns(self, patient: Patient, ids: Iterable[LocalId]) -> bool:
        """Whether this patient holds one of these identifiers."""
        return any(self.owner(i) == patient.id for i in ids)

    def holders(self, ins: Ins) -> list[Patient]:
        """The patients said to have this INS."""
        return [
            p
            for p in self.patients.values()
            if (p.ins_matricule, p.ins_oid) == (ins.matricule, ins.oid)
        ]

    def attach(self, patient: Patient, ids: Iterable[LocalId]) -> None:
        """These identifiers now belong to `patient`."""
        self.patients[patient.id] = patient
        self._owners.update({(i.domain, i.value): patient.id for i in ids})

    def move(self, merged: Patient, survivor: Patient) -> None:
        """All the identifiers of `merged` now belong to `survivor`."""
        self.patients[survivor.id] = survivor
        self._owners = {
            key: survivor.id if owner == merged.id else owner for key, owner in self._owners.items()
        }

    def rename(self, patient: Patient, old: LocalId, new: LocalId) -> None:
        """`old` has become `new`."""
        self._owners.pop((old.domain, old.value), None)
        self._owners[(new.domain, new.value)] = patient.id


def hold_identifiers(ids: Sequence[LocalId]) -> None:
    """Keep these identifiers with whoever holds them until the transaction ends.

    A merge, or its end, waits for whoever files a document under them, and the reverse: a document
    is never left in a file that was merged at that moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLD, {"domains": [i.domain for i in ids], "values": [i.value for i in ids]}
        )


def hold_patient(patient_id: UUID) -> None:
    """The same of a patient who is named by an INS alone: merged before, or after, not meanwhile.

    What was read of the patient is to be read again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM patients_patient WHERE id = %s FOR SHARE", [patient_id])


def lock(event: AdtEvent) -> Known:
    """Lock every patient this message may touch, until the transaction ends."""
    ids = (*event.patient.local_ids, *event.prior_ids)
    ins = [i for i in (event.patient.ins, event.prior_ins) if i is not None]
    return _lock((), ids, ins)


def lock_patients(patient_ids: Iterable[UUID], ins: Ins | None = None) -> Known:
    """Lock these patients, and whoever holds this INS or one of theirs."""
    return _lock(tuple(patient_ids), (), [] if ins is None else [ins])


def _lock(patient_ids: Sequence[UUID], ids: Sequence[LocalId], ins: Sequence[Ins]) -> Known:
    parameters: dict[str, list[Any]] = {
        "patients": list(patient_ids),
        "domains": [i.domain for i in ids],
        "values": [i.value for i in ids],
        "ins": [i.matricule for i in ins],
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, parameters)
        patients = [Patient.from_db(connection.alias, _COLUMNS, line) for line in cursor.fetchall()]
        cursor.execute(_OWNERS, [[patient.id for patient in patients]])
        owners = {(domain, value): owner for domain, value, owner in cursor.fetchall()}
    return Known(patients, owners)
