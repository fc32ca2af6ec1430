"""ITI-68: the bytes as they came, whole or in part, to who may read."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.R4B.binary import Binary

from carnet.national.journal.actors import Citizen
from carnet.national.journal.queries import history
from carnet.national.record import actions as record
from carnet.standards.ids import Ins
from carnet.standards.xds.iti41 import ProvideRequest
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.fhir.conftest import Call, as_reader, identifier

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_(ins: Ins) -> ProvideRequest:
    made = world.request(ins)
    record.publish(world.HOSPITAL_SYSTEM, made, patient=ins, now=world.NOW)
    return made


@pytest.fixture
def data(request_: ProvideRequest) -> bytes:
    return request_.documents["Document00"]


@pytest.fixture
def url(request_: ProvideRequest) -> str:
    return f"/Binary/{request_.submission.documents[0].unique_id}"


def test_the_address_of_an_attachment_gives_the_bytes(
    call: Call, ins: Ins, reader: dict[str, Any], data: bytes
) -> None:
    (found,) = call(
        "GET", f"/DocumentReference?patient.identifier={identifier(ins)}", **reader
    ).found
    attachment = found["content"][0]["attachment"]
    sha1 = hashlib.sha1(data, usedforsecurity=False).digest()
    reply = call("GET", attachment["url"], **reader)
    assert (reply.status, reply.data) == (200, data)
    assert reply.headers["Content-Type"] == "text/xml"
    assert attachment["size"] == len(data)
    assert base64.b64decode(attachment["hash"]) == sha1
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Content-Security-Policy"] == "sandbox"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "text/xml"),
        ("", "text/xml"),
        ("text/xml", "text/xml"),
        ("text/*, application/pdf", "text/xml"),
        ("application/pdf, */*;q=0.1", "text/xml"),
        ("application/fhir+json", "application/fhir+json"),
        ("application/fhir+json; fhirVersion=4.0, */*;q=0.8", "application/fhir+json"),
    ],
)
def test_the_caller_chooses_the_bytes_or_the_resource(
    call: Call, *, reader: dict[str, Any], url: str, data: bytes, accept: str, expected: str
) -> None:
    reply = call("GET", url, **reader, Accept=accept)
    assert reply.headers["Content-Type"].startswith(expected)
    if expected != "text/xml":
        Binary.model_validate(reply.json)
        assert base64.b64decode(reply.json["data"]) == data
        assert reply.json["contentType"] == "text/xml"


def test_another_media_type_is_not_had(call: Call, reader: dict[str, Any], url: str) -> None:
    assert call("GET", url, **reader, Accept="application/pdf").refusal[:2] == (
        406,
        "not-supported",
    )


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10-", 10, None),
        ("bytes=-10", -10, None),
        ("bytes=0-999999999999", 0, None),
        ("bytes=-999999999999", 0, None),
    ],
)
def test_a_part_is_given_when_it_is_asked(
    call: Call, *, reader: dict[str, Any], url: str, data: bytes, asked: str, start: int, end: int
) -> None:
    reply = call("GET", url, **reader, Range=asked)
    assert (reply.status, reply.data) == (206, data[start:end])
    first = start if start >= 0 else len(data) + start
    last = first + len(reply.data) - 1
    assert reply.headers["Content-Range"] == f"bytes {first}-{last}/{len(data)}"


@pytest.mark.parametrize("asked", ["bytes=9-3", "bytes=999999999-", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(
    call: Call, reader: dict[str, Any], url: str, data: bytes, asked: str
) -> None:
    reply = call("GET", url, **reader, Range=asked)
    assert (reply.status, reply.data) == (416, b"")
    assert reply.headers["Content-Range"] == f"bytes */{len(data)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "bytes=", "bytes=-", "lines=1-2", "bytes=a-b", "bytes=0-" + "9" * 99]
)
def test_what_is_no_single_part_is_answered_whole(
    call: Call, reader: dict[str, Any], url: str, data: bytes, asked: str
) -> None:
    reply = call("GET", url, **reader, Range=asked)
    assert (reply.status, reply.data) == (200, data)


def test_a_part_of_another_version_is_answered_whole(
    call: Call, reader: dict[str, Any], url: str, data: bytes
) -> None:
    reply = call("GET", url, **reader, Range="bytes=0-9", If_Range='"other"')
    assert (reply.status, reply.data) == (200, data)


def test_bytes_that_the_caller_has_are_not_sent_again(
    call: Call, reader: dict[str, Any], url: str
) -> None:
    etag = call("GET", url, **reader).headers["ETag"]
    reply = call("GET", url, **reader, If_None_Match=f'"x", {etag}')
    assert (reply.status, reply.data, reply.headers["ETag"]) == (304, b"", etag)


def test_a_head_tells_the_size_alone(
    call: Call, reader: dict[str, Any], url: str, data: bytes
) -> None:
    reply = call("HEAD", url, **reader)
    assert (reply.status, reply.data) == (200, b"")
    assert reply.headers["Content-Length"] == str(len(data))


def test_reading_is_written_in_the_journal_as_by_soap(
    call: Call, reader: dict[str, Any], url: str, patient_id: UUID
) -> None:
    call("GET", url, **reader)
    holder = Citizen(patient_id, patient_id, "x")
    assert [each.action for each in history(holder, patient_id) if each.action == "document.read"]


def test_who_may_not_read_meets_what_does_not_exist(
    call: Call, trusting: Papers, ins: Ins, url: str
) -> None:
    hidden = call("GET", url, **as_reader(trusting, ins)).refusal
    absent = call("GET", "/Binary/1.2.3", **as_reader(trusting, ins)).refusal
    assert hidden == absent == (404, "not-found", "")


@pytest.mark.parametrize("id_", ["1.2.3", "x" * 300, "%00", "a%5Eb", "..%2F..", "%ff"])
def test_a_document_that_is_not_there_is_not_found(
    call: Call, reader: dict[str, Any], url: str, id_: str
) -> None:
    assert call("GET", f"/Binary/{id_}", **reader).status == 404


def test_the_document_of_another_patient_is_not_found(
    call: Call, reader: dict[str, Any], trusting: Papers, url: str
) -> None:
    other_id, other = world.make_patient()
    world.authorise(other_id)
    assert call("GET", url, **as_reader(trusting, other)).refusal[:2] == (404, "not-found")
