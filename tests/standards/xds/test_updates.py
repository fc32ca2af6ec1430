"""The rules of an update: for each line of the table, one request that breaks it alone."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds.errors import ErrorCode
from carnet.standards.xds.iti57 import (
    AssociationSubmission,
    EntryUpdate,
    FolderUpdate,
    Operation,
    StatusUpdate,
    UpdateRequest,
)
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Author,
    Code,
    DocumentEntry,
    Folder,
    Status,
)
from carnet.standards.xds.rules import (
    FR_UPDATE,
    IHE,
    UPDATES,
    Profile,
    check_change,
    check_update,
)
from tests.standards.xds.perfect import ENTRY, HIDDEN, INS, LOT, MASKED, NORMAL, OTHER_INS

LID = "urn:uuid:0190a1b2-0000-7000-8000-000000000001"
TARGET = EntryUuid(LID)
CURRENT = replace(
    ENTRY,
    id=LID,
    logical_id=LID,
    version=1,
    status=Status.APPROVED,
    hash="a" * 40,
    size=12,
    repository_unique_id="1.2.3",
)
MASK = EntryUpdate(
    replace(CURRENT, id="Document01", status=None, version=None, confidentiality=(NORMAL, MASKED)),
    1,
)
FOLDER = Folder(LID, "1.2.9", INS, "Dossier", codes=(Code("x", "1.2"),), logical_id=LID)
FOLDER_UPDATE = FolderUpdate(replace(FOLDER, id="Folder01", title="Autre"), 1)
LINK = AssociationSubmission(Association(AssociationType.APND, LID, LID, "Link01"))
ARCHIVE = StatusUpdate(TARGET, Status.APPROVED, Status.ARCHIVED)
DEPRECATE = StatusUpdate(TARGET, Status.APPROVED, Status.DEPRECATED)
PATIENT = Ins.from_cx(INS)


def codes(operation: Operation, profile: Profile = FR_UPDATE) -> list[str]:
    errors = check_update(UpdateRequest(LOT, (operation,)), patient=PATIENT, profile=profile)
    return [error.code for error in errors]


@pytest.mark.parametrize(
    ("operation", "profile"),
    [
        (MASK, FR_UPDATE),
        (ARCHIVE, FR_UPDATE),
        (StatusUpdate(TARGET, Status.APPROVED, Status.DELETED), FR_UPDATE),
        (StatusUpdate(TARGET, Status.ARCHIVED, Status.APPROVED), FR_UPDATE),
        (MASK, IHE),
        (FOLDER_UPDATE, IHE),
        (DEPRECATE, IHE),
        (LINK, IHE),
    ],
)
def test_a_good_update_has_no_error(operation: Operation, profile: Profile) -> None:
    assert codes(operation, profile) == []


@pytest.mark.parametrize(
    ("operation", "profile", "code"),
    [
        (FOLDER_UPDATE, FR_UPDATE, ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        (LINK, FR_UPDATE, ErrorCode.METADATA_UPDATE_OPERATION_ERROR),
        (DEPRECATE, FR_UPDATE, ErrorCode.METADATA_UPDATE_ERROR),
        (ARCHIVE, IHE, ErrorCode.METADATA_UPDATE_ERROR),
        (replace(ARCHIVE, original=Status.ARCHIVED), FR_UPDATE, ErrorCode.METADATA_UPDATE_ERROR),
    ],
)
def test_an_operation_that_the_profile_does_not_have_is_told(
    operation: Operation, profile: Profile, code: ErrorCode
) -> None:
    assert codes(operation, profile) == [code]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"confidentiality": (MASKED, NORMAL)}, ErrorCode.REGISTRY_METADATA_ERROR),
        ({"confidentiality": (NORMAL, MASKED, HIDDEN)}, ErrorCode.REGISTRY_METADATA_ERROR),
        ({"confidentiality": (NORMAL, Code("X", "1.2"))}, ErrorCode.REGISTRY_METADATA_ERROR),
        ({"confidentiality": ()}, ErrorCode.REGISTRY_METADATA_ERROR),
        ({"patient_id": OTHER_INS}, ErrorCode.PATIENT_ID_DOES_NOT_MATCH),
    ],
)
def test_the_new_version_is_judged_by_itself(changes: dict[str, Any], code: ErrorCode) -> None:
    assert codes(replace(MASK, entry=replace(MASK.entry, **changes))) == [code]


def another(value: Any) -> Any:
    """A value other than this one, of its type."""
    match value:
        case Code():
            return replace(value, code="other")
        case (Code() as first, *_):
            return (replace(first, code="other"),)
        case (Author() as first, *_):
            return (replace(first, person="1^AUTRE"),)
        case tuple():
            return ("other",)
        case int() | None:
            return 99
        case _:
            return f"1{value}"


def change(field: str, profile: Profile) -> list[str]:
    entry = replace(MASK.entry, **{field: another(getattr(CURRENT, field))})
    errors = check_change(replace(MASK, entry=entry), CURRENT, profile=profile)
    assert all(error.location == entry.id and OTHER_INS not in error.context for error in errors)
    return [error.code for error in errors]


@pytest.mark.parametrize("profile", UPDATES)
@pytest.mark.parametrize("field", [field.name for field in fields(DocumentEntry)])
def test_what_may_not_change_is_told_attribute_by_attribute(field: str, profile: Profile) -> None:
    expected = (
        ErrorCode.PATIENT_ID_RECONCILIATION_ERROR
        if field == "patient_id"
        else UPDATES[profile].changed
    )
    if field not in ("id", "home_community_id"):
        kept = field in UPDATES[profile].entry_keeps
        assert change(field, profile) == ([expected] if kept else [])


def test_in_france_only_the_confidentiality_changes() -> None:
    mutable = {field.name for field in fields(DocumentEntry)} - UPDATES[FR_UPDATE].entry_keeps
    set_by_the_registry = {"id", "status", "version", "home_community_id", "last_update_time"}
    assert mutable - set_by_the_registry == {"confidentiality"}


def test_the_error_names_the_attribute() -> None:
    entry = replace(MASK.entry, title="Autre")
    (error,) = check_change(replace(MASK, entry=entry), CURRENT)
    assert error.context.startswith("DocumentEntry.title may not change")


def test_the_display_of_a_code_and_what_follows_the_authority_are_no_change() -> None:
    entry = replace(
        MASK.entry,
        type_code=replace(CURRENT.type_code, display="Autre"),
        events=(replace(CURRENT.events[0], display=""),),
        patient_id=f"{INS}^^2026",
    )
    assert check_change(replace(MASK, entry=entry), CURRENT) == ()


@pytest.mark.parametrize(("profile", "told"), [(IHE, []), (FR_UPDATE, ["Folder.title"])])
def test_a_folder_is_compared_as_an_entry_is(profile: Profile, told: list[str]) -> None:
    errors = check_change(FOLDER_UPDATE, FOLDER, profile=profile)
    assert [error.context.partition(" ")[0] for error in errors] == told
