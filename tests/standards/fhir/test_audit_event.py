"""Traces as AuditEvent: resources of R4 by others' code, and the cardinalities of the profile."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.fhir.audit_event import _KINDS, Act, audit_event
from carnet.standards.ids import INS_NIR_TEST, Ins

READ = Act(
    id=str(uuid4()),
    at=datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC),
    action="document.read",
    outcome="allowed",
    actor_kind="professional",
    actor_id="899900063499",
    actor_label="Camille DURAND",
    structure="1750803447",
    purpose="normal",
    object_type="document",
    object_id=str(uuid4()),
    patient=Ins("279035121518989", INS_NIR_TEST),
    correlation="c-7",
)


def made(act: Act) -> dict[str, Any]:
    event = audit_event(act, observer="1.2.250.1.999.1.1.1")
    # What fhir.resources reads and writes again is what was given: nothing was ignored.
    again = AuditEvent.model_validate(event)
    assert again.model_dump(mode="json")["id"] == act.id
    return event


def test_a_reading_says_who_for_whom_what_and_whose() -> None:
    event = made(READ)
    who, structure = event["agent"]
    assert who["who"]["identifier"] == {
        "system": "urn:oid:1.2.250.1.71.4.2.1",
        "value": "899900063499",
    }
    assert structure["who"]["identifier"]["value"] == "1750803447"
    assert event["subtype"][0]["code"] == "ITI-43"
    assert event["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    patient, document, _request = event["entity"]
    assert patient["what"]["identifier"]["value"] == "279035121518989"
    assert document["what"]["identifier"]["value"] == f"urn:uuid:{READ.object_id}"
    assert event["recorded"] == "2026-03-02T09:00:00.123Z"


@pytest.mark.parametrize(("outcome", "code"), [("allowed", "0"), ("failed", "4"), ("refused", "8")])
def test_a_refusal_is_told_with_its_reasons(outcome: Any, code: str) -> None:
    event = made(replace(READ, outcome=outcome, reasons=("blocked", "masked")))
    assert (event["outcome"], event["outcomeDesc"]) == (code, "blocked, masked")


def test_an_emergency_is_told_by_its_purpose() -> None:
    codes = [
        made(replace(READ, purpose=purpose))["purposeOfEvent"][0]["coding"][0]["code"]
        for purpose in ("bris_de_glace", "centre_15")
    ]
    assert codes == ["BTG", "ETREAT"]


def test_an_act_about_nobody_has_no_patient() -> None:
    act = Act(str(uuid4()), READ.at, "directory.structure", "allowed", "system", "load", "load")
    event = made(act)
    assert "entity" not in event
    assert event["type"]["code"] == "110100"
    assert event["subtype"] == [
        {"system": "urn:carnet:journal:action", "code": "directory.structure"}
    ]


@given(
    st.builds(
        Act,
        id=st.uuids().map(str),
        at=st.datetimes(timezones=st.just(UTC)),
        action=st.sampled_from([*_KINDS, "person.registered"]),
        outcome=st.sampled_from(["allowed", "refused", "failed"]),
        actor_kind=st.sampled_from(["citizen", "professional", "establishment", "system"]),
        actor_id=st.from_regex(r"[0-9]{1,12}", fullmatch=True),
        actor_label=st.sampled_from(["", "Camille DURAND"]),
        structure=st.sampled_from(["", "1750803447"]),
        purpose=st.sampled_from(["", "normal", "bris_de_glace", "centre_15", "autre"]),
        reasons=st.sampled_from([(), ("blocked",)]),
        object_type=st.sampled_from(["", "document", "message"]),
        object_id=st.sampled_from(["", str(uuid4())]),
        patient=st.sampled_from([None, READ.patient]),
        correlation=st.sampled_from(["", "c-7"]),
    )
)
def test_any_trace_is_an_event_of_the_french_profile(act: Act) -> None:
    event = made(act)
    assert event["period"]["start"]
    assert len(event["subtype"]) == 1
    assert 1 <= len(event["agent"]) <= 2
    assert all(
        agent["who"].get("identifier", {}).get("value") or agent["who"].get("display")
        for agent in event["agent"]
    )
