"""The operations of ITI-57 as IHE says them, for an affinity domain (ITI TF-2, 3.57.4.1.3.3).

A new version has the logicalId of the one before, which becomes obsolete; unless the request says
no, the associations of the old version hold for the new one (AssociationPropagation). Sources: XDS
Metadata Update, 3.57.4.1.3; where its text is silent, the registry of the NIST XDS toolkit, which
cites it rule by rule.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from uuid_utils.compat import uuid7

from carnet.national.clients.documents import Stored
from carnet.national.journal import actions as journal
from carnet.national.record import entries
from carnet.national.record.actions.updating import LostRace, Updating
from carnet.national.record.rules import Act, DocumentFacts
from carnet.standards import xml
from carnet.standards.ids import EntryUuid
from carnet.standards.xds import rules as metadata_rules
from carnet.standards.xds.ebrim import read_folder
from carnet.standards.xds.errors import ErrorCode, XdsRefused, refused
from carnet.standards.xds.iti57 import (
    AssociationSubmission,
    EntryUpdate,
    FolderUpdate,
    StatusUpdate,
)
from carnet.standards.xds.metadata import Association, AssociationType, Folder, Status

#: What a new version of a document takes from the line of the old one.
_KEPT: Final = ("sha256", "received_at", "replaces_id", "opened_at")
_LATER: Final = "other.logical_id = object.logical_id AND other.version > object.version"
_OF_LOT: Final = "other.id = object.source_id"
#: The kinds of object whose status changes, and why that of one may not.
_TABLES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "document": ("document", _LATER, "the status of the last version alone may change"),
        "folder": ("folder", _LATER, "the status of the last version alone may change"),
        "association": ("submissionset", _OF_LOT, "what a lot holds stays in it"),
    }
)
#: A document enters a folder, or is told to relate to another. One that replaces is published.
_SUBMITTED: Final = frozenset(
    {
        AssociationType.HAS_MEMBER,
        AssociationType.XFRM,
        AssociationType.APND,
        AssociationType.SIGNS,
    }
)

#: Takes the new line, then patient, id and status of the old version.
_NEW_VERSION: Final = """
WITH version AS (
    INSERT INTO record_{kind}
    SELECT line.* FROM record_{kind} old, jsonb_populate_record(old, %s::jsonb) AS line
     WHERE old.patient_id = %s AND old.id = %s AND old.status = %s
    RETURNING id, unique_id
)
UPDATE record_locator SET entry_uuid = version.id FROM version
 WHERE record_locator.unique_id = version.unique_id
"""
_CHANGE: Final = """
UPDATE record_{kind} SET status = %(new)s{fragment}
 WHERE patient_id = %(patient)s AND id = %(id)s AND status = %(old)s
"""
#: What is not packed is answered with the status that its fragment says: the only one of its head.
_FRAGMENT: Final = (
    ", fragment = regexp_replace(fragment, ' status=\"[^\"]*\"', ' status=\"' || %(urn)s || '\"')"
)
_LAST_FOLDER: Final = """
SELECT id, status, fragment FROM record_folder
 WHERE patient_id = %s AND logical_id = %s ORDER BY version DESC LIMIT 1
"""
_STATUS: Final = """
SELECT object.status, EXISTS (
       SELECT FROM record_{other} other
        WHERE other.patient_id = object.patient_id AND {stays})
  FROM record_{kind} object WHERE object.patient_id = %s AND object.id = %s
"""
_ASSOCIATIONS: Final = """
SELECT link.type, link.source_id, link.target_id, link.slots
  FROM record_association link
 WHERE link.patient_id = %(patient)s AND link.status = 'APPROVED'
   AND (link.source_id = %(id)s OR link.target_id = %(id)s)
   AND NOT EXISTS (SELECT FROM record_submissionset lot
                    WHERE lot.patient_id = link.patient_id AND lot.id = link.source_id)
"""
_KINDS: Final = """
SELECT 'document', status FROM record_document WHERE patient_id = %(patient)s AND id = %(id)s
 UNION ALL
SELECT 'folder', status FROM record_folder WHERE patient_id = %(patient)s AND id = %(id)s
"""
_LINKED: Final = """
SELECT EXISTS (SELECT FROM record_association
                WHERE patient_id = %s AND source_id = %s AND target_id = %s AND status = 'APPROVED')
"""
_ENTERED: Final = """
UPDATE record_folder SET last_update_time = %s, fragment = regexp_replace(fragment,
       '(name="lastUpdateTime"><rim:ValueList><rim:Value>)[0-9]*', '\\1' || %s)
 WHERE patient_id = %s AND id = %s AND status = 'APPROVED'
