"""A change of identity reaches the subscribed applications, in order (identity §5.4, R-102).

Requirements: R-014.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from carnet.establishment.clients.errors import Refused, Unavailable, Unreachable
from carnet.establishment.clients.mllp import MllpClient
from carnet.establishment.exchange import actions, feeds, following, tasks
from carnet.establishment.exchange.models import Feed
from carnet.establishment.patients import inquiries, policy, vigilance
from carnet.establishment.patients.models import Merge, Patient
from carnet.standards.hl7v2 import er7, pam
from carnet.standards.hl7v2.messages import AdtEvent
from carnet.standards.ids import INS_NIA, Ins, matricule_key
from carnet.standards.ins import StatusEvent
from tests.establishment.clients.test_mllp import Application, acknowledgement, application
from tests.establishment.country import Mail, Record
from tests.establishment.messages import wire
from tests.establishment.people import INS, NOW, OTHER_INS, PATIENT, QUALIFIED, adt, ipp
from tests.establishment.vigilance import (
    CARD,
    CLAIRE,
    asked,
    chosen,
    registered,
    seen,
)
from tests.waiting import LONG, until

__all__ = ["application"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def subscribers(settings: Any) -> None:
    settings.CARNET_PAM_SUBSCRIBERS = {"LABO": ("127.0.0.1", 1)}


SECOND = replace(PATIENT, local_ids=(ipp("IPP2"),))


def said() -> list[AdtEvent]:
    """What LABO is to be told, in order, as it reads it."""
    rows = Feed.objects.filter(subscriber="LABO").exclude(reason="origin").order_by("id")
    found = [pam.read_adt(er7.read(bytes(row.raw))) for row in rows]
    assert all(isinstance(event, AdtEvent) for event in found)
    return [event for event in found if isinstance(event, AdtEvent)]


def receive(*events: AdtEvent) -> None:
    for number, event in enumerate(events):
        told = replace(event, control_id=f"M{number}", recorded_at=f"202603011200{number:02d}")
        actions.receive("test", wire(told), now=NOW)


NIA = Ins("2810499900033" + matricule_key("2810499900033"), INS_NIA)


@pytest.mark.parametrize(
    ("events", "triggers"),
    [
        ([adt("A28")], ["A28"]),
        ([adt("A28"), adt("A31", QUALIFIED)], ["A28", "A31"]),
        ([adt("A28", replace(QUALIFIED, ins=NIA)), adt("A31", QUALIFIED)], ["A28", "A31"]),
        (
            [adt("A28", QUALIFIED), adt("A47", replace(QUALIFIED, ins=OTHER_INS), prior_ins=INS)],
            ["A28", "A47"],
        ),
        ([adt("A28", QUALIFIED), adt("A31", PATIENT)], ["A28", "A47"]),
        ([adt("A28"), adt("A28")], ["A28"]),
    ],
    ids=["created", "qualified", "NIA to NIR", "replaced", "removed", "nothing new"],
)
def test_each_change_is_the_message_that_the_profile_wants(
    events: list[AdtEvent], triggers: list[str]
) -> None:
    receive(*events)
    assert [event.trigger for event in said()] == triggers
    assert "A08" not in triggers


def test_a_removal_names_the_ins_that_goes_and_the_status() -> None:
    receive(adt("A28", QUALIFIED), adt("A31", PATIENT))
    removal = said()[-1]
    assert (removal.removes_ins, removal.prior_ins) == (True, INS)
    assert removal.patient.reliability == ("PROV",)


def joined() -> Merge:
    """IPP1 and IPP2 made one at the desk."""
    kept, gone = (Patient.objects.get(identifiers__value=v).id for v in ("IPP1", "IPP2"))
    following.done(lambda: vigilance.merge(CLAIRE, kept, gone, now=NOW), now=NOW)
    return Merge.objects.get()


def parted(merge: Merge) -> None:
    following.done(lambda: vigilance.unmerge(CLAIRE, merge.id, now=NOW), now=NOW)


def test_a_merge_names_both_and_its_end_gives_the_other_back() -> None:
    receive(adt("A28"), adt("A28", SECOND))
    row = joined()
    merge = next(event for event in said() if event.trigger == "A40")
    assert [i.value for i in merge.patient.local_ids] == ["IPP1"]
    assert [i.value for i in merge.prior_ids] == ["IPP2"]
    Feed.objects.update(state="delivered")
    parted(row)
    assert [(e.trigger, [i.value for i in e.patient.local_ids]) for e in said()[-2:]] == [
        ("A31", ["IPP1"]),
        ("A28", ["IPP2"]),
    ]


def test_an_ins_leaves_the_survivor_before_the_other_has_it_again() -> None:
    receive(adt("A28"), adt("A28", replace(SECOND, ins=OTHER_INS, reliability=("VALI",))))
    row = joined()
    receive(adt("A31", replace(QUALIFIED, ins=OTHER_INS), control_id="X"))
    Feed.objects.update(state="delivered")
    parted(row)
    removal, given = said()[-2:]
    assert (removal.trigger, removal.removes_ins, removal.prior_ins) == ("A47", True, OTHER_INS)
    assert (given.trigger, given.patient.ins) == ("A28", None)
    taken = Sending()
    attempt(Sending(Refused("not now", code="AE")))
    assert not attempt(taken)


@pytest.mark.parametrize(("state", "attempts"), [("ready", 0), ("stuck", 3)])
def test_a_merge_that_an_application_has_not_taken_is_called_off(state: str, attempts: int) -> None:
    receive(adt("A28"), adt("A28", SECOND))
    Feed.objects.update(state="delivered")
    row = joined()
    Feed.objects.filter(trigger="A40").update(state=state, attempts=attempts)
    parted(row)
    told = Feed.objects.order_by("id").values_list("trigger", "state", "reason")
    assert list(told)[2:] == [
        ("A40", "cancelled", "called_off"),
        ("A31", "cancelled", "called_off"),
        ("A31", "ready", ""),
        ("A31", "ready", ""),
    ]


def test_a_merge_that_may_have_been_taken_is_followed_by_its_end() -> None:
    receive(adt("A28"), adt("A28", SECOND))
    Feed.objects.update(state="delivered")
    row = joined()
    Feed.objects.filter(trigger="A40").update(attempts=1, reason="unreachable")
    parted(row)
    told = Feed.objects.order_by("id").values_list("trigger", "state")
    assert list(told)[2:] == [
        ("A40", "ready"),
        ("A31", "ready"),
        ("A31", "ready"),
        ("A28", "ready"),
    ]
    taken = Sending()
    while attempt(taken):
        pass
    assert [t.split(b"ADT^")[1][:3] for t in taken.sent] == [b"A40", b"A31", b"A31", b"A28"]


def test_a_status_given_at_the_desk_is_told_and_read_by_the_gateway_itself() -> None:
    patient_id = registered()
    following.done(
        lambda: vigilance.check_device(
            CLAIRE, patient_id, CARD, policy=policy.policy(), seen=seen(patient_id), now=NOW
        ),
        now=NOW,
    )
    answer = asked(patient_id)
    following.done(lambda: inquiries.accept(CLAIRE, answer.id, policy=chosen(), now=NOW), now=NOW)
    told = er7.read(bytes(Feed.objects.latest("id").raw))
    assert [told.get(f"ZFD-{n}") for n in (5, 6, 7)] == ["INSI", "20260302100000+0000", "CN"]
    last = said()[-1]
    assert last.patient.reliability == ("VALI",)
    assert last.patient.ins is not None
    following.done(
        lambda: vigilance.declare(
            CLAIRE,
            patient_id,
            StatusEvent.DOUBT,
            policy=chosen(),
            seen=seen(patient_id),
            now=NOW,
        ),
        now=NOW,
    )
    assert said()[-1].trigger == "A47"
    assert said()[-1].patient.reliability == ("PROV", "DOUT")


def test_who_told_us_is_not_told_back(settings: Any) -> None:
    settings.CARNET_PAM_SUBSCRIBERS = {"WARD": ("127.0.0.1", 1), "LABO": ("127.0.0.1", 1)}
    receive(adt("A28", QUALIFIED))
    sender = er7.read(wire(adt("A28", QUALIFIED))).get("MSH-3")
    settings.CARNET_PAM_SUBSCRIBERS = {sender: ("127.0.0.1", 1)}
    receive(adt("A28", QUALIFIED), adt("A31", PATIENT))
    rows = Feed.objects.filter(subscriber=sender)
    assert {(row.state, row.reason) for row in rows} == {("delivered", "origin")}


class Sending(MllpClient):
    """A client that raises, or keeps, what it is given."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__("127.0.0.1", 1)
        self.failure = failure
        self.sent: list[bytes] = []

    def send(self, message: bytes) -> None:
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)


