"""PATCH of a DocumentReference: what may change, by whom, in which version."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.R4B.documentreference import DocumentReference

from carnet.standards.ids import Ins
from tests.national import world
from tests.national.doors.fhir import bundles
from tests.national.doors.fhir.conftest import Answer, Call

pytestmark = pytest.mark.django_db

JSON_PATCH = "application/json-patch+json"
MASKED = {
    "coding": [
        {
            "system": (
                "https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/"
                "TRE-A07-StatutVisibiliteDocument"
            ),
            "code": "MASQUE_PS",
            "display": "Masqué aux professionnels de santé",
        }
    ]
}
ARCHIVE = {"op": "replace", "path": "/extension/0/valueBoolean", "value": True}
DELETE = {"op": "replace", "path": "/status", "value": "entered-in-error"}
MASK = {"op": "add", "path": "/securityLabel/-", "value": MASKED}


@pytest.fixture
def document(call: Call, ins: Ins) -> dict[str, Any]:
    location = call("POST", "", bundles.perfect(ins)).json["entry"][1]["response"]["location"]
    return call("GET", f"/{location}").json


def patch(call: Call, document: dict[str, Any], *operations: Any, **options: Any) -> Answer:
    return call(
        "PATCH",
        f"/DocumentReference/{document['id']}",
        json.dumps(operations),
        content_type=JSON_PATCH,
        **options,
    )


def test_a_structure_deletes_its_own_document(call: Call, document: dict[str, Any]) -> None:
    reply = patch(call, document, DELETE)
    assert (reply.status, reply.json["status"]) == (200, "entered-in-error")
    assert call("GET", f"/DocumentReference/{document['id']}").status == 404


def test_a_document_is_changed_by_the_identifier_it_was_sent_with(
    call: Call, document: dict[str, Any]
) -> None:
    named = document["masterIdentifier"]
    reply = call(
        "PATCH",
        f"/DocumentReference?identifier={named['system']}%7C{named['value']}",
        json.dumps([DELETE]),
        content_type=JSON_PATCH,
    )
    assert reply.status == 200
    assert call("GET", f"/DocumentReference/{document['id']}").status == 404


def test_a_medecin_traitant_archives_and_takes_back(
    call: Call, document: dict[str, Any], reader: dict[str, Any], patient_id: UUID
) -> None:
    name_medecin_traitant(patient_id)
    archived = patch(call, document, ARCHIVE, **reader)
    assert archived.status == 200, archived.json
    DocumentReference.model_validate(archived.json)
    assert archived.json["extension"][0]["valueBoolean"] is True
    assert archived.json["status"] == "current"
    assert archived.json["id"] == document["id"]
    assert archived.headers["ETag"] != f'W/"{document["meta"]["versionId"]}"'
    assert archived.json["meta"]["lastUpdated"] > document["meta"]["lastUpdated"]
    back = patch(call, document, {**ARCHIVE, "value": False}, **reader)
    assert back.json["extension"][0]["valueBoolean"] is False


def test_a_medecin_traitant_masks_and_the_document_keeps_its_identifier(
    call: Call, document: dict[str, Any], reader: dict[str, Any], patient_id: UUID
) -> None:
    name_medecin_traitant(patient_id)
    reply = patch(call, document, MASK, **reader)
    assert reply.status == 200, reply.json
    codes = [each["coding"][0]["code"] for each in reply.json["securityLabel"]]
    assert codes == ["N", "MASQUE_PS"]
    assert reply.json["masterIdentifier"] == document["masterIdentifier"]
    assert reply.json["meta"]["versionId"].startswith("2.")
    # Another version is another entry of the registry (spec dmp §3.10), whose logicalId is told.
    assert reply.json["id"] != document["id"]
    assert f"urn:uuid:{document['id']}" in {x["value"] for x in reply.json["identifier"]}
    old = call("GET", f"/DocumentReference/{document['id']}", **reader)
    assert old.json["status"] == "superseded"
    url = reply.json["content"][0]["attachment"]["url"]
    assert url == document["content"][0]["attachment"]["url"]


def name_medecin_traitant(patient_id: UUID) -> None:
    from carnet.national.record.models import Record

    Record.objects.filter(patient_id=patient_id).update(
        medecin_traitant=world.PHYSICIAN_READER.ps_idnat
    )


def test_a_change_by_fhirpath_is_understood(
    call: Call, document: dict[str, Any], reader: dict[str, Any], patient_id: UUID
) -> None:
    name_medecin_traitant(patient_id)
    url = document["extension"][0]["url"]
    body = bundles.superseding("replace", f"DocumentReference.extension('{url}').value", "x")
    body["parameter"][0]["part"][2] = {"name": "value", "valueBoolean": True}
    reply = call("PATCH", f"/DocumentReference/{document['id']}", body, **reader)
    assert reply.json["extension"][0]["valueBoolean"] is True


def test_a_change_to_what_is_already_so_changes_nothing(
    call: Call, document: dict[str, Any]
) -> None:
    reply = patch(call, document, {"op": "replace", "path": "/status", "value": "current"})
    assert (reply.status, reply.json) == (200, document)


def test_a_change_of_another_version_than_the_caller_knows_is_refused(
    call: Call, document: dict[str, Any]
) -> None:
    assert patch(call, document, DELETE, If_Match='W/"9.9"').refusal[:2] == (412, "conflict")
    assert patch(call, document, DELETE, If_Match="x").refusal[:2] == (412, "conflict")
    assert patch(call, document, DELETE, If_Match='W/"1.0"').status == 200


def test_who_is_not_the_author_may_not_delete(
    call: Call, document: dict[str, Any], reader: dict[str, Any]
) -> None:
    assert patch(call, document, DELETE, **reader).refusal[:2] == (403, "forbidden")
    assert call("GET", f"/DocumentReference/{document['id']}").json == document


@pytest.mark.parametrize(
    ("operation", "status", "place"),
    [
        ({"op": "replace", "path": "/type/coding/0/code", "value": "x"}, 405, "type"),
        ({"op": "remove", "path": "/author"}, 405, "author"),
        ({"op": "add", "path": "/description", "value": "x"}, 405, "description"),
        ({"op": "replace", "path": "/id", "value": "x"}, 405, "id"),
        ({"op": "add", "path": "/extension/-", "value": {"url": "urn:x"}}, 405, "extension"),
        ({"op": "replace", "path": "/status", "value": "x"}, 422, "status"),
        ({"op": "replace", "path": "/status", "value": 7}, 400, "status"),
        ({"op": "remove", "path": "/status"}, 422, "status"),
        ({"op": "replace", "path": "/securityLabel", "value": "x"}, 400, "securityLabel"),
    ],
)
def test_what_may_not_change_is_refused_with_its_place(
    call: Call, document: dict[str, Any], operation: dict[str, Any], status: int, place: str
) -> None:
    reply = patch(call, document, operation)
    assert reply.status == status, reply.json
    assert reply.issue["expression"] == [f"DocumentReference.{place}"]
    assert call("GET", f"/DocumentReference/{document['id']}").json == document


@pytest.mark.parametrize(
    ("operations", "status"),
    [
        ([], 400),
        (["x"], 400),
        ([{"op": "explode", "path": "/status"}], 400),
        ([{"op": ["add"], "path": "/status"}], 400),
        ([{"op": "replace", "path": "/status"}], 400),
        ([{"op": "replace", "path": "status", "value": "current"}], 400),
        ([{"op": "replace", "path": "", "value": {}}], 400),
        ([{"op": "replace", "path": 7, "value": {}}], 400),
        ([{"op": "replace", "path": "/nothing/here", "value": 1}], 422),
        ([{"op": "remove", "path": "/securityLabel/7"}], 422),
        ([{"op": "add", "path": "/securityLabel/99999", "value": {}}], 422),
        ([{"op": "remove", "path": "/securityLabel/-"}], 422),
        ([{"op": "test", "path": "/status", "value": "superseded"}], 409),
        ([{"op": "move", "path": "/status", "from": "/x"}], 422),
        ([{"op": "copy", "path": "/x", "from": "/contained"}], 405),
        ([{"op": "replace", "path": "/status", "value": "superseded"}], 409),
        ([DELETE, MASK], 422),
        ([MASK] * 101, 400),
    ],
)
def test_a_patch_that_cannot_be_done_is_refused(
    call: Call, document: dict[str, Any], operations: list[Any], status: int
) -> None:
    reply = patch(call, document, *operations)
    assert reply.status == status, reply.json
    assert call("GET", f"/DocumentReference/{document['id']}").json == document


@pytest.mark.parametrize(
    ("kind", "path", "status"),
    [
        ("replace", "DocumentReference", 405),
        ("replace", "Patient.name", 422),
        ("replace", "DocumentReference.where(true)", 422),
        ("replace", "DocumentReference.extension('x').value", 422),
        ("delete", "DocumentReference.type", 405),
        ("move", "DocumentReference.status", 422),
        ("insert", "DocumentReference.securityLabel", 422),
    ],
)
def test_a_patch_by_fhirpath_that_cannot_be_done_is_refused(
    call: Call, document: dict[str, Any], kind: str, path: str, status: int
) -> None:
    body = bundles.superseding(kind, path, "current")
    reply = call("PATCH", f"/DocumentReference/{document['id']}", body)
    assert reply.status == status, reply.json


def test_a_patch_of_another_type_is_refused(call: Call, document: dict[str, Any]) -> None:
    reply = call(
        "PATCH",
        f"/DocumentReference/{document['id']}",
        "<diff/>",
        content_type="application/xml-patch+xml",
    )
    assert reply.refusal[:2] == (415, "not-supported")


def test_a_conditional_patch_names_one_document(
    call: Call, ins: Ins, document: dict[str, Any]
) -> None:
    for query, status in (
        ("status=current", 400),
        ("identifier=urn:oid:1.2.3", 404),
        ("identifier=", 400),
    ):
        reply = call(
            "PATCH",
            f"/DocumentReference?{query}",
            json.dumps([DELETE]),
            content_type=JSON_PATCH,
        )
        assert reply.status == status, query