"""


def change_entry(updating: Updating, change: EntryUpdate) -> None:
    """Register the next version of the entry of a document (3.57.4.1.3.3.1).

    Raises `XdsRefused` (XDSMetadataVersionError, XDSMetadataUpdateError,
    XDSPatientIDReconciliationError), `AccessRefused`, `LostRace`.
    """
    updating.require(Act.FEED, DocumentFacts())
    current = next(
        (each for each in updating.documents if each.entry.logical_id == change.entry.logical_id),
        None,
    )
    if current is None:
        raise _wrong(change.entry.id, "lid is the logicalId of no document of this record")
    _check_version(change, current.entry.version, current.status)
    ours = settings.CARNET_REPOSITORY_OID
    held = ours in (current.entry.repository_unique_id, change.entry.repository_unique_id)
    if problems := metadata_rules.check_change(
        change, current.entry, profile=metadata_rules.IHE, held=held
    ):
        raise XdsRefused(*problems)
    entry = replace(
        change.entry,
        id=EntryUuid.of(entries.kept_id(change.entry.id)),
        version=change.previous_version + 1,
        status=Status.APPROVED,
    )
    row = entries.document_row(
        entry,
        Stored("", entry.hash, entry.size or 0),
        patient_id=updating.patient_id,
        submission_set_id=updating.lot_id,
        senders=(),
        replaces=None,
        received_at=updating.now,
    )
    line = {name: value for name, value in row.items() if name not in _KEPT}
    _register(updating, "document", line, current.id, change)
    _trace(updating, "document", current.logical_id, entry.title)


def change_folder(updating: Updating, change: FolderUpdate) -> None:
    """Register the next version of a folder (3.57.4.1.3.3.3). Raises as `change_entry`."""
    updating.require(Act.FEED, DocumentFacts())
    found = _last_folder(updating, change.folder)
    if found is None:
        raise _wrong(change.folder.id, "lid is the logicalId of no folder of this record")
    identifier, status, current = found
    _check_version(change, current.version, status)
    if problems := metadata_rules.check_change(change, current, profile=metadata_rules.IHE):
        raise XdsRefused(*problems)
    folder = replace(
        change.folder,
        id=EntryUuid.of(entries.kept_id(change.folder.id)),
        version=change.previous_version + 1,
        status=Status.APPROVED,
        last_update_time=f"{updating.now:%Y%m%d%H%M%S}",
    )
    line = entries.folder_row(
        folder,
        patient_id=updating.patient_id,
        submission_set_id=updating.lot_id,
        received_at=updating.now,
    )
    _register(updating, "folder", line, identifier, change)
    _trace(updating, "folder", EntryUuid(folder.logical_id).uuid, folder.title)


def change_status(updating: Updating, change: StatusUpdate) -> None:
    """Change the status of a document, a folder or an association (3.57.4.1.3.3.2, .4 and .6).

    Raises as `change_entry`.
    """
    updating.require(Act.FEED, DocumentFacts())
    target = change.target.uuid
    for kind, (_other, _stays, reason) in _TABLES.items():
        found = _status_of(updating.patient_id, kind, target)
        if found is None:
            continue
        status, stays = found
        if stays:
            raise _wrong(change.target, reason)
        if status is not change.original:
            raise _wrong(change.target, "OriginalStatus is not the status of the object")
        _set_status(updating, kind, target, status, change.new)
        updating.link(
            AssociationType.UPDATE_AVAILABILITY_STATUS,
            target,
            (("OriginalStatus", (change.original,)), ("NewStatus", (change.new,))),
        )
        _trace(updating, kind, target, "")
        return
    raise _wrong(change.target, "no object of this record has this entryUUID")


def submit_association(updating: Updating, submitted: AssociationSubmission) -> None:
    """Register an association between objects that are registered (3.57.4.1.3.3.5).

    Raises as `change_entry`.
    """
    updating.require(Act.FEED, DocumentFacts())
    link = submitted.association
    if link.type not in _SUBMITTED:
        raise refused(
            ErrorCode.METADATA_UPDATE_OPERATION_ERROR,
            "an association of this type is not submitted alone",
            location=link.id,
        )
    source_kind = "folder" if link.type is AssociationType.HAS_MEMBER else "document"
    for end, kind in ((link.source, source_kind), (link.target, "document")):
        if _kind_and_status(updating.patient_id, end) != (kind, Status.APPROVED):
            raise _wrong(end, f"no current {kind} of this record has this entryUUID")
    _check_not_linked(updating.patient_id, link)
    if link.type is AssociationType.HAS_MEMBER:
        _enter(updating, EntryUuid(link.source).uuid)
    identifier = entries.kept_id(link.id)
    _keep(updating, replace(link, id=EntryUuid.of(identifier), status=Status.APPROVED))
    updating.link(AssociationType.SUBMIT_ASSOCIATION, identifier, ())
    _trace(updating, "association", identifier, "")


def _check_version(change: EntryUpdate | FolderUpdate, current: int | None, status: Status) -> None:
    place = change.entry.id if isinstance(change, EntryUpdate) else change.folder.id
    if change.previous_version != current:
        raise refused(
            ErrorCode.METADATA_VERSION_ERROR,
            "PreviousVersion is not the last version of this object",
            location=place,
        )
    if status is not Status.APPROVED:
        raise _wrong(place, "an obsolete object has no new version")


def _check_not_linked(patient_id: UUID, link: Association) -> None:
    """Two objects have one current association at most."""
    ends = [EntryUuid(link.source).uuid, EntryUuid(link.target).uuid]
    with connection.cursor() as cursor:
        cursor.execute(_LINKED, [patient_id, *ends])
        if cursor.fetchone()[0]:
            raise _wrong(link.id, "a current association is between these objects already")


def _wrong(place: str, problem: str) -> XdsRefused:
    return refused(ErrorCode.METADATA_UPDATE_ERROR, problem, location=place)


def _register(
    updating: Updating,
    kind: str,
    line: Mapping[str, Any],
    old: UUID,
    change: EntryUpdate | FolderUpdate,
) -> None:
    """Write the new version and make the old one, which is current, obsolete.

    The new version is of the lot that asked for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _NEW_VERSION.format(kind=kind),
            [json.dumps(line), updating.patient_id, old, Status.APPROVED.name],
        )
    _set_status(updating, kind, old, Status.APPROVED, Status.DEPRECATED)
    new = UUID(line["id"])
    updating.link(
        AssociationType.HAS_MEMBER,
        new,
        (
            ("SubmissionSetStatus", ("Original",)),
            ("PreviousVersion", (str(change.previous_version),)),
        ),
    )
    if change.propagate:
        _propagate(updating, old, new)


