"""ITI-57 Update Document Set: the change of a document's status (TD3.3c delete, TD3.3d archive).

Source: ITI TF-2, 3.57; spec dmp §3.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from carnet.standards.ids import EntryUuid, IdentifierError
from carnet.standards.xds.ebrim import LCM, RIM, read_submission, write_submission
from carnet.standards.xds.errors import ErrorCode, XdsRefused, refused
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Status,
    Submission,
    SubmissionSet,
)

ACTION: Final = "urn:ihe:iti:2010:UpdateDocumentSet"
RESPONSE_ACTION: Final = "urn:ihe:iti:2010:UpdateDocumentSet-Response"

_ORIGINAL: Final = "OriginalStatus"
_NEW: Final = "NewStatus"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The document entry `target` goes from `original` to `new`, asked by the author of the lot."""

    submission_set: SubmissionSet
    target: EntryUuid
    original: Status
    new: Status


def read(payload: etree._Element) -> StatusChange:
    """Read a request for one status change. Raises `XdsRefused`."""
    objects = payload.find(f"{{{RIM}}}RegistryObjectList")
    if payload.tag != f"{{{LCM}}}SubmitObjectsRequest" or objects is None:
        raise _not_understood("a SubmitObjectsRequest with its RegistryObjectList is expected")
    submission = read_submission(objects)
    lot = submission.submission_set
    if lot is None or submission.documents or submission.folders:
        raise _not_understood("a SubmissionSet and a change of status are expected, nothing else")
    changes = submission.associations
    if len(changes) != 1 or changes[0].type is not AssociationType.UPDATE_AVAILABILITY_STATUS:
        raise _not_understood("exactly one UpdateAvailabilityStatus association is expected")
    (change,) = changes
    if change.source != lot.id:
        raise _not_understood("the association must start from the SubmissionSet")
    return StatusChange(
        submission_set=lot,
        target=_target(change),
        original=_status(change, _ORIGINAL),
        new=_status(change, _NEW),
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
        raise _not_understood(f"{slot} is not an availabilityStatus")
    return Status(value)


def _not_understood(problem: str) -> XdsRefused:
    return refused(ErrorCode.METADATA_UPDATE_OPERATION_ERROR, problem)


def write(change: StatusChange) -> bytes:
    """The payload that asks for `change`."""
    association = Association(
        type=AssociationType.UPDATE_AVAILABILITY_STATUS,
        source=change.submission_set.id,
        target=change.target,
        id=f"{change.submission_set.id}-status",
        slots=((_ORIGINAL, (change.original,)), (_NEW, (change.new,))),
    )
    return write_submission(Submission(change.submission_set, associations=(association,)))
