"""A document that comes after what replaces or deletes it: engines do not keep the order.

What came first is taken up by itself, behind what it replaces; an older version never leaves for a
place that has the newer one. Source: spec identity §5.8, dmp §5.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from carnet.establishment.exchange import outbox
from carnet.establishment.exchange.models import Delivery, Document
from carnet.establishment.patients.actors import Actor

Action = Document.Action
State = Delivery.State
#: Still to be sent, or stuck for want of what it replaces.
_TO_COME: Final = Q(state__in=[State.READY, State.WAITING]) | Q(state=State.STUCK, reason="900")

#: How far back what was under way is looked for: an attempt lasts minutes.
BACK: Final = timedelta(hours=2)


def of(document: Document, family: Iterable[Document]) -> list[Document]:
    """What came before `document`, for the same patient, and replaces or deletes it."""
    return [
        d
        for d in family
        if d.target_id is None
        and d.parent_uid == document.uid
        and d.action in {Action.REPLACE, Action.DELETE}
        and (d.patient_id, d.patient_keys) == (document.patient_id, document.patient_keys)
    ]


def descendants(parents: Iterable[Document], family: Iterable[Document]) -> list[Document]:
    """These documents, and those that replace them in their turn."""
    found, family = list(parents), list(family)
    for parent in found:
        found += [d for d in family if d.target_id == parent.id and d not in found]
    return found


def take_up(
    document: Document, successors: Iterable[Document], actor: Actor, *, now: datetime
) -> None:
    """Put what had come too early behind `document`, which has just come."""
    for early in successors:
        early.target = document
        changed = ["target"]
        if not (early.is_cda or _left(early)):
            early.set_id, early.version = document.set_id, document.version + 1
            early.built = None
            changed += ["set_id", "version", "built"]
        early.save(update_fields=changed)
        if early.action == Action.DELETE:
            outbox.withdraw(document, actor, now)
            continue
        rows = early.deliveries.select_for_update(skip_locked=True).filter(_TO_COME, after=None)
        _queue(rows, now)


def _left(document: Document) -> bool:
    """Whether it has left for somewhere, or may be leaving: a worker holds its delivery."""
    return outbox.being_sent(document) or any(
        row.attempts and (row.state, row.reason) != (State.STUCK, "900")
        for row in document.deliveries.all()
    )


def catch_up(*, now: datetime) -> None:
    """Take up what was being attempted at the moment when what it replaces came."""
    rows = Delivery.objects.select_for_update(of=("self",), skip_locked=True).filter(
        state=State.STUCK,
        reason="900",
        after=None,
        document__action=Action.REPLACE,
        document__target__isnull=False,
        updated_at__gte=now - BACK,
    )
    _queue(rows, now)


def _queue(rows: Iterable[Delivery], now: datetime) -> None:
    for row in rows:
        row.after = outbox.predecessor(row.document, row.destination, row.address)
        if row.after is None:
            continue
        if row.state == State.STUCK:
            row.next_attempt_at = now
            outbox.settle(row, State.READY, outbox.GATEWAY, now, reason="taken_up")
            outbox.ring()
        else:
            row.save(update_fields=["after"])
