"""ITI-57 Update Document Set: new metadata or a new status for what is registered (TD3.3).

A lot and, for each operation, an association that starts from it (ITI TF-2, 3.57.4.1.3.3): the DMP
uses a new version of an entry (TD3.3a mask, TD3.3b make visible) and a change of status (TD3.3c
delete, TD3.3d archive). What a profile accepts is told by `rules.check_update`.
Source: ITI TF-2, 3.57 (Metadata Update supplement); spec dmp §3.9.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from carnet.standards.ids import EntryUuid, IdentifierError
from carnet.standards.xds.ebrim import LCM, RIM, read_submission, write_submission
from carnet.standards.xds.errors import ErrorCode, XdsRefused, refused
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    DocumentEntry,
    Folder,
    Status,
    Submission,
    SubmissionSet,
)

ACTION: Final = "urn:ihe:iti:2010:UpdateDocumentSet"
RESPONSE_ACTION: Final = "urn:ihe:iti:2010:UpdateDocumentSet-Response"

_ORIGINAL: Final = "OriginalStatus"
_NEW: Final = "NewStatus"
_PREVIOUS: Final = "PreviousVersion"
_PROPAGATION: Final = "AssociationPropagation"
_PROPAGATIONS: Final[Mapping[str, bool]] = {"": True, "yes": True, "no": False}
_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")
_WHOLE: Final = ("SubmissionSetStatus", ("Original",))


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The document entry `target` goes from `original` to `new`, asked by the author of the lot."""

    submission_set: SubmissionSet
    target: EntryUuid
    original: Status
    new: Status


@dataclass(frozen=True, slots=True)
class EntryUpdate:
    """`entry` is the version after `previous_version` of the document of its `logical_id`.

    `propagate`: the associations of the old version hold for the new one.
    """

    entry: DocumentEntry
    previous_version: int
    propagate: bool = True


@dataclass(frozen=True, slots=True)
class FolderUpdate:
    """As `EntryUpdate`, for a folder."""

    folder: Folder
    previous_version: int
    propagate: bool = True


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """The entry, folder or association `target` goes from `original` to `new`."""

    target: EntryUuid
    original: Status
    new: Status


@dataclass(frozen=True, slots=True)
class AssociationSubmission:
    """A new association between registered objects."""

    association: Association


Operation = EntryUpdate | FolderUpdate | StatusUpdate | AssociationSubmission


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """One lot and what it changes: all of it or nothing."""

    submission_set: SubmissionSet
    operations: tuple[Operation, ...]


def place(operation: Operation) -> str:
    """The id of what the operation is about, for an error that it meets."""
    match operation:
        case EntryUpdate(entry):
            return entry.id
        case FolderUpdate(folder):
            return folder.id
        case StatusUpdate(target):
            return target
        case AssociationSubmission(association):
            return association.id


def read(payload: etree._Element) -> StatusChange:
    """Read a request for one status change and nothing else. Raises `XdsRefused`."""
    request = read_update(payload)
    first, *others = request.operations
    if others or not isinstance(first, StatusUpdate):
        raise _not_understood("exactly one change of status is expected, and nothing else")
    return StatusChange(request.submission_set, first.target, first.original, first.new)


def read_update(payload: etree._Element) -> UpdateRequest:
    """Read a request. Raises `XdsRefused` when a part of it belongs to no operation of ITI-57."""
    objects = payload.find(f"{{{RIM}}}RegistryObjectList")
    if payload.tag != f"{{{LCM}}}SubmitObjectsRequest" or objects is None:
        raise _not_understood("a SubmitObjectsRequest with its RegistryObjectList is expected")
    submission = read_submission(objects)
    lot = submission.submission_set
    if lot is None:
        raise _not_understood("a SubmissionSet is expected")
    parts = _Parts(submission, lot.id)
    operations = tuple(parts.operations())
    if not operations or parts.left:
        place = next(iter(parts.left), lot.id)
        raise _not_understood("no association of the SubmissionSet says what to do of it", place)
    return UpdateRequest(lot, operations)


