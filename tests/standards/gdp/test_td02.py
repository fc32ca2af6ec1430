"""TD0.2: one good question and one good answer, broken in one way by each test."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards import xml
from carnet.standards.gdp.td02 import (
    DMP_SERVER,
    Authorisation,
    Existence,
    ExistenceQuery,
    Frame,
    GdpRefused,
    MessageId,
    RecordStatus,
    Traits,
    read_answer,
    read_query,
    write_answer,
    write_query,
    write_refusal,
)
from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.soap.envelope import SoapFault

INS = Ins("279035121518989", INS_NIR_TEST)
QUERY = ExistenceQuery(
    Frame(MessageId("1.2.250.1.999.1", "a1"), "20260305143000", "1.2.250.1.999.1", software="LPS"),
    MessageId("1.2.250.1.999.1", "q1"),
    INS,
)
FRAME = Frame(MessageId(DMP_SERVER, "b1"), "20260305143001", DMP_SERVER, "1.2.250.1.999.1", "DMP")
ANNE = Traits("DURAND", "ANNE", "F", "19790312", "MARTIN", "MME")
FOUND = Existence("active", Authorisation.VALIDE, medecin_traitant=True, mes=True, traits=ANNE)
ASKED = write_query(QUERY).decode()
ANSWERED = write_answer(FRAME, QUERY, FOUND).decode()

names = st.text(st.characters(categories=["L"]), min_size=1)
existences = st.builds(
    Existence,
    status=st.sampled_from(["active", "terminated"]),
    authorisation=st.sampled_from(Authorisation),
    medecin_traitant=st.booleans(),
    mes=st.booleans(),
    traits=st.none() | st.builds(Traits, names, names, st.just("F"), st.just("1979"), names, names),
)


def test_a_question_reads_back_as_it_was_written() -> None:
    assert read_query(xml.parse(ASKED.encode())) == QUERY


@given(existences)
def test_an_answer_reads_back_as_it_was_written(existence: Existence) -> None:
    assert read_answer(xml.parse(write_answer(FRAME, QUERY, existence))) == existence


def test_no_record_is_an_answer_and_says_nothing_else() -> None:
    answer = write_answer(FRAME, QUERY, Existence(None))
    assert read_answer(xml.parse(answer)) == Existence(None)
    assert b'queryResponseCode code="NF"' in answer


@pytest.mark.parametrize(("status", "code"), [("active", "DMPFound"), ("terminated", "DMPClosed")])
def test_the_acknowledgement_tells_the_status_by_its_code(status: RecordStatus, code: str) -> None:
    answer = write_answer(FRAME, QUERY, replace(FOUND, status=status))
    assert f'<code code="{code}"/>'.encode() in answer


def test_a_usual_name_that_is_not_known_is_empty() -> None:
    unknown = replace(FOUND, traits=replace(ANNE, usual_name=""))
    answer = write_answer(FRAME, QUERY, unknown)
    assert b"NON RENSEIGNE" in answer
    assert read_answer(xml.parse(answer)) == unknown


def test_a_refusal_carries_the_code_and_the_words_of_the_dmp() -> None:
    answer = write_refusal(FRAME, QUERY, code="DMPAccessDeniedByRightsService", reason="Non & non")
    with pytest.raises(GdpRefused) as caught:
        read_answer(xml.parse(answer))
    assert (caught.value.code, caught.value.reason) == (
        "DMPAccessDeniedByRightsService",
        "Non & non",
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("PRPA_IN201307UV02 ", "PRPA_IN201305UV02 ", "PRPA_IN201307UV02 is expected"),
        ("TEST_EXST", "CNSLT_DATA", "reasonCode"),
        ("reasonCode", "reason", "reasonCode"),
        ("controlActProcess", "control", "controlActProcess"),
        ("queryByParameter", "query", "queryByParameter"),
        ("patientIdentifier", "patient", "patientIdentifier"),
        ("<patientIdentifier>", "<patientIdentifier><value/>", "patientIdentifier"),
        (str(INS_NIR_TEST), "1.2.3", "OID"),
        (INS.matricule, "123", "matricule"),
        ('queryId root="1.2.250.1.999.1"', "queryId", "root"),
        ('<id root="1.2.250.1.999.1" extension="a1"/>', "", "no id"),
    ],
)
def test_a_broken_question_gets_a_sender_fault(old: str, new: str, reason: str) -> None:
    assert old in ASKED, "the test breaks nothing"
    broken = ASKED.replace(old, new)
    if old.startswith("PRPA"):
        broken = broken.replace("</PRPA_IN201307UV02>", "</PRPA_IN201305UV02>")
    with pytest.raises(SoapFault, match=reason) as caught:
        read_query(xml.parse(broken.encode()))
    assert caught.value.code == "Sender"
    assert INS.matricule not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PRPA_IN201308UV02", "PRPA_IN201306UV02"),
        ("acknowledgement", "ack"),
        ('code="active"', 'code="asleep"'),
        ('code="VALIDE"', 'code="PEUT-ETRE"'),
        ('code="AUTORISATION"', 'code="X"'),
    ],
)
def test_an_answer_that_makes_no_sense_is_a_receiver_fault(old: str, new: str) -> None:
    assert old in ANSWERED, "the test breaks nothing"
    with pytest.raises(SoapFault) as caught:
        read_answer(xml.parse(ANSWERED.replace(old, new).encode()))
    assert caught.value.code == "Receiver"


@given(st.integers(0, len(ASKED)), st.integers(0, 30), st.sampled_from(["", "<", '"', "x", "é"]))
def test_a_question_changed_anywhere_is_read_or_refused(at: int, cut: int, new: str) -> None:
    try:
        read_query(xml.parse((ASKED[:at] + new + ASKED[at + cut :]).encode()))
    except (SoapFault, xml.XmlError) as error:
        assert str(error)  # noqa: PT017 - what is read is as good
