"""A change of status: one good request, broken in one way by each test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from carnet.standards import xml
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds import iti57
from carnet.standards.xds.ebrim import write_submission
from carnet.standards.xds.errors import ErrorCode, XdsRefused
from carnet.standards.xds.iti57 import StatusChange
from carnet.standards.xds.metadata import Status, Submission
from carnet.standards.xds.rules import FR_UPDATE, check
from tests.standards.xds.perfect import ENTRY, INS, LOT

TARGET = EntryUuid("urn:uuid:0190a1b2-0000-7000-8000-000000000009")
DELETE = StatusChange(LOT, TARGET, Status.APPROVED, Status.DELETED)
TEXT = iti57.write(DELETE).decode()


@pytest.mark.parametrize("new", [Status.DELETED, Status.ARCHIVED, Status.APPROVED])
def test_a_change_reads_back_as_it_was_written(new: Status) -> None:
    change = replace(DELETE, original=Status.ARCHIVED, new=new)
    assert iti57.read(xml.parse(iti57.write(change))) == change


def test_the_lot_of_a_change_is_judged_by_its_own_profile() -> None:
    patient = Ins.from_cx(INS)
    assert check(Submission(LOT), patient=patient, profile=FR_UPDATE) == ()
    assert check(Submission(replace(LOT, author=())), profile=FR_UPDATE)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("SubmitObjectsRequest", "RemoveObjectsRequest", ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        (TARGET, "Document01", ErrorCode.UNRESOLVED_REFERENCE),
        ("2010:StatusType:Deleted", "2010:Gone", ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        ("OriginalStatus", "FormerStatus", ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        (
            "UpdateAvailabilityStatus",
            "SubmitAssociation",
            ErrorCode.METADATA_UPDATE_OPERATION_ERROR,
        ),
        ('sourceObject="Lot01"', 'sourceObject="x"', ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        ("AssociationType:Update", "AssociationType:Up", ErrorCode.REGISTRY_METADATA_ERROR),
    ],
)
def test_a_broken_change_is_refused(old: str, new: str, code: ErrorCode) -> None:
    assert old in TEXT, "the test breaks nothing"
    with pytest.raises(XdsRefused) as caught:
        iti57.read(xml.parse(TEXT.replace(old, new).encode()))
    assert [error.code for error in caught.value.errors] == [code]


@pytest.mark.parametrize(
    "submission", [Submission(None), Submission(LOT), Submission(LOT, (ENTRY,))]
)
def test_a_request_of_another_kind_is_refused(submission: Submission) -> None:
    with pytest.raises(XdsRefused):
        iti57.read(xml.parse(write_submission(submission)))


def test_what_is_written_is_valid_against_the_schema(examples: Path) -> None:
    schema = etree.XMLSchema(etree.parse(examples / "xds/xsd/XDS.b_DocumentRepository.xsd"))
    schema.assertValid(etree.fromstring(TEXT))