class _Parts:
    """The objects of one request, taken one by one by the operations that use them."""

    def __init__(self, submission: Submission, lot: str) -> None:
        self.left: dict[str, DocumentEntry | Folder | Association] = {
            item.id: item
            for items in (submission.documents, submission.folders, submission.associations)
            for item in items
        }
        self._lot = lot

    def operations(self) -> Iterator[Operation]:
        """What each association of the lot asks for."""
        asked = [
            one
            for one in self.left.values()
            if isinstance(one, Association) and one.source == self._lot
        ]
        for one in asked:
            del self.left[one.id]
        for one in asked:
            match one.type:
                case AssociationType.HAS_MEMBER:
                    yield self._new_version(one)
                case AssociationType.UPDATE_AVAILABILITY_STATUS:
                    yield StatusUpdate(_target(one), _status(one, _ORIGINAL), _status(one, _NEW))
                case AssociationType.SUBMIT_ASSOCIATION:
                    yield self._new_association(one)
                case _:
                    raise _not_understood("this association changes nothing", one.id)

    def _new_version(self, member: Association) -> EntryUpdate | FolderUpdate:
        item = self.left.pop(member.target, None)
        if not isinstance(item, DocumentEntry | Folder):
            raise _not_understood("the member is neither an entry nor a folder of this", member.id)
        previous = member.slot(_PREVIOUS)
        propagate = _PROPAGATIONS.get(member.slot(_PROPAGATION).lower())
        if not _VERSION.fullmatch(previous) or propagate is None:
            raise _not_understood(
                f"{_PREVIOUS} is not a version, or {_PROPAGATION} neither yes nor no", member.id
            )
        _check_logical_id(item)
        if isinstance(item, Folder):
            return FolderUpdate(item, int(previous), propagate)
        return EntryUpdate(item, int(previous), propagate)

    def _new_association(self, submitted: Association) -> AssociationSubmission:
        item = self.left.pop(submitted.target, None)
        if not isinstance(item, Association):
            raise _not_understood("what is submitted is not an association of this", submitted.id)
        return AssociationSubmission(item)


def _check_logical_id(item: DocumentEntry | Folder) -> None:
    """The lid tells which object has a new version; the id is the version's own."""
    try:
        EntryUuid(item.logical_id)
    except IdentifierError:
        raise refused(
            ErrorCode.METADATA_UPDATE_ERROR,
            "lid is not the logicalId of an object",
            location=item.id,
        ) from None
    if item.id == item.logical_id:
        raise refused(
            ErrorCode.METADATA_UPDATE_ERROR,
            "a new version needs an id other than its lid",
            location=item.id,
        )


def _target(change: Association) -> EntryUuid:
    try:
        return EntryUuid(change.target)
    except IdentifierError:
        raise refused(
            ErrorCode.UNRESOLVED_REFERENCE,
            "the target of the change is not an entryUUID",
            location=change.id,
        ) from None


def _status(change: Association, slot: str) -> Status:
    value = change.slot(slot)
    if value not in Status.__members__.values():
        raise _not_understood(f"{slot} is not an availabilityStatus", change.id)
    return Status(value)


def _not_understood(problem: str, place: str = "") -> XdsRefused:
    return refused(ErrorCode.METADATA_UPDATE_OPERATION_ERROR, problem, location=place)


def write(change: StatusChange) -> bytes:
    """The payload that asks for `change`."""
    status = StatusUpdate(change.target, change.original, change.new)
    return write_update(UpdateRequest(change.submission_set, (status,)))


def write_update(request: UpdateRequest) -> bytes:
    """The payload that asks for all operations."""
    return write_submission(submission(request))


def submission(request: UpdateRequest) -> Submission:
    """The request as the objects that it submits."""
    lot = request.submission_set
    documents: list[DocumentEntry] = []
    folders: list[Folder] = []
    associations: list[Association] = []
    for number, operation in enumerate(request.operations, start=1):
        identity = f"{lot.id}-update-{number}"
        match operation:
            case EntryUpdate(entry, previous, propagate):
                documents.append(entry)
                associations.append(_member(lot.id, entry.id, identity, previous, propagate))
            case FolderUpdate(folder, previous, propagate):
                folders.append(folder)
                associations.append(_member(lot.id, folder.id, identity, previous, propagate))
            case StatusUpdate(target, original, new):
                slots = ((_ORIGINAL, (original,)), (_NEW, (new,)))
                kind = AssociationType.UPDATE_AVAILABILITY_STATUS
                associations.append(Association(kind, lot.id, target, identity, slots))
            case AssociationSubmission(association):
                kind = AssociationType.SUBMIT_ASSOCIATION
                associations.append(Association(kind, lot.id, association.id, identity))
                associations.append(association)
    return Submission(lot, tuple(documents), tuple(folders), tuple(associations))


def _member(lot: str, target: str, identity: str, previous: int, propagate: bool) -> Association:
    slots: tuple[tuple[str, tuple[str, ...]], ...] = (_WHOLE, (_PREVIOUS, (str(previous),)))
    if not propagate:
        slots += ((_PROPAGATION, ("no",)),)
    return Association(AssociationType.HAS_MEMBER, lot, target, identity, slots)
