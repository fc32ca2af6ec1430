"""One document of a citizen: what is said of it, its versions, its bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.text import get_valid_filename

from carnet.national.clients.documents import store
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Citizen
from carnet.national.record import entries
from carnet.national.record.context import context
from carnet.national.record.fragments import entry_of
from carnet.national.record.models import Document, SubmissionSet
from carnet.national.record.queries.lines import STATUSES, Line, label, summary_of
from carnet.national.record.queries.views import (
    DocumentNotFound,
    DocumentView,
    StoredDocument,
    Version,
)
from carnet.national.record.rules import (
    AccessRefused,
    Act,
    Decision,
    DocumentFacts,
    Reason,
    RecordFacts,
    decide,
    sight,
    visible,
    visible_sql,
)
from carnet.standards.xds.metadata import Status

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
 WHERE patient_id = %s AND id IN (SELECT id FROM chain) AND {visible_sql()}
 ORDER BY received_at DESC, id DESC
"""  # noqa: S608 - constants only

#: How a file of a media type is named.
EXTENSIONS: Final = {
    "application/pdf": ".pdf",
    "text/xml": ".xml",
    "application/xslt+xml": ".xml",
    "image/jpeg": ".jpg",
    "image/tiff": ".tiff",
    "text/plain": ".txt",
    "text/rtf": ".rtf",
    "application/dicom": ".dcm",
}


def document(actor: Citizen, patient_id: UUID, document_id: UUID, *, now: datetime) -> DocumentView:
    """One document, replaced ones too; opening it is `content`.

    The id of any version of its entry leads to the last one.
    Raises `DocumentNotFound`, `AccessRefused`.
    """
    facts = _facts(actor, patient_id, now=now)
    line = _line(actor, patient_id, document_id, facts, Act.SEARCH)
    entry = entry_of(line.fragment, line.status)
    lot = SubmissionSet.objects.get(patient_id=patient_id, id=line.submission_set_id)
    codes = visible(actor, Act.SEARCH, patient_id, facts)
    return DocumentView(
        summary=summary_of(Line(*(getattr(line, name) for name in Line._fields))),
        metadata=entry,
        logical_id=line.logical_id,
        legal_authenticator_name=entries.person_name(entry.legal_authenticator),
        facility_label=label(entry.facility_type),
        practice_label=label(entry.practice_setting),
        sender_name=lot.sender_name or lot.sender_structure,
        versions=_versions(actor, patient_id, line.id, codes),
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
        Document.objects.filter(patient_id=patient_id, id=line.id, opened_at__isnull=True).update(
            opened_at=now
        )
        journal.record(
            actor,
            "document.read",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            object_type="document",
            object_id=str(line.logical_id),
            details={
                "title": line.title,
                "hidden_for": ["representatives"] if line.invisible_representatives else [],
            },
        )
    extension = EXTENSIONS.get(line.mime_type, ".bin")
    name = get_valid_filename(f"{line.service_start:%Y%m%d} {entries.plain(line.title)[:60]}")
    return StoredDocument(line.mime_type, data, f"{name}{extension}")


def _facts(actor: Citizen, patient_id: UUID, *, now: datetime) -> RecordFacts:
    found = context(actor, patient_id, now=now)
    facts = found.facts if found else RecordFacts(active=False)
    decision = decide(actor, Act.SEARCH, patient_id, facts)
    if not decision.allowed:
        raise AccessRefused(decision)
    return facts


def _line(
    actor: Citizen, patient_id: UUID, document_id: UUID, facts: RecordFacts, act: Act
) -> Document:
    named = Document.objects.filter(patient_id=patient_id, id=document_id).values("unique_id")
    versions = Document.objects.filter(patient_id=patient_id, unique_id__in=named)
    line = versions.order_by("-version").first()
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


def _versions(
    actor: Citizen, patient_id: UUID, document_id: UUID, codes: int
) -> tuple[Version, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            _VERSIONS,
            [document_id, patient_id, patient_id, patient_id, *sight(actor, codes)],
        )
        return tuple(
            Version(id_, received_at, STATUSES[status], id_ == document_id)
            for id_, received_at, status in cursor.fetchall()
        )
