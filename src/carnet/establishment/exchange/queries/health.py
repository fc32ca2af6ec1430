"""How the destinations are doing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from carnet.establishment.exchange.lanes import CIRCUITS
from carnet.establishment.exchange.models import Circuit, Delivery
from carnet.establishment.patients.actors import Operator

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Health:
    """One circuit and the queues behind it."""

    name: str
    state: str
    state_label: str
    since: datetime | None
    next_probe_at: datetime | None
    last_error: str
    ready: int
    stuck: int
    waiting: int
    oldest: datetime | None  #: the oldest delivery that is to be sent
    delivered: int  #: in the last hour


def health(_: Operator, *, now: datetime) -> tuple[Health, ...]:
    """How each destination is doing."""
    circuits = {c.name: c for c in Circuit.objects.all()}
    hour = now - timedelta(hours=1)
    counted = {
        row["destination"]: row
        for row in Delivery.objects.filter(
            Q(state__in=[State.READY, State.STUCK, State.WAITING])
            | Q(state=State.DELIVERED, updated_at__gte=hour)
        )
        .values("destination")
        .annotate(
            ready=Count("id", filter=Q(state=State.READY)),
            stuck=Count("id", filter=Q(state=State.STUCK)),
            waiting=Count("id", filter=Q(state=State.WAITING)),
            delivered=Count("id", filter=Q(state=State.DELIVERED)),
            oldest=Min("created_at", filter=Q(state=State.READY)),
        )
    }
    return tuple(
        _health(name, circuits.get(name), [counted[d] for d in behind if d in counted])
        for name, behind in CIRCUITS.items()
    )


def _health(name: str, circuit: Circuit | None, counts: Sequence[Mapping[str, Any]]) -> Health:
    state = Circuit.State(circuit.state) if circuit else Circuit.State.CLOSED
    oldest = [c["oldest"] for c in counts if c["oldest"] is not None]

    def total(column: str) -> int:
        return sum(c[column] for c in counts)

    return Health(
        name=name,
        state=state.value,
        state_label=str(state.label),
        since=circuit.since if circuit else None,
        next_probe_at=circuit.next_probe_at if circuit else None,
        last_error=circuit.last_error if circuit else "",
        ready=total("ready"),
        stuck=total("stuck"),
        waiting=total("waiting"),
        oldest=min(oldest, default=None),
        delivered=total("delivered"),
    )
