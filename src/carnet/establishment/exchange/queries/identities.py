"""Whose documents wait, and for what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Min

from carnet.establishment.exchange.models import Delivery
from carnet.establishment.exchange.reasons import REASONS, Reason
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.actors import Operator
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.ids import INS_OIDS

State = Delivery.State


@dataclass(frozen=True, slots=True)
class WaitingIdentity:
    """Documents that wait for one identity."""

    patient: LocalPatient | None
    identifiers: tuple[str, ...]  #: what the messages say of a patient who is not known
    documents: int
    since: datetime
    reason: Reason | None
    detail: str


def waiting_identities(_: Operator, *, limit: int = 200) -> tuple[WaitingIdentity, ...]:
    """Whose documents wait, the longest wait first."""
    rows = (
        Delivery.objects.filter(state=State.WAITING)
        .values("document__patient_id", "document__patient_keys", "reason")
        .annotate(
            documents=Count("document_id", distinct=True),
            since=Min("created_at"),
            said=Max("detail"),
        )
        .order_by("since")[:limit]
    )
    found = list(rows)
    known = patients.get_many(r["document__patient_id"] for r in found if r["document__patient_id"])
    return tuple(
        WaitingIdentity(
            patient=known.get(r["document__patient_id"] or UUID(int=0)),
            identifiers=_local(r["document__patient_keys"]),
            documents=r["documents"],
            since=r["since"],
            reason=REASONS.get(r["reason"]),
            detail=r["said"],
        )
        for r in found
    )


def _local(keys: Iterable[str]) -> tuple[str, ...]:
    """The identifiers that a page may show: not the INS."""
    pairs = (key.partition("|") for key in keys)
    return tuple(value for domain, _, value in pairs if domain not in INS_OIDS)
