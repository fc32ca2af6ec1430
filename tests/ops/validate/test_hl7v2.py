"""HL7 v2: the acknowledgement that each message deserves, and why."""

import pytest

from carnet.ops.validate import Severity, judge
from carnet.ops.validate.hl7v2 import MOST_MESSAGES
from carnet.standards.hl7v2 import er7, mllp
from carnet.standards.hl7v2.ack import ack
from carnet.standards.hl7v2.errors import Condition, Problem
from carnet.standards.hl7v2.header import peek
from carnet.standards.hl7v2.messages import Action
from tests.ops.validate import files
from tests.standards.hl7v2.perfect import with_field, without_segment

ACK = b"MSH|^~\\&|B|B|A|A|20260301||ACK^A01^ACK|9|P|2.5\rMSA|AA|3975\r"


@pytest.mark.parametrize("make", [files.adt, files.mdm])
def test_a_good_message_deserves_aa(make) -> None:
    verdict = judge(make())
    assert verdict.title.endswith("AA")
    assert verdict.exit_code == 0


@pytest.mark.parametrize(
    ("broken", "rule", "place", "ack_code"),
    [
        (lambda: with_field(files.adt(), "PID", 3, ""), "PID-3/101", "PID-3", "AE"),
        (lambda: without_segment(files.adt(), "ZBE"), "ZBE/100", "ZBE", "AE"),
        (lambda: with_field(files.adt(), "ZBE", 4, "DELETE"), "ZBE-4/103", "ZBE-4", "AE"),
        (lambda: with_field(files.adt(), "EVN", 2, "hier"), "EVN-2/102", "EVN-2", "AE"),
        (lambda: with_field(files.adt(), "MSH", 12, "2.3"), "MSH-12/203", "MSH-12", "AR"),
        (lambda: with_field(files.adt(), "MSH", 9, "ADT^A08"), "MSH-9/201", "MSH-9.2", "AR"),
        (lambda: with_field(files.mdm(), "OBX", 5, "x", rank=2), "OBX-5/103", "OBX[2]-5", "AE"),
    ],
)
def test_a_broken_field_is_told_with_its_place_and_its_answer(
    broken, rule, place, ack_code
) -> None:
    verdict = judge(er7.write(broken()))
    found = {finding.rule: finding for finding in verdict.findings}
    assert found[rule].place == place
    assert found[rule].requirement
    assert verdict.title.endswith(ack_code)


def test_a_document_inside_a_message_is_judged() -> None:
    verdict = judge(files.mdm(files.cda().replace(b"<realmCode", b"<x:realmCode xmlns:x='x'")))
    (finding,) = (f for f in verdict.findings if f.severity is Severity.ERROR)
    assert finding.rule == "realm-code"
    assert finding.place.startswith("OBX[1]-5 › /ClinicalDocument")
    assert verdict.title.endswith("AE")


def test_a_document_to_delete_need_only_be_readable() -> None:
    wrong = files.cda().replace(b"<realmCode", b"<x:realmCode xmlns:x='x'")
    deleting = {"trigger": "T04", "action": Action.DELETE}
    assert not files.rules_of(judge(files.mdm(wrong, **deleting)))
    assert files.rules_of(judge(files.mdm(b"<a>", **deleting))) == {"cda-not-xml"}


def test_an_event_that_is_not_handled_is_a_warning() -> None:
    verdict = judge(files.adt().replace(b"ADT^A01", b"ADT^A54"))
    assert files.rules_of(verdict, Severity.WARNING) == {"MSH-9/201"}
    assert verdict.title.endswith("AA")


def test_line_feeds_between_segments_are_a_warning() -> None:
    verdict = judge(files.adt().replace(b"\r", b"\n"))
    assert files.rules_of(verdict, Severity.WARNING) == {"segment-separator"}


@pytest.mark.parametrize(
    ("data", "rules"),
    [
        (ACK, set()),
        (ACK.replace(b"MSA|AA", b"MSA|OK"), {"MSA-1/103"}),
        (ACK.replace(b"|3975", b""), {"MSA-2/101"}),
        (ACK.partition(b"MSA")[0], {"MSA/100"}),
    ],
)
def test_an_acknowledgement_is_judged_and_deserves_none(data, rules) -> None:
    verdict = judge(data)
    assert files.rules_of(verdict) == rules
    assert "mérité" not in verdict.title


def test_the_acknowledgements_of_carnet_are_right(now) -> None:
    problem = Problem(Condition.DATA_TYPE, "PID^1^7", "Date attendue.")
    answer = ack(peek(files.adt()), code="AE", errors=[problem], control_id="1", at=now)
    assert not files.rules_of(judge(answer))


def test_messages_one_after_the_other_are_all_judged() -> None:
    wrong = er7.write(with_field(files.adt(), "PID", 3, ""))
    verdict = judge(files.adt() + wrong + files.mdm())
    assert "3 messages" in verdict.title
    assert {f.place for f in verdict.findings if f.rule == "PID-3/101"} == {"message 2 › PID-3"}


def test_what_stands_before_the_first_message_is_refused_with_it() -> None:
    verdict = judge(b"MSH|short\r" + files.adt())
    assert "2 messages" in verdict.title
    assert verdict.exit_code == 1


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (mllp.START + b"MSH|^~\\&|", "mllp-truncated"),
        (mllp.frame(ACK) + b"MSH|x" + mllp.END, "mllp-no-start"),
        (mllp.START + mllp.END, "mllp-empty"),
    ],
)
def test_a_bad_frame_is_told(data, rule) -> None:
    assert files.rules_of(judge(data)) == {rule}


def test_a_feed_is_not_judged_to_its_end() -> None:
    verdict = judge(ACK * (MOST_MESSAGES + 3))
    (finding,) = verdict.findings
    assert finding.rule == "messages-not-judged"
    assert "3" in finding.problem
