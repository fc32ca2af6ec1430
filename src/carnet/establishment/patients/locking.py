"""The patients a message may touch, locked in one statement and in one order, so that two messages
applied at the same moment wait for each other instead of deadlocking."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from carnet.establishment.patients.models import Identifier, Patient
from carnet.standards.hl7v2.messages import AdtEvent, LocalId
from carnet.standards.ids import Ins

#: Those who hold an identifier or an INS of the message, and whoever shares an INS with them.
_LOCK: Final = """
WITH matched AS (
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
SELECT p.* FROM patients_patient p
 WHERE p.id IN (SELECT id FROM matched UNION SELECT id FROM shared)
 ORDER BY p.id FOR UPDATE OF p
"""


class Known:
    """The locked patients and who holds which identifier, kept true while a message is applied."""

    def __init__(self, patients: Iterable[Patient], owners: dict[tuple[str, str], UUID]) -> None:
        self.patients = {p.id: p for p in patients}
        self._owners = owners

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


def lock(event: AdtEvent) -> Known:
    """Lock every patient this message may touch, until the transaction ends."""
    ids = (*event.patient.local_ids, *event.prior_ids)
    ins = [i.matricule for i in (event.patient.ins, event.prior_ins) if i is not None]
    parameters = {
        "domains": [i.domain for i in ids],
        "values": [i.value for i in ids],
        "ins": ins,
    }
    patients = list(Patient.objects.raw(_LOCK, parameters))
    owners = {
        (domain, value): patient_id
        for domain, value, patient_id in Identifier.objects.filter(
            patient_id__in=[p.id for p in patients]
        ).values_list("domain", "value", "patient_id")
    }
    return Known(patients, owners)
