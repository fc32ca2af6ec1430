"""Messages in, everything that is due out: what the tests of the flow do."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from carnet.establishment.exchange import actions, attempts
from carnet.establishment.exchange.lanes import lane
from carnet.establishment.exchange.models import Delivery, Inbound
from carnet.standards.hl7v2.messages import AdtEvent
from tests.establishment.messages import wire
from tests.establishment.people import NOW


def receive(*events: Any) -> None:
    """Each message a second after the one before."""
    for event in events:
        at = f"2026030112{Inbound.objects.count():02d}00"
        dated = (
            replace(event, control_id=f"M{at}", recorded_at=at)
            if isinstance(event, AdtEvent)
            else event
        )
        actions.receive("test", wire(dated), now=NOW)


def work() -> None:
    """Everything that is due, in its order."""
    for destination in ("record", "professional", "patient"):
        with lane(destination) as found:
            while attempts.attempt_next(found, clock=lambda: datetime.now(UTC), chance=lambda: 0.5):
                pass


def states() -> dict[tuple[str, str], str]:
    """(action of the document, destination) -> state, the latest of each."""
    return {
        (d.document.action, d.destination): d.state
        for d in Delivery.objects.select_related("document").order_by("created_at")
    }
