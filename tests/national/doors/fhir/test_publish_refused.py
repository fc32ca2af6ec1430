"""ITI-65 and ITI-105: what is refused, with its place, and nothing is kept by half.

Each breaks one thing of a perfect Bundle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from carnet.standards.ids import Ins
from tests.national import world
from tests.national.doors.fhir import bundles
from tests.national.doors.fhir.conftest import Call

pytestmark = pytest.mark.django_db

Break = Callable[[dict[str, Any]], None]


def _first(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    return bundles.resources(bundle, kind)[0]


def _set(kind: str, **values: Any) -> Break:
    return lambda bundle: _first(bundle, kind).update(values)


def _drop(kind: str, *names: str) -> Break:
    def change(bundle: dict[str, Any]) -> None:
        for name in names:
            del _first(bundle, kind)[name]

    return change


def _attachment(**values: Any) -> Break:
    return lambda bundle: _first(bundle, "DocumentReference")["content"][0]["attachment"].update(
        values
    )


def _another_patient(bundle: dict[str, Any]) -> None:
    subject = {"identifier": {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "2" * 15}}
    _first(bundle, "DocumentReference")["subject"] = subject


def _twice(bundle: dict[str, Any]) -> None:
    bundle["entry"].append(bundles.copy(bundle["entry"][1]))


def _another(position: int) -> Break:
    """The entry of the Bundle again, as another one."""

    def change(bundle: dict[str, Any]) -> None:
        bundle["entry"].append(bundles.copy(bundle["entry"][position]) | {"fullUrl": bundles.urn()})

    return change


def _no_full_url(bundle: dict[str, Any]) -> None:
    del bundle["entry"][1]["fullUrl"]


def _one_id_twice(bundle: dict[str, Any]) -> None:
    document = _first(bundle, "DocumentReference")
    document["contained"].append(bundles.copy(document["contained"][0]))


def _put(bundle: dict[str, Any]) -> None:
    bundle["entry"][1]["request"] = {"method": "PUT", "url": "DocumentReference/x"}


def _condition(bundle: dict[str, Any]) -> None:
    bundle["entry"][1]["request"]["ifNoneExist"] = "identifier=x"


def _stranger(bundle: dict[str, Any]) -> None:
    bundle["entry"].append(bundles.entry({"resourceType": "Observation"}, bundles.urn()))


def _not_held(bundle: dict[str, Any]) -> None:
    _first(bundle, "List")["entry"] = []


def _deep(bundle: dict[str, Any]) -> None:
    held: dict[str, Any] = {}
    _first(bundle, "DocumentReference")["text"] = held
    for _ in range(100):
        held["div"] = held = {}


def _many(bundle: dict[str, Any]) -> None:
    bundle["entry"] += [bundles.copy(bundle["entry"][2]) for _ in range(300)]


def _supersede_another(bundle: dict[str, Any]) -> None:
    url = f"DocumentReference/{UUID(int=5)}"
    bundle["entry"].append(
        {
            "resource": bundles.superseding("replace", "DocumentReference.status", "superseded"),
            "request": {"method": "PATCH", "url": url},
        }
    )


DOCUMENT = "Bundle.entry[1].resource"
REFUSED: dict[str, tuple[Break, int, str, str]] = {
    "not a transaction": (lambda b: b.update(type="batch"), 422, "business-rule", "Bundle.type"),
    "no entry": (lambda b: b.update(entry=[]), 422, "business-rule", "Bundle.entry"),
    "entries that are no list": (lambda b: b.update(entry={}), 400, "structure", "Bundle.entry"),
    "an entry that is a text": (
        lambda b: b.update(entry=["x"]),
        400,
        "structure",
        "Bundle.entry[0]",
    ),
    "two patients": (_another_patient, 422, "business-rule", f"{DOCUMENT}.subject"),
    "another patient than the VIHF's": (
        lambda b: [
            each.update(
                subject={"reference": "Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|" + "2" * 15}
            )
            for kind in ("List", "DocumentReference")
            for each in bundles.resources(b, kind)
        ],
        403,
        "forbidden",
        "",
    ),
    "a patient by a reference to elsewhere": (
        _set("DocumentReference", subject={"reference": "Patient/123"}),
        422,
        "not-found",
        f"{DOCUMENT}.subject",
    ),
    "no subject": (_drop("List", "subject"), 422, "required", "Bundle.entry[0].resource.subject"),
    "a fullUrl twice": (_twice, 422, "duplicate", DOCUMENT),
    "a contained id twice": (_one_id_twice, 422, "duplicate", f"{DOCUMENT}.contained[4]"),
    "no fullUrl": (_no_full_url, 422, "required", "Bundle.entry[1].fullUrl"),
    "a Binary of no document": (_another(2), 422, "business-rule", "Bundle.entry[3].resource"),
    "no Binary": (
        _attachment(url="urn:uuid:none"),
        422,
        "not-found",
        f"{DOCUMENT}.content[0].attachment.url",
    ),
    "bytes in the attachment": (
        _attachment(data="aGVsbG8="),
        422,
        "business-rule",
        f"{DOCUMENT}.content[0].attachment",
    ),
    "base64 that is none": (
        _set("Binary", data="not base64!"),
        422,
        "value",
        "Bundle.entry[2].resource.data",
    ),
    "another contentType": (
        _set("Binary", contentType="text/plain"),
        422,
        "value",
        "Bundle.entry[2].resource.contentType",
    ),
    "two lots": (_another(0), 422, "business-rule", "Bundle.entry"),
    "a lot that does not hold the document": (_not_held, 422, "business-rule", DOCUMENT),
    "an update": (_put, 422, "not-supported", DOCUMENT),
    "a condition": (_condition, 422, "not-supported", "Bundle.entry[1].request.ifNoneExist"),
    "a resource that has no place": (_stranger, 422, "not-supported", "Bundle.entry[3].resource"),
    "what it does not replace made superseded": (
        _supersede_another,
        422,
        "business-rule",
        "Bundle.entry[3].resource",
    ),
    "an element that FHIR does not know": (
        _set("DocumentReference", colour="red"),
        400,
        "structure",
        DOCUMENT,
    ),
    "an extension that changes the meaning": (
        _set("DocumentReference", modifierExtension=[{"url": "urn:x", "valueBoolean": True}]),
        422,
        "extension",
        f"{DOCUMENT}.modifierExtension",
    ),
    "a superseded document": (
        _set("DocumentReference", status="superseded"),
        422,
        "business-rule",
        f"{DOCUMENT}.status",
    ),
    "a date that does not exist": (
        _attachment(creation="2026-02-30"),
        422,
        "value",
        f"{DOCUMENT}.content[0].attachment.creation",
    ),
    "a hash that is none": (
        _attachment(hash="aGVsbG8="),
        422,
        "value",
        f"{DOCUMENT}.content[0].attachment.hash",
    ),
    "the hash of something else": (_attachment(hash="A" * 27 + "="), 422, "invalid", DOCUMENT),
    "the size of something else": (_attachment(size=3), 422, "invalid", DOCUMENT),
    "a size that is a text": (
        _attachment(size="3"),
        400,
        "structure",
        f"{DOCUMENT}.content[0].attachment.size",
    ),
    "a uniqueId that is no OID": (
        _set("DocumentReference", masterIdentifier={"system": "urn:x", "value": "7"}),
        422,
        "value",
        f"{DOCUMENT}.masterIdentifier.value",
    ),
    "a type that the DMP does not know": (
        _set("DocumentReference", type={"coding": [{"system": "http://loinc.org", "code": "1-8"}]}),
        422,
        "invalid",
        DOCUMENT,
    ),
    "an author by a reference to elsewhere": (
        _set("DocumentReference", author=[{"reference": "Practitioner/1"}]),
        422,
        "not-found",
        f"{DOCUMENT}.author[0].reference",
    ),
    "a relation to nothing": (
        _set(
            "DocumentReference",
            relatesTo=[
                {"code": "replaces", "target": {"reference": f"DocumentReference/{UUID(int=1)}"}}
            ],
        ),
        422,
        "not-found",
        "",
    ),
    "a title of two hundred characters": (_attachment(title="x" * 200), 422, "invalid", DOCUMENT),
    "a control character": (
        _attachment(title="a\x01b"),
        400,
        "structure",
        f"{DOCUMENT}.content[0].attachment.title",
    ),
    "half a character": (
        _attachment(title="a\ud800b"),
        400,
        "structure",
        f"{DOCUMENT}.content[0].attachment.title",
    ),
    "objects inside objects": (_deep, 400, "too-costly", ""),
    "three hundred entries": (_many, 422, "business-rule", "Bundle.entry"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bundle_that_is_wrong_is_refused_with_its_place_and_nothing_is_stored(
    call: Call, ins: Ins, case: str
) -> None:
    change, status, code, place = REFUSED[case]
    bundle = bundles.perfect(ins)
    change(bundle)
    before = world.stored()
    reply = call("POST", "", bundle)
    assert reply.refusal == (status, code, place), reply.json
    OperationOutcome.model_validate(reply.json)
    assert world.stored() == before


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "structure"),
        (b"{", 400, "structure"),
        (b"[]", 400, "structure"),
        (b"\xff\xfe{}", 400, "structure"),
        (b'{"resourceType": "Bundle", "resourceType": "Bundle"}', 400, "structure"),
        (b'{"resourceType": 7}', 400, "structure"),
        (b'{"resourceType": "Patient"}', 422, "value"),
        (b'{"resourceType": "Bundle", "type": NaN}', 400, "structure"),
        (b"[" * 200_000, 400, "too-costly"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400, "too-costly"),
        (b'{"resourceType": "Bundle", "total": ' + b"9" * 6_000 + b"}", 400, "structure"),
    ],
)
def test_a_body_that_is_no_bundle_is_refused(
    call: Call, data: bytes, status: int, code: str
) -> None:
    headers = {} if data else {"Content_Type": "application/fhir+json"}
    assert call("POST", "", data, **headers).refusal[:2] == (status, code)


def test_a_body_of_another_type_is_refused(call: Call, ins: Ins) -> None:
    reply = call("POST", "", bundles.perfect(ins), content_type="application/fhir+xml")
    assert reply.refusal[:2] == (415, "not-supported")


def test_a_body_that_is_too_large_is_refused(call: Call, settings: Any) -> None:
    settings.CARNET_MAX_DOCUMENT_BYTES = 1024
    body = b'{"resourceType": "Bundle", "x": "' + b"x" * 3_000_000 + b'"}'
    assert call("POST", "", body).refusal[:2] == (413, "too-long")


def test_a_document_that_is_too_large_is_refused(call: Call, ins: Ins, settings: Any) -> None:
    settings.CARNET_MAX_DOCUMENT_BYTES = 1024
    assert call("POST", "", bundles.perfect(ins)).refusal == (
        413,
        "too-long",
        "Bundle.entry[2].resource.data",
    )


def test_a_document_whose_id_is_taken_by_another_is_a_conflict(call: Call, ins: Ins) -> None:
    bundle = bundles.perfect(ins)
    call("POST", "", bundle)
    other = bundles.perfect(ins)
    master = _first(bundle, "DocumentReference")["masterIdentifier"]
    _first(other, "DocumentReference")["masterIdentifier"] = master
    assert call("POST", "", other).refusal[:2] == (409, "conflict")


def test_a_simplified_publication_of_another_patient_is_refused(call: Call, ins: Ins) -> None:
    _other_id, other = world.make_patient()
    reply = call("POST", "/DocumentReference", bundles.document(world.request(other)))
    assert reply.refusal[:2] == (403, "forbidden")
    assert world.rows("record_document") == 0
