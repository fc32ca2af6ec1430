"""One change of registered objects under way: what its operations need, and what they leave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, connection
from uuid_utils.compat import uuid7

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record import entries, outbox
from carnet.national.record.replaced import Replaced
from carnet.national.record.rules import (
    AccessRefused,
    Act,
    DocumentFacts,
    Matrix,
    RecordFacts,
    decide,
)
from carnet.standards.ids import EntryUuid
from carnet.standards.xds.metadata import Association, AssociationType, Status, SubmissionSet

_LOST: Final = ("40001", "40P01")
_LOCK: Final = "SELECT FROM record_record WHERE patient_id = %s FOR NO KEY UPDATE"
_LOT: Final = """
INSERT INTO record_submissionset
SELECT * FROM jsonb_populate_record(NULL::record_submissionset, %s::jsonb)
"""
_KEEP: Final = f"""
WITH locator AS (
    INSERT INTO record_locator
    SELECT * FROM jsonb_populate_record(NULL::record_locator, %s::jsonb)
), links AS (
    INSERT INTO record_association
    SELECT * FROM jsonb_populate_recordset(NULL::record_association, %s::jsonb)
), events AS (
    {outbox.INSERT}
)
{journal.INSERT}
"""  # noqa: S608 - constants only


def lock_updates(patient_id: UUID) -> None:
    """One update at a time in a record."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [patient_id])


class LostRace(Exception):  # noqa: N818 - says what happened
    """Another request changed the same object meanwhile: look again."""


def is_lost_race(error: OperationalError) -> bool:
    """A deadlock or `record_require`: nothing was stored, the request is to be looked at again."""
    return getattr(error.__cause__, "sqlstate", "") in _LOST


@dataclass(slots=True)
class Updating:
    """`documents` are the last versions of those that the request names.

    `links`, `traces` and `events` are lines of associations, journal and outbox, written at the
    end with the lot.
    """

    actor: Actor
    patient_id: UUID
    record: RecordFacts
    matrix: Matrix
    lot_id: UUID
    now: datetime
    correlation: str
    documents: Sequence[Replaced]
    links: list[dict[str, Any]] = field(default_factory=list)
    traces: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def require(self, act: Act, facts: DocumentFacts) -> None:
        """Raises `AccessRefused` when the actor may not do this to such a document."""
        decision = decide(self.actor, act, self.patient_id, self.record, facts)
        if not decision.allowed:
            raise AccessRefused(decision)

    def link(
        self, kind: AssociationType, target: UUID, slots: tuple[tuple[str, tuple[str, ...]], ...]
    ) -> None:
        """Keep the association by which the lot asked for a change."""
        self.links.append(
            entries.association_row(
                Association(
                    kind,
                    EntryUuid.of(self.lot_id),
                    EntryUuid.of(target),
                    EntryUuid.of(uuid7()),
                    slots=slots,
                    status=Status.APPROVED,
                ),
                patient_id=self.patient_id,
                submission_set_id=self.lot_id,
            )
        )

    def trace(self, action: str, document: Replaced, facts: DocumentFacts) -> None:
        """Write what was done; `facts` tell to whom the line must not be shown."""
        self.traces.append(
            journal.row(
                self.actor,
                action,
                at=self.now,
                patient_id=self.patient_id,
                outcome="allowed",
                object_type="document",
                object_id=str(document.logical_id),
                details={
                    "title": document.entry.title,
                    "hidden_for": entries.hidden_for(facts),
                },
                correlation=self.correlation,
            )
        )

    def begin(self, lot: SubmissionSet, digest: str) -> None:
        """Register the lot that asks for the changes: what they register belongs to it."""
        row = entries.lot_row(
            lot, self.lot_id, patient_id=self.patient_id, digest=digest, received_at=self.now
        )
        with connection.cursor() as cursor:
            cursor.execute(_LOT, [json.dumps(row)])

    def finish(self, lot: SubmissionSet, digest: str) -> None:
        """Write what the operations left."""
        locator = entries.locator_row(
            lot.unique_id,
            str(self.lot_id),
            patient_id=self.patient_id,
            kind="submission_set",
            digest=digest,
        )
        with connection.cursor() as cursor:
            cursor.execute(
                _KEEP,
                [json.dumps(each) for each in (locator, self.links, self.events, self.traces)],
            )
