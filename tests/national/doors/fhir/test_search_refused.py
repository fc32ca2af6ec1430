"""ITI-67: what is not understood is told or refused, and what is not there is not found."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from fhir.resources.R4B.bundle import Bundle

from carnet.standards.ids import Ins
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.fhir.conftest import Call, as_reader, identifier
from tests.national.doors.fhir.searching import publish, search

pytestmark = pytest.mark.django_db


def test_an_unknown_parameter_is_passed_over_and_told(
    call: Call, ins: Ins, reader: dict[str, Any], document: UUID
) -> None:
    reply = search(call, ins, reader, colour="red", _include="x")
    assert len(reply.found) == 1
    outcome = reply.json["entry"][-1]
    assert outcome["search"]["mode"] == "outcome"
    assert "colour" in outcome["resource"]["issue"][0]["diagnostics"]
    assert "colour" not in reply.link("self")
    Bundle.model_validate(reply.json)


@pytest.mark.parametrize(
    "parameters",
    [
        {"colour": "red"},
        {"_include": "x"},
        {"_sort": "colour"},
        {"_summary": "data"},
        {"status": ""},
    ],
)
def test_a_strict_caller_is_refused_instead(
    call: Call, ins: Ins, reader: dict[str, Any], parameters: dict[str, str]
) -> None:
    reply = search(call, ins, {**reader, "Prefer": "handling=strict"}, **parameters)
    assert reply.status == 400


@pytest.mark.parametrize(
    "query",
    [
        "type:below=x",
        "patient:exact=x",
        "date=hier",
        "date=2024-13",
        "date=2024-02-30",
        "date=zz2024",
        "date=0000",
        "date=ap9999",
        "period=9999-12-31",
        "_count=x",
        "_count=-1",
        "_cursor=x",
        "_cursor=MjAyNA",
        "_lastUpdated=2024-01-01T25:00:00Z",
        "author=Practitioner/1",
        "relatesto=x",
        f"type={'x' * 600}",
        f"type={','.join('x' for _ in range(120))}",
        "type=%00",
        "&".join(f"type={n}" for n in range(70)),
        "&".join(f"type={n}" for n in range(300)),
    ],
)
def test_a_value_that_cannot_be_read_is_refused(
    call: Call, ins: Ins, reader: dict[str, Any], query: str
) -> None:
    reply = call(
        "GET", f"/DocumentReference?patient.identifier={quote(identifier(ins))}&{query}", **reader
    )
    assert reply.status == 400, reply.data
    assert reply.issue["code"] in ("value", "too-costly")


def test_a_search_that_names_no_patient_is_refused(call: Call, reader: dict[str, Any]) -> None:
    assert call("GET", "/DocumentReference?status=current", **reader).refusal[:2] == (
        400,
        "required",
    )


@pytest.mark.parametrize(
    "patient", ["patient=Patient/1", "patient=x", "patient.identifier=x", "patient:identifier=a|b"]
)
def test_a_patient_that_is_no_ins_is_refused(
    call: Call, reader: dict[str, Any], patient: str
) -> None:
    assert call("GET", f"/DocumentReference?{patient}", **reader).refusal[:2] == (400, "value")


def test_the_patient_may_be_told_in_each_way(
    call: Call, ins: Ins, reader: dict[str, Any], document: UUID
) -> None:
    ins_ = quote(identifier(ins))
    for said in (
        f"patient.identifier={ins_}",
        f"patient:identifier={ins_}",
        f"subject:identifier={ins_}",
        f"patient={quote(f'Patient?identifier={identifier(ins)}')}",
    ):
        assert len(call("GET", f"/DocumentReference?{said}", **reader).found) == 1, said


def test_another_patient_than_the_vihf_names_is_refused(
    call: Call, ins: Ins, reader: dict[str, Any]
) -> None:
    _id, other = world.make_patient()
    reply = search(call, other, reader)
    assert reply.refusal[:2] == (403, "forbidden")
    assert reply.issue["details"]["text"] == "XDSPatientIdDoesNotMatch"


def test_a_patient_without_record_is_not_found(
    call: Call, reader: dict[str, Any], trusting: Papers
) -> None:
    _id, nobody = world.make_patient(with_record=False)
    reply = search(call, nobody, as_reader(trusting, nobody))
    assert reply.refusal[:2] == (404, "not-found")


def test_a_caller_without_the_right_to_search_is_refused(call: Call, ins: Ins) -> None:
    publish(ins)
    assert search(call, ins, {}).refusal[:2] == (403, "forbidden")


def test_a_caller_that_feeds_finds_its_own_document_by_its_identifier(
    call: Call, ins: Ins, document: UUID
) -> None:
    (found,) = call("GET", f"/DocumentReference?identifier=urn:uuid:{document}").found
    assert found["id"] == str(document)
    assert call("GET", f"/DocumentReference/{document}").status == 200


@pytest.mark.parametrize("id_", ["x", "00000000-0000-0000-0000-000000000000", "1.2.3"])
def test_a_document_that_is_not_there_is_not_found(
    call: Call, reader: dict[str, Any], id_: str
) -> None:
    for resource in ("DocumentReference", "List"):
        assert call("GET", f"/{resource}/{id_}", **reader).refusal[:2] == (404, "not-found")


def test_a_document_that_the_caller_has_already_is_not_sent_again(
    call: Call, reader: dict[str, Any], document: UUID
) -> None:
    first = call("GET", f"/DocumentReference/{document}", **reader)
    again = {**reader, "If_None_Match": first.headers["ETag"]}
    reply = call("GET", f"/DocumentReference/{document}", **again)
    assert (reply.status, reply.data) == (304, b"")
