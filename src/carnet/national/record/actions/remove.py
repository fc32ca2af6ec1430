"""Objects and documents leave an affinity domain (ITI-62, ITI-86; RMD).

Removing the entry of a document that is here removes the document with it: registry and repository
are one. What nobody refers to any more is deleted from the store some time later (`upkeep`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Member
from carnet.national.record import places
from carnet.national.record.actions.refusals import told
from carnet.national.record.actions.updating import lock_updates
from carnet.national.record.context import context
from carnet.national.record.rules import AccessRefused, Act, decide
from carnet.standards.ids import EntryUuid
from carnet.standards.xds.errors import ErrorCode, RegistryError, XdsRefused
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import Association, AssociationType
from carnet.standards.xds.rules.removals import check_removal

_LOTS: Final = "SELECT id FROM record_submissionset WHERE patient_id = %s"
_LINKS: Final = (
    "SELECT id, type, source_id, target_id FROM record_association WHERE patient_id = %s"
)
#: What stays of a lot that goes is said to be of another lot that it is a member of.
_MOVE: Final = f"""
UPDATE record_{{table}} object SET submission_set_id = (
       SELECT link.source_id FROM record_association link
         JOIN record_submissionset lot
           ON lot.patient_id = link.patient_id AND lot.id = link.source_id
        WHERE link.patient_id = object.patient_id AND link.target_id = {{member}}
          AND link.type = '{AssociationType.HAS_MEMBER}' AND lot.id <> ALL(%(removed)s::uuid[])
        LIMIT 1)
 WHERE object.patient_id = %(patient)s AND object.id <> ALL(%(removed)s::uuid[])
   AND object.submission_set_id = ANY(%(removed)s::uuid[])
"""  # noqa: S608 - constants only
#: In this order: each before what it refers to.
_STEPS: Final = (
    _MOVE.format(table="document", member="object.id"),
    _MOVE.format(table="folder", member="object.id"),
    _MOVE.format(table="association", member="ANY(ARRAY[object.id, object.source_id])"),
    """
DELETE FROM record_association
 WHERE patient_id = %(patient)s AND id = ANY(%(removed)s::uuid[])
""",
    """
UPDATE record_document SET replaces_id = NULL
 WHERE patient_id = %(patient)s AND replaces_id = ANY(%(removed)s::uuid[])
""",
    """
DELETE FROM record_document WHERE patient_id = %(patient)s AND id = ANY(%(removed)s::uuid[])
""",
    """
DELETE FROM record_folder WHERE patient_id = %(patient)s AND id = ANY(%(removed)s::uuid[])
""",
    """
DELETE FROM record_submissionset WHERE patient_id = %(patient)s AND id = ANY(%(removed)s::uuid[])
""",
    # A document or a folder whose last version goes is found by the one before.
    """
UPDATE record_locator SET entry_uuid = left_over.id
  FROM (SELECT DISTINCT ON (unique_id) unique_id, id FROM (
            SELECT unique_id, version, id FROM record_document WHERE patient_id = %(patient)s
             UNION ALL
            SELECT unique_id, version, id FROM record_folder WHERE patient_id = %(patient)s
        ) AS object ORDER BY unique_id, version DESC) AS left_over
 WHERE record_locator.unique_id = left_over.unique_id
   AND record_locator.entry_uuid = ANY(%(removed)s::uuid[])
""",
    "DELETE FROM record_locator WHERE entry_uuid = ANY(%(removed)s::uuid[])",
)
_FORGET_BYTES: Final = """
UPDATE record_document SET sha256 = ''
 WHERE patient_id = %s AND unique_id = %s AND sha256 <> ''
