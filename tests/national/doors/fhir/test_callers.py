"""Who calls FHIR: the same papers as for SOAP, refused with the same codes."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from carnet.national.journal.models import Trace
from carnet.standards.ids import Ins
from tests.national import certificates
from tests.national.certificates import Papers
from tests.national.doors.fhir.conftest import Call, as_reader, identifier, token

pytestmark = pytest.mark.django_db


def path(ins: Ins) -> str:
    return f"/DocumentReference?patient.identifier={identifier(ins)}&status=current"


def code(reply: Any) -> tuple[int, str]:
    assert reply.headers["WWW-Authenticate"].startswith("IHE-SAML")
    assert reply.issue["code"] == "login"
    return reply.status, reply.issue["details"]["text"]


def test_a_call_without_certificate_is_refused(call: Call, ins: Ins) -> None:
    assert code(call("GET", path(ins), certificate=None)) == (401, "DMPNoCertificate")


def test_a_call_with_a_revoked_certificate_is_refused(
    call: Call, ins: Ins, trusting: Papers
) -> None:
    reply = call("GET", path(ins), certificate=trusting.revoked)
    assert code(reply) == (401, "DMPInvalidCertificate")


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Basic dXNlcjpwYXNz",
        "IHE-SAML",
        "IHE-SAML ",
        "IHE-SAML !!!",
        "IHE-SAML " + "A" * 100_000,
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer " + base64.urlsafe_b64encode(b"<x/>").decode(),
        "IHE-SAML "
        + base64.urlsafe_b64encode(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>').decode(),
    ],
)
def test_a_call_without_a_vihf_is_refused(call: Call, ins: Ins, authorization: str | None) -> None:
    reply = call("GET", path(ins), authorization=authorization)
    assert code(reply)[0] == 401


def test_both_names_and_both_alphabets_of_the_token_are_understood(
    call: Call, ins: Ins, trusting: Papers, reader: dict[str, Any]
) -> None:
    vihf, certificate = reader["vihf"], reader["certificate"]
    signed = certificates.signed(trusting, vihf)
    for authorization in (
        f"IHE-SAML {token(signed)}",
        f"ihe-saml {base64.b64encode(signed).decode()}",
        f"Bearer {token(signed)}",
    ):
        reply = call("GET", path(ins), authorization=authorization, certificate=certificate)
        assert reply.status == 200, authorization[:20]


def test_a_vihf_that_was_changed_is_refused(call: Call, ins: Ins, trusting: Papers) -> None:
    signed = certificates.signed(trusting, certificates.vihf(ins)).replace(b"SA01", b"SA02")
    reply = call("GET", path(ins), authorization=f"IHE-SAML {token(signed)}")
    assert code(reply) == (401, "VIHFInvalidSignature")


def test_a_vihf_of_another_holder_is_refused(call: Call, ins: Ins, trusting: Papers) -> None:
    reply = call("GET", path(ins), certificate=trusting.stranger)
    assert code(reply) == (401, "VIHFInconsistentMode")


def test_a_refused_caller_is_written_in_the_journal(call: Call, ins: Ins) -> None:
    call("GET", path(ins), authorization=None)
    line = Trace.objects.get(action="call.refused")
    assert (line.actor_id, line.reasons) == ("fhir", ["wsse:InvalidSecurity"])


def test_a_vihf_without_patient_opens_nothing(call: Call, ins: Ins, trusting: Papers) -> None:
    reply = call("GET", path(ins), **as_reader(trusting, None))
    assert reply.refusal[:2] == (403, "forbidden")


def test_what_is_served_nowhere_is_said(call: Call) -> None:
    for method, address, status in (
        ("GET", "/Observation", 404),
        ("GET", "/DocumentReference/x/$op", 404),
        ("DELETE", "/DocumentReference/x", 405),
        ("PUT", "/DocumentReference/x", 405),
        ("GET", "", 405),
        ("POST", "/metadata", 405),
    ):
        reply = call(method, address)
        assert (reply.status, reply.issue["code"]) == (status, "not-supported"), address
        assert status != 405 or reply.headers["Allow"]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/fhir+json", 200),
        ("application/json", 200),
        ("*/*", 200),
        ("application/fhir+xml", 406),
        ("application/fhir+json; fhirVersion=5.0", 406),
        ("text/html", 406),
        ("application/fhir+json;q=0", 406),
    ],
)
def test_only_json_of_r4_is_served(call: Call, accept: str, status: int) -> None:
    assert call("GET", "/metadata", Accept=accept).status == status


@pytest.mark.parametrize(
    ("said", "status"), [("json", 200), ("application/fhir%2Bjson", 200), ("xml", 406)]
)
def test_the_format_may_be_said_in_the_address(call: Call, said: str, status: int) -> None:
    assert call("GET", f"/metadata?_format={said}", Accept="text/html").status == status


def test_a_host_that_is_not_ours_is_refused(call: Call) -> None:
    assert call("GET", "/metadata", Host="evil.example").status == 400