def attempt(client: Sending, at: timedelta = timedelta()) -> bool:
    return feeds.attempt_next("LABO", client, clock=lambda: NOW + at, chance=lambda: 0.5)


def test_a_refused_message_holds_back_its_patient_and_nobody_else() -> None:
    other = replace(PATIENT, local_ids=(ipp("IPP2"),), birth_name="AUTRE")
    receive(adt("A28"), adt("A31", QUALIFIED), adt("A28", other))
    assert attempt(Sending(Refused("unknown ward", code="AE")))
    well = Sending()
    assert attempt(well)
    assert not attempt(well)
    assert b"AUTRE" in well.sent[0]
    assert sorted(Feed.objects.values_list("state", flat=True)) == ["delivered", "ready", "stuck"]
    stuck = Feed.objects.get(state="stuck")
    assert (stuck.reason, stuck.detail) == ("subscriber", "AE: unknown ward")
    actions.resend_feed(CLAIRE, stuck.id, now=NOW)
    assert attempt(well)
    assert attempt(well)
    assert [b"ADT^A28" in raw for raw in well.sent] == [True, True, False]


def test_a_silent_application_is_tried_later_once_for_all() -> None:
    other = replace(PATIENT, local_ids=(ipp("IPP2"),), birth_name="AUTRE")
    receive(adt("A28"), adt("A28", other))
    assert attempt(Sending(Unreachable("ConnectionRefusedError")))
    assert not attempt(Sending())
    later = Sending()
    assert attempt(later, timedelta(minutes=1))
    assert attempt(later, timedelta(minutes=1))
    assert not Feed.objects.exclude(state="delivered").exists()


