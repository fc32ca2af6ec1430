"""Verification of the qualified identities, some years after the last one, many at a time.

A batch is a row: kept, deposited under its own message id, collected when INSi has done it. A
worker that dies at any step leaves it where it was (RNIV 1 §4.8.1; spec identity §1.13).
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from carnet.establishment.clients.errors import CallError, Unavailable, Unreachable
from carnet.establishment.patients import inquiries
from carnet.establishment.patients.errands import Asking
from carnet.establishment.patients.models import Batch, Patient
from carnet.standards.ids import IdentifierError, Ins, Oid
from carnet.standards.ins import Status, TraitError
from carnet.standards.ins.insi import BatchLine, DepositQuery, ResultCode

logger = logging.getLogger(__name__)

#: Identities of one batch at most: one transaction each when the result comes.
MOST: Final = 1000


def prepare(years: int, *, now: datetime) -> int:
    """Make the next batch, unless one is open; how many identities it holds."""
    if Batch.objects.filter(state__in=[Batch.State.READY, Batch.State.DEPOSITED]).exists():
        return 0
    before = _years_before(now, years)
    due = Patient.objects.filter(
        Q(verified_at__lt=before) | Q(verified_at=None, created_at__lt=before),
        status=Status.QUALIFIEE,
        merged_into=None,
    ).order_by("verified_at", "id")[:MOST]
    lines = {}
    for patient in due:
        try:
            inquiries.verification(patient)
        except (TraitError, ValueError):
            continue
        lines[str(patient.id)] = [patient.ins_matricule, patient.ins_oid]
    if lines:
        Batch.objects.create(lines=lines, next_attempt_at=now, created_at=now, updated_at=now)
    return len(lines)


def run_next(asking: Asking) -> bool:
    """Deposit or collect the batch that is due; false when there is none."""
    with transaction.atomic():
        row = (
            Batch.objects.select_for_update(skip_locked=True)
            .filter(
                state__in=[Batch.State.READY, Batch.State.DEPOSITED],
                next_attempt_at__lte=asking.clock(),
            )
            .order_by("next_attempt_at")
            .first()
        )
        if row is None:
            return False
        row.attempts += 1
        try:
            if row.state == Batch.State.READY:
                _deposit(row, asking)
            else:
                _collect(row, asking)
        except (Unreachable, Unavailable) as error:
            row.reason = error.code or "injoignable"
        except CallError as error:
            row.state, row.reason = Batch.State.STUCK, error.code or "refus"
        row.updated_at = asking.clock()
        row.next_attempt_at = row.updated_at + asking.later(row.attempts)
        row.save()
        logger.info(
            "insi.batch",
            extra={"batch": str(row.id), "outcome": row.state, "code": row.reason},
        )
        return True


def _deposit(row: Batch, asking: Asking) -> None:
    patients = Patient.objects.in_bulk([UUID(key) for key in row.lines])
    lines = []
    for key, asked in row.lines.items():
        patient = patients.get(UUID(key))
        if patient is None or [patient.ins_matricule, patient.ins_oid] != asked:
            continue  # changed since: it is verified anew anyway
        try:
            lines.append(BatchLine(key, inquiries.verification(patient)))
        except (TraitError, ValueError):
            continue
    if not lines:
        row.state = Batch.State.DONE
        return
    row.batch_id = asking.client.deposit(
        DepositQuery(tuple(lines)), message_id=f"uuid:{row.id}", now=asking.clock()
    )
    row.state, row.attempts, row.reason = Batch.State.DEPOSITED, 0, ""


def _collect(row: Batch, asking: Asking) -> None:
    report = asking.client.collect(row.batch_id, now=asking.clock())
    if not report.done:
        return
    for reference, code in report.lines:
        asked = row.lines.get(reference)
        if asked is None or code not in {ResultCode.FOUND, ResultCode.NONE}:
            continue  # what INSi could not verify stays due
        try:
            ins = Ins(asked[0], Oid(asked[1]))
        except IdentifierError:
            continue
        applied = inquiries.verified(
            asking.actor,
            UUID(reference),
            ins,
            ResultCode(code),
            policy=asking.policy,
            now=asking.clock(),
        )
        if applied is not None:
            asking.follow(applied)
    row.state, row.reason = Batch.State.DONE, ""


def _years_before(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # 29 February
        return now.replace(year=now.year - years, day=28)
