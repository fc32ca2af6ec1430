"""What is stuck, by where it goes and why, and what became of what was sent again together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min

from carnet.establishment.exchange.models import Delivery, DeliveryEvent
from carnet.establishment.exchange.reasons import REASONS, Reason
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.actors import Operator
from carnet.establishment.patients.queries import LocalPatient

State = Delivery.State
#: Deliveries of one group that are listed one by one.
LISTED = 50


@dataclass(frozen=True, slots=True)
class StuckDelivery:
    """One delivery that is stuck."""

    id: UUID
    message_id: UUID
    title: str
    patient: LocalPatient | None
    since: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class StuckGroup:
    """The deliveries that are stuck for one reason towards one kind of place.

    `listed` holds the oldest of them, `LISTED` at most.
    """

    destination: str
    destination_label: str
    code: str
    reason: Reason | None
    count: int
    since: datetime
    listed: tuple[StuckDelivery, ...]

    @property
    def key(self) -> str:
        """What names the group in a page."""
        return f"{self.destination}-{self.code}"


def stuck(_: Operator) -> list[StuckGroup]:
    """What is stuck, the largest group first."""
    groups = (
        Delivery.objects.filter(state=State.STUCK)
        .values("destination", "reason")
        .annotate(count=Count("id"), since=Min("updated_at"))
        .order_by("-count", "destination", "reason")
    )
    return [
        StuckGroup(
            group["destination"],
            str(Delivery.Destination(group["destination"]).label),
            group["reason"],
            REASONS.get(group["reason"]),
            group["count"],
            group["since"],
            _listed(group["destination"], group["reason"]),
        )
        for group in groups
    ]


def _listed(destination: str, reason: str) -> tuple[StuckDelivery, ...]:
    rows = list(
        Delivery.objects.filter(state=State.STUCK, destination=destination, reason=reason)
        .select_related("document")
        .defer("document__built")
        .order_by("updated_at", "id")[:LISTED]
    )
    known = patients.get_many({r.document.patient_id for r in rows if r.document.patient_id})
    return tuple(
        StuckDelivery(
            row.id,
            row.document.inbound_id,
            row.document.title,
            known.get(row.document.patient_id) if row.document.patient_id else None,
            row.updated_at,
            row.detail,
        )
        for row in rows
    )


def retried(actor: Operator, at: datetime) -> list[tuple[str, str, int]]:
    """What became of what this person sent again at that moment: state, its label, how many."""
    events = DeliveryEvent.objects.filter(at=at, actor=actor.label, reason="retried")
    states = Delivery.objects.filter(pk__in=events.values("delivery_id")).values_list("state")
    counted = states.annotate(count=Count("id")).order_by("state")
    return [(state, str(State(state).label), count) for state, count in counted]
