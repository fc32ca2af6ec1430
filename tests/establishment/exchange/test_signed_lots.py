"""The lots that leave are signed with our signature certificate (EX_2.1-1140, spec dmp §3.8)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carnet.establishment.exchange import actions, lanes
from carnet.establishment.exchange.attempts import attempt_next
from carnet.establishment.exchange.models import Delivery
from carnet.standards import dsg
from carnet.standards.certificates import Trust
from carnet.standards.hl7v2.messages import Flags
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.rules.signatures import signatures_of
from tests.establishment.country import Record
from tests.establishment.messages import document, wire
from tests.establishment.people import NOW, QUALIFIED, adt

pytestmark = pytest.mark.django_db(transaction=True)

LETTER = "1.2.250.1.999.7.9.1"


class Clock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(record: Record, settings: Any) -> Clock:
    settings.CARNET_DMP_SIGN_LOTS = True
    record.clock = Clock()
    for event in (adt("A28", QUALIFIED), document(flags=Flags(to_record=True))):
        actions.receive("test", wire(event), now=NOW)
    return record.clock


def work(clock: Clock) -> None:
    with lanes.lane("record") as lane:
        while attempt_next(lane, clock=clock, chance=lambda: 1.0):
            pass


def verified(record: Record, request: ProvideRequest) -> dsg.LotSignature:
    """The signature of a lot, as the record verifies it."""
    (entry,) = signatures_of(request.submission)
    papers = record.papers
    trust = Trust([papers.ca.read_bytes()], [papers.crl.read_bytes()])
    signature = dsg.verify(request.documents[entry.id], trust=trust, now=record.clock())
    lot = request.submission.submission_set
    signed = {
        each.unique_id: request.documents[each.id]
        for each in request.submission.documents
        if each is not entry
    }
    assert lot is not None
    assert not list(dsg.differences(signature, lot.unique_id, signed))
    return signature


def test_a_lot_leaves_with_our_signature(record: Record, clock: Clock) -> None:
    work(clock)
    assert Delivery.objects.get().state == "delivered", Delivery.objects.get().detail
    signature = verified(record, record.requests[0])
    assert [each.unique_id for each in signature.documents] == [LETTER]
    assert signature.certificate.struct_idnat == "1990000010"
    assert signature.signed_at == clock().replace(microsecond=0)


def test_a_lot_leaves_without_when_it_is_so_set(
    record: Record, clock: Clock, settings: Any
) -> None:
    settings.CARNET_DMP_SIGN_LOTS = False
    work(clock)
    assert not signatures_of(record.requests[0].submission)


def test_an_answer_that_is_lost_doubles_nothing(record: Record, clock: Clock) -> None:
    """The second attempt is signed at its own time: the record tells a duplicate of the first."""
    answers = iter(["lost", "ok"])
    record.behaviour = lambda: next(answers, "ok")
    work(clock)
    clock.now += timedelta(minutes=1)
    work(clock)
    assert Delivery.objects.get().state == "delivered", Delivery.objects.get().detail
    first, second = (verified(record, each) for each in record.requests)
    assert first.signed_at < second.signed_at
    assert set(record.lots) == {second.lot}
    assert set(record.entries) == {LETTER, f"{second.lot}.1"}
