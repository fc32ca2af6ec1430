"""ITI-42, ITI-62 and ITI-86 requests, both ways."""

from __future__ import annotations

import pytest

from carnet.standards import xml
from carnet.standards.xds import iti42, iti62, iti86
from carnet.standards.xds.errors import ErrorCode, XdsRefused
from carnet.standards.xds.iti43 import DocumentRef
from tests.standards.xds.perfect import SUBMISSION

ONE = "urn:uuid:0190a1b2-0000-7000-8000-000000000001"
OTHER = "urn:uuid:0190a1b2-0000-7000-8000-000000000002"


def test_what_is_registered_is_read_as_it_was_written() -> None:
    assert iti42.read(xml.parse(iti42.write(SUBMISSION))) == SUBMISSION


def test_the_objects_to_remove_are_read_each_once() -> None:
    assert iti62.read(xml.parse(iti62.write([ONE, OTHER, ONE]))) == (ONE, OTHER)


def test_the_documents_to_remove_are_read_as_they_were_written() -> None:
    refs = (DocumentRef("1.2.3", "1.2.4"), DocumentRef("1.2.3", "1.2.5"))
    assert iti86.read(xml.parse(iti86.write(refs))) == refs


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ((b"RemoveObjectsRequest", b"RemoveRequest"), ErrorCode.REGISTRY_ERROR),
        ((b"rim:ObjectRef ", b"rim:Object "), ErrorCode.REGISTRY_ERROR),
        ((b"<rim:ObjectRefList", b'<rim:AdhocQuery id="x"/><rim:ObjectRefList'), None),
        ((b" xmlns:rim", b' deletionScope="x" xmlns:rim'), None),
        ((ONE.encode(), b"Document01"), ErrorCode.UNRESOLVED_REFERENCE),
    ],
)
def test_a_removal_of_metadata_that_cannot_be_understood_is_refused(
    changed: tuple[bytes, bytes], code: ErrorCode | None
) -> None:
    with pytest.raises(XdsRefused) as refusal:
        iti62.read(xml.parse(iti62.write([ONE]).replace(*changed)))
    assert refusal.value.errors[0].code == (code or ErrorCode.REGISTRY_ERROR)


@pytest.mark.parametrize("payload", [b"<a/>", iti86.write([])])
def test_a_removal_of_documents_that_names_none_is_refused(payload: bytes) -> None:
    with pytest.raises(XdsRefused):
        iti86.read(xml.parse(payload))


def test_a_registration_that_holds_no_objects_is_refused() -> None:
    with pytest.raises(XdsRefused):
        iti42.read(xml.parse(b"<a/>"))
