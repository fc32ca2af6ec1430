"""Four applications of a hospital share one identity feed, one of them down for a while.

R-014, R-102: the order is kept for each, nothing is lost, the others are not slowed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from carnet.establishment.exchange import tasks
from carnet.establishment.exchange.models import Feed
from carnet.standards.hl7v2 import er7, pam
from carnet.standards.hl7v2.messages import AdtEvent
from tests.establishment.clients.test_mllp import Application, listening
from tests.establishment.country import Mail, Papers, Record, server_context
from tests.establishment.people import INS, OTHER_INS, PATIENT, QUALIFIED, adt, ipp
from tests.establishment.working import receive
from tests.waiting import LONG, until

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("ADMISSIONS", "DOSSIER", "LABO", "IMAGERIE")
SECOND = replace(PATIENT, local_ids=(ipp("IPP2"),), birth_name="AUTRE")


def told(application: Application, birth_name: str) -> list[str]:
    """The messages that an application took about one patient, in order."""
    events = [pam.read_adt(er7.read(raw)) for raw in application.taken]
    return [
        event.trigger
        for event in events
        if isinstance(event, AdtEvent) and event.patient.birth_name == birth_name
    ]


@pytest.fixture
def hospital(
    settings: Any, papers: Papers, record: Record, mail: Mail
) -> Iterator[dict[str, Application]]:
    """Four applications, the laboratory over TLS; the worker is started."""
    with ExitStack() as open_:
        found = {
            name: open_.enter_context(listening(server_context(papers) if name == "LABO" else None))
            for name in NAMES
        }
        settings.CARNET_PAM_SUBSCRIBERS = {
            name: ("localhost", application.port) for name, application in found.items()
        }
        settings.CARNET_PAM_TLS = ["LABO"]
        settings.CARNET_PAM_CA = papers.ca
        stop = threading.Event()
        worker = threading.Thread(target=tasks.run_worker, args=(stop,))
        worker.start()
        yield found
        stop.set()
        worker.join(LONG)


def test_a_status_reaches_the_four_and_the_one_that_was_down_catches_up(
    hospital: dict[str, Application], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carnet.establishment.exchange.schedule.delay", soon)
    down = hospital["IMAGERIE"]
    down.answer = lambda _: None  # it hangs up on whoever speaks
    others = [hospital[name] for name in NAMES if name != "IMAGERIE"]
    receive(
        adt("A28", PATIENT),
        adt("A31", QUALIFIED),
        adt("A28", SECOND),
        adt("A47", replace(QUALIFIED, ins=OTHER_INS), prior_ins=INS),
    )
    until(lambda: all(len(one.taken) >= 4 for one in others))
    for one in others:
        assert told(one, "CARRIERE") == ["A28", "A31", "A47"]
        assert told(one, "AUTRE") == ["A28"]
    waiting = Feed.objects.filter(subscriber="IMAGERIE")
    assert {row.state for row in waiting} == {"ready"}
    down.taken.clear()
    down.answer = hospital["LABO"].answer
    until(lambda: not Feed.objects.exclude(state="delivered").exists())
    seen = list(dict.fromkeys(down.taken))
    down.taken[:] = seen  # what was sent again under its MSH-10 is one message
    assert told(down, "CARRIERE") == ["A28", "A31", "A47"]
    assert told(down, "AUTRE") == ["A28"]


def soon(attempts: int, chance: float) -> Any:
    return timedelta(milliseconds=200)
