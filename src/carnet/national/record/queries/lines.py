"""One document as a line or a head of page: from its columns and its fragment."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from carnet.national.record import entries
from carnet.national.record.fragments import unpack
from carnet.national.record.queries.views import DocumentSummary
from carnet.standards import xml
from carnet.standards.nos import category, display
from carnet.standards.xds.ebrim import read_heading
from carnet.standards.xds.metadata import Code, Status


class Line(NamedTuple):
    """The columns that one line of the list is made of."""

    id: UUID
    title: str
    mime_type: str
    size: int
    fragment: bytes  #: packed, see `fragments`
    category: str
    service_start: datetime
    creation_time: datetime
    received_at: datetime
    status: str
    opened_at: datetime | None
    from_patient: bool
    replaces_id: UUID | None
    masked: bool
    invisible_representatives: bool


#: How a status is told; a deleted document is shown to nobody.
STATUSES: Final = {
    Status.APPROVED.name: "current",
    Status.DEPRECATED.name: "replaced",
    Status.ARCHIVED.name: "archived",
}


def summary_of(line: Line) -> DocumentSummary:
    """The line as it is shown."""
    kind, authors = read_heading(xml.parse(unpack(line.fragment, line.status)))
    author = authors[0] if authors else None
    structure = entries.xon_name(author.institutions[0]) if author and author.institutions else ""
    name = entries.person_name(author.person) if author else ""
    specialty = author.specialties[0].split("^") if author and author.specialties else []
    return DocumentSummary(
        id=line.id,
        title=line.title or label(kind),
        type_code=kind.code if kind else "",
        type_label=label(kind),
        category=line.category,
        category_label=category(line.category).title,
        author_name=name or structure,
        author_specialty=specialty[1] if len(specialty) > 1 else "",
        structure_name=structure,
        date=line.service_start,
        created_at=line.creation_time,
        received_at=line.received_at,
        mime_type=line.mime_type,
        size=line.size,
        status=STATUSES[line.status],
        is_new=line.opened_at is None,
        is_masked=line.masked,
        is_hidden_from_representatives=line.invisible_representatives,
        is_from_patient=line.from_patient,
        replaces_another=line.replaces_id is not None,
    )


def label(code: Code | None) -> str:
    """The published French label, else the one that the sender wrote."""
    if code is None:
        return ""
    return display(code.scheme, code.code) or code.display or code.code
