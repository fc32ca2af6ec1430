"""The record as its holder reads it: lists, one document, its bytes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.text import get_valid_filename

from carnet.national.clients.documents import store
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Citizen
from carnet.national.record import entries
from carnet.national.record.context import context
from carnet.national.record.models import Document, Record, SubmissionSet
from carnet.national.record.queries.views import (
    Category,
    DocumentList,
    DocumentNotFound,
    DocumentSummary,
    DocumentView,
    RecordSummary,
    StoredDocument,
    Version,
)
from carnet.national.record.rules import (
    FACET_CODE,
    AccessRefused,
    Act,
    Decision,
    DocumentFacts,
    Reason,
    RecordFacts,
    decide,
    owners,
    visible,
)
from carnet.standards import xml
from carnet.standards.cda import reading
from carnet.standards.nos import CATEGORIES, category, display
from carnet.standards.xds.ebrim import read_entry
from carnet.standards.xds.metadata import Code, DocumentEntry, Status


class _Line(NamedTuple):
    """The columns that one line of the list is made of."""

    id: UUID
    fragment: str
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


#: Newest act first; the cursor of a page is the last line's (service_start, id).
_PAGE: Final = f"""
SELECT {", ".join(_Line._fields)}
  FROM record_document
 WHERE patient_id = %s AND {FACET_CODE} = ANY(%s::int[]) AND status IN ('APPROVED', 'ARCHIVED')
   AND (%s::text IS NULL OR category = %s)
   AND (%s::text[] IS NULL OR words LIKE ALL(%s::text[]))
   AND (%s::timestamptz IS NULL OR (service_start, id) < (%s, %s::uuid))
 ORDER BY service_start DESC, id DESC
 LIMIT %s
"""  # noqa: S608 - constants only

_COUNTS: Final = f"""
SELECT category, count(*), count(*) FILTER (WHERE opened_at IS NULL),
       count(*) FILTER (WHERE %s::text[] IS NULL OR words LIKE ALL(%s::text[]))
  FROM record_document
 WHERE patient_id = %s AND {FACET_CODE} = ANY(%s::int[]) AND status IN ('APPROVED', 'ARCHIVED')
 GROUP BY category
"""  # noqa: S608 - constants only

#: All versions of the chain of replacements that a document is in, oldest first.
_VERSIONS: Final = f"""
WITH RECURSIVE chain(id) AS (
    SELECT %s::uuid
    UNION
    SELECT other.id FROM chain, record_document other, record_document this
     WHERE this.patient_id = %s AND this.id = chain.id AND other.patient_id = %s
       AND (other.replaces_id = this.id OR other.id = this.replaces_id)
)
SELECT id, received_at, status FROM record_document
 WHERE patient_id = %s AND id IN (SELECT id FROM chain) AND {FACET_CODE} = ANY(%s::int[])
 ORDER BY received_at DESC, id DESC
"""  # noqa: S608 - constants only

_STATUSES: Final = {
    Status.APPROVED.name: "current",
    Status.DEPRECATED.name: "replaced",
    Status.ARCHIVED.name: "archived",
}
_CURSOR: Final = re.compile(r"([0-9T:.+-]{10,40})~([0-9a-f-]{36})")
_EXTENSIONS: Final = {
    "application/pdf": ".pdf",
    "text/xml": ".xml",
    "application/xslt+xml": ".xml",
    "image/jpeg": ".jpg",
    "image/tiff": ".tiff",
    "text/plain": ".txt",
    "text/rtf": ".rtf",
    "application/dicom": ".dcm",
}


def summary(actor: Citizen, patient_id: UUID) -> RecordSummary:
    """The record in one look. Raises `AccessRefused` for another's record."""
    codes = _visible(actor, patient_id)
    record = Record.objects.get(patient_id=patient_id)
    counts = _counts(actor, patient_id, codes, None)
    return RecordSummary(
        status=record.status,
        opened_at=record.opened_at,
        documents=sum(total for _slug, total, _new, _matching in counts),
        new_documents=sum(new for _slug, _total, new, _matching in counts),
        latest=_page(actor, patient_id, codes, limit=3)[0],
    )