def _set_status(updating: Updating, kind: str, target: UUID, old: Status, new: Status) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _CHANGE.format(kind=kind, fragment="" if kind == "document" else _FRAGMENT),
            {
                "new": new.name,
                "urn": new,
                "patient": updating.patient_id,
                "id": target,
                "old": old.name,
            },
        )
        if cursor.rowcount != 1:
            raise LostRace


def _last_folder(updating: Updating, folder: Folder) -> tuple[UUID, Status, Folder] | None:
    with connection.cursor() as cursor:
        cursor.execute(_LAST_FOLDER, [updating.patient_id, EntryUuid(folder.logical_id).uuid])
        found = cursor.fetchone()
    if found is None:
        return None
    identifier, status, fragment = found
    return identifier, Status[status], read_folder(xml.parse(fragment.encode()))


def _status_of(patient_id: UUID, kind: str, target: UUID) -> tuple[Status, bool] | None:
    """The status of an object, and whether it must stay what it is."""
    other, stays, _reason = _TABLES[kind]
    with connection.cursor() as cursor:
        statement = _STATUS.format(kind=kind, other=other, stays=stays)
        cursor.execute(statement, [patient_id, target])
        found = cursor.fetchone()
    return (Status[found[0]], found[1]) if found else None


def _kind_and_status(patient_id: UUID, reference: str) -> tuple[str, Status] | None:
    identifier = entries.known_id(reference)
    if identifier is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, {"patient": patient_id, "id": identifier})
        found = cursor.fetchone()
    return (found[0], Status[found[1]]) if found else None


def _propagate(updating: Updating, old: UUID, new: UUID) -> None:
    """The current associations of the old version, but for those of lots, hold for the new one."""
    with connection.cursor() as cursor:
        cursor.execute(_ASSOCIATIONS, {"patient": updating.patient_id, "id": old})
        found = cursor.fetchall()
    for kind, source, target, slots in found:
        if kind == AssociationType.HAS_MEMBER and target == old:
            _enter(updating, source)
        identifier = uuid7()
        held = json.loads(slots) if isinstance(slots, str) else slots
        _keep(
            updating,
            Association(
                AssociationType(kind),
                EntryUuid.of(new if source == old else source),
                EntryUuid.of(new if target == old else target),
                EntryUuid.of(identifier),
                slots=tuple((name, tuple(values)) for name, values in held.items()),
                status=Status.APPROVED,
            ),
        )
        updating.link(AssociationType.HAS_MEMBER, identifier, ())


def _enter(updating: Updating, folder: UUID) -> None:
    """A document enters a folder, which is updated now (ITI TF-3, 4.2.3.4)."""
    time = f"{updating.now:%Y%m%d%H%M%S}"
    with connection.cursor() as cursor:
        cursor.execute(_ENTERED, [time, time, updating.patient_id, folder])


def _keep(updating: Updating, link: Association) -> None:
    updating.links.append(
        entries.association_row(
            link, patient_id=updating.patient_id, submission_set_id=updating.lot_id
        )
    )


def _trace(updating: Updating, kind: str, identifier: UUID, title: str) -> None:
    updating.traces.append(
        journal.row(
            updating.actor,
            "document.updated",
            at=updating.now,
            patient_id=updating.patient_id,
            outcome="allowed",
            object_type=kind,
            object_id=str(identifier),
            details={"title": title, "hidden_for": []},
            correlation=updating.correlation,
        )
    )
