"""TD0.2, TD0.5, TD1.1, TD1.2, TD1.3a, TD1.3b and TD1.4 as callers meet them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from carnet.national.accounts import actions as accounts
from carnet.national.identity import actions as identity
from carnet.national.identity import queries as people
from carnet.national.record import actions as record
from carnet.standards.gdp import patient_query, registration, td02, td05, td13a
from carnet.standards.gdp.messages import Frame, GdpRefused, MessageId, Reason
from carnet.standards.gdp.patient_query import PatientQuery
from carnet.standards.gdp.people import Address, Person, Telecom, Traits
from carnet.standards.gdp.registration import ASKED_BY_THE_PATIENT, RegistrationRequest
from carnet.standards.gdp.td05 import TraitsQuery
from carnet.standards.ids import Ins
from carnet.standards.ins import Traits as InsTraits
from carnet.standards.vihf.assertion import Purpose
from tests.national import certificates, world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import Call, Reply, as_reader, reader

pytestmark = pytest.mark.django_db

QUERY_ID = MessageId("1.2.250.1.999.5", "question")
HOLDER = Person(
    Traits("PAT-TROIS", "DOMINIQUE", "F", "19790328", "MARTIN", "MME"),
    (Telecom("tel:+33400000000", "HP"),),
    Address(("12 rue de l'Étang",), "69003", "LYON"),
)


def frame() -> Frame:
    return Frame(MessageId("1.2.250.1.999.5", str(uuid4())), "20260302090000", "1.2.250.1.999.5")


@pytest.fixture
def old(hospital: None) -> tuple[UUID, Ins]:
    """A person whose record was opened before Mon espace santé."""
    patient_id, ins = world.make_patient(with_record=False)
    record.open_record(world.TESTS, patient_id, now=world.NOW, linked_to_mes=False)
    return patient_id, ins


def request(ins: Ins, reason: Reason, **changes: Any) -> RegistrationRequest:
    """What the physician of the tests asks of a record."""
    facts: dict[str, Any] = {
        "author": world.PHYSICIAN_READER.ps_idnat,
        "structure": world.SITE,
        "person": HOLDER,
        "closing": ASKED_BY_THE_PATIENT if reason is Reason.FERM else "",
    }
    return RegistrationRequest(frame(), reason, ins, **{**facts, **changes})


def register(call: Call, papers: Papers, asked: RegistrationRequest, **options: Any) -> Reply:
    action = registration.action(asked.interactions.request)
    return call(
        "patients",
        action,
        registration.write(asked),
        **{**as_reader(papers, asked.ins), **options},
    )


def refusal(reply: Reply, read: Any = registration.read_answer) -> str:
    with pytest.raises(GdpRefused) as refused:
        read(reply.envelope.payload)
    return refused.value.code


def data(call: Call, papers: Papers, ins: Ins) -> td13a.AdministrativeData:
    query = td13a.write_query(PatientQuery(frame(), QUERY_ID, ins))
    reply = call("patients", patient_query.ACTION, query, **as_reader(papers, ins))
    assert reply.envelope.addressing.action == patient_query.RESPONSE_ACTION
    return td13a.read_answer(reply.envelope.payload)


def existence(call: Call, papers: Papers, ins: Ins) -> td02.Existence:
    query = td02.write_query(PatientQuery(frame(), QUERY_ID, ins))
    reply = call("patients", td02.ACTION, query, **as_reader(papers, ins))
    return td02.read_answer(reply.envelope.payload)


def test_existence_tells_whether_the_record_is_linked_to_mon_espace_sante(
    call: Call, trusting: Papers, ins: Ins, old: tuple[UUID, Ins]
) -> None:
    assert existence(call, trusting, ins).mes
    assert not existence(call, trusting, old[1]).mes


def test_administrative_data_tell_the_holder_their_representatives_and_choices(
    call: Call, trusting: Papers, person: tuple[UUID, Ins]
) -> None:
    patient_id, ins = person
    mother, _ = world.make_patient(birth_name="DURAND", with_record=False)
    accounts.represent(
        world.TESTS, mother, patient_id, since=world.NOW, until=datetime.now(UTC) + timedelta(1)
    )
    accounts.create_account(
        world.TESTS, patient_id, login=str(patient_id), password="un mot de passe", now=world.NOW
    )
    record.set_choices(world.TESTS, patient_id, now=world.NOW, opposes_bris_de_glace=True)
    found = data(call, trusting, ins)
    assert found.status == "active"
    assert found.person is not None
    assert found.person.traits.birth_name == "PAT-TROIS"
    (parent,) = found.representatives
    assert (parent.relationship, parent.family) == ("MTH", "DURAND")
    assert found.internet_account
    assert found.mes
    assert found.opposed_to_bris_de_glace
    assert not found.opposed_to_centre_15


def test_who_has_no_record_has_no_administrative_data(
    call: Call, trusting: Papers, hospital: None
) -> None:
    assert data(call, trusting, world.new_ins()).status is None


def test_administrative_data_of_another_than_the_patient_of_the_vihf_are_refused(
    call: Call, ins: Ins
) -> None:
    query = td13a.write_query(PatientQuery(frame(), QUERY_ID, ins))
    reply = call("patients", patient_query.ACTION, query, patient=world.new_ins())
    assert refusal(reply, td13a.read_answer) == "XDSPatientIdDoesNotMatch"


def test_what_is_changed_is_told_afterwards(
    call: Call, trusting: Papers, old: tuple[UUID, Ins]
) -> None:
    asked = request(old[1], Reason.MODIF_DATA, observations={"OPPOSITION_ACCES_URGENCE": True})
    reply = register(call, trusting, asked)
    assert registration.read_answer(reply.envelope.payload) == "active"
    assert reply.envelope.addressing.action == "urn:hl7-org:v3:PRPA_IN201315UV02"
    found = data(call, trusting, old[1])
    assert found.person is not None
    assert (found.person.traits, found.person.telecoms) == (HOLDER.traits, HOLDER.telecoms)
    assert found.person.address == HOLDER.address
    assert found.opposed_to_centre_15


@pytest.mark.parametrize("reason", [Reason.MODIF_DATA, Reason.FERM, Reason.REAC])
def test_a_record_linked_to_mon_espace_sante_is_governed_by_its_holder(
    reason: Reason, call: Call, trusting: Papers, ins: Ins
) -> None:
    reply = register(call, trusting, request(ins, reason))
    assert refusal(reply) == "DMPAccessDeniedByRightsService"
    assert reply.envelope.addressing.action == "urn:hl7-org:v3:PRPA_IN201316UV02"
    assert existence(call, trusting, ins).status == "active"


def test_traits_of_the_ins_are_not_changed_here(
    call: Call, trusting: Papers, old: tuple[UUID, Ins]
) -> None:
    other = replace(HOLDER, traits=replace(HOLDER.traits, birth_name="AUTRE"))
    reply = register(call, trusting, request(old[1], Reason.MODIF_DATA, person=other))
    assert refusal(reply) == "DMPAccessDeniedByRightsService"
    found = people.person(old[0])
    assert found is not None
    assert found.used_name == ""


def test_a_closed_record_is_said_closed_and_can_be_opened_again(
    call: Call, trusting: Papers, old: tuple[UUID, Ins]
) -> None:
    closed = register(call, trusting, request(old[1], Reason.FERM))
    assert registration.read_answer(closed.envelope.payload) == "terminated"
    assert existence(call, trusting, old[1]).status == "terminated"
    assert refusal(register(call, trusting, request(old[1], Reason.FERM))) == "DMPClosed"
    reopened = register(call, trusting, request(old[1], Reason.REAC))
    assert registration.read_answer(reopened.envelope.payload) == "active"
    assert refusal(register(call, trusting, request(old[1], Reason.REAC))) == "DMPFound"
    assert existence(call, trusting, old[1]).status == "active"


def test_administrative_data_of_a_closed_record_are_refused(
    call: Call, trusting: Papers, old: tuple[UUID, Ins]
) -> None:
    register(call, trusting, request(old[1], Reason.FERM))
    query = td13a.write_query(PatientQuery(frame(), QUERY_ID, old[1]))
    reply = call("patients", patient_query.ACTION, query, **as_reader(trusting, old[1]))
    assert refusal(reply, td13a.read_answer) == "DMPClosed"


@pytest.mark.parametrize(
    "changes", [{"author": "899900000001"}, {"structure": "1690000001"}], ids=str
)
def test_who_signs_the_message_is_who_calls(
    changes: dict[str, str], call: Call, trusting: Papers, old: tuple[UUID, Ins]
) -> None:
    reply = register(call, trusting, request(old[1], Reason.FERM, **changes))
    assert refusal(reply) == "DMPAccessDeniedByRightsService"
    assert existence(call, trusting, old[1]).status == "active"


def test_who_has_no_record_has_none_to_close(call: Call, trusting: Papers, hospital: None) -> None:
    reply = register(call, trusting, request(world.new_ins(), Reason.FERM))
    assert refusal(reply) == "XDSUnknownPatientId"


def test_no_record_is_created_any_more(call: Call, trusting: Papers, hospital: None) -> None:
    patient_id, ins = world.make_patient(with_record=False)
    reply = register(call, trusting, request(ins, Reason.CREA_RD))
    assert refusal(reply) == "DMPAccessDeniedByRightsService"
    assert reply.envelope.addressing.action == "urn:hl7-org:v3:PRPA_IN201313UV02"
    assert existence(call, trusting, ins).status is None
    assert world.rows(f"journal_trace WHERE patient_id = '{patient_id}' AND outcome = 'refused'")


def test_a_question_with_the_reason_of_a_change_is_a_fault(
    call: Call, trusting: Papers, ins: Ins
) -> None:
    query = td02.write_query(PatientQuery(frame(), QUERY_ID, ins))
    payload = query.replace(b"TEST_EXST", b"FERM")
    reply = call("patients", td02.ACTION, payload, **as_reader(trusting, ins))
    assert reply.fault == ("Sender", "")


def find(call: Call, papers: Papers, purpose: Purpose, **traits: Any) -> Reply:
    query = TraitsQuery(frame(), QUERY_ID, **{"family": "Pat-Trois", **traits})
    return call(
        "patientsPDQ",
        td05.ACTION,
        td05.write_query(query),
        vihf=reader(None, purpose=purpose),
        certificate=papers.card_client,
    )


def test_a_centre_15_finds_a_patient_by_traits_best_first(
    call: Call, trusting: Papers, person: tuple[UUID, Ins]
) -> None:
    patient_id, ins = person
    record.set_choices(world.TESTS, patient_id, now=world.NOW, opposes_centre_15=True)
    other = identity.register_person(
        world.TESTS,
        world.new_ins(),
        InsTraits.of("PAT TROIS", "PAUL", "M", "19800101", given_names="PAUL", birth_place="51215"),
        now=world.NOW,
    )
    record.open_record(world.TESTS, other, now=world.NOW)
    world.make_patient(birth_name="QUATRE")
    world.make_patient(with_record=False)
    reply = find(
        call, trusting, Purpose.CENTRE_15, given="dominique", gender="F", birth_date="1979"
    )
    found = td05.read_answer(reply.envelope.payload)
    assert [one.percent for one in found.told] == [100, 40]
    assert found.total == 2
    assert found.told[0].ins == ins
    assert found.told[0].opposed_to_centre_15
    assert world.rows(
        f"journal_trace WHERE patient_id = '{patient_id}' AND action = 'patient.found'"
    )


def test_what_is_not_told_is_counted(call: Call, trusting: Papers, hospital: None) -> None:
    for _each in range(3):
        world.make_patient(birth_name="MEME")
    reply = find(call, trusting, Purpose.CENTRE_15, family="Même", limit=2)
    found = td05.read_answer(reply.envelope.payload)
    assert (len(found.told), found.total) == (2, 3)


def test_a_name_that_nobody_can_have_is_nobodys(
    call: Call, trusting: Papers, hospital: None
) -> None:
    found = td05.read_answer(find(call, trusting, Purpose.CENTRE_15, family="42").envelope.payload)
    assert found.total == 0


@pytest.mark.parametrize("purpose", [Purpose.NORMAL, Purpose.BRIS_DE_GLACE])
def test_only_a_centre_15_finds_a_patient_by_traits(
    purpose: Purpose, call: Call, trusting: Papers, hospital: None
) -> None:
    reply = find(call, trusting, purpose)
    assert refusal(reply, td05.read_answer) == "DMPAccessDeniedByRightsService"


def test_a_certificate_of_an_establishment_closes_in_the_name_of_its_responsible(
    call: Call, trusting: Papers, old: tuple[UUID, Ins]
) -> None:
    asked = request(old[1], Reason.FERM, author="899900063480")
    reply = register(
        call,
        trusting,
        asked,
        vihf=certificates.vihf(old[1]),
        certificate=trusting.client,
    )
    assert registration.read_answer(reply.envelope.payload) == "terminated"
