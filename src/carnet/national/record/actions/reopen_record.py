"""TD1.2: a closed record is opened again (spec dmp §2.1, §2.2)."""

from __future__ import annotations

from datetime import datetime

from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record.actions.registration import changed
from carnet.national.record.models import Record
from carnet.standards.gdp.registration import RegistrationRequest
from carnet.standards.ids import Ins


def reopen_record(
    actor: Professional | Establishment,
    request: RegistrationRequest,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> None:
    """Open the closed record of `request`, as it was. Raises `XdsRefused` as `changed`."""
    with changed(
        actor,
        "record.reopened",
        request,
        patient=patient,
        status="terminated",
        now=now,
        correlation=correlation,
    ) as patient_id:
        Record.objects.filter(patient_id=patient_id).update(
            status="active", closed_at=None, closing_reason=""
        )
