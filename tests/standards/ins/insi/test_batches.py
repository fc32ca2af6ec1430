"""A batch of verifications and its result survive their messages; a wrong one is refused whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carnet.standards.ins import Traits
from carnet.standards.ins.insi import (
    BatchLine,
    BatchReceipt,
    BatchReport,
    CollectQuery,
    DepositQuery,
    NationalIdentifier,
    Operation,
    Request,
    Tiq,
    VerifyQuery,
    read_answer,
    read_request,
    write_answer,
    write_request,
)
from carnet.standards.ins.insi.exchange import LIMIT
from carnet.standards.ins.insi.queries import LONGEST_BATCH
from carnet.standards.soap.envelope import SoapFault
from tests.standards.ins.insi.test_exchange import ASKED, CONTEXT, INS, JEANNE

LINE = VerifyQuery(NationalIdentifier.of(INS), Tiq.of(JEANNE))
BATCH_ID = "7f0c2b5e-0000-7000-8000-000000000009"


def request(*lines: BatchLine) -> bytes:
    return write_request(Request("uuid:1", CONTEXT, DepositQuery(lines)))


def refusal(data: bytes) -> str:
    with pytest.raises(SoapFault) as caught:
        read_request(data)
    assert caught.value.code == "Sender"
    assert "260058815400" not in caught.value.reason
    return caught.value.reason


def test_a_deposit_reads_back_as_it_was_written() -> None:
    lines = (BatchLine("IPP-1", LINE), BatchLine("IPP-2", LINE))
    assert read_request(request(*lines)).query == DepositQuery(lines)


def test_a_question_about_a_result_reads_back() -> None:
    query = CollectQuery(BATCH_ID)
    assert read_request(write_request(Request("uuid:1", CONTEXT, query))).query == query


@pytest.mark.parametrize(
    ("answer", "operation"),
    [
        (BatchReceipt(BATCH_ID), Operation.DEPOSIT),
        (BatchReport(done=False), Operation.COLLECT),
        (BatchReport(done=True, lines=(("IPP-1", "00"), ("IPP-2", "01"))), Operation.COLLECT),
        (BatchReport(done=True, lines=(("IPP-1", "insi_102"),)), Operation.COLLECT),
    ],
)
def test_an_answer_about_a_batch_reads_back(
    answer: BatchReceipt | BatchReport, operation: Operation
) -> None:
    assert read_answer(write_answer(answer, operation)) == answer


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("IPP-2", "IPP-1", "repeated"),
        ("IPP-2", "I PP", "visible"),
        ("<Reference>IPP-2</Reference>", "", "identity 2: IndividuVerifie: Reference is missing"),
        ("IPP-1</Reference>", "IPP-1</Reference><x/><INSFourni/>", "identity 1"),
        ("1960-05-30</DateNaissance>", "0000-05-30</DateNaissance>", "identity 1: BIRTH_DATE"),
        ("2600588154002", "26005", "identity 1"),
    ],
)
def test_a_wrong_line_refuses_the_whole_deposit_and_says_which(
    old: str, new: str, reason: str
) -> None:
    text = request(BatchLine("IPP-1", LINE), BatchLine("IPP-2", LINE)).decode()
    assert old in text, "the test breaks nothing"
    assert reason in refusal(text.replace(old, new).encode())


@pytest.mark.parametrize("count", [0, LONGEST_BATCH + 1])
def test_a_batch_has_a_size(count: int) -> None:
    with pytest.raises(ValueError, match="identities"):
        DepositQuery(tuple(BatchLine(str(n), LINE) for n in range(count)))


@pytest.mark.parametrize("batch_id", ["", "1", "7F0C2B5E-0000-7000-8000-000000000009", "'; --"])
def test_an_id_that_no_deposit_gave_is_refused(batch_id: str) -> None:
    with pytest.raises(ValueError, match="id"):
        CollectQuery(batch_id)


def test_lines_are_told_of_a_batch_that_is_done_only() -> None:
    with pytest.raises(ValueError, match="done"):
        BatchReport(done=False, lines=(("IPP-1", "00"),))
    text = write_answer(BatchReport(done=True, lines=(("1", "00"),)), Operation.COLLECT).decode()
    for wrong in ("EN_COURS", "PERDUE"):
        with pytest.raises(SoapFault) as caught:
            read_answer(text.replace("TERMINEE", wrong).encode())
        assert caught.value.code == "Receiver"


def test_a_deposit_may_be_longer_than_a_question() -> None:
    lines = tuple(BatchLine(f"IPP-{n}", LINE) for n in range(1500))
    data = request(*lines)
    assert len(data) > LIMIT
    assert read_request(data).query == DepositQuery(lines)
    assert "exceeds" in refusal(ASKED.replace("uuid:", "u" * LIMIT).encode())


def test_traits_that_a_search_could_not_have_are_still_those_of_a_line() -> None:
    lunar = Traits.of("HADDAD", "SAMIR", "M", "1952-14-32", given_names="SAMIR")
    line = BatchLine("1", replace(LINE, traits=Tiq.of(lunar)))
    assert read_request(request(line)).query == DepositQuery((line,))


def test_the_contexts_may_have_to_be_understood() -> None:
    marked = ASKED.replace(' Nature="CTX', ' soap:mustUnderstand="true" Nature="CTX')
    assert marked.count("mustUnderstand") == 2
    assert read_request(marked.encode()) == read_request(ASKED.encode())
