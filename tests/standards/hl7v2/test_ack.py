"""An acknowledgement mirrors the message and says precisely what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.hl7v2 import build, er7
from carnet.standards.hl7v2.ack import ack
from carnet.standards.hl7v2.errors import (
    LABELS,
    Business,
    Condition,
    Hl7Error,
    Hl7Errors,
    Problem,
    Severity,
    erl,
)
from carnet.standards.hl7v2.header import Header, header_of, peek
from tests.standards.hl7v2.perfect import ENVELOPE, admission, letter

AT = datetime(2024, 3, 6, 11, 12, tzinfo=UTC)
MISSING = Problem(Condition.REQUIRED_FIELD_MISSING, "PID^1^5", "Le nom manque : l’ajouter.")
UNKNOWN = Problem(
    Condition.APPLICATION, "PID^1^3", "Patient inconnu ici.", Business.PATIENT_UNKNOWN
)


def answer(**options: object) -> er7.Message:
    message = er7.read(build.adt(admission(), ENVELOPE))
    values: dict[str, object] = {"code": "AA", "control_id": "77", "at": AT} | options
    return er7.read(ack(message, **values))  # type: ignore[arg-type]


def test_an_acknowledgement_mirrors_the_header() -> None:
    got = header_of(answer())
    assert got.sending_application == ("CARNET",)
    assert got.receiving_application == ("DPI",)
    assert (got.code, got.trigger, got.structure) == ("ACK", "A01", "ACK")
    assert (got.control_id, got.processing, got.version) == ("77", "P", ("2.5", "FRA", "2.11"))
    assert (got.at, got.country, got.charset) == ("20240306111200+0000", "FRA", "UNICODE UTF-8")
    assert got.is_acknowledgement


def test_an_accepted_message_is_named_without_error() -> None:
    got = answer()
    assert (got.get("MSA-1"), got.get("MSA-2")) == ("AA", "3975")
    assert got.first("ERR") is None


def test_each_problem_is_an_error_segment() -> None:
    got = answer(code="AE", errors=[MISSING, UNKNOWN])
    first, second = got.all("ERR")
    assert [first.text(2, n) for n in (1, 2, 3)] == ["PID", "1", "5"]
    assert [first.text(3, n) for n in (1, 2, 3)] == ["101", "Required field missing", "HL70357"]
    assert first.text(4) == "E"
    assert first.text(8) == "Le nom manque : l’ajouter."
    assert first.raw(5) == ""
    assert [second.text(5, n) for n in (1, 3)] == ["902", "HL70533"]


def test_the_problems_of_an_exception_are_told() -> None:
    refused = Hl7Errors((MISSING, UNKNOWN))
    assert len(list(answer(code=refused.ack, errors=[refused]).all("ERR"))) == 2


def test_a_warning_may_go_with_an_acceptance() -> None:
    warning = Problem(Condition.CARDINALITY, "PID^1^19", "Ignoré.", severity=Severity.WARNING)
    assert answer(errors=[warning]).get("ERR-4") == "W"


def test_an_acceptance_cannot_hold_an_error() -> None:
    with pytest.raises(ValueError):
        answer(errors=[MISSING])


def test_another_code_is_refused() -> None:
    with pytest.raises(ValueError):
        answer(code="OK")


@pytest.mark.parametrize("charset", ["8859/1", "8859/15"])
def test_an_answer_is_written_in_the_character_set_of_the_message(charset: str) -> None:
    raw = build.adt(admission(), ENVELOPE).replace(b"UNICODE UTF-8", charset.encode())
    reason = "Écrire « l’IPP »…"
    problem = Problem(Condition.OTHER, "PID^1", reason)
    got = er7.read(ack(peek(raw), code="AE", errors=[problem], control_id="1", at=AT))
    assert got.charset == charset
    assert got.get("ERR-8") == "Écrire « l'IPP »..."


def test_a_message_without_character_set_is_answered_in_utf8() -> None:
    raw = build.adt(admission(), ENVELOPE).replace(b"UNICODE UTF-8", b"")
    got = er7.read(ack(peek(raw), code="AE", errors=[MISSING], control_id="1", at=AT))
    assert got.charset == "UNICODE UTF-8"


def test_the_header_is_read_from_a_message_that_cannot_be() -> None:
    raw = build.mdm(letter(), ENVELOPE).replace(b"UNICODE UTF-8", b"EBCDIC")
    assert (peek(raw).control_id, peek(raw).trigger) == ("015", "T02")
    assert peek(b"MSH|^^\\&|A|B|C|D|2024||ADT^A01|9|P|2.5").control_id == "9"


def test_bytes_without_header_are_answered_all_the_same() -> None:
    got = er7.read(ack(peek(b"GET / HTTP/1.1"), code="AE", control_id="1", at=AT))
    assert (got.get("MSH-9"), got.get("MSA-1"), got.get("MSA-2")) == ("ACK", "AE", "")


@given(st.binary(max_size=200), st.integers(0, 300))
def test_no_bytes_stop_the_header_from_being_read(noise: bytes, place: int) -> None:
    raw = build.adt(admission(), ENVELOPE)
    assert isinstance(peek(raw[:place] + noise + raw[place:]), Header)
    assert isinstance(peek(noise), Header)


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (MISSING, "AE"),
        (UNKNOWN, "AE"),
        (Problem(Condition.UNSUPPORTED_EVENT, "MSH^1^9", ""), "AR"),
        (Problem(Condition.APPLICATION, "MSH^1", ""), "AR"),
    ],
)
def test_what_a_resend_cannot_cure_is_an_error_and_what_is_not_taken_a_rejection(
    problem: Problem, expected: str
) -> None:
    assert problem.ack == expected
    assert Hl7Errors((MISSING, problem)).ack == expected


def test_an_error_shows_its_first_problem() -> None:
    error = Hl7Errors((MISSING, UNKNOWN))
    assert (error.code, error.place, error.reason) == ("101", "PID^1^5", MISSING.reason)
    assert error.application is Business.PATIENT_UNKNOWN
    assert Hl7Error(Condition.OTHER, "PID^1", "x").application is None


def test_every_code_has_its_label() -> None:
    assert set(LABELS) == {*Condition, *Business}


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (erl("PID"), "PID^1"),
        (erl("PID", 5), "PID^1^5"),
        (erl("OBX", 5, rank=3, part=5), "OBX^3^5^1^5"),
        (erl("PID", 3, repetition=2), "PID^1^3^2"),
    ],
)
def test_a_place_is_an_error_location(location: str, expected: str) -> None:
    assert location == expected
