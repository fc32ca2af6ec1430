"""PATCH of a DocumentReference, as an ITI-57 update: status, securityLabel or isArchived."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final
from uuid import uuid4

from django.conf import settings

from carnet.national.doors.fhir.documents import not_found, one
from carnet.national.doors.fhir.held import entry_of, headers, version_id, written
from carnet.national.doors.fhir.publish import sender
from carnet.national.doors.fhir.searching import read_search
from carnet.national.doors.fhir.service import Call, Reply, json_types
from carnet.national.record import actions as record
from carnet.national.record.queries.search import FoundDocument, search_documents
from carnet.standards.fhir import outcome, patch, systems
from carnet.standards.fhir.outcome import refused
from carnet.standards.fhir.patch import Change
from carnet.standards.fhir.search import Criterion, Search, Token
from carnet.standards.ids import EntryUuid
from carnet.standards.xds import from_cda
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti57 import EntryUpdate, Operation, StatusUpdate, UpdateRequest
from carnet.standards.xds.metadata import DocumentEntry, Status, SubmissionSet

_ETAG: Final = re.compile(r'(?:W/)?"([A-Za-z0-9.-]{1,64})"')


def change(call: Call, id: str) -> Reply:
    """PATCH by id."""
    return _change(call, one(call, id))


def change_found(call: Call) -> Reply:
    """Conditional PATCH: of the one document that the criteria find, in its last version."""
    asked = read_search(call, "DocumentReference")
    if not asked.has("identifier") and not asked.has("id"):
        raise refused(400, "required", "identifier says which document changes")
    found = _last(call, asked)
    if found is None:
        raise not_found()
    return _change(call, found)


def _last(call: Call, asked: Search) -> FoundDocument | None:
    page = search_documents(call.session.actor, asked, **call.context)
    if not page.documents:
        return None
    if page.more or len({entry_of(each).logical_id for each in page.documents}) > 1:
        raise refused(412, "multiple-matches", "the criteria find several documents")
    return max(page.documents, key=lambda each: each.version)


def _change(call: Call, found: FoundDocument) -> Reply:
    data, media_type = call.body(patch.JSON_PATCH, *json_types())
    expected = call.request.headers.get("If-Match", "")
    if expected:
        matched = _ETAG.fullmatch(expected.strip())
        if matched is None or matched[1] != version_id(found):
            raise refused(412, "conflict", "the document is not in this version any more")
    before = written(call, found)
    after = patch.patched(before, data, media_type)
    wanted = patch.change(before, after)
    entry = entry_of(found)
    if wanted != Change():
        try:
            record.update(call.session.actor, _request(call, entry, wanted), **call.context)
        except XdsRefused as refusal:
            raise outcome.of_xds(refusal.errors, {entry.id: "DocumentReference"}) from None
    named = Token(systems.URI, entry.unique_id)
    last = _last(call, Search((Criterion("identifier", "", (named,)),), total=False))
    if last is None:
        # A document that is deleted is known to nobody any more.
        return Reply({name: value for name, value in after.items() if name != "meta"})
    return Reply(written(call, last), headers=headers(last))


def _request(call: Call, entry: DocumentEntry, wanted: Change) -> UpdateRequest:
    """The update of ITI-57 that makes the change. Raises `FhirRefused`."""
    if wanted.status is not None and wanted.confidentiality is not None:
        raise refused(
            422,
            "not-supported",
            "a PATCH changes status and isArchived, or securityLabel, not both",
            "DocumentReference",
        )
    lot = SubmissionSet(
        id="SubmissionSet01",
        unique_id=f"2.25.{uuid4().int}",
        source_id=settings.CARNET_REPOSITORY_OID,
        patient_id=entry.patient_id,
        submission_time=f"{call.now:%Y%m%d%H%M%S}",
        content_type=from_cda.content_type(""),
        author=(sender(call.session.actor),),
    )
    operation: Operation
    if wanted.status is not None:
        operation = StatusUpdate(
            EntryUuid(entry.id), entry.status or Status.APPROVED, wanted.status
        )
    else:
        new = replace(entry, id="Document01", confidentiality=wanted.confidentiality or ())
        operation = EntryUpdate(new, entry.version or 1)
    return UpdateRequest(lot, (operation,))
