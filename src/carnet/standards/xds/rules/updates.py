"""Judges an ITI-57 request: what a profile lets change, as data.

The DMP lets the confidentiality and the status of a document change, nothing else (spec dmp §3.9);
IHE everything but what names the document and its bytes (ITI TF-2, 3.57.4.1.3.3). Whether the
version and the status are those of the registry is for the registry to tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final

from carnet.standards.xds import iti57
from carnet.standards.xds.errors import ErrorCode, RegistryError
from carnet.standards.xds.iti57 import (
    AssociationSubmission,
    EntryUpdate,
    FolderUpdate,
    Operation,
    StatusUpdate,
    UpdateRequest,
)
from carnet.standards.xds.metadata import (
    AssociationType,
    Code,
    DocumentEntry,
    Folder,
    Status,
    Submission,
    same_patient,
)
from carnet.standards.xds.rules.attributes import ATTRIBUTES, FR_UPDATE, IHE, Profile

#: What the registry sets for each version, whatever a request says.
_OF_THE_REGISTRY: Final = frozenset(
    {"id", "status", "version", "home_community_id", "last_update_time"}
)
_ENTRY: Final = frozenset(field.name for field in fields(DocumentEntry)) - _OF_THE_REGISTRY
_FOLDER: Final = frozenset(field.name for field in fields(Folder)) - _OF_THE_REGISTRY


@dataclass(frozen=True, slots=True)
class UpdateRule:
    """The operations of a profile, the statuses it leads to, the attributes that stay.

    `held_keeps` stay too in the entry of a document whose bytes are here; `changed` is the error
    of an attribute that did not stay.
    """

    operations: tuple[type[Operation], ...]
    statuses: frozenset[Status]
    entry_keeps: frozenset[str]
    held_keeps: frozenset[str]
    folder_keeps: frozenset[str]
    changed: ErrorCode
    source: str


UPDATES: Final[Mapping[Profile, UpdateRule]] = MappingProxyType(
    {
        FR_UPDATE: UpdateRule(
            operations=(EntryUpdate, StatusUpdate),
            statuses=frozenset({Status.APPROVED, Status.ARCHIVED, Status.DELETED}),
            entry_keeps=_ENTRY - {"confidentiality"},
            held_keeps=frozenset(),
            folder_keeps=_FOLDER,
            changed=ErrorCode.UNMODIFIABLE_METADATA,
            source="dmp §3.9",
        ),
        IHE: UpdateRule(
            operations=(EntryUpdate, FolderUpdate, StatusUpdate, AssociationSubmission),
            statuses=frozenset({Status.APPROVED, Status.DEPRECATED}),
            entry_keeps=frozenset({"unique_id", "logical_id", "patient_id", "object_type"}),
            held_keeps=frozenset({"repository_unique_id", "hash", "size", "mime_type"}),
            folder_keeps=frozenset({"unique_id", "logical_id", "patient_id"}),
            changed=ErrorCode.METADATA_UPDATE_ERROR,
            source="ITI TF-2 3.57.4.1.3.3",
        ),
    }
)
_NAMES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {(rule.owner, rule.field): rule.name for rule in ATTRIBUTES}
)


def judged(request: UpdateRequest) -> Submission:
    """The part of the request that the rules of a submission apply to: the lot and its members."""
    submission = iti57.submission(request)
    members = tuple(
        link for link in submission.associations if link.type is AssociationType.HAS_MEMBER
    )
    return Submission(submission.submission_set, submission.documents, submission.folders, members)


def check_operations(request: UpdateRequest, profile: Profile) -> Iterator[RegistryError]:
    """The operations and the statuses that `profile` does not have."""
    rule = UPDATES[profile]
    for operation in request.operations:
        if not isinstance(operation, rule.operations):
            yield RegistryError(
                ErrorCode.METADATA_UPDATE_OPERATION_ERROR,
                f"{type(operation).__name__} is not an operation here ({rule.source})",
                location=iti57.place(operation),
            )
        elif isinstance(operation, StatusUpdate):
            yield from _check_status(operation, rule)


def _check_status(update: StatusUpdate, rule: UpdateRule) -> Iterator[RegistryError]:
    if update.new not in rule.statuses or update.new is update.original:
        yield RegistryError(
            ErrorCode.METADATA_UPDATE_ERROR,
            f"NewStatus is not one that a document may go to ({rule.source})",
            location=update.target,
        )


def check_change(
    update: EntryUpdate | FolderUpdate,
    current: DocumentEntry | Folder,
    *,
    profile: Profile = FR_UPDATE,
    held: bool = False,
) -> tuple[RegistryError, ...]:
    """What differs from `current`, the version that is registered, and may not.

    A code is known by code and scheme, a patient by id and authority. `held`: the document itself
    is in the repository that judges. Never repeats a value.
    """
    rule = UPDATES[profile]
    if isinstance(update, EntryUpdate):
        new: DocumentEntry | Folder = update.entry
        owner, kept = "DocumentEntry", rule.entry_keeps
        kept |= rule.held_keeps if held else frozenset()
    else:
        new, owner, kept = update.folder, "Folder", rule.folder_keeps
    return tuple(
        RegistryError(
            ErrorCode.PATIENT_ID_RECONCILIATION_ERROR if field == "patient_id" else rule.changed,
            f"{_NAMES.get((owner, field), f'{owner}.{field}')} may not change ({rule.source})",
            location=new.id,
        )
        for field in sorted(kept)
        if not _same(field, getattr(new, field), getattr(current, field))
    )


def _same(field: str, new: Any, current: Any) -> bool:
    if field == "patient_id":
        return same_patient(new, current)
    return bool(_plain(new) == _plain(current))


def _plain(value: Any) -> Any:
    """A value without the display of its codes."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return (value.code, value.scheme) if isinstance(value, Code) else value
