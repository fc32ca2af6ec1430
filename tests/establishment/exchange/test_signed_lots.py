"""The lots that leave are signed with our signature certificate (EX_2.1-1140, spec dmp §3.8)."""

from typing import Any

import pytest

from carnet.establishment.exchange.models import Delivery
from carnet.standards import dsg
from carnet.standards.certificates import Trust
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.rules.signatures import signatures_of
from tests.establishment.attempting import FIRST, KNOWN, TO_RECORD, Clock, send, work
from tests.establishment.country import Record
from tests.establishment.messages import document

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock(record: Record, settings: Any) -> Clock:
    settings.CARNET_DMP_SIGN_LOTS = True
    record.clock = clock = Clock()
    send(KNOWN, document(flags=TO_RECORD))
    return clock


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
    work("record", clock)
    assert Delivery.objects.get().state == "delivered", Delivery.objects.get().detail
    signature = verified(record, record.requests[0])
    assert [each.unique_id for each in signature.documents] == [FIRST]
    assert signature.certificate.struct_idnat == "1990000010"
    assert signature.signed_at == clock().replace(microsecond=0)


def test_a_lot_leaves_without_when_it_is_so_set(
    record: Record, clock: Clock, settings: Any
) -> None:
    settings.CARNET_DMP_SIGN_LOTS = False
    work("record", clock)
    assert not signatures_of(record.requests[0].submission)


def test_an_answer_that_is_lost_doubles_nothing(record: Record, clock: Clock) -> None:
    """The second attempt is signed at its own time: the record tells a duplicate of the first."""
    answers = iter(["lost", "ok"])
    record.behaviour = lambda: next(answers, "ok")
    work("record", clock)
    clock.pass_(minutes=1)
    work("record", clock)
    assert Delivery.objects.get().state == "delivered", Delivery.objects.get().detail
    first, second = (verified(record, each) for each in record.requests)
    assert first.signed_at < second.signed_at
    assert set(record.lots) == {second.lot}
    assert set(record.entries) == {FIRST, f"{second.lot}.1"}