def list_documents(
    actor: Citizen,
    patient_id: UUID,
    *,
    category: str | None = None,
    words: str = "",
    before: str = "",
    limit: int = 50,
) -> DocumentList:
    """Documents that the reader may see (not replaced, not deleted), newest act first.

    `category` is a slug of `standards.nos.CATEGORIES`. `words`: every word must be found in the
    title, type, author or structure, case and accents ignored. A `before` that this function did
    not give is as no cursor. Raises `AccessRefused` (record.rules) for another's record.
    """
    codes = _visible(actor, patient_id)
    patterns = [f"%{_escaped(word)}%" for word in entries.plain(words).split()] or None
    counts = _counts(actor, patient_id, codes, patterns)
    by_slug = {slug: total for slug, total, _new, _matching in counts}
    documents, next_before = _page(
        actor,
        patient_id,
        codes,
        limit=limit,
        slug=category,
        patterns=patterns,
        before=before,
    )
    return DocumentList(
        documents=documents,
        categories=tuple(
            Category(each.slug, each.title, each.explanation, by_slug[each.slug])
            for each in CATEGORIES
            if each.slug in by_slug
        ),
        total=sum(
            matching
            for slug, _total, _new, matching in counts
            if category is None or slug == category
        ),
        next_before=next_before,
    )


def new_count(actor: Citizen, patient_id: UUID) -> int:
    """How many visible documents were never opened in this space."""
    counts = _counts(actor, patient_id, _visible(actor, patient_id), None)
    return sum(new for _slug, _total, new, _matching in counts)


def document(actor: Citizen, patient_id: UUID, document_id: UUID, *, now: datetime) -> DocumentView:
    """One document, replaced ones too; opening it is `content`.

    Raises `DocumentNotFound`, `AccessRefused`.
    """
    facts = _facts(actor, patient_id, now=now)
    line = _line(actor, patient_id, document_id, facts, Act.SEARCH)
    entry = _entry(line.fragment)
    lot = SubmissionSet.objects.get(patient_id=patient_id, id=line.submission_set_id)
    codes = list(visible(actor, Act.SEARCH, patient_id, facts))
    header = None
    if entry.mime_type in ("text/xml", "application/xslt+xml"):
        header = reading.read(_bytes(line))
    return DocumentView(
        summary=_summary(_Line(*(getattr(line, name) for name in _Line._fields))),
        metadata=entry,
        legal_authenticator_name=entries.person_name(entry.legal_authenticator),
        facility_label=_label(entry.facility_type),
        practice_label=_label(entry.practice_setting),
        sender_name=lot.sender_name or lot.sender_structure,
        versions=_versions(actor, patient_id, document_id, codes),
        header=header,
    )


def content(
    actor: Citizen, patient_id: UUID, document_id: UUID, *, now: datetime
) -> StoredDocument:
    """The bytes; opening is written in the journal and makes the document no longer new.

    Raises `DocumentNotFound`; `AccessRefused` for another's record, which is written too.
    """
    try:
        line = _line(actor, patient_id, document_id, _facts(actor, patient_id, now=now), Act.READ)
    except AccessRefused as refusal:
        journal.record(
            actor,
            "document.read",
            at=now,
            patient_id=patient_id,
            outcome="refused",
            reasons=refusal.decision.reasons,
            object_type="document",
            object_id=str(document_id),
        )
        raise
    data = _bytes(line)
    with transaction.atomic():
        Document.objects.filter(
            patient_id=patient_id, id=document_id, opened_at__isnull=True
        ).update(opened_at=now)
        journal.record(
            actor,
            "document.read",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            object_type="document",
            object_id=str(document_id),
            details={
                "title": line.title,
                "hidden_for": ["representatives"] if line.invisible_representatives else [],
            },
        )
    extension = _EXTENSIONS.get(line.mime_type, ".bin")
    name = get_valid_filename(f"{line.service_start:%Y%m%d} {entries.plain(line.title)[:60]}")
    return StoredDocument(line.mime_type, data, f"{name}{extension}")


def _facts(actor: Citizen, patient_id: UUID, *, now: datetime) -> RecordFacts:
    found = context(actor, patient_id, now=now)
    facts = found.facts if found else RecordFacts(active=False)
    decision = decide(actor, Act.SEARCH, patient_id, facts)
    if not decision.allowed:
        raise AccessRefused(decision)
    return facts


