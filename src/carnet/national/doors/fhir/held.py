"""Documents of the record as resources: what a query found, with its version."""

from __future__ import annotations

from uuid import UUID

from carnet.national.doors.fhir.service import Call
from carnet.national.record import fragments
from carnet.national.record.queries.search import FoundDocument, search_documents
from carnet.standards.fhir import document_reference
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.document_reference import Held
from carnet.standards.fhir.search import Criterion, Search
from carnet.standards.xds.metadata import AssociationType, DocumentEntry


def written(call: Call, found: FoundDocument) -> Resource:
    """The DocumentReference of what was found."""
    return document_reference.write(
        Held(
            id=str(found.id),
            entry=entry_of(found),
            version_id=version_id(found),
            last_updated=found.last_updated,
            relations=[(AssociationType(kind), target) for kind, target in found.relations],
        ),
        base=call.base,
    )


def named(call: Call, *values: UUID) -> tuple[FoundDocument, ...]:
    """The documents with these entryUUIDs that the caller may know of."""
    asked = Search((Criterion("id", "", values),), count=max(1, len(values)), total=False)
    return search_documents(call.session.actor, asked, **call.context).documents


def entry_of(found: FoundDocument) -> DocumentEntry:
    """The metadata of what was found."""
    return fragments.entry_of(found.fragment, found.status)


def headers(found: FoundDocument) -> dict[str, str]:
    """The version of a document, as headers."""
    return {
        "ETag": f'W/"{version_id(found)}"',
        "Last-Modified": f"{found.last_updated:%a, %d %b %Y %H:%M:%S GMT}",
    }


def version_id(found: FoundDocument) -> str:
    """The version of the metadata, then the number of changes of status since."""
    return f"{found.version}.{found.changes}"
