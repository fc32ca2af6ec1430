"""Identities verified again after some years (spec identity §1.9)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from carnet.establishment.patients import (
    batches,
)
from carnet.establishment.patients.models import (
    Batch,
    Patient,
)
from carnet.standards.ins import Status, Traits
from tests.establishment.insi import Scripted
from tests.establishment.people import NOW
from tests.establishment.vigilance import asking, qualified, status

pytestmark = pytest.mark.django_db


def test_qualified_identities_are_verified_after_some_years() -> None:
    first = qualified()
    nadia = Traits.of("BESSON", "NADIA", "F", "19920923", given_names="NADIA SAMIRA")
    second = qualified(nadia, "C2")
    Patient.objects.update(verified_at=NOW - timedelta(days=4 * 366))
    Patient.objects.filter(pk=second).update(birth_name="BESSONNE")  # corrected at INSi since
    assert batches.prepare(3, now=NOW) == 2
    assert batches.prepare(3, now=NOW) == 0
    client, followed = Scripted(done=False), []
    run = asking(client, followed.append)
    later = replace(run, clock=lambda: NOW + timedelta(days=1))
    assert batches.run_next(run)
    assert Batch.objects.get().state == "deposited"
    assert batches.run_next(later)
    assert Batch.objects.get().state == "deposited"
    client.done = True
    latest = replace(run, clock=lambda: NOW + timedelta(days=2))
    assert batches.run_next(latest)
    assert Batch.objects.get().state == "done"
    assert (status(first), status(second)) == (Status.QUALIFIEE, Status.VALIDEE)
    assert [applied.cause for applied in followed] == ["insi_verification_failed"]
    assert batches.prepare(3, now=NOW + timedelta(days=2)) == 0
