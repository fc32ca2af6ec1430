"""What the associations of a lot lead to, and what they change in what is registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from carnet.national.journal.actors import Actor
from carnet.national.record.replaced import Replaced, find_folders, find_replaced
from carnet.standards.ids import EntryUuid
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.metadata import Association, AssociationType, Status, Submission
from carnet.standards.xds.rules.signatures import is_signature

#: RPLC and XFRM_RPLC make their target obsolete.
_REPLACING: Final = frozenset({AssociationType.RPLC, AssociationType.XFRM_RPLC})
#: Relations of a new document to a registered one, which must be current.
_RELATIONS: Final = _REPLACING | {AssociationType.XFRM, AssociationType.APND}


@dataclass(frozen=True, slots=True)
class Links:
    """`obsolete` are (replaced document, id of the one that replaces it); `folders` are the
    registered folders that documents enter; `inherited` are (folder, id of the document) for each
    document that takes the place of another in a folder (ITI TF-3, 4.2.2.2).
    """

    obsolete: tuple[tuple[Replaced, str], ...] = ()
    folders: frozenset[UUID] = frozenset()
    inherited: tuple[tuple[UUID, str], ...] = ()


def check_links(
    actor: Actor,
    patient_id: UUID,
    submission: Submission,
    ids: Mapping[str, UUID],
    *,
    own: bool,
) -> Links:
    """Each association leads to something of this record, and what it makes obsolete may be.

    `ids` are those of the objects of the lot, by their ids in it; `own`: the actor replaces what
    is of theirs alone. Raises `XdsRefused`:
    UnresolvedReferenceException, XDSRegistryDeprecatedDocumentError,
    DMPAccessDeniedByRightsService.
    """
    outside = [
        end
        for link in submission.associations
        for end in (link.source, link.target)
        if end not in ids
    ]
    documents = find_replaced(patient_id, outside)
    folders = find_folders(patient_id, [end for end in outside if end not in documents])
    obsolete: list[tuple[Replaced, str]] = []
    for link in submission.associations:
        _check_ends(link, ids, documents, folders)
        if link.type in _RELATIONS:
            target = documents[link.target]
            _check_current(target, link.target)
            if own and is_signature(target.entry):
                raise refused(
                    ErrorCode.UNMODIFIABLE_METADATA,
                    "the signature of a lot is neither replaced nor added to (dmp §3.8)",
                    location=link.target,
                )
            if link.type in _REPLACING:
                if own:
                    _check_owner(actor, target, link.target)
                obsolete.append((target, link.source))
    entered = {
        EntryUuid(link.source).uuid for link in submission.associations if link.source in folders
    }
    inherited = tuple((folder, source) for old, source in obsolete for folder in old.folders)
    return Links(
        tuple(obsolete), frozenset({*entered, *(folder for folder, _id in inherited)}), inherited
    )


def _check_ends(
    link: Association,
    ids: Mapping[str, UUID],
    documents: Mapping[str, Replaced],
    folders: Mapping[str, Status],
) -> None:
    """What is deleted is as if it were not; nothing enters a folder that is obsolete."""
    target = documents.get(link.target)
    related = link.type in _RELATIONS
    known = target is not None if related else link.target in {*ids, *documents, *folders}
    source = link.source in ids or (
        link.type is AssociationType.HAS_MEMBER and folders.get(link.source) is Status.APPROVED
    )
    if not known or not source or (target is not None and target.status is Status.DELETED):
        raise refused(
            ErrorCode.UNRESOLVED_REFERENCE,
            "an association refers to an object that is not in this record",
            location=link.source if known and not source else link.target,
        )


def _check_current(target: Replaced, place: str) -> None:
    if target.status is Status.DEPRECATED:
        raise refused(
            ErrorCode.REGISTRY_DEPRECATED_DOCUMENT,
            "the document that the association is about is already obsolete",
            location=place,
        )


def _check_owner(actor: Actor, target: Replaced, place: str) -> None:
    if not target.is_of(actor):
        raise refused(
            ErrorCode.DMP_ACCESS_DENIED,
            "only its author or the structure of its author replaces a document",
            location=place,
        )
