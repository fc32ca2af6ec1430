"""Every change of an identity, told to each subscribed application by IHE PAM over MLLP.

What an application holds is what the last message told it: the next one is the difference between
that and the identity as it is now. The rows are made in the transaction of the change, and sent in
the order of each patient. Source: PAM.FR §4, 5.1.2 (spec identity §5.4); R-014, R-102.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Greatest
from uuid_utils.compat import uuid7

from carnet.establishment.clients.errors import Babbling, Refused, Unavailable, Unreachable
from carnet.establishment.clients.mllp import MllpClient
from carnet.establishment.exchange import outbox, schedule
from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.models import Feed
from carnet.establishment.patients import outgoing
from carnet.establishment.patients.identities import Applied, Parted
from carnet.standards.hl7v2 import build
from carnet.standards.hl7v2.messages import AdtEvent
from carnet.standards.ids import INS_NIA, Ins, Oid

logger = logging.getLogger(__name__)

State = Feed.State
#: The name of the gateway in the messages that it sends (MSH-3).
APPLICATION: Final = "CARNET"
#: Changes that other applications must know.
_MATTERS: Final = frozenset(
    {
        "created", "status", "ins", "traits", "attributes", "identifiers", "merged", "unmerged",
        "wishes",
    }
)  # fmt: skip

#: The first row due of an application, unless an earlier one of the same patient is not done.
_CLAIM: Final = """
SELECT f.id FROM exchange_feed f
 WHERE f.state = 'ready' AND f.subscriber = %(subscriber)s AND f.next_attempt_at <= %(now)s
   AND NOT EXISTS (
       SELECT 1 FROM exchange_feed e
        WHERE e.subscriber = f.subscriber AND e.id < f.id AND e.state IN ('ready', 'stuck')
          AND (e.patient_id IN (f.patient_id, f.merged_id)
               OR e.merged_id IN (f.patient_id, f.merged_id)))
 ORDER BY f.next_attempt_at, f.id LIMIT 1 FOR UPDATE OF f SKIP LOCKED
"""


def after(applied: Applied, configuration: Configuration, *, origin: str, now: datetime) -> None:
    """Make the rows that this change calls for; `origin` (MSH-3) knows it already."""
    if not applied.changed & _MATTERS:
        return
    gone = {merged for merged, _ in applied.merged}
    rows: list[Feed | None] = []
    for subscriber in configuration.subscribers:
        if subscriber == origin:
            rows += [_from(subscriber, p, applied, now) for p in sorted(applied.touched - gone)]
            continue
        for merged, survivor in applied.merged:
            rows.append(_merge(subscriber, survivor, merged, configuration, now))
        others = applied.touched - gone
        if (parted := applied.parted) is not None:
            rows += _part(subscriber, applied, parted, configuration, now)
            others -= {parted.survivor, parted.merged}
        for patient_id in sorted(others):
            known = _told(subscriber, patient_id, applied)
            rows.append(_change(subscriber, patient_id, known, configuration, now))
    if made := [row for row in rows if row is not None]:
        Feed.objects.bulk_create(made)
        outbox.ring()


def _from(subscriber: str, patient_id: UUID, applied: Applied, now: datetime) -> Feed | None:
    """What the application told us itself, so that the next message starts from it."""
    identity = outgoing.identity_of(patient_id)
    if identity is None:
        return None
    ins = identity.ins
    return Feed(
        subscriber=subscriber,
        patient_id=patient_id,
        trigger=applied.cause[:3],
        control_id="",
        raw=b"",
        matricule=ins.matricule if ins else "",
        oid=str(ins.oid) if ins else "",
        state=State.DELIVERED,
        reason="origin",
        next_attempt_at=now,
        created_at=now,
        updated_at=now,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What an application knows of a patient: whether they exist, and their INS."""

    exists: bool
    ins: Ins | None = None


def _told(subscriber: str, patient_id: UUID, applied: Applied) -> _Known:
    """What the last row says; without one, what was true before this change."""
    last = (
        Feed.objects.filter(subscriber=subscriber, patient_id=patient_id)
        .exclude(state=State.CANCELLED)
        .order_by("-id")
        .values_list("matricule", "oid")
        .first()
    )
    if last is not None:
        return _Known(True, Ins(last[0], Oid(last[1])) if last[0] else None)
    return _Known(patient_id in applied.held, applied.held.get(patient_id))


def _change(
    subscriber: str, patient_id: UUID, known: _Known, configuration: Configuration, now: datetime
) -> Feed | None:
    identity = outgoing.identity_of(patient_id)
    if identity is None or not identity.local_ids:
        return None
    ins = identity.ins
    event = AdtEvent("A31" if known.exists else "A28", "", "", identity)
    if known.ins is not None and known.ins != ins and not _promoted(known.ins, ins):
        event = replace(event, trigger="A47", prior_ins=known.ins, removes_ins=ins is None)
    else:
        event = replace(
            event,
            wishes=outgoing.wishes_of(patient_id),
            evidence=outgoing.evidence_of(patient_id),
        )
    return _row(subscriber, patient_id, event, configuration, now)


def _promoted(before: Ins, ins: Ins | None) -> bool:
    """Whether a NIA has become a NIR: the same person, an update is enough."""
    return ins is not None and before.oid == INS_NIA and ins.oid != INS_NIA


