"""Provide and register: metadata and documents in one message."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carnet.standards import xml
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Addressing, SoapFault
from carnet.standards.xds import iti41
from carnet.standards.xds.errors import ErrorCode, XdsRefused
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.rules import check
from tests.standards.xds.perfect import DOCUMENT, ENTRY, SUBMISSION

REQUEST = ProvideRequest(SUBMISSION, {"Document01": DOCUMENT})
PAYLOAD, ATTACHMENTS = iti41.write(REQUEST)
CONTENT_TYPE, BODY = mtom.write(
    envelope.write(Addressing(iti41.ACTION, "urn:uuid:1"), PAYLOAD),
    ATTACHMENTS,
    boundary="frontier",
    action=iti41.ACTION,
)


def receive(body: bytes) -> ProvideRequest:
    """What a repository does with a body: package, envelope, request."""
    package = mtom.read(CONTENT_TYPE, BytesIO(body), limit=1_000_000)
    return iti41.read(envelope.read(package.root).payload, package.attachments)


def codes(payload: bytes) -> set[str]:
    with pytest.raises(XdsRefused) as caught:
        iti41.read(xml.parse(payload), ATTACHMENTS)
    return {error.code for error in caught.value.errors}


def test_a_request_reads_back_as_it_was_written() -> None:
    assert receive(BODY) == REQUEST


def test_a_document_inline_in_base64_is_as_good() -> None:
    include = mtom.xop_include("document1@carnet").encode()
    payload = PAYLOAD.replace(include, b"PENsaW5pY2FsRG9jdW1lbnQvPg==")
    assert iti41.read(xml.parse(payload), {}) == REQUEST


def test_a_part_that_did_not_come_is_a_fault() -> None:
    with pytest.raises(SoapFault, match="not in the message"):
        iti41.read(xml.parse(PAYLOAD), {})


def test_an_entry_without_document_is_told() -> None:
    assert codes(iti41.write(ProvideRequest(SUBMISSION, {}))[0]) == {ErrorCode.MISSING_DOCUMENT}


def test_a_document_without_entry_is_told() -> None:
    documents = {"Document01": DOCUMENT, "Document02": b""}
    payload, attachments = iti41.write(ProvideRequest(SUBMISSION, documents))
    with pytest.raises(XdsRefused) as caught:
        iti41.read(xml.parse(payload), attachments)
    (error,) = caught.value.errors
    assert (error.code, error.location) == (ErrorCode.MISSING_DOCUMENT_METADATA, "Document02")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ProvideAndRegisterDocumentSetRequest", "RegisterDocumentSetRequest"),
        ("RegistryObjectList", "ObjectList"),
        ("</xds:Document>", '</xds:Document><xds:Document id="Document01"/>'),
    ],
)
def test_another_shape_is_refused(old: str, new: str) -> None:
    assert codes(PAYLOAD.decode().replace(old, new).encode()) == {
        ErrorCode.REPOSITORY_METADATA_ERROR
    }


def test_what_is_written_is_valid_against_the_schema(examples: Path) -> None:
    schema = etree.XMLSchema(etree.parse(examples / "xds/xsd/XDS.b_DocumentRepository.xsd"))
    inline = PAYLOAD.replace(mtom.xop_include("document1@carnet").encode(), b"AAAA")
    schema.assertValid(etree.fromstring(inline))


def outcome(body: bytes) -> str:
    try:
        return "refused" if check(receive(body).submission) else "accepted"
    except SoapFault:
        return "fault"
    except XdsRefused:
        return "refused"


def test_the_good_request_is_accepted() -> None:
    assert outcome(BODY) == "accepted"


@given(
    at=st.integers(0, len(BODY)),
    cut=st.integers(0, 40),
    new=st.one_of(
        st.binary(max_size=6),
        st.sampled_from([b"<", b"&", b'"', b"\r\n", b"urn:uuid:", b"\xc3", b"<rim:Slot/>", b"^"]),
    ),
)
def test_a_request_changed_anywhere_is_accepted_refused_or_gets_a_fault(
    at: int, cut: int, new: bytes
) -> None:
    assert outcome(BODY[:at] + new + BODY[at + cut :]) in ("accepted", "refused", "fault")


WORDS = sorted({word for word in PAYLOAD.decode().replace("<", '"').split('"') if len(word) > 3})


@given(st.sampled_from(WORDS), st.sampled_from(WORDS))
def test_a_request_with_words_exchanged_is_accepted_refused_or_gets_a_fault(
    old: str, new: str
) -> None:
    body = BODY.replace(old.encode(), new.encode(), 1)
    assert outcome(body) in ("accepted", "refused", "fault")


def test_several_documents_keep_their_bytes_apart() -> None:
    second = replace(ENTRY, id="Document02", unique_id=f"{ENTRY.unique_id}.2")
    submission = replace(SUBMISSION, documents=(ENTRY, second))
    request = ProvideRequest(submission, {"Document01": b"1", "Document02": b"2"})
    payload, attachments = iti41.write(request)
    assert iti41.read(xml.parse(payload), attachments) == request
