"""A merge to undo, or undone: what goes back, what stays, what is to be said or corrected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min

from carnet.establishment.exchange import stored
from carnet.establishment.exchange.models import Attribution, Document
from carnet.establishment.exchange.queries.flow import PatientDocument, patient_documents
from carnet.establishment.exchange.queries.vigilance import (
    CorrectionView,
    FeedView,
    corrections,
    feeds_of,
)
from carnet.establishment.patients import merges
from carnet.establishment.patients.actors import Operator
from carnet.establishment.patients.merges import MergeTold
from carnet.establishment.patients.queries import LocalPatient

State = Attribution.State


@dataclass(frozen=True, slots=True)
class SinceDocument:
    """A document that came while two files were one; `cited` are the identifiers it named."""

    attribution_id: UUID
    state: str
    state_label: str
    at: datetime
    actor: str
    cited: tuple[str, ...]
    shown: PatientDocument


@dataclass(frozen=True, slots=True)
class Separation:
    """What undoing a merge does, or has done.

    `moved` goes back, or went. Before the end of the merge, `since` is empty and `to_come` holds
    what came meanwhile.
    """

    moved: tuple[PatientDocument, ...]
    to_come: tuple[PatientDocument, ...]
    since: tuple[SinceDocument, ...]
    corrections: tuple[CorrectionView, ...]
    feeds: tuple[FeedView, ...]

    @property
    def asked(self) -> int:
        """How many documents wait for somebody to say whose they are."""
        return sum(one.state == State.ASKED for one in self.since)


def separation(operator: Operator, merge: MergeTold) -> Separation:
    """One merge, as a person decides on it."""
    rows = Attribution.objects.filter(merge_id=merge.id)
    moved = patient_documents(
        rows.filter(state__in=[State.MOVED, State.RETURNED]).values_list("document_id", flat=True)
    )
    if merge.undone_at is None:
        came = Document.objects.filter(
            patient_id=merge.survivor.id, pk__gt=merge.id, correction=None
        ).exclude(attributions__state=State.MOVED)
        return Separation(moved, patient_documents(came.values_list("id", flat=True)), (), (), ())
    both = (merge.survivor.id, merge.merged.id)
    told = [one for patient_id in both for one in feeds_of(operator, patient_id)]
    made = [one for patient_id in both for one in corrections(operator, patient_id=patient_id)]
    return Separation(
        moved,
        (),
        _since(
            rows.filter(state__in=[State.ASKED, State.KEPT, State.GIVEN], document__correction=None)
        ),
        tuple(one for one in made if one.opened_at >= merge.undone_at),
        tuple(one for one in told if one.updated_at >= merge.undone_at),
    )


def _since(rows: Iterable[Attribution]) -> tuple[SinceDocument, ...]:
    found = {row.document_id: row for row in rows}
    documents = Document.objects.filter(pk__in=found).select_related("inbound").defer("built")
    cited = {d.id: tuple(i.value for i in stored.event(d).patient.local_ids) for d in documents}
    views = [
        SinceDocument(
            row.id, row.state, row.get_state_display(), row.at, row.actor, cited[one.view.id], one
        )
        for one in patient_documents(found)
        for row in (found[one.view.id],)
    ]
    return tuple(sorted(views, key=lambda one: one.state != State.ASKED))


@dataclass(frozen=True, slots=True)
class Unattributed:
    """Documents that wait for somebody to say whose they are."""

    merge_id: UUID
    survivor: LocalPatient
    merged: LocalPatient
    documents: int
    since: datetime


def unattributed(_: Operator, *, limit: int = 50) -> list[Unattributed]:
    """The undone merges about whose documents somebody is asked, the oldest first."""
    rows = list(
        Attribution.objects.filter(state=State.ASKED, document__correction=None)
        .values("merge_id")
        .annotate(documents=Count("id"), since=Min("at"))
        .order_by("since")[:limit]
    )
    told = {row["merge_id"]: merges.told(row["merge_id"]) for row in rows}
    return [
        Unattributed(merge.id, merge.survivor, merge.merged, row["documents"], row["since"])
        for row in rows
        if (merge := told[row["merge_id"]]) is not None
    ]
