"""Verification in batch: a structure deposits identities, a worker verifies, it collects codes.

A deposit is kept before it is answered, and verified by small transactions: a worker that dies
leaves what it had not finished to the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from carnet.national.identity.insi import base
from carnet.national.identity.models import Batch, BatchLine
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, System
from carnet.standards.ins.insi import (
    BatchReport,
    DepositQuery,
    InsiFault,
    Matricule,
    NationalIdentifier,
    Tiq,
    VerifyQuery,
    answer,
    known_fault,
)
from carnet.standards.soap.envelope import SoapFault

#: Batches of one structure that may wait at once: who deposits more is asked to come back.
PENDING: Final = 5
#: Lines verified in one transaction.
STEP: Final = 200

_KEEP: Final = """
INSERT INTO identity_batch (id, caller, message_id, deposited_at, expires_at)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT (caller, message_id) DO NOTHING
"""
_KEEP_LINES: Final = """
INSERT INTO identity_batchline (batch_id, place, reference, question, code)
SELECT %s, line.place, line.reference, line.question, ''
  FROM jsonb_to_recordset(%s::jsonb) AS line (place int, reference text, question jsonb)
"""
_CODES: Final = """
UPDATE identity_batchline SET code = told.code
  FROM unnest(%s::int[], %s::text[]) AS told (place, code)
 WHERE batch_id = %s AND identity_batchline.place = told.place
"""


def deposit(
    actor: Actor,
    query: DepositQuery,
    *,
    message_id: str,
    keep: timedelta,
    now: datetime,
    correlation: str = "",
) -> UUID:
    """Keep a batch, and give the id that its result is asked with, for as long as `keep`.

    The same message sent again is the same deposit. Raises `SoapFault` when the MessageID was that
    of another one, `InsiFault` (carnet_quota) when the structure has too many that wait.
    """
    batch_id = uuid7()
    lines = [
        {"place": place, "reference": line.reference, "question": _stored(line.query)}
        for place, line in enumerate(query.lines, start=1)
    ]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [batch_id, actor.id, message_id, now, now + keep])
            if not cursor.rowcount:
                return _again(actor.id, message_id, lines)
            cursor.execute(_KEEP_LINES, [batch_id, json.dumps(lines)])
        if Batch.objects.filter(caller=actor.id, done_at=None).count() > PENDING:
            raise known_fault("carnet_quota")
        journal.record(
            actor,
            "insi.batch_deposited",
            at=now,
            patient_id=None,
            outcome="allowed",
            object_type="batch",
            object_id=str(batch_id),
            details={"identities": len(lines)},
            correlation=correlation,
        )
    return batch_id


def collect(actor: Actor, batch_id: str, *, now: datetime, correlation: str = "") -> BatchReport:
    """What became of a batch of the actor's.

    Raises `InsiFault` (carnet_demande) when it is nobody's, another structure's, or expired.
    """
    batch = Batch.objects.filter(id=batch_id, caller=actor.id, expires_at__gt=now).first()
    if batch is None:
        raise known_fault("carnet_demande")
    if batch.done_at is None:
        return BatchReport(done=False)
    lines = BatchLine.objects.filter(batch_id=batch.id).order_by("place")
    journal.record(
        actor,
        "insi.batch_collected",
        at=now,
        patient_id=None,
        outcome="allowed",
        object_type="batch",
        object_id=batch_id,
        correlation=correlation,
    )
    return BatchReport(done=True, lines=tuple(lines.values_list("reference", "code")))


def verify_some(*, now: datetime, step: int = STEP) -> int:
    """Verify the next `step` lines of the oldest batch that nobody else is at; how many were."""
    with transaction.atomic():
        waiting = Batch.objects.filter(done_at=None).order_by("deposited_at")
        batch = waiting.select_for_update(skip_locked=True).first()
        if batch is None:
            return 0
        lines = BatchLine.objects.filter(batch_id=batch.id, code="").order_by("place")[:step]
        asked = {line.place: _question(line.question) for line in lines}
        codes = _verify(asked)
        with connection.cursor() as cursor:
            cursor.execute(_CODES, [list(codes), list(codes.values()), batch.id])
        if len(asked) < step:
            batch.done_at = now
            batch.save(update_fields=["done_at"])
            journal.record(
                System("insi"),
                "insi.batch_verified",
                at=now,
                patient_id=None,
                outcome="allowed",
                object_type="batch",
                object_id=str(batch.id),
            )
    return len(asked)


def forget_expired(*, now: datetime) -> int:
    """Delete the batches whose result is no longer kept; how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM identity_batch WHERE expires_at <= %s", [now])
        return int(cursor.rowcount)


def _again(caller: str, message_id: str, lines: Sequence[Mapping[str, Any]]) -> UUID:
    """The batch that the same message already made."""
    batch = Batch.objects.get(caller=caller, message_id=message_id)
    known = BatchLine.objects.filter(batch_id=batch.id).order_by("place")
    if list(known.values("place", "reference", "question")) != list(lines):
        raise SoapFault("Sender", "the MessageID is that of another deposit")
    return batch.id


def _verify(asked: Mapping[int, VerifyQuery]) -> dict[int, str]:
    """The code of each line; the error when its verification fails."""
    people: dict[str, list[base.Known]] = {}
    for known in base.bearing({query.identifier.matricule.number for query in asked.values()}):
        people.setdefault(known.person.individual.active.matricule.number, []).append(known)
    codes = {}
    for place, query in asked.items():
        near = people.get(query.identifier.matricule.number, [])
        try:
            codes[place] = answer(query, [known.person for known in near]).code.value
        except InsiFault as fault:
            codes[place] = fault.error
    return codes


def _stored(query: VerifyQuery) -> dict[str, Any]:
    return asdict(query)


def _question(stored: Mapping[str, Any]) -> VerifyQuery:
    identifier = dict(stored["identifier"])
    matricule = Matricule(**identifier.pop("matricule"))
    return VerifyQuery(NationalIdentifier(matricule, **identifier), Tiq(**stored["traits"]))
