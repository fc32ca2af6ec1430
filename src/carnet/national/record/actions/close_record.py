"""TD1.4: a record is closed at its holder's demand (spec dmp §2.1, §2.2)."""

from __future__ import annotations

from datetime import datetime

from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record.actions.registration import changed
from carnet.national.record.models import Record
from carnet.standards.gdp.registration import RegistrationRequest
from carnet.standards.ids import Ins


def close_record(
    actor: Professional | Establishment,
    request: RegistrationRequest,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> None:
    """Close the record of `request`; what it holds is kept. Raises `XdsRefused` as `changed`."""
    with changed(
        actor,
        "record.closed",
        request,
        patient=patient,
        status="active",
        now=now,
        correlation=correlation,
    ) as patient_id:
        Record.objects.filter(patient_id=patient_id).update(
            status="terminated", closed_at=now, closing_reason=request.closing
        )
