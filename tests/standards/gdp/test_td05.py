"""TD0.5: one good question and one good answer, broken in one way by each test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards import xml
from carnet.standards.gdp import td05
from carnet.standards.gdp.messages import GdpRefused
from carnet.standards.gdp.td05 import Candidate, Candidates, TraitsQuery
from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.soap import envelope
from carnet.standards.soap.envelope import SoapFault
from tests.standards.gdp.perfect import ANNE, ANSWERING, ASKING, INS, QUERY_ID, names, traits

QUERY = TraitsQuery(
    ASKING,
    QUERY_ID,
    family="DURAND",
    given="ANNE",
    gender="F",
    birth_date="19790312",
    postal_code="69003",
    city="LYON",
    limit=20,
)
OTHER = Ins("187089900112345", INS_NIR_TEST)
FOUND = (Candidate(INS, ANNE, 98), Candidate(OTHER, ANNE, 40, opposed_to_centre_15=True))
ASKED = td05.write_query(QUERY).decode()
ANSWERED = td05.write_answer(ANSWERING, QUERY, FOUND, total=5).decode()


@given(
    st.builds(
        TraitsQuery,
        st.just(ASKING),
        st.just(QUERY_ID),
        family=names,
        given=st.just("") | names,
        gender=st.sampled_from(["", "M", "F", "UN"]),
        birth_date=st.sampled_from(["", "1979", "197903", "19790312"]),
        postal_code=st.sampled_from(["", "69003"]),
        city=st.just("") | names,
        limit=st.none() | st.integers(1, 99_999),
    )
)
def test_any_question_reads_back_as_it_was_written(query: TraitsQuery) -> None:
    assert td05.read_query(xml.parse(td05.write_query(query))) == query


@given(
    st.lists(
        st.builds(
            Candidate, st.sampled_from([INS, OTHER]), traits, st.integers(0, 100), st.booleans()
        ),
        max_size=3,
    ),
    st.integers(0, 10),
)
def test_any_answer_reads_back_as_it_was_written(told: list[Candidate], more: int) -> None:
    total = len(told) + more
    answer = td05.write_answer(ANSWERING, QUERY, told, total=total)
    assert td05.read_answer(xml.parse(answer)) == Candidates(tuple(told), total)


def test_the_answer_counts_what_it_does_not_tell() -> None:
    assert '<resultRemainingQuantity value="3"/>' in ANSWERED


def test_nobody_is_found() -> None:
    answer = td05.write_answer(ANSWERING, QUERY, (), total=0)
    assert b'queryResponseCode code="NF"' in answer
    assert td05.read_answer(xml.parse(answer)) == Candidates((), 0)


def test_a_refusal_carries_the_code_and_the_words_of_the_dmp() -> None:
    answer = td05.write_refusal(ANSWERING, QUERY, code="DMPAccessDeniedByRightsService", reason="!")
    with pytest.raises(GdpRefused, match="DMPAccessDeniedByRightsService: !"):
        td05.read_answer(xml.parse(answer))


def test_the_identifiers_of_others_are_passed_over() -> None:
    old = f'<id root="{INS.oid}"'
    historic = ANSWERED.replace(old, f'<id root="1.2.250.1.213.1.4.2" extension="1"/>{old}')
    assert td05.read_answer(xml.parse(historic.encode())).told == FOUND


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("PRPA_IN201305UV02", "PRPA_IN201307UV02", "PRPA_IN201305UV02 is expected"),
        ("controlActProcess", "control", "controlActProcess"),
        ("queryByParameter", "query", "queryByParameter"),
        ("parameterList", "parameters", "parameterList"),
        ("<family>DURAND</family>", "", "family"),
        ('code="F"', 'code="X"', "M, F or UN"),
        ('value="19790312"', 'value="12/03/1979"', "YYYY"),
        ('initialQuantity value="20"', 'initialQuantity value="all"', "number of candidates"),
        ('queryId root="1.2.250.1.999.1"', "queryId", "root"),
    ],
)
def test_a_broken_question_gets_a_sender_fault(old: str, new: str, reason: str) -> None:
    assert old in ASKED, "the test breaks nothing"
    with pytest.raises(SoapFault, match=reason) as caught:
        td05.read_query(xml.parse(ASKED.replace(old, new).encode()))
    assert caught.value.code == "Sender"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PRPA_IN201306UV02", "PRPA_IN201308UV02"),
        ("acknowledgement", "ack"),
        ("resultTotalQuantity", "result"),
        ('value="98"', 'value="-1"'),
        (str(INS_NIR_TEST), "1.2.3"),
        ("patientPerson", "person"),
    ],
)
def test_an_answer_that_makes_no_sense_is_a_receiver_fault(old: str, new: str) -> None:
    assert old in ANSWERED, "the test breaks nothing"
    with pytest.raises(SoapFault) as caught:
        td05.read_answer(xml.parse(ANSWERED.replace(old, new).encode()))
    assert caught.value.code == "Receiver"


@given(st.integers(0, len(ASKED)), st.integers(0, 30), st.sampled_from(["", "<", '"', "x", "é"]))
def test_a_question_changed_anywhere_is_read_or_refused(at: int, cut: int, new: str) -> None:
    try:
        td05.read_query(xml.parse((ASKED[:at] + new + ASKED[at + cut :]).encode()))
    except (SoapFault, xml.XmlError) as error:
        assert str(error)  # noqa: PT017 - what is read is as good


def test_the_messages_of_pix_are_no_question_of_pdq(examples: Path) -> None:
    payload = envelope.read((examples / "xds/epr-ch/ITI-45_request_raw.xml").read_bytes()).payload
    with pytest.raises(SoapFault, match="PRPA_IN201305UV02"):
        td05.read_query(payload)


def test_a_question_may_say_only_a_name() -> None:
    only = replace(QUERY, given="", gender="", birth_date="", postal_code="", city="", limit=None)
    payload = td05.write_query(only)
    assert b"patientAddress" not in payload
    assert td05.read_query(xml.parse(payload)) == only
