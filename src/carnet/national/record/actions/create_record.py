"""TD1.1: a record is asked to be created, which the DMP no longer does (spec dmp §2.1)."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from carnet.national.identity import queries as identity
from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record.actions.refusals import same_patient, told
from carnet.national.record.rules import AccessRefused, Decision, Reason
from carnet.standards.gdp.registration import RegistrationRequest
from carnet.standards.ids import Ins


def create_record(
    actor: Professional | Establishment,
    request: RegistrationRequest,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> NoReturn:
    """Refuse, and write that it was asked: a record opens with Mon espace santé (CSP R.1111-40).

    Raises `XdsRefused` (DMPAccessDeniedByRightsService).
    """
    with told(actor, "record.opened", now=now, correlation=correlation) as attempt:
        attempt.patient_id = identity.patient_of(same_patient(patient, request.ins.cx))
        raise AccessRefused(Decision(False, (Reason.LINKED_TO_MES,)))
