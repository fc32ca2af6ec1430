"""TD1.3a: one good question and one good answer, broken in one way by each test."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards import xml
from carnet.standards.gdp import td02, td13a
from carnet.standards.gdp.messages import GdpRefused, Reason, reason_of
from carnet.standards.gdp.patient_query import PatientQuery
from carnet.standards.gdp.td13a import AdministrativeData
from carnet.standards.soap.envelope import SoapFault
from tests.standards.gdp.perfect import (
    ANNE,
    ANSWERING,
    ASKING,
    FATHER,
    INS,
    PERSON,
    QUERY_ID,
    people,
    representatives,
)

QUERY = PatientQuery(ASKING, QUERY_ID, INS)
DATA = AdministrativeData(
    "active",
    PERSON,
    (FATHER,),
    internet_account=True,
    mes=True,
    opposed_to_bris_de_glace=True,
    opposed_to_centre_15=True,
)
ANSWERED = td13a.write_answer(ANSWERING, QUERY, DATA).decode()


def test_a_question_reads_back_as_it_was_written() -> None:
    payload = xml.parse(td13a.write_query(QUERY))
    assert reason_of(payload) is Reason.CNSLT_DATA
    assert td13a.read_query(payload) == QUERY


def test_the_question_of_another_transaction_is_refused() -> None:
    with pytest.raises(SoapFault, match="reasonCode"):
        td13a.read_query(xml.parse(td02.write_query(QUERY)))


def test_a_full_answer_reads_back_as_it_was_written() -> None:
    assert td13a.read_answer(xml.parse(ANSWERED.encode())) == DATA


@given(
    st.builds(
        AdministrativeData,
        st.sampled_from(["active", "terminated"]),
        people,
        representatives,
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    )
)
def test_any_answer_reads_back_as_it_was_written(data: AdministrativeData) -> None:
    assert td13a.read_answer(xml.parse(td13a.write_answer(ANSWERING, QUERY, data))) == data


def test_no_record_is_an_answer_and_says_nothing_else() -> None:
    answer = td13a.write_answer(ANSWERING, QUERY, replace(DATA, status=None))
    assert td13a.read_answer(xml.parse(answer)) == AdministrativeData(None)
    assert ANNE.birth_name.encode() not in answer


def test_a_record_whose_holder_is_not_told_is_read() -> None:
    closed = AdministrativeData("terminated")
    assert td13a.read_answer(xml.parse(td13a.write_answer(ANSWERING, QUERY, closed))) == closed


def test_a_refusal_carries_the_code_and_the_words_of_the_dmp() -> None:
    answer = td13a.write_refusal(
        ANSWERING, QUERY, code="DMPAccessDeniedByRightsService", reason="Non"
    )
    with pytest.raises(GdpRefused) as caught:
        td13a.read_answer(xml.parse(answer))
    assert (caught.value.code, caught.value.reason) == ("DMPAccessDeniedByRightsService", "Non")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PRPA_IN201308UV02", "PRPA_IN201306UV02"),
        ("acknowledgement", "ack"),
        ('code="active"', 'code="asleep"'),
    ],
)
def test_an_answer_that_makes_no_sense_is_a_receiver_fault(old: str, new: str) -> None:
    assert old in ANSWERED, "the test breaks nothing"
    with pytest.raises(SoapFault) as caught:
        td13a.read_answer(xml.parse(ANSWERED.replace(old, new).encode()))
    assert caught.value.code == "Receiver"


@given(st.integers(0, len(ANSWERED)), st.integers(0, 30), st.sampled_from(["", "<", '"', "x"]))
def test_an_answer_changed_anywhere_is_read_or_refused(at: int, cut: int, new: str) -> None:
    try:
        td13a.read_answer(xml.parse((ANSWERED[:at] + new + ANSWERED[at + cut :]).encode()))
    except (SoapFault, GdpRefused, xml.XmlError) as error:
        assert str(error)  # noqa: PT017 - what is read is as good
