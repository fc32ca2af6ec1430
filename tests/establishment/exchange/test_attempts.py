"""Deliveries to a record that speaks the protocol, and sometimes does not."""

from datetime import timedelta
from typing import Any

import pytest

from carnet.establishment.clients import dmp
from carnet.establishment.exchange import schedule
from carnet.establishment.exchange.models import Circuit, Delivery, DeliveryEvent
from carnet.standards.hl7v2.messages import Feeding, Flags, Wishes
from carnet.standards.xds.metadata import Status
from tests.establishment.attempting import (
    FIRST,
    KNOWN,
    SECOND,
    TO_RECORD,
    Clock,
    deletion,
    only,
    replacement,
    send,
    work,
)
from tests.establishment.country import Mail, Record
from tests.establishment.messages import cda, document, pdf
from tests.establishment.people import INS, PATIENT, QUALIFIED, adt

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def record(record: Record, clock: Clock) -> Record:
    """The record lives at the same time as the worker."""
    record.clock = clock
    return record


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that lose patience quickly."""
    real = dmp.DmpClient.__init__

    def impatient(self: Any, *args: Any, **kwargs: Any) -> None:
        real(self, *args, **{**kwargs, "timeout": 0.5, "longest": 1.5})

    monkeypatch.setattr(dmp.DmpClient, "__init__", impatient)


class TestRecord:
    def test_a_letter_is_published(self, record: Record, clock: Clock) -> None:
        """Nothing is searched after it (EX_3.1-2030)."""
        send(KNOWN, document(flags=TO_RECORD))
        assert work("record", clock) == 1
        row = only()
        assert (row.state, row.attempts) == ("delivered", 1)
        assert record.entries[FIRST].patient_id == INS.cx
        assert row.receipt == record.lots[0]
        assert record.calls == ["ProvideAndRegisterDocumentSetRequest"]

    def test_a_pdf_is_published_in_a_document(self, record: Record, clock: Clock) -> None:
        send(KNOWN, pdf(flags=TO_RECORD))
        work("record", clock)
        assert only().state == "delivered", only().detail
        assert FIRST in record.entries

    def test_the_visibility_flags_become_codes(self, record: Record, clock: Clock) -> None:
        flags = Flags(to_record=True, hidden_from_patient=True, hidden_from_representatives=True)
        send(KNOWN, document(flags=flags))
        work("record", clock)
        assert FIRST in record.entries, only().detail
        codes = [c.code for c in record.entries[FIRST].confidentiality]
        assert codes == ["N", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"]

    def test_an_answer_that_is_lost_is_asked_again_and_nothing_doubles(
        self, record: Record, clock: Clock
    ) -> None:
        answers = iter(["lost", "ok"])
        record.behaviour = lambda: next(answers)
        send(KNOWN, document(flags=TO_RECORD))
        work("record", clock)
        assert only().reason == "unreachable"
        clock.pass_(minutes=1)
        work("record", clock)
        assert only().state == "delivered"
        assert len(set(record.lots)) == 1
        assert len(record.entries) == 1

    @pytest.mark.parametrize(
        ("behaviour", "state", "reason"),
        [
            ("silent", "ready", "unreachable"),
            ("babble", "ready", "babbling"),
            ("busy", "ready", "unreachable"),
            ("later", "ready", "unavailable"),
            ("fault", "stuck", "fault"),
            ("refuse", "stuck", "registry"),
        ],
    )
    def test_each_bad_answer_has_its_reason(
        self, record: Record, clock: Clock, behaviour: str, state: str, reason: str
    ) -> None:
        record.behaviour = lambda: behaviour
        send(KNOWN, document(flags=TO_RECORD))
        work("record", clock)
        row = only()
        assert (row.state, row.reason) == (state, reason)
        assert row.attempts == 1

    def test_a_record_that_never_recovers_ends_with_a_human(
        self, record: Record, clock: Clock
    ) -> None:
        record.behaviour = lambda: "later"
        send(KNOWN, document(flags=TO_RECORD))
        Delivery.objects.update(attempts=schedule.MAX_ATTEMPTS - 1)
        work("record", clock)
        assert (only().state, only().reason) == ("stuck", "exhausted")

    def test_a_replacement_points_at_what_it_replaces(self, record: Record, clock: Clock) -> None:
        send(KNOWN, document(flags=TO_RECORD), replacement())
        assert work("record", clock) == 2
        assert record.entries[FIRST].status is Status.DEPRECATED
        assert record.entries[SECOND].status is Status.APPROVED

    def test_a_replacement_waits_while_the_first_version_is_stuck(
        self, record: Record, clock: Clock
    ) -> None:
        record.behaviour = lambda: "fault"
        send(KNOWN, document(flags=TO_RECORD), replacement())
        work("record", clock)
        assert only(document__uid=SECOND).attempts == 0

    def test_a_replacement_of_what_was_cancelled_is_a_new_document(
        self, record: Record, clock: Clock
    ) -> None:
        send(KNOWN, document(flags=TO_RECORD), replacement())
        Delivery.objects.filter(document__uid=FIRST).update(state="cancelled")
        work("record", clock)
        assert list(record.entries) == [SECOND]

    def test_a_replacement_of_a_document_unknown_everywhere_is_stuck(
        self, record: Record, clock: Clock
    ) -> None:
        send(KNOWN, replacement())
        work("record", clock)
        assert (only().state, only().reason) == ("stuck", "900")

    def test_a_deletion_changes_the_status(self, record: Record, clock: Clock) -> None:
        send(KNOWN, document(flags=TO_RECORD))
        work("record", clock)
        send(deletion())
        work("record", clock)
        assert record.entries[FIRST].status is Status.DELETED

    def test_a_deletion_before_any_attempt_calls_nobody(self, record: Record, clock: Clock) -> None:
        send(KNOWN, document(flags=TO_RECORD), deletion())
        work("record", clock)
        assert record.entries == {}
        assert {d.state for d in Delivery.objects.all()} == {"cancelled"}

    def test_a_deletion_after_a_lost_answer_deletes_what_was_published(
        self, record: Record, clock: Clock
    ) -> None:
        answers = iter(["lost"])
        record.behaviour = lambda: next(answers, "ok")
        send(KNOWN, document(flags=TO_RECORD))
        work("record", clock)
        send(deletion())
        clock.pass_(minutes=1)
        work("record", clock)
        assert record.entries[FIRST].status is Status.DELETED
        assert only(document__action="F").state == "cancelled"

    def test_an_opposition_that_came_meanwhile_stops_the_letter(
        self, record: Record, clock: Clock
    ) -> None:
        send(KNOWN, document(flags=TO_RECORD))
        send(adt("A31", QUALIFIED, wishes=Wishes(Feeding.OPPOSED)))
        work("record", clock)
        assert (only().state, only().reason) == ("refused", "opposed")
        assert record.calls == []

    def test_an_identity_that_is_lost_meanwhile_makes_the_letter_wait(
        self, record: Record, clock: Clock
    ) -> None:
        send(KNOWN, document(flags=TO_RECORD), adt("A31", PATIENT))
        work("record", clock)
        assert (only().state, only().reason) == ("waiting", "identity_provisional")
        assert record.calls == []


class TestCircuit:
    def letters(self, count: int) -> None:
        send(KNOWN)
        for number in range(1, count + 1):
            uid = f"1.2.250.1.999.7.9.{number}"
            send(
                document(
                    cda(uid, set_id=uid), control_id=f"D{number}", document_id=uid, flags=TO_RECORD
                )
            )

    def test_three_failures_open_it_and_spare_the_others(
        self, record: Record, clock: Clock
    ) -> None:
        record.behaviour = lambda: "silent"
        self.letters(6)
        assert work("record", clock) == schedule.THRESHOLD
        assert Circuit.objects.get(name="record").state == "open"
        assert Delivery.objects.filter(attempts=0).count() == 3

    def test_one_probe_at_a_time_while_it_is_down(self, record: Record, clock: Clock) -> None:
        record.behaviour = lambda: "silent"
        self.letters(6)
        work("record", clock)
        clock.pass_(seconds=1)
        assert work("record", clock) == 1
        assert work("record", clock) == 0
        clock.pass_(seconds=2)
        assert work("record", clock) == 1

    def test_a_probe_that_succeeds_sends_all_at_once(self, record: Record, clock: Clock) -> None:
        record.behaviour = lambda: "silent"
        self.letters(6)
        work("record", clock)
        record.behaviour = lambda: "ok"
        clock.pass_(seconds=1)
        assert work("record", clock) == 6
        assert len(record.entries) == 6
        assert Circuit.objects.get(name="record").state == "closed"

    def test_a_refusal_is_an_answer_and_opens_nothing(self, record: Record, clock: Clock) -> None:
        record.behaviour = lambda: "refuse"
        self.letters(4)
        assert work("record", clock) == 4
        assert not Circuit.objects.exclude(state="closed").exists()

    def test_faults_in_a_row_do_not_burn_the_queue(self, record: Record, clock: Clock) -> None:
        record.behaviour = lambda: "fault"
        self.letters(6)
        assert work("record", clock) == schedule.THRESHOLD
        assert Delivery.objects.filter(state="ready").count() == 3

    def test_the_mail_goes_on_while_the_record_is_down(
        self, record: Record, mail: Mail, clock: Clock
    ) -> None:
        record.behaviour = lambda: "silent"
        send(KNOWN, document())
        work("record", clock)
        assert work("patient", clock) == 1
        assert len(mail.taken) == 1


def test_every_step_of_a_delivery_is_in_its_history(record: Record, clock: Clock) -> None:
    """EX_AIR-090."""
    send(document(flags=TO_RECORD), KNOWN)
    work("record", clock)
    steps = DeliveryEvent.objects.order_by("id").values_list("state", "reason", "actor")
    assert list(steps) == [
        ("waiting", "patient_unknown", "DPI (990000028)"),
        ("ready", "", "passerelle"),
        ("delivered", "", "passerelle"),
    ]


@pytest.mark.parametrize(
    ("attempts", "chance", "seconds"),
    [(1, 0.0, 1), (1, 1.0, 2), (2, 1.0, 4), (5, 1.0, 32), (30, 1.0, 600), (30, 0.0, 300)],
)
def test_the_back_off_doubles_up_to_ten_minutes(
    attempts: int, chance: float, seconds: float
) -> None:
    assert schedule.delay(attempts, chance) == timedelta(seconds=seconds)
