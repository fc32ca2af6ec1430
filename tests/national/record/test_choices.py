"""The holder governs the record."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from carnet.national.journal.actors import Actor, Citizen
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.models import Record
from carnet.national.record.rules import Authorisation
from tests.national import world
from tests.national.world import NOW

pytestmark = pytest.mark.django_db

READER = world.PHYSICIAN_READER


def authorise(actor: Actor, patient_id: UUID) -> None:
    record.authorise(actor, patient_id, READER.ps_idnat, Authorisation.VALID, now=NOW)


def oppose(actor: Actor, patient_id: UUID) -> None:
    record.set_choices(actor, patient_id, now=NOW, opposes_bris_de_glace=True)


@pytest.mark.parametrize("choose", [authorise, oppose])
def test_only_the_holder_or_a_representative_chooses(
    choose: Callable[[Actor, UUID], None],
) -> None:
    patient_id, _ins = world.make_patient()
    other_id, _other = world.make_patient()
    choose(world.holder(patient_id), patient_id)
    choose(Citizen(other_id, other_id, "Parent", frozenset({patient_id})), patient_id)
    for actor in (world.holder(other_id), READER, world.HOSPITAL_SYSTEM):
        with pytest.raises(PermissionError):
            choose(actor, patient_id)


def test_what_was_not_chosen_stays_as_it_was() -> None:
    patient_id, _ins = world.make_patient()
    oppose(world.TESTS, patient_id)
    record.set_choices(world.TESTS, patient_id, now=NOW, opposes_centre_15=True)
    line = Record.objects.get(patient_id=patient_id)
    assert (line.opposes_bris_de_glace, line.opposes_centre_15) == (True, True)


def test_choices_need_a_record() -> None:
    patient_id, _ins = world.make_patient(with_record=False)
    with pytest.raises(LookupError):
        oppose(world.TESTS, patient_id)


def test_an_authorisation_is_valid_until_its_date_and_can_be_taken_back() -> None:
    patient_id, ins = world.make_patient()
    end = NOW + timedelta(days=365)

    def state(at: datetime = NOW) -> str:
        return queries.existence(READER, ins, now=at).authorisation

    record.authorise(
        world.TESTS, patient_id, READER.ps_idnat, Authorisation.VALID, now=NOW, until=end
    )
    assert (state(), state(end)) == ("VALIDE", "EXPIRE")
    record.authorise(world.TESTS, patient_id, READER.ps_idnat, Authorisation.NONE, now=NOW)
    assert state() == "NON_EXISTE"
    with pytest.raises(ValueError, match="by its date"):
        record.authorise(world.TESTS, patient_id, READER.ps_idnat, Authorisation.EXPIRED, now=NOW)


def test_opening_a_record_twice_is_opening_it_once() -> None:
    patient_id, _ins = world.make_patient()
    record.open_record(world.TESTS, patient_id, now=NOW + timedelta(days=1))
    assert Record.objects.get(patient_id=patient_id).opened_at == NOW
