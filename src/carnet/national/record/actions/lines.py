"""The lines that one lot writes, and the one statement that writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from carnet.national.clients.documents import Stored
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record import entries, outbox
from carnet.national.record.replaced import Replaced
from carnet.standards.ids import EntryUuid
from carnet.standards.xds.ebrim import entry_fragment
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.metadata import (
    Association,
    DocumentEntry,
    Status,
    Submission,
    SubmissionSet,
)

#: Takes what `Lines.statement` gives; all is written or nothing is.
PUBLISH: Final = f"""
WITH locators AS (
    INSERT INTO record_locator
    SELECT * FROM jsonb_populate_recordset(NULL::record_locator, %s::jsonb)
), lot AS (
    INSERT INTO record_submissionset
    SELECT * FROM jsonb_populate_record(NULL::record_submissionset, %s::jsonb)
), documents AS (
    INSERT INTO record_document
    SELECT * FROM jsonb_populate_recordset(NULL::record_document, %s::jsonb)
), links AS (
    INSERT INTO record_association
    SELECT * FROM jsonb_populate_recordset(NULL::record_association, %s::jsonb)
), replaced AS (
    UPDATE record_document old SET status = 'DEPRECATED', fragment = new.fragment
      FROM jsonb_to_recordset(%s::jsonb) AS new(id uuid, fragment text)
     WHERE old.patient_id = %s AND old.id = new.id AND old.status IN ('APPROVED', 'ARCHIVED')
    RETURNING old.id
), traces AS (
    {journal.INSERT}
), events AS (
    {outbox.INSERT}
)
SELECT record_require((SELECT count(*) FROM replaced) = %s, 'a document was replaced meanwhile')
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class Lines:
    """What all the lines of one lot have in common."""

    actor: Actor
    patient_id: UUID
    ids: Mapping[str, UUID]
    now: datetime
    correlation: str

    def statement(
        self,
        submission: Submission,
        lot: SubmissionSet,
        stored: Mapping[str, Stored],
        digest: str,
        obsolete: Sequence[tuple[Replaced, str]],
    ) -> list[Any]:
        """The parameters of `PUBLISH`."""
        replaces = {source: old.id for old, source in obsolete}
        registered = [
            (
                entries.registered(
                    entry,
                    self.ids[entry.id],
                    stored[entry.id],
                    settings.CARNET_REPOSITORY_OID,
                ),
                stored[entry.id],
                replaces.get(entry.id),
            )
            for entry in submission.documents
        ]
        try:
            documents = [
                entries.document_row(
                    entry,
                    bytes_,
                    patient_id=self.patient_id,
                    submission_set_id=self.ids[lot.id],
                    senders=lot.author,
                    replaces=old,
                    received_at=self.now,
                )
                for entry, bytes_, old in registered
            ]
        except ValueError as error:
            raise refused(ErrorCode.REGISTRY_METADATA_ERROR, str(error)) from None
        told = [
            (entry, old) for entry, _bytes, old in registered if not entries.is_signature(entry)
        ]
        return [
            json.dumps(self._locators(lot, digest, documents)),
            json.dumps(
                entries.lot_row(
                    lot,
                    self.ids[lot.id],
                    patient_id=self.patient_id,
                    digest=digest,
                    received_at=self.now,
                )
            ),
            json.dumps(documents),
            json.dumps([self._link(link, lot) for link in submission.associations]),
            json.dumps(
                [
                    {
                        "id": str(old.id),
                        "fragment": entry_fragment(replace(old.entry, status=Status.DEPRECATED)),
                    }
                    for old, _source in obsolete
                ]
            ),
            self.patient_id,
            json.dumps([self._trace(entry, old) for entry, old in told]),
            json.dumps([self._event(entry, old) for entry, old in told]),
            len(obsolete),
        ]

    def _locators(
        self, lot: SubmissionSet, digest: str, documents: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, str]]:
        lines = [
            entries.locator_row(
                str(document["unique_id"]),
                str(document["id"]),
                patient_id=self.patient_id,
                kind="document",
                digest=str(document["sha1"]),
            )
            for document in documents
        ]
        lines.append(
            entries.locator_row(
                lot.unique_id,
                str(self.ids[lot.id]),
                patient_id=self.patient_id,
                kind="submission_set",
                digest=digest,
            )
        )
        # One order for everybody: two lots that share ids wait for each other, never both.
        return sorted(lines, key=lambda line: line["unique_id"])

    def _link(self, link: Association, lot: SubmissionSet) -> dict[str, Any]:
        return entries.association_row(
            replace(
                link,
                id=EntryUuid.of(uuid7()),
                source=EntryUuid.of(self.ids[link.source]),
                target=EntryUuid.of(self.ids.get(link.target) or EntryUuid(link.target).uuid),
                status=Status.APPROVED,
            ),
            patient_id=self.patient_id,
            submission_set_id=self.ids[lot.id],
        )

    def _trace(self, entry: DocumentEntry, old: UUID | None) -> dict[str, Any]:
        return journal.row(
            self.actor,
            "document.replaced" if old else "document.published",
            at=self.now,
            patient_id=self.patient_id,
            outcome="allowed",
            object_type="document",
            object_id=str(EntryUuid(entry.id).uuid),
            details={
                "title": entry.title,
                "hidden_for": entries.hidden_for(entries.facts_of(entry)),
            },
            correlation=self.correlation,
        )

    def _event(self, entry: DocumentEntry, old: UUID | None) -> dict[str, Any]:
        return outbox.row(
            self.patient_id,
            "document.published",
            {
                "document": str(EntryUuid(entry.id).uuid),
                "title": entry.title,
                "actor": self.actor.label,
                "hidden_for": entries.hidden_for(entries.facts_of(entry)),
                "replaces": str(old) if old else "",
            },
            at=self.now,
            correlation=self.correlation,
        )
