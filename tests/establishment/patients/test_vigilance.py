"""Identity vigilance at the desk: statuses, proofs, INSi, merges (spec identity §1.5 to §1.13)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from carnet.establishment.clients.errors import Refused, Unavailable
from carnet.establishment.patients import (
    batches,
    errands,
    identities,
    inquiries,
    policy,
    queries,
    vigilance,
)
from carnet.establishment.patients.actions import apply_adt
from carnet.establishment.patients.actors import Operator, Sender, System
from carnet.establishment.patients.models import (
    Alert,
    Batch,
    Change,
    Errand,
    Inquiry,
    Merge,
    Patient,
    Proof,
)
from carnet.establishment.patients.reception import Trust
from carnet.establishment.patients.vigilance import Declared, Presented
from carnet.standards.hl7v2.errors import Hl7Error
from carnet.standards.hl7v2.messages import Consultation, Feeding, LocalId
from carnet.standards.ins import ForbiddenTransition, Status, StatusEvent, Traits
from carnet.standards.ins.devices import Origin, Situation
from carnet.standards.ins.devices import Proof as Shown
from carnet.standards.ins.insi import Notice, ResultCode, first_query
from tests.establishment.insi import Scripted
from tests.establishment.people import INS, NOW, OTHER_INS, PATIENT, QUALIFIED, adt, ipp, movement

pytestmark = pytest.mark.django_db

CLAIRE = Operator(UUID(int=1), "claire", "Claire Martin")
GAM = Sender("GAM", "CH-AUBRE")
CARD = Presented(frozenset({Shown.CNI}), Origin.FRENCH)
PAT_TROIS = Traits.of("PAT-TROIS", "DOMINIQUE", "F", "19790328", birth_place="63220")


def chosen(**changes: Any) -> policy.Policy:
    return replace(policy.policy(), **changes)


def registered(traits: Traits = PAT_TROIS, value: str = "C1") -> UUID:
    declared = Declared(traits)
    local_id = LocalId(value, "Carnet", "1.2.250.1.999.7")
    return vigilance.register(CLAIRE, declared, local_id, now=NOW).patient_id


def seen(patient_id: UUID) -> datetime:
    return Patient.objects.get(pk=patient_id).updated_at


def proven(patient_id: UUID, presented: Presented = CARD, at: datetime = NOW) -> None:
    vigilance.check_device(
        CLAIRE, patient_id, presented, policy=chosen(), seen=seen(patient_id), now=at
    )


def asked(patient_id: UUID, client: Scripted | None = None) -> inquiries.Answer:
    patient = Patient.objects.get(pk=patient_id)
    return inquiries.ask(
        CLAIRE,
        patient_id,
        first_query(identities.local_traits(patient)),
        client=client or Scripted(),
        policy=chosen(),
        clock=lambda: NOW,
    )


def retrieved(patient_id: UUID) -> None:
    inquiries.accept(CLAIRE, asked(patient_id).id, policy=chosen(), now=NOW)


def declared(patient_id: UUID, event: StatusEvent, at: datetime = NOW) -> None:
    vigilance.declare(CLAIRE, patient_id, event, policy=chosen(), seen=seen(patient_id), now=at)


def status(patient_id: UUID) -> Status:
    return Status(Patient.objects.get(pk=patient_id).status)


def qualified(traits: Traits = PAT_TROIS, value: str = "C1") -> UUID:
    patient_id = registered(traits, value)
    proven(patient_id)
    retrieved(patient_id)
    return patient_id


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


def test_an_answer_is_shown_with_what_differs_and_replaces_the_traits() -> None:
    patient_id = registered(replace(PAT_TROIS, birth_place="75056"))
    answer = asked(patient_id)
    assert answer.review is not None
    assert "BIRTH_PLACE" in {d.trait.name for d in answer.review.differences}
    assert answer.review.acceptable
    inquiries.accept(CLAIRE, answer.id, policy=chosen(), now=NOW)
    assert Patient.objects.get(pk=patient_id).birth_place == "63220"


def test_an_answer_is_decided_once() -> None:
    answer = asked(registered())
    inquiries.refuse(CLAIRE, answer.id, now=NOW)
    with pytest.raises(inquiries.NotToDecide):
        inquiries.accept(CLAIRE, answer.id, policy=chosen(), now=NOW)


def test_an_answer_about_an_identity_that_changed_is_void() -> None:
    patient_id = registered()
    answer = asked(patient_id)
    vigilance.change_traits(
        CLAIRE,
        patient_id,
        Declared(replace(PAT_TROIS, first_given_name="PAUL")),
        policy=chosen(),
        seen=seen(patient_id),
        now=NOW,
    )
    with pytest.raises(inquiries.NotToDecide):
        inquiries.accept(CLAIRE, answer.id, policy=chosen(), now=NOW)


def test_nobody_found_proposes_another_question_and_several_the_place() -> None:
    nobody = asked(registered(Traits.of("LE GALL DUPONT", "JEAN-MARC", "M", "19720618")))
    assert nobody.code is ResultCode.NONE
    assert nobody.review is None
    martin = Traits.of("MARTIN", "CLAIRE", "F", "19840317", birth_place="62041")
    several = asked(registered(martin, "C2"))
    assert several.code is ResultCode.SEVERAL
    assert several.proposal is not None
    patient_id = several.patient_id
    found = inquiries.ask(
        CLAIRE,
        patient_id,
        several.proposal.query,
        client=Scripted(),
        policy=chosen(),
        clock=lambda: NOW + timedelta(minutes=1),
    )
    assert found.review is not None
    assert found.review.ins.matricule == "284036204110501"


@pytest.mark.parametrize("failure", [Unavailable("later", code="insi_102"), Refused("no")])
def test_a_failure_of_insi_changes_nothing_and_is_traced(failure: Any) -> None:
    patient_id = registered()
    answer = asked(patient_id, Scripted(failure=failure))
    assert answer.failed
    assert answer.temporary is isinstance(failure, Unavailable)
    assert status(patient_id) is Status.PROVISOIRE
    assert Inquiry.objects.get().code == answer.failed


def test_insi_may_be_closed_to_provisoires() -> None:
    patient_id = registered()
    patient = Patient.objects.get(pk=patient_id)
    with pytest.raises(inquiries.AskingForbidden) as refused:
        inquiries.ask(
            CLAIRE,
            patient_id,
            first_query(identities.local_traits(patient)),
            client=Scripted(),
            policy=chosen(provisoire_asks=False),
            clock=lambda: NOW,
        )
    assert refused.value.reasons == (Status.PROVISOIRE,)


def test_the_same_ins_on_two_patients_qualifies_neither() -> None:
    first, second = qualified(), registered(value="C2")
    proven(second)
    retrieved(second)
    assert {status(first), status(second)} == {Status.VALIDEE}
    assert Alert.objects.get(closed_at=None).kind == "same_ins"
    vigilance.merge(CLAIRE, first, second, now=NOW)
    assert status(first) is Status.QUALIFIEE
    assert not Alert.objects.filter(closed_at=None).exists()


def test_a_document_seen_of_a_disputed_identity_does_not_take_its_ins() -> None:
    first, second = qualified(), qualified(value="C2")
    proven(first)
    assert Patient.objects.get(pk=first).ins_matricule
    assert {status(first), status(second)} == {Status.VALIDEE}


def test_a_matricule_in_force_replaces_the_one_of_before() -> None:
    fatou = Traits.of("OUEDRAOGO", "FATOU", "F", "19880808", birth_place="99331")
    patient_id = qualified(fatou)
    Patient.objects.filter(pk=patient_id).update(
        ins_matricule="288089933191348", ins_oid="1.2.250.1.213.1.4.9"
    )
    answer = asked(patient_id)
    assert answer.review is not None
    assert Notice.MATRICULE_CHANGED in answer.review.notices
    inquiries.accept(CLAIRE, answer.id, policy=chosen(), now=NOW)
    assert Patient.objects.get(pk=patient_id).ins_matricule == "288089933111372"
    assert status(patient_id) is Status.QUALIFIEE


def test_a_merge_is_undone_and_what_came_since_stays() -> None:
    apply_adt(GAM, adt("A28"), now=NOW)
    apply_adt(
        GAM,
        adt("A01", replace(PATIENT, local_ids=(ipp("IPP2"),)), movement=movement(), control_id="2"),
        now=NOW,
    )
    kept, gone = (Patient.objects.get(identifiers__value=v).id for v in ("IPP1", "IPP2"))
    vigilance.wish(CLAIRE, gone, Feeding.OPPOSED, Consultation.REFUSED, now=NOW)
    vigilance.merge(CLAIRE, kept, gone, now=NOW)
    merged = queries.get(kept)
    assert merged is not None
    assert {i.value for i in merged.local_ids} == {"IPP1", "IPP2"}
    assert merged.feeding is Feeding.OPPOSED
    with pytest.raises(vigilance.UnknownPatient):
        vigilance.merge(CLAIRE, gone, kept, now=NOW)
    merge = Merge.objects.get()
    undone = vigilance.unmerge(CLAIRE, merge.id, now=NOW)
    assert undone.parted == gone
    back = queries.get(gone)
    assert back is not None
    assert [i.value for i in back.local_ids] == ["IPP2"]
    assert back.status is Status.PROVISOIRE
    assert len(queries.movements(gone)) == 1
    assert queries.movements(kept) == []
    with pytest.raises(vigilance.NotPossible):
        vigilance.unmerge(CLAIRE, merge.id, now=NOW)


def test_a_patient_is_not_merged_into_themselves() -> None:
    patient_id = registered()
    with pytest.raises(vigilance.NotPossible):
        vigilance.merge(CLAIRE, patient_id, patient_id, now=NOW)


# Messages and what the desk established.


def said(**changes: Any) -> Patient:
    """The patient of IPP1 after the desk qualified it and the referential spoke again."""
    apply_adt(GAM, adt("A28"), now=NOW)
    patient_id = Patient.objects.get(identifiers__value="IPP1").id
    proven(patient_id)
    patient = replace(PATIENT, **changes)
    apply_adt(GAM, adt("A31", patient, recorded_at="20260303120000", control_id="M2"), now=NOW)
    return Patient.objects.get(pk=patient_id)


def test_a_message_that_does_not_know_yet_leaves_what_the_desk_established() -> None:
    patient = said(given_names="")
    assert patient.status == Status.VALIDEE
    assert patient.given_names == "LOUISE ANNE"


def test_a_message_about_other_traits_starts_again() -> None:
    assert said(birth_name="CARRIER").status == Status.PROVISOIRE


def test_a_message_that_doubts_is_believed() -> None:
    assert said(reliability=("PROV", "DOUT")).attributes == ["DOUT"]


def test_a_retrieved_identity_that_the_referential_validates_is_qualified() -> None:
    told = replace(
        PATIENT,
        birth_name="PAT-TROIS",
        first_given_name="DOMINIQUE",
        given_names="DOMINIQUE",
        birth_date="19790328",
    )
    apply_adt(GAM, adt("A28", told), now=NOW)
    patient_id = Patient.objects.get(identifiers__value="IPP1").id
    retrieved(patient_id)
    validated = replace(told, reliability=("VALI",))
    apply_adt(GAM, adt("A31", validated, recorded_at="20260303120000", control_id="M2"), now=NOW)
    assert status(patient_id) is Status.QUALIFIEE


@pytest.mark.parametrize(
    ("trust", "expected"),
    [
        (Trust.OWN, Status.QUALIFIEE),
        (Trust.CONTRACT, Status.VALIDEE),
        (Trust.NONE, Status.PROVISOIRE),
    ],
)
def test_a_qualified_identity_is_worth_what_binds_us_to_its_sender(
    trust: Trust, expected: Status
) -> None:
    applied = apply_adt(GAM, adt("A28", QUALIFIED), now=NOW, trust=trust)
    assert status(applied.patient_id) is expected


def test_another_domain_neither_lowers_nor_rewrites_what_is_known_here() -> None:
    apply_adt(GAM, adt("A28", QUALIFIED), now=NOW)
    other = replace(PATIENT, birth_name="AUTRE", ins=OTHER_INS, reliability=("VALI",))
    applied = apply_adt(
        Sender("LABO", ""),
        adt("A31", other, recorded_at="20260303120000", control_id="M2"),
        now=NOW,
        trust=Trust.NONE,
    )
    patient = Patient.objects.get(pk=applied.patient_id)
    assert (patient.status, patient.birth_name, patient.ins_matricule) == (
        "qualifiée",
        "CARRIERE",
        INS.matricule,
    )


def test_another_domain_merges_nothing() -> None:
    apply_adt(GAM, adt("A28", QUALIFIED), now=NOW)
    with pytest.raises(Hl7Error):
        apply_adt(
            Sender("LABO", ""),
            adt("A40", QUALIFIED, prior_ids=(ipp("IPP9"),)),
            now=NOW,
            trust=Trust.CONTRACT,
        )


# INSi without anybody waiting.


def asking(client: Scripted, follow: Callable[..., None] = lambda _: None) -> errands.Asking:
    return errands.Asking(
        actor=System("passerelle"),
        client=client,
        policy=chosen(),
        clock=lambda: NOW + timedelta(hours=1),
        later=lambda attempts: timedelta(minutes=attempts),
        follow=follow,
    )


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
