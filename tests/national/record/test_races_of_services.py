"""Two at once at the services beside XDS: what is done is done once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from carnet.national.record import actions as record
from carnet.standards.gdp.messages import Reason
from carnet.standards.gdp.registration import ASKED_BY_THE_PATIENT, RegistrationRequest
from carnet.standards.xds.errors import XdsRefused
from tests.national import world
from tests.national.world import NOW, PHYSICIAN_READER
from tests.standards.gdp.perfect import ASKING
from tests.waiting import LONG

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 4


@pytest.fixture
def at_once() -> Callable[[Callable[[], Any]], list[str]]:
    """Do a deed in several threads that start together; what each was told, sorted."""
    barrier = Barrier(AT_ONCE)

    def run(deed: Callable[[], Any]) -> str:
        try:
            connection.ensure_connection()
            barrier.wait(LONG)
            deed()
        except XdsRefused as refusal:
            return refusal.errors[0].code
        else:
            return "done"
        finally:
            connection.close()

    def at_once(deed: Callable[[], Any]) -> list[str]:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return sorted(threads.map(run, [deed] * AT_ONCE))

    return at_once


def test_a_record_is_closed_once(at_once: Callable[..., list[str]]) -> None:
    world.make_hospital()
    patient_id, ins = world.make_patient(with_record=False)
    record.open_record(world.TESTS, patient_id, now=NOW, linked_to_mes=False)
    request = RegistrationRequest(
        ASKING,
        Reason.FERM,
        ins,
        author=PHYSICIAN_READER.ps_idnat,
        closing=ASKED_BY_THE_PATIENT,
    )

    def close() -> None:
        record.close_record(PHYSICIAN_READER, request, patient=ins, now=NOW)

    assert at_once(close) == ["DMPClosed"] * (AT_ONCE - 1) + ["done"]
    assert _traces(patient_id, "record.closed") == 1


def test_a_context_opens_one_page(at_once: Callable[..., list[str]]) -> None:
    world.make_hospital()
    patient_id, ins = world.make_patient()

    def enter() -> None:
        record.enter_by_context(PHYSICIAN_READER, ins, claimed="", context_id="_context", now=NOW)

    refused = "DMPAccessDeniedByRightsService"
    assert at_once(enter) == [refused] * (AT_ONCE - 1) + ["done"]
    assert _traces(patient_id, "record.entered") == 1


def _traces(patient_id: UUID, action: str) -> int:
    return world.rows(
        f"journal_trace WHERE patient_id = '{patient_id}' AND action = '{action}'"
        " AND outcome = 'allowed'"
    )
