"""DocumentReference: search (ITI-67), read, and simplified publication (ITI-105)."""

from __future__ import annotations

from uuid import UUID

from carnet.national.doors.fhir import publish
from carnet.national.doors.fhir.held import headers, named, written
from carnet.national.doors.fhir.searching import found_in, read_search
from carnet.national.doors.fhir.service import Call, Reply, json_types
from carnet.national.record.queries.search import FoundDocument, search_documents
from carnet.standards.fhir.outcome import FhirRefused, refused


def search(call: Call) -> Reply:
    """ITI-67."""
    asked = read_search(call, "DocumentReference")
    page = search_documents(call.session.actor, asked, **call.context)
    last = page.documents[-1] if page.documents else None
    return found_in(
        call,
        "DocumentReference",
        asked,
        [(str(each.id), written(call, each)) for each in page.documents],
        total=page.total,
        after=(last.at, last.id) if last is not None and page.more else None,
    )


def read(call: Call, id: str) -> Reply:
    """A document entry by its entryUUID."""
    found = one(call, id)
    said = headers(found)
    if call.request.headers.get("If-None-Match") == said["ETag"]:
        return Reply(status=304, headers=said)
    return Reply(written(call, found), headers=said)


def create(call: Call) -> Reply:
    """ITI-105."""
    data, _type = call.body(*json_types())
    return publish.simplified(call, data)


def one(call: Call, id: str) -> FoundDocument:
    """The document with this id. Raises `FhirRefused` when there is none for this caller."""
    try:
        found = named(call, UUID(id))
    except ValueError:
        raise not_found() from None
    if not found:
        raise not_found()
    return found[0]


def not_found() -> FhirRefused:
    """What is hidden from a caller is answered as what does not exist."""
    return refused(404, "not-found", "no such document, or none that you may know of")
