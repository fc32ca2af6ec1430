"""INSi asked at an arrival, without anybody waiting (spec identity §1.9)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from carnet.establishment.clients.errors import Unavailable
from carnet.establishment.patients import (
    errands,
)
from carnet.establishment.patients.actions import apply_adt
from carnet.establishment.patients.models import (
    Errand,
    Inquiry,
)
from carnet.standards.ins import Status
from tests.establishment.insi import Scripted
from tests.establishment.people import NOW, PATIENT, adt, movement
from tests.establishment.vigilance import (
    GAM,
    asking,
    status,
)

pytestmark = pytest.mark.django_db


ARRIVING = replace(
    PATIENT,
    birth_name="PAT-TROIS",
    first_given_name="DOMINIQUE",
    given_names="DOMINIQUE",
    birth_date="19790328",
    reliability=("VALI",),
)


ALL = frozenset({Status.PROVISOIRE, Status.VALIDEE})


def arrives(**changes: Any) -> UUID:
    event = adt("A01", replace(ARRIVING, **changes), movement=movement())
    return apply_adt(GAM, event, now=NOW, asks_insi=ALL).patient_id


def test_an_arrival_asks_insi_and_an_answer_alike_qualifies() -> None:
    patient_id = arrives()
    assert errands.run_next(asking(Scripted()))
    assert status(patient_id) is Status.QUALIFIEE
    assert Errand.objects.get().state == "done"
    assert not errands.run_next(asking(Scripted()))


def test_an_arrival_asks_nothing_when_no_setting_says_so() -> None:
    apply_adt(GAM, adt("A01", ARRIVING, movement=movement()), now=NOW)
    assert not Errand.objects.exists()


def test_an_answer_that_differs_waits_for_a_person() -> None:
    patient_id = arrives(birth_place="75056")
    assert errands.run_next(asking(Scripted()))
    assert status(patient_id) is Status.VALIDEE
    assert Errand.objects.get().reason == "differs"
    assert Inquiry.objects.get().decision == ""


def test_an_errand_is_tried_again_later_when_insi_fails() -> None:
    patient_id = arrives()
    failing = Scripted(failure=Unavailable("later", code="insi_102"))
    assert errands.run_next(asking(failing))
    row = Errand.objects.get()
    assert (row.state, row.reason, row.attempts) == ("ready", "insi_102", 1)
    assert row.next_attempt_at > NOW + timedelta(hours=1)
    assert status(patient_id) is Status.VALIDEE


def test_a_repeated_arrival_makes_one_errand() -> None:
    arrives()
    arrives()
    assert Errand.objects.count() == 1
