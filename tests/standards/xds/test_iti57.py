"""Updates: one good request of each kind, broken in one way by each test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carnet.standards import xml
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds import iti57
from carnet.standards.xds.ebrim import write_submission
from carnet.standards.xds.errors import ErrorCode, XdsRefused
from carnet.standards.xds.iti57 import (
    AssociationSubmission,
    EntryUpdate,
    FolderUpdate,
    Operation,
    StatusChange,
    StatusUpdate,
    UpdateRequest,
)
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Code,
    Folder,
    Status,
    Submission,
)
from carnet.standards.xds.rules import FR_UPDATE, check
from tests.standards.xds import strategies
from tests.standards.xds.perfect import ENTRY, INS, LOT, MASKED, NORMAL

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


LID = "urn:uuid:0190a1b2-0000-7000-8000-000000000001"
MASK = EntryUpdate(replace(ENTRY, logical_id=LID, confidentiality=(NORMAL, MASKED)), 1)
FOLDER = Folder("Folder01", "1.2.9", INS, "Dossier", codes=(Code("x", "1.2"),), logical_id=LID)
LINK = Association(AssociationType.APND, TARGET, LID, "Link01")
WHOLE = UpdateRequest(
    LOT,
    (
        MASK,
        FolderUpdate(FOLDER, 3, propagate=False),
        StatusUpdate(TARGET, Status.APPROVED, Status.ARCHIVED),
        AssociationSubmission(LINK),
    ),
)
WHOLE_TEXT = iti57.write_update(WHOLE).decode()

#: Any operation on objects whose ids are the ones given.
operations = st.lists(
    st.one_of(
        st.builds(
            EntryUpdate,
            strategies.entries().map(lambda entry: replace(entry, logical_id=LID)),
            st.integers(1, 999),
            st.booleans(),
        ),
        st.builds(
            FolderUpdate,
            strategies.folders().map(lambda folder: replace(folder, logical_id=LID)),
            st.integers(1, 999),
            st.booleans(),
        ),
        st.builds(StatusUpdate, st.just(TARGET), st.sampled_from(Status), st.sampled_from(Status)),
        st.builds(
            AssociationSubmission,
            strategies.associations().map(lambda one: replace(one, source=TARGET)),
        ),
    ),
    min_size=1,
    max_size=4,
    unique_by=iti57.place,
)


@given(operations)
def test_any_update_reads_back_as_it_was_written(asked: list[Operation]) -> None:
    request = UpdateRequest(LOT, tuple(asked))
    assert iti57.read_update(xml.parse(iti57.write_update(request))) == request


def test_a_whole_update_reads_back_as_it_was_written() -> None:
    assert iti57.read_update(xml.parse(WHOLE_TEXT.encode())) == WHOLE


def test_the_associations_of_the_old_version_hold_unless_it_is_said_that_they_do_not() -> None:
    said = WHOLE_TEXT.replace("<rim:Value>no</rim:Value>", "<rim:Value>YES</rim:Value>")
    read = iti57.read_update(xml.parse(said.encode()))
    assert read.operations[1] == FolderUpdate(FOLDER, 3, propagate=True)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (f'lid="{LID}"', 'lid="Document00"', ErrorCode.METADATA_UPDATE_ERROR),
        (f' lid="{LID}"', "", ErrorCode.METADATA_UPDATE_ERROR),
        ('"Document01"', f'"{LID}"', ErrorCode.METADATA_UPDATE_ERROR),
        ("PreviousVersion", "Version", ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        ("<rim:Value>1<", "<rim:Value>0<", ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        ("<rim:Value>1<", "<rim:Value>one<", ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        ("<rim:Value>no<", "<rim:Value>perhaps<", ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        ("SubmitAssociation", "IsSnapshotOf", ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        ('targetObject="Link01"', 'targetObject="x"', ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        (
            'targetObject="Document01"',
            'targetObject="Link01"',
            ErrorCode.METADATA_UPDATE_OPERATION_ERROR,
        ),
        (
            'targetObject="Folder01"',
            'targetObject="Document01"',
            ErrorCode.METADATA_UPDATE_OPERATION_ERROR,
        ),
        (
            'targetObject="Link01"',
            'targetObject="Folder01"',
            ErrorCode.METADATA_UPDATE_OPERATION_ERROR,
        ),
    ],
)
def test_a_broken_update_is_refused(old: str, new: str, code: ErrorCode) -> None:
    assert old in WHOLE_TEXT, "the test breaks nothing"
    with pytest.raises(XdsRefused) as caught:
        iti57.read_update(xml.parse(WHOLE_TEXT.replace(old, new).encode()))
    assert [error.code for error in caught.value.errors] == [code]


def test_an_object_that_no_operation_uses_is_refused() -> None:
    submission = iti57.submission(WHOLE)
    more = replace(submission, documents=(*submission.documents, replace(ENTRY, id="Document02")))
    with pytest.raises(XdsRefused) as caught:
        iti57.read_update(xml.parse(write_submission(more)))
    (error,) = caught.value.errors
    assert error.location == "Document02"


def test_more_than_a_change_of_status_is_not_read_as_one() -> None:
    with pytest.raises(XdsRefused, match="exactly one"):
        iti57.read(xml.parse(WHOLE_TEXT.encode()))


@given(
    st.integers(0, len(WHOLE_TEXT)),
    st.integers(0, 40),
    st.sampled_from(["", "<", '"', "x", "urn:uuid:", "<rim:Slot/>"]),
)
def test_an_update_changed_anywhere_is_read_or_refused(at: int, cut: int, new: str) -> None:
    try:
        iti57.read_update(xml.parse((WHOLE_TEXT[:at] + new + WHOLE_TEXT[at + cut :]).encode()))
    except (XdsRefused, xml.XmlError) as error:
        assert str(error)  # noqa: PT017 - what is read is as good


def test_what_is_written_is_valid_against_the_schema(examples: Path) -> None:
    schema = etree.XMLSchema(etree.parse(examples / "xds/xsd/XDS.b_DocumentRepository.xsd"))
    schema.assertValid(etree.fromstring(TEXT))
    schema.assertValid(etree.fromstring(WHOLE_TEXT))
