"""ITI-65 and ITI-105 as callers meet them: what enters, and what is answered."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.documentreference import DocumentReference
from fhir.resources.R4B.operationoutcome import OperationOutcome

from carnet.standards.ids import Ins
from tests.national import world
from tests.national.doors.fhir import bundles
from tests.national.doors.fhir.conftest import Call, identifier

pytestmark = pytest.mark.django_db


def test_a_bundle_is_answered_entry_by_entry_with_where_each_thing_is(call: Call, ins: Ins) -> None:
    reply = call("POST", "", bundles.perfect(ins, world.letter(ins), world.letter(ins)))
    assert reply.status == 200
    Bundle.model_validate(reply.json)
    responses = [each["response"] for each in reply.json["entry"]]
    assert {each["status"] for each in responses} == {"201 Created"}
    kinds = [each["location"].split("/")[0] for each in responses]
    assert kinds == ["List", "DocumentReference", "Binary", "DocumentReference", "Binary"]
    assert world.rows("record_document") == 2


def test_what_is_answered_can_be_read_where_it_says(
    call: Call, ins: Ins, reader: dict[str, Any]
) -> None:
    reply = call("POST", "", bundles.perfect(ins))
    for each in reply.json["entry"]:
        assert call("GET", f"/{each['response']['location']}", **reader).status == 200


def test_the_same_bundle_again_is_answered_alike_and_stores_nothing(call: Call, ins: Ins) -> None:
    bundle = bundles.perfect(ins)
    first = call("POST", "", bundle).json
    before = world.stored()
    second = call("POST", "/", bundle).json
    assert [x["response"]["location"] for x in first["entry"]] == [
        x["response"]["location"] for x in second["entry"]
    ]
    assert world.stored() == before


def test_a_document_that_replaces_makes_the_other_superseded(
    call: Call, ins: Ins, reader: dict[str, Any]
) -> None:
    old = call("POST", "", bundles.perfect(ins)).json["entry"][1]["response"]["location"]
    bundle = bundles.perfect(ins)
    (new,) = bundles.resources(bundle, "DocumentReference")
    new["relatesTo"] = [{"code": "replaces", "target": {"reference": old}}]
    bundle["entry"].append(
        {
            "fullUrl": bundles.urn(),
            "resource": bundles.superseding("replace", "DocumentReference.status", "superseded"),
            "request": {"method": "PATCH", "url": old},
        }
    )
    reply = call("POST", "", bundle)
    assert reply.status == 200, reply.json
    assert reply.json["entry"][-1]["response"] == {"status": "200 OK", "location": old}
    assert call("GET", f"/{old}", **reader).json["status"] == "superseded"
    located = reply.json["entry"][1]["response"]["location"]
    found = call("GET", f"/{located}", **reader).json
    assert found["relatesTo"] == [{"code": "replaces", "target": {"reference": old}}]


def test_minimal_metadata_are_completed_from_the_document(
    call: Call, ins: Ins, reader: dict[str, Any]
) -> None:
    bundle = bundles.perfect(ins)
    (document,) = bundles.resources(bundle, "DocumentReference")
    kept = ("resourceType", "masterIdentifier", "status", "subject", "content")
    for name in [name for name in document if name not in kept]:
        del document[name]
    content = document["content"][0]
    content["attachment"] = {name: content["attachment"][name] for name in ("contentType", "url")}
    del content["format"]
    reply = call("POST", "", bundle)
    assert reply.status == 200, reply.json
    found = call("GET", f"/{reply.json['entry'][1]['response']['location']}", **reader).json
    assert found["type"]["coding"][0]["code"] == "11490-0"
    assert found["content"][0]["attachment"]["title"] == "Lettre de liaison à la sortie"
    assert found["context"]["facilityType"]["coding"][0]["code"] == "SA01"


def test_what_the_registry_does_not_keep_is_told(call: Call, ins: Ins) -> None:
    bundle = bundles.perfect(ins)
    (document,) = bundles.resources(bundle, "DocumentReference")
    document["context"]["encounter"] = [{"display": "passage aux urgences"}]
    outcome = call("POST", "", bundle).json["entry"][1]["response"]["outcome"]
    OperationOutcome.model_validate(outcome)
    assert outcome["issue"][0]["severity"] == "warning"
    assert outcome["issue"][0]["expression"] == ["Bundle.entry[1].resource.context.encounter"]


def test_a_simplified_publication_makes_its_own_lot(
    call: Call, ins: Ins, reader: dict[str, Any]
) -> None:
    request = world.request(ins)
    reply = call("POST", "/DocumentReference", bundles.document(request))
    assert reply.status == 201
    DocumentReference.model_validate(reply.json)
    assert reply.headers["Location"].endswith(f"/fhir/DocumentReference/{reply.json['id']}")
    (lot,) = call(
        "GET", f"/List?patient.identifier={identifier(ins)}&code=submissionset", **reader
    ).found
    assert lot["entry"][0]["item"]["reference"] == f"DocumentReference/{reply.json['id']}"
    assert reply.headers["ETag"] == 'W/"1.0"'


def test_a_simplified_publication_sent_twice_is_one(call: Call, ins: Ins) -> None:
    document = bundles.document(world.request(ins))
    first, second = (call("POST", "/DocumentReference", document) for _ in range(2))
    assert first.json["id"] == second.json["id"]
    assert world.rows("record_document") == 1


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [("return=minimal", ""), ("return=OperationOutcome", "OperationOutcome")],
)
def test_a_caller_says_what_it_wants_back(call: Call, ins: Ins, prefer: str, expected: str) -> None:
    document = bundles.document(world.request(ins))
    reply = call("POST", "/DocumentReference", document, Prefer=prefer)
    assert reply.status == 201
    assert (reply.json["resourceType"] if reply.data else "") == expected
