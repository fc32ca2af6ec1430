"""A patient of the affinity domain is made known, by the feed of its identity source (ITI-44)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from carnet.national.identity import actions as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Member, System
from carnet.national.record.models import Record
from carnet.national.record.profiles import domain
from carnet.standards.ids import PatientId
from carnet.standards.xds.errors import ErrorCode, refused


def admit(actor: Member | System, ids: Sequence[PatientId], *, now: datetime) -> UUID:
    """Make a patient known and open their record; one who is known already stays as they are.

    Of the `ids` that the patient has, the first of an authority of the domain is what they are
    known by. Raises `XdsRefused` (XDSUnknownPatientId) when there is none.
    """
    known_by = next((each for each in ids if domain().knows(each.authority)), None)
    if known_by is None:
        raise refused(
            ErrorCode.UNKNOWN_PATIENT_ID, "the assigning authority is not one of the domain"
        )
    with transaction.atomic():
        patient_id = identity.register_domain_patient(actor, known_by, now=now)
        _record, created = Record.objects.get_or_create(
            patient_id=patient_id, defaults={"status": "active", "opened_at": now}
        )
        if created:
            journal.record(actor, "record.opened", at=now, patient_id=patient_id, outcome="allowed")
    return patient_id
