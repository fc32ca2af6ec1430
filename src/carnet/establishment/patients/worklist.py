"""What waits for a person who looks after identities, each with why (RNIV 1 RECO SI 02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.establishment.patients import queries
from carnet.establishment.patients.doubles import Part
from carnet.establishment.patients.models import Alert, Errand, Inquiry, InsHistory, Merge
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.ins import Status, StatusEvent


@dataclass(frozen=True, slots=True)
class OpenPair:
    """An alert about one or several patients; `score` and `parts` say how it was found."""

    id: UUID
    kind: str
    label: str
    patients: tuple[LocalPatient, ...]
    score: int | None
    parts: tuple[Part, ...]
    opened_at: datetime


def alerts(*, limit: int = 100) -> list[OpenPair]:
    """The open alerts: those on an INS first, then the most alike."""
    rows = list(
        Alert.objects.filter(closed_at=None).order_by("-kind", "-score", "opened_at")[:limit]
    )
    rows.sort(key=lambda row: (row.kind != Alert.Kind.SAME_INS, -(row.score or 0)))
    known = queries.get_many({i for row in rows for i in row.patients})
    return [
        OpenPair(
            row.id,
            row.kind,
            row.get_kind_display(),
            tuple(known[i] for i in row.patients if i in known),
            row.score,
            tuple(Part(*part) for part in row.reasons),
            row.opened_at,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A patient about whom INSi said, or did not say, something: `reason` is a stable code.

    answer (to accept or refuse), differs, 01, 02, trait:…, an error of INSi, or fallen (the INS
    was not confirmed).
    """

    patient: LocalPatient
    reason: str
    since: datetime


def cases(*, limit: int = 100) -> list[WaitingCase]:
    """The patients whose INS waits for a person, the longest wait first."""
    found: dict[UUID, tuple[str, datetime]] = {}
    for errand in Errand.objects.filter(state=Errand.State.STUCK, patient__merged_into=None)[
        :limit
    ]:
        found[errand.patient_id] = (errand.reason, errand.updated_at)
    answers = Inquiry.objects.filter(decision="", code="00", patient__merged_into=None)
    for row in answers.order_by("at")[:limit]:
        found[row.patient_id] = ("answer", row.at)
    failed = InsHistory.objects.filter(
        ended_by=StatusEvent.INSI_VERIFICATION_FAILED.value,
        patient__merged_into=None,
        patient__ins_matricule="",
    )
    for past in failed.order_by("-until")[:limit]:
        if past.until is not None:
            found.setdefault(past.patient_id, ("fallen", past.until))
    known = queries.get_many(found)
    qualified = {p.id for p in known.values() if p.status is Status.QUALIFIEE}
    waiting = [
        WaitingCase(known[patient_id], *why)
        for patient_id, why in found.items()
        if patient_id in known and (patient_id not in qualified or why[0] == "answer")
    ]
    return sorted(waiting, key=lambda case: case.since)[:limit]


def settle_errands(patient_id: UUID, *, now: datetime) -> None:
    """A person took the matter in hand: what the worker left is done."""
    Errand.objects.filter(patient_id=patient_id, state=Errand.State.STUCK).update(
        state=Errand.State.DONE, updated_at=now
    )


@dataclass(frozen=True, slots=True)
class UndoableMerge:
    """A merge into a patient that may be undone."""

    id: UUID
    at: datetime
    by: str
    identifiers: tuple[str, ...]


def merges_into(patient_id: UUID) -> list[UndoableMerge]:
    """The merges that gave this patient another's file, the latest first."""
    rows = Merge.objects.filter(survivor_id=patient_id, undone_at=None).exclude(merged=None)
    return [
        UndoableMerge(row.id, row.at, row.sender, tuple(value for _, value in row.identifiers))
        for row in rows.order_by("-at")
    ]
