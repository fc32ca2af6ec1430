"""TD1.1 to TD1.4: one good request of each reason, broken in one way by each test."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards import xml
from carnet.standards.gdp import registration
from carnet.standards.gdp.messages import GdpRefused, Reason
from carnet.standards.gdp.patient_query import OBSERVATIONS
from carnet.standards.gdp.registration import (
    ASKED_BY_THE_PATIENT,
    INTERACTIONS_OF,
    RegistrationRequest,
    action,
)
from carnet.standards.soap.envelope import SoapFault
from tests.standards.gdp.perfect import ANSWERING, ASKING, INS, PERSON, people

CHANGE = RegistrationRequest(
    ASKING,
    Reason.MODIF_DATA,
    INS,
    author="899700218896",
    structure="1690000011",
    person=PERSON,
    observations={"OPPOSITION_BRIS_DE_GLACE": True, "OPPOSITION_ACCES_URGENCE": False},
)
CLOSE = RegistrationRequest(
    ASKING, Reason.FERM, INS, author="899700218896", closing=ASKED_BY_THE_PATIENT
)
CREATE = replace(CHANGE, reason=Reason.CREA_RD, observations={"CONSENTEMENT_OUVERTURE_DMP": True})
REOPEN = replace(CLOSE, reason=Reason.REAC, closing="")
EACH = pytest.mark.parametrize(
    "request_", [CHANGE, CLOSE, CREATE, REOPEN], ids=lambda one: one.reason
)
CHANGED, CLOSED = (registration.write(one).decode() for one in (CHANGE, CLOSE))


@EACH
def test_a_request_reads_back_as_it_was_written(request_: RegistrationRequest) -> None:
    assert registration.read(xml.parse(registration.write(request_))) == request_


@given(
    people,
    st.dictionaries(st.sampled_from(sorted(OBSERVATIONS)), st.booleans()),
    st.sampled_from(["", "1690000011"]),
)
def test_any_change_reads_back_as_it_was_written(
    person: object, observations: dict[str, bool], structure: str
) -> None:
    change = replace(CHANGE, person=person, observations=observations, structure=structure)  # type: ignore[arg-type]
    assert registration.read(xml.parse(registration.write(change))) == change


@EACH
def test_what_is_done_is_answered_with_the_status(request_: RegistrationRequest) -> None:
    answer = registration.write_accepted(ANSWERING, request_)
    assert registration.read_answer(xml.parse(answer)) == request_.status
    assert request_.interactions.accepted.encode() in answer


@EACH
def test_a_refusal_carries_the_code_and_the_words_of_the_dmp(request_: RegistrationRequest) -> None:
    answer = registration.write_refusal(
        ANSWERING, request_, code="DMPAccessDeniedByRightsService", reason="Plus de création"
    )
    assert request_.interactions.refused.encode() in answer
    with pytest.raises(GdpRefused, match="DMPAccessDeniedByRightsService: Plus de création"):
        registration.read_answer(xml.parse(answer))


def test_the_action_of_an_interaction_is_in_the_namespace_of_hl7() -> None:
    interactions = INTERACTIONS_OF[Reason.FERM]
    assert action(interactions.request) == "urn:hl7-org:v3:PRPA_IN201314UV02"


def test_what_was_said_of_the_carte_vitale_is_passed_over() -> None:
    vitale = CHANGED.replace("OPPOSITION_BRIS_DE_GLACE", "CARTE_SESAM_VITALE")
    read = registration.read(xml.parse(vitale.encode()))
    assert read.observations == {"OPPOSITION_ACCES_URGENCE": False}


@pytest.mark.parametrize(
    ("good", "old", "new", "reason"),
    [
        (CHANGED, "PRPA_IN201314UV02", "PRPA_IN201311UV02", "not for this message"),
        (CHANGED, "MODIF_DATA", "TEST_EXST", "not for this message"),
        (CHANGED, "MODIF_DATA", "CREA_RD", "not for this message"),
        (CHANGED, "MODIF_DATA", "OTHER", "reasonCode is not one"),
        (CHANGED, 'statusCode code="active"/><patientPerson', "x/><patientPerson", "statusCode"),
        (CHANGED, "patientPerson", "person", "patientPerson"),
        (CHANGED, "OPPOSITION_BRIS_DE_GLACE", "OTHER", "administrativeObservation"),
        (CHANGED, "registrationRequest", "registrationEvent", "registrationRequest"),
        (CHANGED, "controlActProcess", "control", "controlActProcess"),
        (CHANGED, INS.matricule, "123", "matricule"),
        (CHANGED, "1.2.250.1.71.4.2.1", "1.2.3", "author"),
        (CHANGED, "<author ", "<other ", "author"),
        (CLOSED, ASKED_BY_THE_PATIENT, "OTHER", "reason of the closing"),
        (CLOSED, "reasonOf", "because", "reason of the closing"),
        (CLOSED, 'code="terminated"', 'code="active"', "statusCode"),
    ],
)
def test_a_broken_request_gets_a_sender_fault(good: str, old: str, new: str, reason: str) -> None:
    assert old in good, "the test breaks nothing"
    broken = good.replace(old, new)
    if old.startswith("<author"):
        broken = broken.replace("</author>", "</other>")
    with pytest.raises(SoapFault, match=reason) as caught:
        registration.read(xml.parse(broken.encode()))
    assert caught.value.code == "Sender"
    assert INS.matricule not in str(caught.value)


def test_an_answer_of_another_kind_is_a_receiver_fault() -> None:
    answer = registration.write_accepted(ANSWERING, CLOSE).replace(b"201315", b"201308")
    with pytest.raises(SoapFault, match="registration"):
        registration.read_answer(xml.parse(answer))


@given(st.integers(0, len(CHANGED)), st.integers(0, 30), st.sampled_from(["", "<", '"', "x", "é"]))
def test_a_request_changed_anywhere_is_read_or_refused(at: int, cut: int, new: str) -> None:
    try:
        registration.read(xml.parse((CHANGED[:at] + new + CHANGED[at + cut :]).encode()))
    except (SoapFault, xml.XmlError) as error:
        assert str(error)  # noqa: PT017 - what is read is as good