def _merge(
    subscriber: str, survivor: UUID, merged: UUID, configuration: Configuration, now: datetime
) -> Feed | None:
    identity = outgoing.identity_of(survivor)
    moved = outgoing.merged_identifiers(merged)
    if identity is None:
        return None
    gone = tuple(i for i in identity.local_ids if (i.domain, i.value) in moved)
    kept = tuple(i for i in identity.local_ids if i not in gone)
    if not gone or not kept:
        return None
    event = AdtEvent("A40", "", "", replace(identity, local_ids=kept), prior_ids=gone)
    row = _row(subscriber, survivor, event, configuration, now)
    row.merged_id = merged
    return row


def _part(
    subscriber: str, applied: Applied, parted: Parted, configuration: Configuration, now: datetime
) -> list[Feed | None]:
    """The two of an undone merge: the survivor first, which must not hold the other's INS any more.

    An application that has not taken the merge yet never hears of it.
    """
    untold = _call_off(subscriber, parted, now)
    kept = _told(subscriber, parted.survivor, applied)
    given = _told(subscriber, parted.merged, applied) if untold else _Known(exists=False)
    rows = [
        _change(subscriber, parted.survivor, kept, configuration, now),
        _change(subscriber, parted.merged, given, configuration, now),
    ]
    if rows[1] is not None:
        rows[1].merged_id = parted.survivor  # so that it waits for what the survivor is told
    return rows


def _call_off(subscriber: str, parted: Parted, now: datetime) -> bool:
    """Cancel the merge, and what was to be told after it, where nothing of it was taken."""
    told = Feed.objects.filter(subscriber=subscriber, patient_id=parted.survivor)
    merge = (
        told.filter(merged_id=parted.merged, trigger="A40", state__in=[State.READY, State.STUCK])
        .select_for_update(skip_locked=True)
        .order_by("-id")
        .first()
    )
    if merge is None or (merge.state == State.READY and merge.attempts):
        return False
    later = told.filter(pk__gte=merge.pk)
    if later.exclude(pk=merge.pk).filter(trigger="A40").exists():
        return False
    later.filter(state__in=[State.READY, State.STUCK]).update(
        state=State.CANCELLED, reason="called_off", detail="", updated_at=now
    )
    return True


def _row(
    subscriber: str, patient_id: UUID, event: AdtEvent, configuration: Configuration, now: datetime
) -> Feed:
    feed_id = uuid7()
    stamp = now.strftime("%Y%m%d%H%M%S%z")
    control_id = str(feed_id.int % 10**20)
    envelope = build.Envelope(
        APPLICATION, configuration.name[:50], subscriber, configuration.name[:50], stamp
    )
    ins = event.patient.ins
    return Feed(
        id=feed_id,
        subscriber=subscriber,
        patient_id=patient_id,
        trigger=event.trigger,
        control_id=control_id,
        raw=build.adt(replace(event, control_id=control_id, recorded_at=stamp), envelope),
        matricule=ins.matricule if ins else "",
        oid=str(ins.oid) if ins else "",
        next_attempt_at=now,
        created_at=now,
        updated_at=now,
    )


def attempt_next(
    subscriber: str,
    client: MllpClient,
    *,
    clock: Callable[[], datetime],
    chance: Callable[[], float],
) -> bool:
    """Send the row of this application that is due first; false when there is none.

    The lock of the row is the claim, as for a delivery.
    """
    with transaction.atomic():
        row = _claim(subscriber, clock())
        if row is None:
            return False
        row.attempts += 1
        silent = False
        try:
            client.send(bytes(row.raw))
        except Unreachable as error:
            silent = True
            reason = "babbling" if isinstance(error, Babbling) else "unreachable"
            row.reason, row.detail = reason, str(error)[:500]
        except Unavailable as error:
            row.reason, row.detail = "unavailable", str(error)[:500]
            if row.attempts >= schedule.MAX_ATTEMPTS:
                row.state, row.reason = State.STUCK, "exhausted"
        except Refused as error:
            row.state, row.reason, row.detail = State.STUCK, "subscriber", str(error)[:500]
        else:
            row.state, row.reason, row.detail = State.DELIVERED, "", ""
        row.updated_at = clock()
        if row.state == State.READY:
            row.next_attempt_at = row.updated_at + schedule.delay(row.attempts, chance())
        row.save()
        if silent:
            _spare(row)
    logger.info(
        "feed.attempted",
        extra={"feed_id": str(row.id), "outcome": row.state, "code": row.reason},
    )
    return True


def _claim(subscriber: str, now: datetime) -> Feed | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"subscriber": subscriber, "now": now})
        found = cursor.fetchone()
    return Feed.objects.get(pk=found[0]) if found else None


def _spare(row: Feed) -> None:
    """An application that does not answer is not tried for each of its rows."""
    Feed.objects.filter(subscriber=row.subscriber, state=State.READY).exclude(pk=row.pk).update(
        next_attempt_at=Greatest("next_attempt_at", Value(row.next_attempt_at))
    )


def waiting_subscribers(now: datetime) -> Iterator[str]:
    """The applications that have a row due."""
    yield from (
        Feed.objects.filter(state=State.READY, next_attempt_at__lte=now)
        .order_by("subscriber")
        .values_list("subscriber", flat=True)
        .distinct()
    )
