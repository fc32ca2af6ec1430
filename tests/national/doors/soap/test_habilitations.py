"""TD0.3, TD0.4 and TD1.6 as callers meet them, and what is no more: TD0.0, TD1.5."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from carnet.national.record import actions as record
from carnet.national.record.models import Record
from carnet.national.record.rules import Authorisation
from carnet.standards import habilitations
from carnet.standards.habilitations import (
    OPERATIONS,
    AuthorizationAction,
    AuthorizationMode,
    Authorizations,
    DateType,
    ListAuthorizations,
    ListPatients,
    Patients,
    Result,
    Role,
    SetAuthorization,
)
from carnet.standards.ids import Ins
from carnet.standards.vihf import Mode
from carnet.standards.xds.metadata import Code
from tests.national import certificates, world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import Call, Reply, as_reader, header, reader

pytestmark = pytest.mark.django_db

READER = world.PHYSICIAN_READER.ps_idnat
COLLEAGUE = "899900063480"  # of the hospital, in the directory
ACTIONS = {one.name: one.actions for one in OPERATIONS}
SECRETARY = Code("SECRETARIAT_MEDICAL", "1.2.250.1.213.1.1.4.6", "Secrétariat médical")


def authorised(call: Call, papers: Papers, ins: Ins, **options: Any) -> Authorizations:
    asked = habilitations.write_request(ListAuthorizations(AuthorizationMode.TOUTE))
    action = ACTIONS["listAuthorizationByPatient"][0]
    reply = call("habilitations", action, asked, **{**as_reader(papers, ins), **options})
    told = habilitations.read_answer(reply.envelope.payload)
    assert isinstance(told, Authorizations)
    return told


def patients(call: Call, asked: ListPatients, **options: Any) -> Patients:
    payload = habilitations.write_request(asked)
    reply = call("patientsSpecific", ACTIONS["patientList"][0], payload, **options)
    told = habilitations.read_answer(reply.envelope.payload)
    assert isinstance(told, Patients)
    return told


def as_physician(papers: Papers) -> dict[str, Any]:
    return {"vihf": reader(None), "certificate": papers.card_client}


def matricules(told: Patients) -> list[str]:
    return [one.identifiers[0].value for one in told.patients]


def authorise_oneself(
    call: Call, papers: Papers, ins: Ins | None, asked: SetAuthorization, **options: Any
) -> Result:
    payload = habilitations.write_request(asked)
    action = ACTIONS["setAuthorization"][0]
    caller = {"vihf": reader(ins), "certificate": papers.card_client}
    reply = call("habilitations", action, payload, **{**caller, **options})
    told = habilitations.read_answer(reply.envelope.payload)
    assert isinstance(told, Result)
    return told


def test_a_physician_declares_that_the_patient_lets_them_read_and_takes_it_back(
    call: Call, trusting: Papers, ins: Ins
) -> None:
    add = SetAuthorization(AuthorizationAction.AJOUT)
    remove = SetAuthorization(AuthorizationAction.SUPPRESSION)
    for asked, listed in ((add, 1), (add, 1), (remove, 0), (remove, 0)):
        told = authorise_oneself(call, trusting, ins, asked)
        assert told.status == habilitations.OK
        assert told.context
        assert len(authorised(call, trusting, ins).authorizations) == listed


def test_a_physician_declares_to_be_the_medecin_traitant(
    call: Call, trusting: Papers, ins: Ins
) -> None:
    asked = SetAuthorization(AuthorizationAction.AJOUT, Role.MEDECIN_TRAITANT)
    assert authorise_oneself(call, trusting, ins, asked).status == habilitations.OK
    (one,) = authorised(call, trusting, ins).authorizations
    assert one.specific_rights == (Role.MEDECIN_TRAITANT,)


def test_a_blocked_physician_does_not_authorise_themselves(
    call: Call, trusting: Papers, person: tuple[UUID, Ins]
) -> None:
    record.authorise(world.TESTS, person[0], READER, Authorisation.BLOCKED, now=world.NOW)
    asked = SetAuthorization(AuthorizationAction.AJOUT)
    told = authorise_oneself(call, trusting, person[1], asked)
    assert told.status == "DMPAccessDeniedByRightsService"


@pytest.mark.parametrize("known", [True, False])
def test_one_authorises_oneself_on_the_record_of_the_vihf_alone(
    known: bool, call: Call, trusting: Papers, hospital: None
) -> None:
    asked = SetAuthorization(AuthorizationAction.AJOUT)
    told = authorise_oneself(call, trusting, world.new_ins() if known else None, asked)
    assert told.status == "XDSUnknownPatientId"


def test_an_establishment_does_not_authorise_itself(call: Call, trusting: Papers, ins: Ins) -> None:
    asked = SetAuthorization(AuthorizationAction.AJOUT)
    caller = {"vihf": certificates.vihf(ins), "certificate": trusting.client}
    told = authorise_oneself(call, trusting, ins, asked, **caller)
    assert told.status == "DMPAccessDeniedByRightsService"


def test_a_secretary_authorises_the_structure(call: Call, trusting: Papers, ins: Ins) -> None:
    vihf = reader(
        ins, mode=Mode.INDIRECTE_RENFORCEE, roles=(SECRETARY,), authn_decl="CONF_EXI_PGSSIS"
    )
    asked = SetAuthorization(AuthorizationAction.AJOUT)
    caller = {"vihf": vihf, "certificate": trusting.client}
    assert authorise_oneself(call, trusting, ins, asked, **caller).status == habilitations.OK
    (one,) = authorised(call, trusting, ins).authorizations
    assert (one.national_id, one.last_name) == (world.SITE, "CH de l'Exemple")


def test_those_authorised_and_those_blocked_are_listed(
    call: Call, trusting: Papers, person: tuple[UUID, Ins]
) -> None:
    patient_id, ins = person
    world.authorise(patient_id)
    record.authorise(
        world.TESTS, patient_id, COLLEAGUE, Authorisation.BLOCKED, now=world.NOW + timedelta(1)
    )
    record.set_choices(world.TESTS, patient_id, now=world.NOW, medecin_traitant=READER)
    told = authorised(call, trusting, ins)
    assert told.status == habilitations.OK
    blocked, active = told.authorizations
    assert (blocked.mode, blocked.last_name) == (AuthorizationMode.INTERDITE, "MAX")
    assert blocked.speciality_codes == ("G15_10/SM26",)
    assert (active.national_id, active.mode) == (READER, AuthorizationMode.ACTIVE)
    assert active.specific_rights == (Role.MEDECIN_TRAITANT,)


@pytest.mark.parametrize("action", ACTIONS["listAuthorizationByPatient"])
def test_both_published_actions_are_answered(
    action: str, call: Call, trusting: Papers, ins: Ins
) -> None:
    asked = habilitations.write_request(ListAuthorizations(AuthorizationMode.ACTIVE))
    reply = call("habilitations", action, asked, **as_reader(trusting, ins))
    assert isinstance(habilitations.read_answer(reply.envelope.payload), Authorizations)


def test_an_establishment_does_not_list_those_authorised(
    call: Call, trusting: Papers, ins: Ins
) -> None:
    told = authorised(call, trusting, ins, vihf=certificates.vihf(ins), certificate=trusting.client)
    assert (told.status, told.authorizations) == ("DMPAccessDeniedByRightsService", ())


def test_those_authorised_on_no_record_are_not_listed(
    call: Call, trusting: Papers, hospital: None
) -> None:
    assert authorised(call, trusting, world.new_ins()).status == "XDSUnknownPatientId"


def test_the_message_is_the_one_that_the_action_names(
    call: Call, trusting: Papers, ins: Ins
) -> None:
    payload = habilitations.write_request(ListPatients())
    action = ACTIONS["listAuthorizationByPatient"][0]
    assert call("habilitations", action, payload, **as_reader(trusting, ins)).fault[0] == "Sender"


def test_a_physician_lists_the_records_they_may_read_and_no_other(
    call: Call, trusting: Papers, hospital: None
) -> None:
    mine, expired, blocked, closed = (world.make_patient() for _each in range(4))
    world.make_patient()
    for patient_id, _ in (mine, closed):
        world.authorise(patient_id)
    record.authorise(
        world.TESTS,
        expired[0],
        READER,
        Authorisation.VALID,
        now=world.NOW - timedelta(2),
        until=world.NOW - timedelta(1),
    )
    record.authorise(world.TESTS, blocked[0], READER, Authorisation.BLOCKED, now=world.NOW)
    record.set_choices(world.TESTS, mine[0], now=world.NOW, medecin_traitant=READER)
    world.rows("record_record")  # the record below is closed as TD1.4 leaves it

    Record.objects.filter(patient_id=closed[0]).update(status="terminated")
    told = patients(call, ListPatients(), **as_physician(trusting))
    assert told.status == habilitations.OK
    (one,) = told.patients
    assert one.identifiers[0].value == mine[1].matricule
    assert one.medecin_traitant
    assert one.birth_name == "PAT-TROIS"


def test_records_are_listed_since_a_date_of_authorisation_or_of_document(
    call: Call, trusting: Papers, hospital: None
) -> None:
    (early, early_ins), (late, late_ins) = world.make_patient(), world.make_patient()
    for patient_id, days in ((early, 0), (late, 2)):
        record.authorise(
            world.TESTS,
            patient_id,
            READER,
            Authorisation.VALID,
            now=world.NOW + timedelta(days),
        )
    record.publish(
        world.HOSPITAL_SYSTEM,
        world.request(early_ins),
        patient=early_ins,
        now=world.NOW + timedelta(3),
    )
    since = f"{world.NOW + timedelta(1):%Y%m%d%H%M%S}"
    by_date = ListPatients(since, DateType.LASTAUTORIZATION)
    assert matricules(patients(call, by_date, **as_physician(trusting))) == [late_ins.matricule]
    by_document = ListPatients(since, DateType.LASTDOC)
    told = patients(call, by_document, **as_physician(trusting))
    assert matricules(told) == [early_ins.matricule]
    assert told.patients[0].last_addition == f"{world.NOW + timedelta(3):%Y%m%d%H%M%S}"


def test_a_masked_document_does_not_tell_that_it_came(
    call: Call, trusting: Papers, person: tuple[UUID, Ins]
) -> None:
    patient_id, ins = person
    world.authorise(patient_id)
    request = world.request(ins, confidentiality=world.visibility("MASQUE_PS"))
    record.publish(world.HOSPITAL_SYSTEM, request, patient=ins, now=world.NOW)
    (one,) = patients(call, ListPatients(), **as_physician(trusting)).patients
    assert one.last_addition == ""


def test_a_physician_does_not_list_for_another(
    call: Call, trusting: Papers, hospital: None
) -> None:
    told = patients(call, ListPatients(ps_owner_id=COLLEAGUE), **as_physician(trusting))
    assert told.status == "DMPAccessDeniedByRightsService"


def test_a_secretary_lists_for_the_professionals_of_the_structure_alone(
    call: Call, trusting: Papers, person: tuple[UUID, Ins]
) -> None:
    patient_id, ins = person
    record.authorise(world.TESTS, patient_id, COLLEAGUE, Authorisation.VALID, now=world.NOW)
    other, _ = world.make_patient()
    record.authorise(world.TESTS, other, "899900000001", Authorisation.VALID, now=world.NOW)
    vihf = reader(
        None,
        mode=Mode.INDIRECTE_RENFORCEE,
        roles=(SECRETARY,),
        authn_decl="CONF_EXI_PGSSIS",
    )
    for asked in (ListPatients(), ListPatients(ps_owner_id=COLLEAGUE)):
        assert matricules(patients(call, asked, vihf=vihf)) == [ins.matricule]
    refused = patients(call, ListPatients(ps_owner_id="899900000001"), vihf=vihf)
    assert refused.status == "DMPAccessDeniedByRightsService"


def test_an_establishment_lists_new_authorisations_since_a_date(
    call: Call, person: tuple[UUID, Ins]
) -> None:
    patient_id, ins = person
    record.authorise(world.TESTS, patient_id, COLLEAGUE, Authorisation.VALID, now=world.NOW)
    vihf = certificates.vihf(None)
    since = f"{world.NOW - timedelta(1):%Y%m%d%H%M%S}"
    told = patients(call, ListPatients(since, DateType.LASTAUTORIZATION), vihf=vihf)
    assert matricules(told) == [ins.matricule]
    for asked in (ListPatients(), ListPatients(since, DateType.LASTDOC)):
        refused = patients(call, asked, vihf=replace(vihf, id=f"{vihf.id}x"))
        assert refused.status == "DMPAccessDeniedByRightsService"


def test_a_date_that_is_none_is_a_fault(call: Call, trusting: Papers, hospital: None) -> None:
    payload = habilitations.write_request(ListPatients("20261399000000"))
    action = ACTIONS["patientList"][0]
    reply = call("patientsSpecific", action, payload, **as_physician(trusting))
    assert reply.fault[0] == "Sender"


@pytest.mark.parametrize(
    ("service", "operation", "replaced_by"),
    [
        ("patientCertif", "identityCertification", "INSi"),
        ("patientsSpecific", "createPatientAccess", "Mon espace santé"),
        ("patientsSpecific", "patientOTPUpdate", "Mon espace santé"),
        ("patientsSpecific", "updatePatientAccess", "Mon espace santé"),
    ],
)
def test_an_operation_that_is_no_more_says_what_replaced_it(
    service: str, operation: str, replaced_by: str, call: Call, ins: Ins
) -> None:
    payload = f'<{operation} xmlns="urn:si-dmp-patients"/>'.encode()
    action = f"urn:si-dmp-patients:PatientSpecificEndPoint:{operation}"
    reply: Reply = call(service, action, payload, patient=ins)
    assert reply.fault == ("Sender", "wsa:ActionNotSupported")
    assert replaced_by in str(reply.envelope.payload.xpath("string()"))


def test_a_call_to_a_retired_service_needs_a_certificate(call: Call, ins: Ins) -> None:
    assert header(None) == {}
    reply = call("patientCertif", "x", b"<a/>", patient=ins, certificate=None)
    assert reply.fault == ("Sender", "DMPNoCertificate")
