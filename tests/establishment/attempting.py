"""A first letter, what follows it, and attempts to deliver them at a time of one's choosing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from carnet.establishment.exchange import actions, lanes
from carnet.establishment.exchange.attempts import attempt_next
from carnet.establishment.exchange.models import Delivery
from carnet.standards.hl7v2.messages import Action, DocumentEvent, Flags
from tests.establishment.messages import cda, document, wire
from tests.establishment.people import NOW, QUALIFIED, adt

KNOWN = adt("A28", QUALIFIED)
TO_RECORD = Flags(to_record=True)
TO_PATIENT = Flags(to_patient=True)
FIRST, SECOND = "1.2.250.1.999.7.9.1", "1.2.250.1.999.7.9.2"


class Clock:
    """A clock that only moves when told; it starts now, for certificates are of now."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


def send(*events: Any) -> None:
    for event in events:
        actions.receive("test", wire(event), now=NOW)


def work(destination: str, clock: Clock, *, times: int = 20) -> int:
    """Attempt what is due; how many attempts were made."""
    with lanes.lane(destination) as lane:
        for done in range(times):
            if not attempt_next(lane, clock=clock, chance=lambda: 1.0):
                return done
    return times


def only(**which: Any) -> Delivery:
    return Delivery.objects.get(**which)


def replacement(**fields: Any) -> DocumentEvent:
    return document(
        cda(SECOND, version=2, replaces=FIRST),
        **{
            "control_id": "D2",
            "trigger": "T10",
            "action": Action.REPLACE,
            "document_id": SECOND,
            "parent_id": FIRST,
            "flags": TO_RECORD,
            **fields,
        },
    )


def deletion(**fields: Any) -> DocumentEvent:
    return document(
        **{
            "control_id": "D3",
            "trigger": "T04",
            "action": Action.DELETE,
            "flags": TO_RECORD,
            **fields,
        }
    )
