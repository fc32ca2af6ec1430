"""TD3.3c and TD3.3d: a document is deleted, archived, unarchived (UpdateAvailabilityStatus)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import connection

from carnet.national.record.actions.updating import LostRace, Updating
from carnet.national.record.rules import Act
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.iti57 import StatusUpdate
from carnet.standards.xds.metadata import AssociationType, Status
from carnet.standards.xds.rules.signatures import is_signature

#: Each change of the life of a document (spec dmp §3.10), the right that it asks for and its name
#: in the journal. What is deleted stays so.
_CHANGES: Final[Mapping[tuple[Status, Status], tuple[Act, str]]] = MappingProxyType(
    {
        (Status.APPROVED, Status.DELETED): (Act.DELETE, "document.deleted"),
        (Status.ARCHIVED, Status.DELETED): (Act.DELETE, "document.deleted"),
        (Status.DEPRECATED, Status.DELETED): (Act.DELETE, "document.deleted"),
        (Status.APPROVED, Status.ARCHIVED): (Act.ARCHIVE, "document.archived"),
        (Status.ARCHIVED, Status.APPROVED): (Act.UNARCHIVE, "document.unarchived"),
    }
)
_CHANGE: Final = """
UPDATE record_document SET status = %s WHERE patient_id = %s AND id = %s AND status = %s
"""
#: What is deleted is so in all its versions.
_CHANGE_ALL: Final = """
UPDATE record_document SET status = %s WHERE patient_id = %s AND unique_id = %s AND status <> %s
"""
#: The signature of a lot goes with the last document of the lot (spec dmp §3.8, §3.10).
_DELETE_SIGNATURES: Final = f"""
UPDATE record_document SET status = %s
 WHERE patient_id = %s AND status <> %s AND id IN (
       SELECT signs.source_id FROM record_document deleted
         JOIN record_association member
           ON member.patient_id = deleted.patient_id AND member.target_id = deleted.id
          AND member.type = '{AssociationType.HAS_MEMBER}'
         JOIN record_association signs
           ON signs.patient_id = member.patient_id AND signs.target_id = member.source_id
          AND signs.type = '{AssociationType.SIGNS}'
        WHERE deleted.patient_id = %s AND deleted.unique_id = %s AND NOT EXISTS (
              SELECT FROM record_association other JOIN record_document kept
                  ON kept.patient_id = other.patient_id AND kept.id = other.target_id
               WHERE other.patient_id = signs.patient_id AND other.source_id = signs.target_id
                 AND other.type = '{AssociationType.HAS_MEMBER}' AND kept.id <> signs.source_id
                 AND kept.status <> 'DELETED'))
"""  # noqa: S608 - constants only


def change_status(updating: Updating, change: StatusUpdate) -> None:
    """Change the availabilityStatus of one document.

    Raises `XdsRefused`, `AccessRefused`, and `LostRace` when the document changed meanwhile.
    """
    target = next((each for each in updating.documents if each.entry.id == change.target), None)
    if target is None:
        raise refused(
            ErrorCode.UNRESOLVED_REFERENCE,
            "the association refers to no document of this record, or not to its last version",
            location=change.target,
        )
    facts = target.facts(updating.actor, updating.matrix)
    # Who may not do it learns nothing of the status, not even that the request was wrong.
    asked = {act for (_old, new), (act, _name) in _CHANGES.items() if new is change.new}
    known = _CHANGES.get((change.original, change.new))
    for act in {known[0]} if known else asked:
        updating.require(act, facts)
    if known is None or target.status is not change.original:
        raise refused(
            ErrorCode.METADATA_UPDATE_ERROR,
            "OriginalStatus is not the status of the document, or does not lead to NewStatus",
            location=change.target,
        )
    if is_signature(target.entry):
        raise refused(
            ErrorCode.UNMODIFIABLE_METADATA,
            "the signature of a lot stays as long as one document of the lot (dmp §3.8)",
            location=change.target,
        )
    new = (change.new.name, updating.patient_id)
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, [*new, target.id, target.status.name])
        if cursor.rowcount != 1:
            raise LostRace
        if change.new is Status.DELETED:
            cursor.execute(_CHANGE_ALL, [*new, target.entry.unique_id, change.new.name])
            cursor.execute(
                _DELETE_SIGNATURES,
                [*new, change.new.name, updating.patient_id, target.entry.unique_id],
            )
    updating.link(
        AssociationType.UPDATE_AVAILABILITY_STATUS,
        target.id,
        (("OriginalStatus", (change.original,)), ("NewStatus", (change.new,))),
    )
    updating.trace(known[1], target, facts)
