"""What may be done in the exchange: take a message, look into it, send again, give up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from carnet.establishment.exchange import outbox, queries, rules
from carnet.establishment.exchange.models import Delivery, Feed, Opening
from carnet.establishment.exchange.receiving import receive, refuse, unavailable
from carnet.establishment.patients.actors import Operator

__all__ = [
    "NotAllowed",
    "cancel",
    "open_content",
    "receive",
    "refuse",
    "resend_feed",
    "retry",
    "retry_stuck",
    "unavailable",
]

State = Delivery.State


class NotAllowed(Exception):  # noqa: N818 - the name is the fact
    """This delivery is not, or no longer, in a state that allows it."""


def retry(actor: Operator, delivery_id: UUID, *, now: datetime) -> None:
    """Send again as soon as possible; rules and identity are checked again first.

    Raises `NotAllowed` when the delivery does not exist, is being sent, or is done.
    """
    with transaction.atomic():
        row = _locked(delivery_id, rules.RETRY_FROM)
        row.next_attempt_at = now
        outbox.settle(row, State.READY, actor, now, reason="retried")
        outbox.ring()


def retry_stuck(
    actor: Operator,
    destination: str,
    reason: str,
    *,
    seen: datetime,
    only: Collection[UUID] | None = None,
    now: datetime,
) -> int:
    """Send again what was stuck for one reason towards one kind of place when it was `seen`; all of
    it, or `only` these.

    Gives how many are sent again: what is being sent, or is no longer stuck so, is left alone.
    """
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(skip_locked=True).filter(
            state=State.STUCK, destination=destination, reason=reason, updated_at__lte=seen
        )
        found = list(rows if only is None else rows.filter(pk__in=only))
        for row in found:
            row.state, row.reason, row.detail = State.READY, "retried", ""
            row.next_attempt_at = row.updated_at = now
        Delivery.objects.bulk_update(
            found, ["state", "reason", "detail", "next_attempt_at", "updated_at"], batch_size=500
        )
        outbox.trace(found, actor, now)
        outbox.ring()
    return len(found)


def cancel(actor: Operator, delivery_id: UUID, *, now: datetime) -> None:
    """Give up this delivery. Raises `NotAllowed` as `retry`."""
    with transaction.atomic():
        row = _locked(delivery_id, rules.CANCEL_FROM)
        outbox.settle(row, State.CANCELLED, actor, now, reason="cancelled")


def resend_feed(actor: Operator, feed_id: UUID, *, now: datetime) -> None:
    """Tell an application again what it refused. Raises `NotAllowed` when it is not stuck."""
    changed = Feed.objects.filter(pk=feed_id, state=Feed.State.STUCK).update(
        state=Feed.State.READY,
        attempts=0,
        next_attempt_at=now,
        updated_at=now,
        reason="retried",
        detail=actor.label,
    )
    if not changed:
        raise NotAllowed
    outbox.ring()


def open_content(actor: Operator, message_id: UUID, *, now: datetime) -> tuple[bytes, bytes]:
    """A message and its answer with all that they hold; who looked is kept with them.

    Raises `queries.MessageNotFound`.
    """
    with transaction.atomic():
        content = queries.raw(actor, message_id)
        Opening.objects.create(inbound_id=message_id, at=now, actor=actor.label)
    return content


def _locked(delivery_id: UUID, states: frozenset[Delivery.State]) -> Delivery:
    """The row, unless a worker holds it: it is being sent at this moment."""
    row = (
        Delivery.objects.select_for_update(skip_locked=True)
        .filter(pk=delivery_id, state__in=states)
        .first()
    )
    if row is None:
        raise NotAllowed
    return row