def test_not_now_is_tried_again_until_somebody_must_look() -> None:
    receive(adt("A28"))
    busy = Sending(Unavailable("busy", code="AR"))
    for number in range(20):
        assert attempt(busy, timedelta(hours=number))
    row = Feed.objects.get()
    assert (row.state, row.reason) == ("stuck", "exhausted")


def test_a_change_that_is_undone_tells_nothing() -> None:
    receive(adt("A28"))

    def fails() -> None:
        vigilance.merge(CLAIRE, Patient.objects.get().id, Patient.objects.get().id, now=NOW)

    with pytest.raises(vigilance.NotPossible):
        following.done(fails, now=NOW)  # type: ignore[arg-type,func-returns-value]
    assert Feed.objects.count() == 1


@pytest.fixture
def working(
    settings: Any, application: Application, record: Record, mail: Mail
) -> Iterator[Application]:
    """The worker in a thread, and an application that listens."""
    settings.CARNET_PAM_SUBSCRIBERS = {"LABO": ("127.0.0.1", application.port)}
    stop = threading.Event()
    thread = threading.Thread(target=tasks.run_worker, args=(stop,))
    thread.start()
    yield application
    stop.set()
    thread.join(LONG)


@pytest.mark.django_db(transaction=True)
def test_the_worker_tells_a_real_listener(papers: Any, settings: Any, working: Application) -> None:
    receive(adt("A28"), adt("A31", QUALIFIED))
    until(lambda: Feed.objects.filter(state="delivered").count() == 2)
    events = [pam.read_adt(er7.read(raw)) for raw in working.taken]
    assert [event.trigger for event in events] == ["A28", "A31"]
    assert acknowledgement(working.taken[0])