def _visible(actor: Citizen, patient_id: UUID) -> list[int]:
    """What a citizen sees does not depend on the state of the record, only on whose it is."""
    facts = RecordFacts()
    decision = decide(actor, Act.SEARCH, patient_id, facts)
    if not decision.allowed:
        raise AccessRefused(decision)
    return list(visible(actor, Act.SEARCH, patient_id, facts))


def _line(
    actor: Citizen, patient_id: UUID, document_id: UUID, facts: RecordFacts, act: Act
) -> Document:
    line = Document.objects.filter(patient_id=patient_id, id=document_id).first()
    if line is None:
        raise DocumentNotFound
    seen = DocumentFacts(
        Status[line.status],
        line.masked,
        line.invisible_patient,
        line.invisible_representatives,
    )
    decision: Decision = decide(actor, act, patient_id, facts, seen)
    if decision.allowed:
        return line
    if Reason.UNKNOWN_CALLER in decision.reasons:
        raise AccessRefused(decision)
    raise DocumentNotFound  # what is hidden from this reader must not be known to exist


def _bytes(line: Document) -> bytes:
    documents = store(settings.CARNET_DOCUMENTS_URL, settings.CARNET_MASTER_KEY)
    return documents.get(line.patient_id, line.sha256)


def _entry(fragment: str) -> DocumentEntry:
    return read_entry(xml.parse(fragment.encode()))


def _counts(
    actor: Citizen, patient_id: UUID, codes: list[int], patterns: list[str] | None
) -> list[tuple[str, int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [patterns, patterns, patient_id, *owners(actor), codes])
        return list(cursor.fetchall())


def _page(
    actor: Citizen,
    patient_id: UUID,
    codes: list[int],
    *,
    limit: int,
    slug: str | None = None,
    patterns: list[str] | None = None,
    before: str = "",
) -> tuple[tuple[DocumentSummary, ...], str]:
    cursor_at, cursor_id = _cursor(before)
    with connection.cursor() as cursor:
        cursor.execute(
            _PAGE,
            [
                patient_id,
                *owners(actor),
                codes,
                slug,
                slug,
                patterns,
                patterns,
                cursor_at,
                cursor_at,
                cursor_id,
                limit + 1,
            ],
        )
        lines = [_Line(*line) for line in cursor.fetchall()]
    shown = lines[:limit]
    next_before = (
        f"{shown[-1].service_start.isoformat()}~{shown[-1].id}" if len(lines) > limit else ""
    )
    return tuple(_summary(line) for line in shown), next_before


def _cursor(before: str) -> tuple[datetime | None, UUID | None]:
    found = _CURSOR.fullmatch(before)
    if not found:
        return None, None
    try:
        return datetime.fromisoformat(found[1]), UUID(found[2])
    except ValueError:
        return None, None


def _summary(line: _Line) -> DocumentSummary:
    entry = _entry(line.fragment)
    author = entry.authors[0] if entry.authors else None
    structure = entries.xon_name(author.institutions[0]) if author and author.institutions else ""
    name = entries.person_name(author.person) if author else ""
    specialty = author.specialties[0].split("^") if author and author.specialties else []
    return DocumentSummary(
        id=line.id,
        title=entry.title or _label(entry.type_code),
        type_code=entry.type_code.code if entry.type_code else "",
        type_label=_label(entry.type_code),
        category=line.category,
        category_label=category(line.category).title,
        author_name=name or structure,
        author_specialty=specialty[1] if len(specialty) > 1 else "",
        structure_name=structure,
        date=line.service_start,
        created_at=line.creation_time,
        received_at=line.received_at,
        mime_type=entry.mime_type,
        size=entry.size or 0,
        status=_STATUSES[line.status],
        is_new=line.opened_at is None,
        is_masked=line.masked,
        is_hidden_from_representatives=line.invisible_representatives,
        is_from_patient=line.from_patient,
        replaces_another=line.replaces_id is not None,
    )


def _versions(
    actor: Citizen, patient_id: UUID, document_id: UUID, codes: list[int]
) -> tuple[Version, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            _VERSIONS,
            [document_id, patient_id, patient_id, patient_id, *owners(actor), codes],
        )
        return tuple(
            Version(id_, received_at, _STATUSES[status], id_ == document_id)
            for id_, received_at, status in cursor.fetchall()
        )


def _label(code: Code | None) -> str:
    """The published French label, else the one that the sender wrote."""
    if code is None:
        return ""
    return display(code.scheme, code.code) or code.display or code.code


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