RETURNING logical_id, title
"""


def remove_metadata(
    actor: Member, ids: Sequence[EntryUuid], *, now: datetime, correlation: str = ""
) -> None:
    """Remove these objects, all of them or none.

    Raises `XdsRefused`: UnresolvedReferenceException, ReferencesExistException,
    XDSUnreferencedObjectException, DMPAccessDeniedByRightsService.
    """
    with told(actor, "metadata.removed", now=now, correlation=correlation), transaction.atomic():
        patients = places.patients_of([each.uuid for each in ids])
        if strangers := [each for each in ids if each.uuid not in patients]:
            raise XdsRefused(
                *(
                    RegistryError(
                        ErrorCode.UNRESOLVED_REFERENCE,
                        "no object has this entryUUID",
                        location=each,
                    )
                    for each in strangers
                )
            )
        for patient_id in sorted(set(patients.values())):
            mine = [each.uuid for each in ids if patients[each.uuid] == patient_id]
            _check_right(actor, patient_id, now)
            lock_updates(patient_id)
            _remove(patient_id, mine)
            journal.record(
                actor,
                "metadata.removed",
                at=now,
                patient_id=patient_id,
                outcome="allowed",
                details={"objects": [str(each) for each in mine]},
                correlation=correlation,
            )


def remove_documents(
    actor: Member, refs: Sequence[DocumentRef], *, now: datetime, correlation: str = ""
) -> tuple[RegistryError, ...]:
    """Forget the bytes of these documents; an error for each of those that are not here.

    Their entries stay until ITI-62 removes them. Raises `XdsRefused`.
    """
    errors: list[RegistryError] = []
    with told(actor, "document.removed", now=now, correlation=correlation), transaction.atomic():
        for ref in refs:
            if ref.repository_unique_id != settings.CARNET_REPOSITORY_OID:
                errors.append(_not_here(ErrorCode.UNKNOWN_REPOSITORY_ID, ref))
                continue
            removed = False
            for patient_id in places.patients_named([ref.unique_id]):
                _check_right(actor, patient_id, now)
                removed |= _forget_bytes(actor, patient_id, ref, now, correlation)
            if not removed:
                errors.append(_not_here(ErrorCode.DOCUMENT_UNIQUE_ID_ERROR, ref))
    return tuple(errors)


def _not_here(code: ErrorCode, ref: DocumentRef) -> RegistryError:
    return RegistryError(code, "this document is not here", location=ref.unique_id)


def _check_right(actor: Member, patient_id: UUID, now: datetime) -> None:
    found = context(actor, patient_id, now=now)
    if found is None:
        raise XdsRefused(
            RegistryError(ErrorCode.UNKNOWN_PATIENT_ID, "there is no record for this patient")
        )
    decision = decide(actor, Act.DELETE, patient_id, found.facts)
    if not decision.allowed:
        raise AccessRefused(decision)


def _remove(patient_id: UUID, removed: Collection[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOTS, [patient_id])
        lots = {EntryUuid.of(found) for (found,) in cursor.fetchall()}
        cursor.execute(_LINKS, [patient_id])
        links = [
            Association(
                AssociationType(kind),
                EntryUuid.of(source),
                EntryUuid.of(target),
                EntryUuid.of(identifier),
            )
            for identifier, kind, source, target in cursor.fetchall()
        ]
        names = {EntryUuid.of(each) for each in removed}
        if problems := tuple(dict.fromkeys(check_removal(names, lots, links))):
            raise XdsRefused(*problems)
        for step in _STEPS:
            cursor.execute(step, {"patient": patient_id, "removed": list(removed)})
    places.forget_places(removed)


def _forget_bytes(
    actor: Member, patient_id: UUID, ref: DocumentRef, now: datetime, correlation: str
) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_BYTES, [patient_id, ref.unique_id])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    if not found:
        return False
    logical_id, title = found[0]
    journal.record(
        actor,
        "document.removed",
        at=now,
        patient_id=patient_id,
        outcome="allowed",
        object_type="document",
        object_id=str(logical_id),
        details={"title": title, "hidden_for": []},
        correlation=correlation,
    )
    return True
