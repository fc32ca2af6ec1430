"""Retrieve: documents asked by their uniqueId."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from carnet.standards import xml
from carnet.standards.soap.envelope import SoapFault
from carnet.standards.soap.mtom import xop_include
from carnet.standards.xds import iti43
from carnet.standards.xds.errors import ErrorCode, RegistryError, XdsRefused
from carnet.standards.xds.iti43 import DocumentRef, Retrieved, RetrieveResponse

REFS = (
    DocumentRef("1.2.250.1.213.4.1.1.1.2", "1.2.250.1.999.1.1.4.12"),
    DocumentRef("1.2.250.1.213.4.1.1.1.2", "1.2.250.1.999.1.1.4.13", "urn:oid:1.2.3"),
)
DOCUMENTS = (Retrieved(REFS[0], "text/xml", b"<a/>"), Retrieved(REFS[1], "application/pdf", b"\0"))
UNKNOWN = RegistryError(ErrorCode.DOCUMENT_UNIQUE_ID_ERROR, "not available", location="1.2.3")
WARNING = RegistryError(ErrorCode.EXTRA_METADATA_NOT_SAVED, "a & b", "Warning")


def test_a_request_reads_back_as_it_was_written() -> None:
    assert iti43.read(xml.parse(iti43.write(REFS))) == REFS


@pytest.mark.parametrize(
    ("documents", "errors", "status"),
    [
        (DOCUMENTS, (), "Success"),
        (DOCUMENTS, (WARNING,), "Success"),
        (DOCUMENTS[:1], (UNKNOWN,), "PartialSuccess"),
        ((), (UNKNOWN, WARNING), "Failure"),
    ],
)
def test_an_answer_reads_back_with_the_status_that_its_errors_make(
    documents: tuple[Retrieved, ...], errors: tuple[RegistryError, ...], status: str
) -> None:
    payload, attachments = iti43.write_response(documents, errors)
    read = iti43.read_response(xml.parse(payload), attachments)
    assert read == RetrieveResponse(status, errors, documents)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RetrieveDocumentSetRequest", "Retrieve"),
        ("DocumentRequest", "Document"),
        ("DocumentUniqueId", "UniqueId"),
        ("<xds:RepositoryUniqueId>1.2.250.1.213.4.1.1.1.2<", "<xds:RepositoryUniqueId> <"),
    ],
)
def test_another_shape_of_request_is_refused(old: str, new: str) -> None:
    text = iti43.write(REFS).decode()
    assert old in text
    with pytest.raises(XdsRefused):
        iti43.read(xml.parse(text.replace(old, new).encode()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RetrieveDocumentSetResponse", "Retrieve"),
        ("rs:RegistryResponse", "rs:Response"),
        ("ResponseStatusType:Success", "Well"),
        (f"<xds:Document>{xop_include('document1@carnet')}</xds:Document>", ""),
    ],
)
def test_another_shape_of_answer_is_refused(old: str, new: str) -> None:
    payload, attachments = iti43.write_response(DOCUMENTS)
    assert old in payload.decode()
    with pytest.raises(XdsRefused):
        iti43.read_response(xml.parse(payload.decode().replace(old, new).encode()), attachments)


def test_an_answer_whose_part_did_not_come_is_a_fault() -> None:
    payload, _ = iti43.write_response(DOCUMENTS)
    with pytest.raises(SoapFault):
        iti43.read_response(xml.parse(payload), {})


def test_what_is_written_is_valid_against_the_schema(examples: Path) -> None:
    schema = etree.XMLSchema(etree.parse(examples / "xds/xsd/XDS.b_DocumentRepository.xsd"))
    schema.assertValid(etree.fromstring(iti43.write(REFS)))
    payload, attachments = iti43.write_response(DOCUMENTS, (UNKNOWN,))
    for content_id in attachments:
        payload = payload.replace(xop_include(content_id).encode(), b"AAAA")
    schema.assertValid(etree.fromstring(payload))
