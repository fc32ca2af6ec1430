"""The rows of the outbox: opened, released, withdrawn, settled, each with a line of history.

Requirements: EX_AIR-090.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg import errors as pg
from uuid_utils.compat import uuid7

from carnet.establishment.exchange import rules
from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.identity import Standing
from carnet.establishment.exchange.models import Delivery, DeliveryEvent, Document
from carnet.establishment.patients.actors import Actor, System
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.mss import addresses

#: How long a person at the desk waits for what is being sent.
PATIENCE: Final = "3s"
#: The channel on which workers are told that there is something to send.
CHANNEL: Final = "carnet_exchange"
GATEWAY: Final = System("passerelle")

State = Delivery.State
_OPEN: Final = (State.WAITING, State.READY, State.STUCK)


def patient_address(patient: LocalPatient | None, configuration: Configuration) -> str:
    """The citizen's mailbox, made of a *qualifiée* INS or not at all (ECO.2.2.6)."""
    if patient is None or patient.ins is None:
        return ""
    return str(addresses.patient_address(patient.ins, domain=configuration.patient_domain))


def open_deliveries(
    document: Document,
    routes: Iterable[rules.Route],
    standing: Standing,
    *,
    address: str,
    fresh: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """One row for each destination that has none yet, in the state that rules and identity give.

    `address` is the patient's mailbox, empty while it may not be known; a `fresh` document has no
    delivery yet, and is stored with these.
    """
    held = set() if fresh else {(d.destination, d.address) for d in document.deliveries.all()}
    rows: list[dict[str, str | None]] = []
    for route in routes:
        state, reason, detail = standing.state, standing.reason, standing.detail
        place = address if route.destination == rules.PATIENT else route.address
        if route.refusal:
            state, reason, detail = State.REFUSED, route.refusal, ""
        if (route.destination, place) in held or (
            route.destination != rules.PROFESSIONAL
            and any(destination == route.destination for destination, _ in held)
        ):
            continue
        after = predecessor(document, route.destination, place)
        rows.append(
            {
                "id": str(uuid7()),
                "event": str(uuid7()),
                "destination": route.destination,
                "address": place,
                "state": str(state),
                "after": str(after.id) if after else None,
                "reason": reason,
                "detail": detail,
            }
        )
    if fresh or rows:
        _insert(document, rows, actor, fresh=fresh, now=now)


_FIELDS: Final = tuple(field.attname for field in Document._meta.concrete_fields)
_DOCUMENT: Final = f"""document AS (
    INSERT INTO exchange_document ({", ".join(_FIELDS)})
    VALUES ({", ".join(f"%({name})s" for name in _FIELDS)})
)"""  # noqa: S608 - made of constants only
#: The rows, their history, and the word to the workers when one of them is ready.
_DELIVERIES: Final = """r AS (
    SELECT * FROM json_to_recordset(%(rows)s::json) AS r(
        id uuid, event uuid, destination text, address text, state text, after uuid,
        reason text, detail text)
), made AS (
    INSERT INTO exchange_delivery
        (id, document_id, destination, address, state, after_id, attempts, next_attempt_at,
         reason, detail, receipt, created_at, updated_at)
    SELECT id, %(id)s, destination, address, state, after, 0, %(now)s,
           reason, detail, '', %(now)s, %(now)s
      FROM r
), traced AS (
    INSERT INTO exchange_deliveryevent (id, delivery_id, at, actor, state, attempt, reason, detail)
    SELECT event, id, %(now)s, %(actor)s, state, 0, reason, detail FROM r
)
SELECT pg_notify(%(channel)s, '') WHERE %(ready)s
"""
_ADD: Final = f"WITH {_DELIVERIES}"
_STORE: Final = f"WITH {_DOCUMENT}, {_DELIVERIES}"


def _insert(
    document: Document,
    rows: Sequence[Mapping[str, str | None]],
    actor: Actor,
    *,
    fresh: bool,
    now: datetime,
) -> None:
    """The rows of one document, and the document itself when it is `fresh`, in one statement."""
    parameters: dict[str, Any] = {
        "id": document.id,
        "rows": json.dumps(rows),
        "now": now,
        "actor": actor.label,
        "channel": CHANNEL,
        "ready": any(row["state"] == State.READY for row in rows),
    }
    if fresh:
        parameters |= {name: getattr(document, name) for name in _FIELDS}
    with connection.cursor() as cursor:
        cursor.execute(_STORE if fresh else _ADD, parameters)
    document._state.adding = False  # as after `save`: from now on it is updated


def predecessor(document: Document, destination: str, address: str) -> Delivery | None:
    """The delivery of the replaced or deleted document to the same place, if there is one."""
    if document.target_id is None:
        return None
    same = Delivery.objects.filter(document_id=document.target_id, destination=destination)
    if destination == rules.PROFESSIONAL:
        same = same.filter(address=address)
    return same.first()


def trace(rows: Iterable[Delivery], actor: Actor, now: datetime) -> None:
    """A line of history for the state that each row has now."""
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(
            delivery=row,
            at=now,
            actor=actor.label,
            state=row.state,
            attempt=row.attempts,
            reason=row.reason,
            detail=row.detail,
        )
        for row in rows
    )


