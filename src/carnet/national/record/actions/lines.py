"""The lines that one lot writes, and the one statement that writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from uuid_utils.compat import uuid7

from carnet.national.clients.documents import Stored
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record import entries, outbox
from carnet.national.record.actions.links import Links
from carnet.standards.ids import EntryUuid
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    DocumentEntry,
    Folder,
    Status,
    Submission,
    SubmissionSet,
)
from carnet.standards.xds.rules.signatures import is_signature

_LOT: Final = f"""
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
), traces AS (
    {journal.INSERT}
), events AS (
    {outbox.INSERT}
)"""  # noqa: S608 - constants only
#: A lot of new documents alone: what is published most.
_PUBLISH: Final = f"{_LOT} SELECT"
#: A lot that changes what is registered too: all is written or nothing is.
_PUBLISH_AND_CHANGE: Final = f"""{_LOT}, folders AS (
    INSERT INTO record_folder
    SELECT * FROM jsonb_populate_recordset(NULL::record_folder, %s::jsonb)
), replaced AS (
    UPDATE record_document SET status = 'DEPRECATED'
     WHERE patient_id = %s AND id = ANY(%s::uuid[]) AND status IN ('APPROVED', 'ARCHIVED')
    RETURNING id
), entered AS (
    UPDATE record_folder SET last_update_time = %s, fragment = regexp_replace(fragment,
           '(name="lastUpdateTime"><rim:ValueList><rim:Value>)[0-9]*', '\\1' || %s)
     WHERE patient_id = %s AND id = ANY(%s::uuid[]) AND status = 'APPROVED'
    RETURNING id
)
SELECT record_require(
           (SELECT count(*) FROM replaced WHERE id = ANY(%s::uuid[])) = %s,
           'a document was replaced meanwhile'),
       record_require((SELECT count(*) FROM entered) = %s, 'a folder changed meanwhile')
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class Lines:
    """What all the lines of one lot have in common."""

    actor: Actor
    patient_id: UUID
    ids: Mapping[str, UUID]
    now: datetime
    correlation: str
    repository: str  #: which holds the documents; empty when each entry says its own
    announces: bool  #: what is published is read, indexed and told after commit

    def statement(
        self,
        submission: Submission,
        lot: SubmissionSet,
        stored: Mapping[str, Stored],
        digest: str,
        links: Links,
    ) -> tuple[str, list[Any]]:
        """The statement that writes all of the lot or nothing, and its parameters."""
        replaces = {source: old.id for old, source in links.obsolete}
        registered = [
            (
                entries.registered(
                    entry,
                    self.ids[entry.id],
                    stored[entry.id],
                    self.repository or entry.repository_unique_id,
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
            (entry, old, entries.hidden_for(entries.facts_of(entry)))
            for entry, _bytes, old in registered
            if not (self.announces and is_signature(entry))
        ]
        lot_values = [
            json.dumps(each)
            for each in (
                self._locators(lot, digest, documents, submission.folders),
                entries.lot_row(
                    lot,
                    self.ids[lot.id],
                    patient_id=self.patient_id,
                    digest=digest,
                    received_at=self.now,
                ),
                documents,
                [
                    self._link(link, lot)
                    for link in (*submission.associations, *self._inherited(links, lot))
                ],
                [self._trace(*each) for each in told],
                [self._event(*each) for each in told if self.announces],
            )
        ]
        if not (submission.folders or links.obsolete or links.folders):
            return _PUBLISH, lot_values
        return _PUBLISH_AND_CHANGE, [*lot_values, *self._changes(submission, lot, links)]

    def _changes(self, submission: Submission, lot: SubmissionSet, links: Links) -> list[Any]:
        """The parameters of what `_PUBLISH_AND_CHANGE` adds."""
        time = f"{self.now:%Y%m%d%H%M%S}"
        obsolete = [old.id for old, _source in links.obsolete]
        dependents = [each for old, _source in links.obsolete for each in old.dependents]
        folders = [
            entries.folder_row(
                entries.registered_folder(folder, self.ids[folder.id], time),
                patient_id=self.patient_id,
                submission_set_id=self.ids[lot.id],
                received_at=self.now,
            )
            for folder in submission.folders
        ]
        return [
            json.dumps(folders),
            *(self.patient_id, [*obsolete, *dependents]),
            *(time, time, self.patient_id, list(links.folders)),
            *(obsolete, len(obsolete)),
            len(links.folders),
        ]

    def _inherited(self, links: Links, lot: SubmissionSet) -> Iterator[Association]:
        """What replaces a document of a folder is in that folder, and the lot says so."""
        for folder, document in links.inherited:
            member = Association(
                AssociationType.HAS_MEMBER,
                EntryUuid.of(folder),
                document,
                EntryUuid.of(uuid7()),
            )
            yield member
            yield Association(AssociationType.HAS_MEMBER, lot.id, member.id, EntryUuid.of(uuid7()))

    def _locators(
        self,
        lot: SubmissionSet,
        digest: str,
        documents: Sequence[Mapping[str, Any]],
        folders: Sequence[Folder],
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
        lines += (
            entries.locator_row(
                folder.unique_id,
                str(self.ids[folder.id]),
                patient_id=self.patient_id,
                kind="folder",
                digest="",
            )
            for folder in folders
        )
        # One order for everybody: two lots that share ids wait for each other, never both.
        return sorted(lines, key=lambda line: line["unique_id"])

    def _link(self, link: Association, lot: SubmissionSet) -> dict[str, Any]:
        return entries.association_row(
            replace(
                link,
                id=self._urn(link.id) if link.id else EntryUuid.of(uuid7()),
                source=self._urn(link.source),
                target=self._urn(link.target),
                status=Status.APPROVED,
            ),
            patient_id=self.patient_id,
            submission_set_id=self.ids[lot.id],
        )

    def _urn(self, reference: str) -> str:
        """The entryUUID of an object of the lot, or of what is registered under it."""
        made = self.ids.get(reference)
        return EntryUuid.of(made) if made else EntryUuid(reference)

    def _trace(
        self, entry: DocumentEntry, old: UUID | None, hidden_for: list[str]
    ) -> dict[str, Any]:
        return journal.row(
            self.actor,
            "document.replaced" if old else "document.published",
            at=self.now,
            patient_id=self.patient_id,
            outcome="allowed",
            object_type="document",
            object_id=EntryUuid(entry.id).text,
            details={"title": entry.title, "hidden_for": hidden_for},
            correlation=self.correlation,
        )

    def _event(
        self, entry: DocumentEntry, old: UUID | None, hidden_for: list[str]
    ) -> dict[str, Any]:
        return outbox.row(
            self.patient_id,
            "document.published",
            {
                "document": EntryUuid(entry.id).text,
                "title": entry.title,
                "actor": self.actor.label,
                "hidden_for": hidden_for,
                "replaces": str(old) if old else "",
            },
            at=self.now,
            correlation=self.correlation,
        )
