"""What an identity sets in motion beyond itself: messages to applications, corrections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.establishment.exchange.models import Correction, Delivery, Document, Feed
from carnet.establishment.exchange.queries.flow import DocumentView, views_of
from carnet.establishment.exchange.reasons import REASONS, Reason
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.actors import Operator
from carnet.establishment.patients.queries import LocalPatient


@dataclass(frozen=True, slots=True)
class FeedView:
    """One identity message to one application."""

    id: UUID
    subscriber: str
    trigger: str
    state: str
    state_label: str
    reason: Reason | None
    detail: str
    attempts: int
    created_at: datetime
    updated_at: datetime
    patient: LocalPatient | None = None


def feeds_of(_: Operator, patient_id: UUID, *, limit: int = 50) -> list[FeedView]:
    """What the subscribed applications were told of a patient, the latest first."""
    rows = Feed.objects.filter(patient_id=patient_id).exclude(reason="origin").order_by("-id")
    return [_feed(row, None) for row in rows[:limit]]


def stuck_feeds(_: Operator, *, limit: int = 100) -> list[FeedView]:
    """The messages that an application refused, the oldest first."""
    rows = list(Feed.objects.filter(state=Feed.State.STUCK).order_by("id")[:limit])
    known = patients.get_many({row.patient_id for row in rows})
    return [_feed(row, known.get(row.patient_id)) for row in rows]


def _feed(row: Feed, patient: LocalPatient | None) -> FeedView:
    return FeedView(
        row.id,
        row.subscriber,
        row.trigger,
        row.state,
        row.get_state_display(),
        REASONS.get(row.reason),
        row.detail,
        row.attempts,
        row.created_at,
        row.updated_at,
        patient,
    )


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """Documents that left under a former INS (masked), and what becomes of each."""

    id: UUID
    patient: LocalPatient | None
    former: str
    cause: str
    state: str
    state_label: str
    opened_at: datetime
    decided_by: str
    documents: tuple[DocumentView, ...]  #: while proposed, those concerned; then what was made
    to_ask: tuple[str, ...]  #: titles of the CDA that their authors must send again


def corrections(
    _: Operator, *, patient_id: UUID | None = None, limit: int = 50
) -> list[CorrectionView]:
    """The corrections, those to decide first, then the latest."""
    rows = Correction.objects.all()
    if patient_id is not None:
        rows = rows.filter(patient_id=patient_id)
    found = sorted(
        rows.order_by("-opened_at")[:limit],
        key=lambda row: row.state != Correction.State.PROPOSED,
    )
    known = patients.get_many({row.patient_id for row in found})
    return [_correction(row, known.get(row.patient_id)) for row in found]


def _correction(row: Correction, patient: LocalPatient | None) -> CorrectionView:
    if row.state == Correction.State.PROPOSED:
        sent = Delivery.objects.filter(
            document__patient_id=row.patient_id,
            state=Delivery.State.DELIVERED,
            ins_matricule=row.matricule,
            ins_oid=row.oid,
        ).exclude(document__action="D")
        documents = Document.objects.filter(pk__in=sent.values("document_id"))
    else:
        documents = Document.objects.filter(correction=row)
    withdrawn = documents.filter(action="D", is_cda=True, target__is_cda=True)
    return CorrectionView(
        row.id,
        patient,
        f"{row.matricule[:3]}…",
        row.cause,
        row.state,
        row.get_state_display(),
        row.opened_at,
        row.decided_by,
        tuple(views_of(documents.order_by("received_at", "id"))),
        tuple(withdrawn.values_list("title", flat=True)),
    )