#: What an attempt, or a person, may change of a row.
_SETTLED: Final = (
    "address", "state", "after_id", "attempts", "next_attempt_at", "reason", "detail", "receipt",
    "ins_matricule", "ins_oid", "updated_at",
)  # fmt: skip
_SETTLE: Final = f"""
WITH settled AS (
    UPDATE exchange_delivery SET {", ".join(f"{name} = %({name})s" for name in _SETTLED)}
     WHERE id = %(id)s
)
INSERT INTO exchange_deliveryevent (id, delivery_id, at, actor, state, attempt, reason, detail)
VALUES (%(event)s, %(id)s, %(updated_at)s, %(actor)s, %(state)s, %(attempts)s, %(reason)s,
        %(detail)s)
"""  # noqa: S608 - made of constants only


def settle(
    row: Delivery, state: str, actor: Actor, now: datetime, *, reason: str = "", detail: str = ""
) -> None:
    """Give one delivery its new state, with its line of history."""
    row.state, row.reason, row.detail, row.updated_at = state, reason, detail[:1000], now
    parameters: dict[str, Any] = {name: getattr(row, name) for name in _SETTLED}
    parameters |= {"id": row.id, "event": uuid7(), "actor": actor.label, "state": str(state)}
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, parameters)


def release(
    rows: Sequence[Delivery],
    standing: Standing,
    *,
    address: str,
    now: datetime,
) -> None:
    """Let deliveries that have not left go as the identity now stands; silent for no change."""
    changed = []
    for row in rows:
        place = address if row.destination == rules.PATIENT else row.address
        if (row.state, row.reason, row.address) == (standing.state, standing.reason, place):
            continue
        row.state, row.reason, row.detail = standing.state, standing.reason, standing.detail
        row.next_attempt_at = row.updated_at = now
        row.address = place
        changed.append(row)
    if not changed:
        return
    Delivery.objects.bulk_update(
        changed, ["state", "reason", "detail", "address", "next_attempt_at", "updated_at"]
    )
    trace(changed, GATEWAY, now)
    if standing.state == State.READY:
        ring()


def withdraw(document: Document, actor: Actor, now: datetime) -> None:
    """Cancel what was never attempted of a deleted document; the rest is deleted where it went.

    Rows that a worker holds are left to it: waiting for them would hold back the acknowledgement.
    """
    rows = list(
        Delivery.objects.select_for_update(skip_locked=True).filter(
            document=document, state__in=_OPEN, attempts=0
        )
    )
    for row in rows:
        settle(row, State.CANCELLED, actor, now, reason="withdrawn")


def waiting_of(patient_ids: Iterable[UUID]) -> list[Delivery]:
    """The deliveries that wait for the identity of these patients, locked."""
    return list(
        Delivery.objects.select_for_update(of=("self",))
        .select_related("document")
        .filter(state=State.WAITING, document__patient_id__in=list(patient_ids))
        .order_by("id")
    )


def lock(document_ids: Iterable[UUID]) -> None:
    """Wait until nothing of these documents is being sent, and let nothing be for now."""
    rows = Delivery.objects.select_for_update().filter(document_id__in=list(document_ids))
    list(rows.order_by("id").values_list("id"))


class BeingSent(Exception):  # noqa: N818 - the name is the fact
    """A worker holds what is asked for: its call outside lasts longer than anybody waits."""


@contextmanager
def briefly() -> Iterator[None]:
    """A transaction that waits for a lock `PATIENCE` at most. Raises `BeingSent`: nothing is done.

    The attempts of deliveries hold their rows while the other side is asked.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, pg.LockNotAvailable):
            raise BeingSent from error
        raise


def being_sent(document: Document) -> bool:
    """Whether a worker holds a delivery of this document, and may be sending it; nothing else of
    it will be before this transaction ends."""
    free = document.deliveries.select_for_update(skip_locked=True)
    return len(free) < document.deliveries.count()


def ring() -> None:
    """Tell the workers, when this transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
