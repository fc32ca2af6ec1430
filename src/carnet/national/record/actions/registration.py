"""What TD1.2, TD1.3b and TD1.4 have alike: whose record it is, and who may change it that way.

Today only a record that is not linked to Mon espace santé is changed by a professional: the others
are governed by their holder (spec dmp §2.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db import transaction

from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record.actions.refusals import same_patient, told
from carnet.national.record.context import context
from carnet.national.record.models import Administrative, Record
from carnet.national.record.rules import AccessRefused, Act, Decision, Reason, decide
from carnet.standards.gdp.registration import RegistrationRequest
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import ErrorCode, refused

Status = Literal["active", "terminated"]


@contextmanager
def changed(
    actor: Professional | Establishment,
    action: str,
    request: RegistrationRequest,
    *,
    patient: Ins | None,
    status: Status,
    now: datetime,
    correlation: str,
) -> Iterator[UUID]:
    """Change the record of `request`, locked meanwhile, which must be in this `status`.

    One transaction with its trace, `action`. Raises `XdsRefused`, and then nothing is changed:
    XDSPatientIdDoesNotMatch, XDSUnknownPatientId, DMPClosed, DMPFound (open already),
    DMPAccessDeniedByRightsService.
    """
    with told(actor, action, now=now, correlation=correlation) as attempt, transaction.atomic():
        ins = same_patient(patient, request.ins.cx)
        attempt.patient_id = patient_id = identity.patient_of(ins)
        if patient_id is not None:
            Record.objects.select_for_update().filter(patient_id=patient_id).first()
        found = context(actor, patient_id, now=now) if patient_id is not None else None
        if patient_id is None or found is None:
            raise refused(ErrorCode.UNKNOWN_PATIENT_ID, "there is no record for this patient")
        # The state is told apart, below: a closed record may be opened again.
        decision = decide(
            actor, Act.CHANGE_REGISTRATION, patient_id, replace(found.facts, active=True)
        )
        if not decision.allowed:
            raise AccessRefused(decision)
        if not _is_author(actor, request):
            raise AccessRefused(Decision(False, (Reason.NOT_THE_CALLER,)))
        if not Administrative.objects.filter(patient_id=patient_id, linked_to_mes=False).exists():
            raise AccessRefused(Decision(False, (Reason.LINKED_TO_MES,)))
        if found.facts.active and status == "terminated":
            raise refused(ErrorCode.DMP_FOUND, "the record of this patient is open already")
        if not found.facts.active and status == "active":
            raise refused(ErrorCode.DMP_CLOSED, "the record of this patient is closed")
        yield patient_id
        journal.record(
            actor,
            action,
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            correlation=correlation,
        )


def _is_author(actor: Professional | Establishment, request: RegistrationRequest) -> bool:
    """Whether the author and the organisation of the message are those of the VIHF."""
    match actor:
        case Professional(ps_idnat=author, structure=structure):
            pass
        case Establishment(responsible=author, struct_idnat=structure):
            pass
    return request.author == author and request.structure in ("", structure)
