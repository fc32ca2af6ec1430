"""What a professional may do by the state of the record, and of the space beside it (R-149)."""

from uuid import UUID

import pytest

from carnet.national.accounts.actions.accounts import keep_status
from carnet.national.accounts.rules import USES, Status
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.models import Record
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti18 import FindDocuments, untyped
from carnet.standards.xds.metadata import Status as Availability
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER

pytestmark = pytest.mark.django_db


def feeds(ins: Ins) -> bool:
    try:
        return bool(record.publish(HOSPITAL_SYSTEM, world.request(ins), patient=ins, now=NOW))
    except XdsRefused as refusal:
        assert refusal.errors[0].code == "DMPClosed"  # noqa: PT017 - the only refusal there is
        return False


def reads(ins: Ins) -> bool:
    query = untyped(FindDocuments(ins.cx, (Availability.APPROVED,)))
    try:
        queries.find(PHYSICIAN_READER, query, patient=ins, now=NOW)
    except XdsRefused as refusal:
        assert refusal.errors[0].code == "DMPClosed"  # noqa: PT017 - the only refusal there is
        return False
    return True


def sees(patient_id: UUID) -> int:
    return queries.list_documents(world.holder(patient_id), patient_id).total


@pytest.mark.parametrize("status", [None, *Status])
def test_professionals_do_what_the_status_of_the_space_allows(status: Status | None) -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    assert feeds(ins)
    if status:
        keep_status(patient_id, status, now=NOW)
    uses = USES[status or Status.OPENED]
    assert (feeds(ins), reads(ins)) == (uses.fed, uses.read_by_professionals)
    existence = queries.existence(PHYSICIAN_READER, ins, now=NOW)
    assert existence.status == ("active" if uses.read_by_professionals else "terminated")


def test_a_record_is_fed_when_it_is_read() -> None:
    """`RecordFacts.active` is one fact for both."""
    assert all(uses.fed is uses.read_by_professionals for uses in USES.values())


def test_a_closed_record_is_closed_to_professionals_alone() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    assert feeds(ins)
    Record.objects.filter(patient_id=patient_id).update(status="terminated")
    assert (feeds(ins), reads(ins), sees(patient_id)) == (False, False, 1)
