"""TD0.9, TD0.10: a professional enters a record by a context that their software signed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Professional
from carnet.national.record.actions.refusals import told
from carnet.national.record.context import context
from carnet.national.record.models import UsedContext
from carnet.national.record.rules import AccessRefused, Act, decide
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import ErrorCode, refused

#: Longer than a context can be presented: what was used before is refused by its age.
_REMEMBERED: Final = timedelta(hours=1)


def enter_by_context(
    actor: Professional,
    patient: Ins | None,
    *,
    claimed: str,
    context_id: str,
    now: datetime,
    correlation: str = "",
) -> Ins:
    """The record that the context `context_id` opens, once: that of `patient`, the INS it names.

    `claimed` is the matricule of the address, empty when it names none.
    Raises `XdsRefused` (XDSPatientIdDoesNotMatch, XDSUnknownPatientId, DMPClosed,
    DMPAccessDeniedByRightsService, also for a context already used).
    """
    with told(actor, "record.entered", now=now, correlation=correlation) as attempt:
        if patient is None or claimed not in ("", patient.matricule):
            raise refused(
                ErrorCode.PATIENT_ID_DOES_NOT_MATCH, "the address and the context name two patients"
            )
        found = context(actor, patient, now=now)
        if found is None:
            raise refused(ErrorCode.UNKNOWN_PATIENT_ID, "there is no record for this patient")
        attempt.patient_id = found.patient_id
        decision = decide(actor, Act.WEB_ACCESS, found.patient_id, found.facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        with transaction.atomic():
            UsedContext.objects.filter(used_at__lt=now - _REMEMBERED).delete()
            _line, first = UsedContext.objects.get_or_create(
                id=context_id, defaults={"used_at": now}
            )
            if not first:
                raise refused(ErrorCode.DMP_ACCESS_DENIED, "this context was used already")
            journal.record(
                actor,
                "record.entered",
                at=now,
                patient_id=found.patient_id,
                outcome="allowed",
                correlation=correlation,
            )
    return patient
