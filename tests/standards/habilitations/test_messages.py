"""TD0.3, TD0.4, TD1.6: one good message of each kind, broken in one way by each test."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards import xml
from carnet.standards.habilitations import (
    OPERATIONS,
    Answer,
    Authorization,
    AuthorizationAction,
    AuthorizationMode,
    Authorizations,
    DateType,
    ListAuthorizations,
    ListPatients,
    Patient,
    PatientIdentifier,
    Patients,
    Request,
    Result,
    Role,
    SetAuthorization,
    read_answer,
    read_request,
    write_answer,
    write_request,
)
from carnet.standards.habilitations.forms import FORMS
from carnet.standards.habilitations.messages import operation_of
from carnet.standards.soap.envelope import SoapFault
from tests.standards.habilitations.perfect import (
    ADD,
    ANSWERS,
    PATIENTS,
    REQUESTS,
    TIME,
    WHOLE_LIST,
)

words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)
texts = st.just("") | words
several = st.lists(words, max_size=2).map(tuple)
clock = st.sampled_from(["", TIME])
requests = st.one_of(
    st.builds(
        SetAuthorization, st.sampled_from(AuthorizationAction), st.none() | st.sampled_from(Role)
    ),
    st.builds(ListAuthorizations, st.sampled_from(AuthorizationMode)),
    st.builds(ListPatients, clock, st.none() | st.sampled_from(DateType), texts),
)
answers = st.one_of(
    st.builds(Result, words, texts),
    st.builds(
        Authorizations,
        st.lists(
            st.builds(
                Authorization,
                words,
                texts,
                texts,
                texts,
                several,
                several,
                clock,
                clock,
                st.none() | st.sampled_from(AuthorizationMode),
                st.lists(st.sampled_from(Role), max_size=2).map(tuple),
            ),
            max_size=2,
        ).map(tuple),
        words,
        texts,
    ),
    st.builds(
        Patients,
        st.lists(
            st.builds(
                Patient,
                st.lists(st.builds(PatientIdentifier, words, words), max_size=2).map(tuple),
                texts,
                texts,
                texts,
                medecin_traitant=st.booleans(),
                message=st.booleans(),
                last_access=clock,
            ),
            max_size=2,
        ).map(tuple),
        words,
        texts,
    ),
)


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_reads_back_as_it_was_written(request_: Request) -> None:
    assert read_request(xml.parse(write_request(request_))) == request_


@given(requests)
def test_any_request_reads_back_as_it_was_written(request_: Request) -> None:
    assert read_request(xml.parse(write_request(request_))) == request_


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_reads_back_as_it_was_written(answer: Answer) -> None:
    assert read_answer(xml.parse(write_answer(answer))) == answer


@given(answers)
def test_any_answer_reads_back_as_it_was_written(answer: Answer) -> None:
    assert read_answer(xml.parse(write_answer(answer))) == answer


@pytest.mark.parametrize("make", FORMS, ids=lambda make: make.__name__)
def test_every_field_has_its_element(make: Any) -> None:
    assert {form.field for form in FORMS[make]} == {field.name for field in fields(make)}


def test_both_spellings_of_an_action_are_known() -> None:
    assert operation_of(ADD).actions == (
        "urn:si-dmp-habilitations:HabilitationsEndPoint:setAuthorization",
        "urn:hl7-org:v3:setAuthorization",
    )
    assert operation_of(ADD).answer_action.endswith(":setAuthorizationResponse")
    assert len({action for one in OPERATIONS for action in one.actions}) == 5


def test_the_request_of_a_published_client_is_read() -> None:
    # As an open-source client writes it: no role, white space around.
    text = (
        '<setAuthorization xmlns="urn:si-dmp-habilitations">\n <action> AJOUT </action><role/>\n'
        "</setAuthorization>"
    )
    assert read_request(xml.parse(text.encode())) == replace(ADD, role=None)


@pytest.mark.parametrize(
    ("request_", "old", "new", "reason"),
    [
        (ADD, "setAuthorization", "deleteAuthorization", "is expected"),
        (ADD, "urn:si-dmp-habilitations", "urn:si-dmp-patients", "is expected"),
        (ADD, ">AJOUT<", ">AUTRE<", "action is not AJOUT or SUPPRESSION"),
        (ADD, "<action>AJOUT</action>", "", "action is required"),
        (ADD, "<action>AJOUT</action>", "<action/>", "action is required"),
        (ADD, "<role>", "<role>MEDECIN_TRAITANT</role><role>", "role is given more than once"),
        (ADD, "<role>", "<x/><role>", "x has no place in setAuthorization"),
        (ADD, "<role>", '<role xmlns="urn:x">', "role has no place"),
        (REQUESTS[1], "TOUTE", "TOUTES", "mode is not ACTIVE or INTERDITE or TOUTE"),
        (REQUESTS[2], TIME, "2026-03-05", "startDate is not a time"),
        (REQUESTS[2], "LASTDOC", "LAST", "dateType is not"),
    ],
)
def test_a_broken_request_gets_a_sender_fault(
    request_: Request, old: str, new: str, reason: str
) -> None:
    good = write_request(request_).decode()
    assert old in good, "the test breaks nothing"
    with pytest.raises(SoapFault, match=reason) as caught:
        read_request(xml.parse(good.replace(old, new).encode()))
    assert caught.value.code == "Sender"


@pytest.mark.parametrize(
    ("answer", "old", "new", "reason"),
    [
        (PATIENTS, "output", "input", "no output"),
        (PATIENTS, "patientListResponse", "patientList", "is expected"),
        (PATIENTS, "<status>DMPOk</status>", "", "status is required"),
        (PATIENTS, "<MT>true</MT>", "", "MT is required"),
        (PATIENTS, "<MT>true", "<MT>yes", "MT is not true or false"),
        (WHOLE_LIST, "<nationalId>899700218896</nationalId>", "", "nationalId is required"),
    ],
)
def test_an_answer_that_makes_no_sense_is_a_receiver_fault(
    answer: Answer, old: str, new: str, reason: str
) -> None:
    good = write_answer(answer).decode()
    assert old in good, "the test breaks nothing"
    with pytest.raises(SoapFault, match=reason) as caught:
        read_answer(xml.parse(good.replace(old, new).encode()))
    assert caught.value.code == "Receiver"


@given(
    st.sampled_from([write_answer(PATIENTS).decode(), write_answer(WHOLE_LIST).decode()]),
    st.integers(0, 1500),
    st.integers(0, 30),
    st.sampled_from(["", "<", '"', "x", "é", "<status/>"]),
)
def test_an_answer_changed_anywhere_is_read_or_refused(
    good: str, at: int, cut: int, new: str
) -> None:
    try:
        read_answer(xml.parse((good[:at] + new + good[at + cut :]).encode()))
    except (SoapFault, xml.XmlError) as error:
        assert str(error)  # noqa: PT017 - what is read is as good
