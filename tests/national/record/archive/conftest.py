"""An affinity domain, and the archive of a record of it in another Carnet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from carnet.national.identity import queries as identity
from carnet.national.identity.models import DomainPatient
from carnet.standards.ids import PatientId
from tests.national.doors.soap.domain import PATIENT, send
from tests.national.record.archive.test_archive import ELSEWHERE, Content, export, forget

__all__ = ["send"]

Elsewhere = Callable[[], Content]


def patient() -> UUID:
    """The patient id of `PATIENT`."""
    known = identity.domain_patient_of(PatientId.from_cx(PATIENT))
    assert known is not None
    return known


@pytest.fixture
def elsewhere(documents: Path, settings: Any) -> Elsewhere:
    """The archive of the record of `PATIENT`, in another Carnet, where they are not known."""

    def elsewhere() -> Content:
        patient_id = patient()
        content = export(patient_id, whole=True)
        forget(patient_id, documents)
        DomainPatient.objects.filter(patient_id=patient_id).delete()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM record_place")
        settings.CARNET_REPOSITORY_OID = ELSEWHERE
        return content

    return elsewhere
