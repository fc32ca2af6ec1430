"""Identity vigilance at the desk: statuses, proofs, doubts (spec identity §1.5 to §1.8)."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from carnet.establishment.patients import (
    identities,
    inquiries,
    queries,
    vigilance,
)
from carnet.establishment.patients.models import (
    Change,
    Patient,
    Proof,
)
from carnet.establishment.patients.vigilance import Declared, Presented
from carnet.standards.ins import ForbiddenTransition, Status, StatusEvent
from carnet.standards.ins.devices import Origin, Situation
from carnet.standards.ins.devices import Proof as Shown
from tests.establishment.people import NOW
from tests.establishment.vigilance import (
    CLAIRE,
    asked,
    chosen,
    declared,
    proven,
    qualified,
    registered,
    retrieved,
    seen,
    status,
)

pytestmark = pytest.mark.django_db


def test_an_identity_met_at_the_desk_is_provisoire() -> None:
    patient = queries.get(registered())
    assert patient is not None
    assert (patient.status, patient.ins) == (Status.PROVISOIRE, None)
    assert patient.local_ids[0].value == "C1"


def test_a_document_then_insi_qualifies() -> None:
    patient_id = registered()
    proven(patient_id)
    assert status(patient_id) is Status.VALIDEE
    retrieved(patient_id)
    patient = queries.get(patient_id)
    assert patient is not None
    assert patient.status is Status.QUALIFIEE
    assert patient.ins is not None
    assert patient.ins.matricule == "279035121518989"


def test_insi_then_a_document_qualifies_and_the_ins_waits_for_it() -> None:
    patient_id = registered()
    retrieved(patient_id)
    patient = queries.get(patient_id)
    assert patient is not None
    assert (patient.status, patient.ins) == (Status.RECUPEREE, None)
    assert patient.lack is not None
    proven(patient_id)
    assert status(patient_id) is Status.QUALIFIEE


def test_a_proof_says_which_device_to_whom_and_when() -> None:
    patient_id = registered()
    proven(patient_id)
    proof = Proof.objects.get()
    assert (proof.device, proof.actor, proof.at) == ("cni", "Claire Martin", NOW)
    assert [c.what for c in Change.objects.order_by("id")][-2:] == ["status", "proof"]


@pytest.mark.parametrize(
    "presented",
    [
        Presented(frozenset({Shown.VITALE_WITH_PHOTO}), Origin.FRENCH),
        Presented(frozenset({Shown.CNI}), Origin.OTHER),
        Presented(frozenset(), Origin.FRENCH, copies=frozenset({Shown.CNI})),
        Presented(frozenset({Shown.BIRTH_CERTIFICATE}), Origin.FRENCH),
        Presented(frozenset({Shown.CIMS}), Origin.FRENCH, frozenset({Situation.MILITARY})),
    ],
)
def test_what_is_no_high_trust_device_proves_nothing(presented: Presented) -> None:
    """EXI SI 10 and 23."""
    patient_id = registered()
    with pytest.raises(vigilance.NotHighTrust):
        proven(patient_id, presented)
    assert status(patient_id) is Status.PROVISOIRE
    assert not Proof.objects.exists()


def test_a_doubt_takes_the_ins_and_locks_the_identity() -> None:
    patient_id = qualified()
    declared(patient_id, StatusEvent.DOUBT)
    patient = Patient.objects.get(pk=patient_id)
    assert (patient.status, patient.attributes, patient.ins_matricule) == (
        "provisoire",
        ["DOUT"],
        "",
    )
    assert Proof.objects.get().ended_at == NOW
    with pytest.raises(ForbiddenTransition):
        proven(patient_id)
    with pytest.raises(inquiries.AskingForbidden):
        asked(patient_id)
    declared(patient_id, StatusEvent.CLEARED)
    proven(patient_id)
    assert status(patient_id) is Status.VALIDEE


def test_a_fictive_identity_asks_nothing_and_proves_nothing() -> None:
    patient_id = registered()
    declared(patient_id, StatusEvent.DECLARED_FICTIVE)
    with pytest.raises(inquiries.AskingForbidden):
        asked(patient_id)
    with pytest.raises(ForbiddenTransition):
        proven(patient_id)


def test_a_strict_trait_that_changes_starts_again_and_a_phone_does_not() -> None:
    patient_id = qualified()
    patient = Patient.objects.get(pk=patient_id)
    now = identities.local_traits(patient)
    vigilance.change_traits(
        CLAIRE,
        patient_id,
        Declared(now, phones=("0102030405",)),
        policy=chosen(),
        seen=patient.updated_at,
        now=NOW + timedelta(1),
    )
    assert status(patient_id) is Status.QUALIFIEE
    vigilance.change_traits(
        CLAIRE,
        patient_id,
        Declared(replace(now, birth_name="PAT-QUATRE")),
        policy=chosen(),
        seen=seen(patient_id),
        now=NOW + timedelta(2),
    )
    assert status(patient_id) is Status.PROVISOIRE
    assert queries.ins_history(patient_id)[0].ended_by == "strict_trait_changed"


def test_of_two_operators_the_second_is_told() -> None:
    patient_id = registered()
    before = seen(patient_id)
    proven(patient_id, at=NOW + timedelta(seconds=1))
    with pytest.raises(vigilance.Stale):
        vigilance.declare(
            CLAIRE, patient_id, StatusEvent.DOUBT, policy=chosen(), seen=before, now=NOW
        )


def test_a_person_who_is_unknown_cannot_be_changed() -> None:
    with pytest.raises(vigilance.UnknownPatient):
        vigilance.declare(CLAIRE, uuid4(), StatusEvent.DOUBT, policy=chosen(), seen=NOW, now=NOW)


def test_homonyms_stay_homonyms_whatever_the_status() -> None:
    patient_id = registered()
    vigilance.set_homonym(CLAIRE, [patient_id], homonym=True, now=NOW)
    proven(patient_id)
    retrieved(patient_id)
    declared(patient_id, StatusEvent.DISCORDANCE)
    assert Patient.objects.get(pk=patient_id).attributes == ["HOMA"]


def test_a_document_seen_of_a_disputed_identity_does_not_take_its_ins() -> None:
    first, second = qualified(), qualified(value="C2")
    proven(first)
    assert Patient.objects.get(pk=first).ins_matricule
    assert {status(first), status(second)} == {Status.VALIDEE}
