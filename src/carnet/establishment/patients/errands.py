"""What is to be asked of INSi without anybody waiting: after an arrival, or to verify again.

Retrieval is unit and made during a visit; an identity already *qualifiée* is verified again every
few years, a NIA at each visit (RNIV 1 §4.1, §4.8; spec identity §1.12, §1.13).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from carnet.establishment.clients.insi import InsiClient
from carnet.establishment.patients import identities, inquiries
from carnet.establishment.patients.actors import Actor
from carnet.establishment.patients.identities import Applied
from carnet.establishment.patients.models import Errand, Patient
from carnet.establishment.patients.policy import Policy
from carnet.establishment.patients.vigilance import UnknownPatient
from carnet.standards.ids import INS_NIA
from carnet.standards.ins import Status, TraitError
from carnet.standards.ins.insi import Purpose, Query, ResultCode, first_query, forbidding
from carnet.standards.ins.reception import Call

logger = logging.getLogger(__name__)

#: Events by which a patient arrives: a visit begins.
ARRIVALS: Final = frozenset({"A01", "A04"})


def after_message(
    patient: Patient, trigger: str, call: Call, asks: frozenset[Status], *, now: datetime
) -> None:
    """Make the errand that this message calls for, if any; one open errand a patient is enough."""
    purpose = _purpose(patient, trigger, call, asks)
    if purpose is None or forbidding(identities.state_of(patient), purpose=purpose):
        return
    Errand.objects.bulk_create(
        [
            Errand(
                patient=patient,
                purpose=purpose.value,
                next_attempt_at=now,
                created_at=now,
                updated_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def _purpose(patient: Patient, trigger: str, call: Call, asks: frozenset[Status]) -> Purpose | None:
    status = Status(patient.status)
    if trigger in ARRIVALS and status is Status.QUALIFIEE and patient.ins_oid == INS_NIA and asks:
        return Purpose.VERIFICATION
    if status.from_insi:
        return None
    arrives = trigger in ARRIVALS and (call is Call.ALLOWED or status in asks)
    return Purpose.RETRIEVAL if (arrives or call is Call.MANDATORY) and asks else None


@dataclass(frozen=True, slots=True)
class Asking:
    """What an errand needs: who acts, how INSi is reached, and who follows what it changes.

    `follow` is called in the transaction of the change; `later` gives the delay after so many
    attempts.
    """

    actor: Actor
    client: InsiClient
    policy: Policy
    clock: Callable[[], datetime]
    later: Callable[[int], timedelta]
    follow: Callable[[Applied], None]


def run_next(asking: Asking) -> bool:
    """Run the errand that is due first; false when there is none.

    The lock is the claim: a worker that dies gives it back.
    """
    with transaction.atomic():
        row = (
            Errand.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("patient")
            .filter(state=Errand.State.READY, next_attempt_at__lte=asking.clock())
            .order_by("next_attempt_at")
            .first()
        )
        if row is None:
            return False
        row.attempts += 1
        row.state, row.reason = _run(row, asking)
        row.next_attempt_at = asking.clock() + asking.later(row.attempts)
        row.updated_at = asking.clock()
        row.save()
        logger.info(
            "insi.errand",
            extra={"errand_id": str(row.id), "outcome": row.state, "code": row.reason},
        )
        return True


def _run(row: Errand, asking: Asking) -> tuple[str, str]:
    """The state of the errand after one try, and why."""
    patient = row.patient
    try:
        query = _question(row)
        answer = inquiries.ask(
            asking.actor,
            patient.id,
            query,
            client=asking.client,
            policy=asking.policy,
            clock=asking.clock,
        )
    except TraitError as error:
        return Errand.State.STUCK, f"trait:{error.trait.name}"
    except (inquiries.AskingForbidden, UnknownPatient, ValueError):
        return Errand.State.DONE, "void"
    if answer.code is None:
        state = Errand.State.READY if answer.temporary else Errand.State.STUCK
        return state, answer.failed
    if answer.purpose is Purpose.VERIFICATION:
        ins = identities.ins_of(patient)
        applied = ins and inquiries.verified(
            asking.actor, patient.id, ins, answer.code, policy=asking.policy, now=asking.clock()
        )
        if applied:
            asking.follow(applied)
        return Errand.State.DONE, answer.code.value
    if not inquiries.alike(answer):
        found = answer.code is ResultCode.FOUND
        return Errand.State.STUCK, "differs" if found else answer.code.value
    asking.follow(
        inquiries.accept(asking.actor, answer.id, policy=asking.policy, now=asking.clock())
    )
    return Errand.State.DONE, answer.code.value


def _question(row: Errand) -> Query:
    """Raises `TraitError` when the traits make no question, `ValueError` without INS to verify."""
    if row.purpose == Purpose.VERIFICATION.value:
        return inquiries.verification(row.patient)
    return first_query(identities.local_traits(row.patient))
