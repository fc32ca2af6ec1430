"""TD3.3c: a document is deleted, logically (ITI-57 UpdateAvailabilityStatus; spec dmp §3.9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from django.db import connection
from uuid_utils.compat import uuid7

from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record import entries
from carnet.national.record.actions.refusals import same_patient, told
from carnet.national.record.context import context
from carnet.national.record.law import matrix
from carnet.national.record.replaced import find_replaced
from carnet.national.record.rules import AccessRefused, Act, decide
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds.ebrim import entry_fragment
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.iti57 import StatusChange
from carnet.standards.xds.metadata import Association, AssociationType, Status

#: The changes that are done, each with the right it asks for and its name in the journal.
_CHANGES: Final[Mapping[Status, tuple[Act, str]]] = MappingProxyType(
    {Status.DELETED: (Act.DELETE, "document.deleted")}
)

_CHANGE: Final = f"""
WITH lot AS (
    INSERT INTO record_submissionset
    SELECT * FROM jsonb_populate_record(NULL::record_submissionset, %s::jsonb)
), locator AS (
    INSERT INTO record_locator
    SELECT * FROM jsonb_populate_record(NULL::record_locator, %s::jsonb)
), link AS (
    INSERT INTO record_association
    SELECT * FROM jsonb_populate_record(NULL::record_association, %s::jsonb)
), changed AS (
    UPDATE record_document SET status = %s, fragment = %s
     WHERE patient_id = %s AND id = %s AND status = %s
    RETURNING id
), traces AS (
    {journal.INSERT}
)
SELECT record_require((SELECT count(*) FROM changed) = 1, 'the status changed meanwhile')
"""  # noqa: S608 - constants only


def change_status(
    actor: Professional | Establishment,
    change: StatusChange,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> None:
    """Change the availabilityStatus of one document of `patient`, the INS of the VIHF.

    A change that is already made is answered again without effect when its lot is the same one.
    Raises `XdsRefused`, and then nothing is changed.
    """
    lot = change.submission_set
    known_change = _CHANGES.get(change.new)
    action = known_change[1] if known_change else "document.status"
    with told(actor, action, now=now, correlation=correlation) as attempt:
        ins = same_patient(patient, lot.patient_id)
        attempt.patient_id = patient_id = identity.patient_of(ins)
        found = (
            context(actor, patient_id, now=now, unique_ids=[lot.unique_id])
            if patient_id is not None
            else None
        )
        if patient_id is None or found is None:
            raise refused(ErrorCode.UNKNOWN_PATIENT_ID, "there is no record for this patient")
        if known_change is None:
            raise refused(
                ErrorCode.METADATA_UPDATE_OPERATION_ERROR, "this change of status is not done here"
            )
        target = find_replaced(patient_id, [change.target]).get(change.target)
        if target is None:
            raise refused(
                ErrorCode.UNRESOLVED_REFERENCE,
                "the association refers to no document of this record",
                location=change.target,
            )
        facts = target.facts(actor, matrix(now))
        decision = decide(actor, known_change[0], patient_id, found.facts, facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        digest = f"{change.target} {change.new.name}"
        known = found.known.get(lot.unique_id)
        if known and known.patient_id == patient_id and known.digest == digest:
            return
        if known:
            raise refused(
                ErrorCode.DUPLICATE_UNIQUE_ID_IN_REGISTRY,
                "this uniqueId is already registered",
                location=lot.unique_id,
            )
        if target.status is not change.original or target.status is change.new:
            raise refused(
                ErrorCode.METADATA_UPDATE_ERROR,
                "OriginalStatus is not the status of the document",
                location=change.target,
            )
        lot_id = uuid7()
        with connection.cursor() as cursor:
            cursor.execute(
                _CHANGE,
                [
                    json.dumps(
                        entries.lot_row(
                            lot, lot_id, patient_id=patient_id, digest=digest, received_at=now
                        )
                    ),
                    json.dumps(
                        entries.locator_row(
                            lot.unique_id,
                            str(lot_id),
                            patient_id=patient_id,
                            kind="submission_set",
                            digest=digest,
                        )
                    ),
                    json.dumps(
                        entries.association_row(
                            Association(
                                AssociationType.UPDATE_AVAILABILITY_STATUS,
                                EntryUuid.of(lot_id),
                                EntryUuid.of(target.id),
                                EntryUuid.of(uuid7()),
                                slots=(
                                    ("OriginalStatus", (change.original,)),
                                    ("NewStatus", (change.new,)),
                                ),
                                status=Status.APPROVED,
                            ),
                            patient_id=patient_id,
                            submission_set_id=lot_id,
                        )
                    ),
                    change.new.name,
                    entry_fragment(replace(target.entry, status=change.new)),
                    patient_id,
                    target.id,
                    target.status.name,
                    json.dumps(
                        [
                            journal.row(
                                actor,
                                action,
                                at=now,
                                patient_id=patient_id,
                                outcome="allowed",
                                object_type="document",
                                object_id=str(target.id),
                                details={
                                    "title": target.entry.title,
                                    "hidden_for": entries.hidden_for(facts),
                                },
                                correlation=correlation,
                            )
                        ]
                    ),
                ],
            )
