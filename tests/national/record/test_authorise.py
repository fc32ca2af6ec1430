"""TD0.3, and what the holder says of a professional."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from carnet.national.accounts.models import Notification
from carnet.national.journal.models import Trace
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.models import Authorisation as Line
from carnet.national.record.models import Record
from carnet.national.record.rules import AccessRefused, Authorisation
from carnet.standards.habilitations import AuthorizationAction, Role, SetAuthorization
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.metadata import Code
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER

pytestmark = pytest.mark.django_db

ADD = SetAuthorization(AuthorizationAction.AJOUT)
REMOVE = SetAuthorization(AuthorizationAction.SUPPRESSION)
DECLARE = SetAuthorization(AuthorizationAction.AJOUT, Role.MEDECIN_TRAITANT)
LEAVE = SetAuthorization(AuthorizationAction.SUPPRESSION, Role.MEDECIN_TRAITANT)
NURSE = replace(
    PHYSICIAN_READER,
    ps_idnat="899900063507",
    profession=Code("60", "1.2.250.1.71.1.2.7"),
    specialty=None,
)
SECRETARY = replace(
    PHYSICIAN_READER,
    ps_idnat="3750803447/12",
    profession=Code("SECRETARIAT_MEDICAL", "1.2.250.1.213.1.1.4.6"),
    specialty=None,
)


def ask(ins: Ins, request: SetAuthorization, actor: Any = PHYSICIAN_READER, **options: Any) -> str:
    options.setdefault("now", NOW)
    return record.set_authorization(actor, request, patient=ins, **options).context


def state(ins: Ins, actor: Any = PHYSICIAN_READER, now: Any = NOW) -> str:
    return queries.existence(actor, ins, now=now).authorisation


def reasons(patient_id: UUID) -> list[str]:
    return list(
        Trace.objects.filter(patient_id=patient_id, outcome="refused")
        .order_by("id")
        .values_list("reasons", flat=True)
        .last()
    )


def test_a_professional_declares_that_the_patient_agrees_for_one_consultation() -> None:
    _patient_id, ins = world.make_patient()
    ask(ins, ADD)
    assert state(ins) == "VALIDE"
    assert state(ins, now=NOW + timedelta(days=1)) == "EXPIRE"


def test_inside_the_care_team_it_holds_for_a_year() -> None:
    patient_id, ins = world.make_patient()
    record.recognise(world.holder(patient_id), patient_id, PHYSICIAN_READER.ps_idnat, now=NOW)
    ask(ins, ADD)
    assert state(ins, now=NOW + timedelta(days=364)) == "VALIDE"
    assert state(ins, now=NOW + timedelta(days=365)) == "EXPIRE"


def test_declaring_again_what_holds_longer_changes_nothing() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    assert "déjà" in ask(ins, ADD)
    assert Line.objects.get(patient_id=patient_id).until is None


def test_it_is_taken_back_and_taking_back_nothing_is_said() -> None:
    _patient_id, ins = world.make_patient()
    ask(ins, ADD)
    ask(ins, REMOVE)
    assert state(ins) == "NON_EXISTE"
    assert "rien" in ask(ins, REMOVE)


def test_who_was_blocked_neither_declares_nor_takes_back_and_it_is_written() -> None:
    patient_id, ins = world.make_patient()
    record.authorise(
        world.TESTS, patient_id, PHYSICIAN_READER.ps_idnat, Authorisation.BLOCKED, now=NOW
    )
    for request in (ADD, REMOVE, DECLARE):
        with pytest.raises(XdsRefused):
            ask(ins, request)
        assert reasons(patient_id) == ["blocked"]
    assert state(ins) == "INTERDIT"


def test_who_works_for_a_blocked_structure_is_blocked() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    record.authorise(world.TESTS, patient_id, world.SITE, Authorisation.BLOCKED, now=NOW)
    for mode in ("DIRECTE", "INDIRECTE_RENFORCEE"):
        assert state(ins, replace(PHYSICIAN_READER, mode=mode)) == "INTERDIT"
        with pytest.raises(XdsRefused):
            ask(ins, ADD, replace(PHYSICIAN_READER, mode=mode))


def test_a_secretary_declares_for_the_structure_whose_certificate_proves_it() -> None:
    _patient_id, ins = world.make_patient()
    ask(ins, ADD, SECRETARY)
    assert state(ins, replace(PHYSICIAN_READER, mode="INDIRECTE_RENFORCEE")) == "VALIDE"


def test_with_a_card_the_structure_counts_only_when_the_directory_knows_it() -> None:
    world.make_hospital()
    _patient_id, ins = world.make_patient()
    ask(ins, ADD, SECRETARY)
    assert state(ins) == "NON_EXISTE"
    assert state(ins, replace(PHYSICIAN_READER, ps_idnat="899900063480")) == "VALIDE"


@pytest.mark.parametrize("purpose", ["bris_de_glace", "centre_15"])
def test_nothing_is_declared_in_an_emergency(purpose: str) -> None:
    _patient_id, ins = world.make_patient()
    with pytest.raises(XdsRefused, match="no_right"):
        ask(ins, ADD, replace(PHYSICIAN_READER, purpose=purpose))


def test_a_structure_declares_nothing_by_its_certificate() -> None:
    _patient_id, ins = world.make_patient()
    with pytest.raises(XdsRefused, match="no_right"):
        ask(ins, ADD, HOSPITAL_SYSTEM)


def test_a_physician_declares_to_be_the_medecin_traitant_and_the_patient_is_told() -> None:
    """R-027."""
    patient_id, ins = world.make_patient()
    ask(ins, DECLARE)
    assert queries.existence(PHYSICIAN_READER, ins, now=NOW).is_medecin_traitant
    assert state(ins) == "VALIDE"
    assert Notification.objects.get(patient_id=patient_id).kind == "medecin_traitant"
    ask(ins, LEAVE)
    assert Record.objects.get(patient_id=patient_id).medecin_traitant == ""


def test_a_nurse_is_nobodys_medecin_traitant() -> None:
    _patient_id, ins = world.make_patient()
    with pytest.raises(XdsRefused, match="no_right"):
        ask(ins, DECLARE, NURSE)


def test_a_closed_record_and_no_record_are_told_apart() -> None:
    patient_id, ins = world.make_patient()
    Record.objects.filter(patient_id=patient_id).update(status="terminated")
    with pytest.raises(XdsRefused, match="DMPClosed"):
        ask(ins, ADD)
    for unknown in (world.new_ins(), world.make_patient(with_record=False)[1], None):
        with pytest.raises(XdsRefused, match="XDSUnknownPatientId"):
            ask(unknown, ADD)


def test_the_medecin_traitant_blocks_and_unblocks_and_gives_no_right() -> None:
    patient_id, _ins = world.make_patient()
    record.set_choices(world.TESTS, patient_id, now=NOW, medecin_traitant=PHYSICIAN_READER.ps_idnat)

    def say(what: Authorisation, actor: Any = PHYSICIAN_READER) -> None:
        record.authorise(actor, patient_id, NURSE.ps_idnat, what, now=NOW)

    say(Authorisation.BLOCKED)
    assert Line.objects.get(patient_id=patient_id).state == "INTERDIT"
    say(Authorisation.NONE)
    assert not Line.objects.exists()
    for what in (Authorisation.VALID, Authorisation.NONE):
        with pytest.raises(AccessRefused):
            say(what)
    with pytest.raises(AccessRefused):
        say(Authorisation.BLOCKED, replace(PHYSICIAN_READER, ps_idnat="899900000001"))
    assert reasons(patient_id) == ["no_right"]


def test_a_stranger_who_would_choose_is_written_in_the_journal() -> None:
    patient_id, _ins = world.make_patient()
    other_id, _other = world.make_patient()
    with pytest.raises(AccessRefused):
        record.recognise(world.holder(other_id), patient_id, NURSE.ps_idnat, now=NOW)
    assert reasons(patient_id) == ["unknown_caller"]
