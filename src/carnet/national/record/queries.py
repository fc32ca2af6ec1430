"""Reads of the record, always for an actor (DESIGN §1, rule 4).

For the SOAP doors: ebRIM fragments. For the space: frozen views, labels in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.national.journal.actors import Citizen
from carnet.standards.cda.header import Header
from carnet.standards.xds.metadata import DocumentEntry


class DocumentNotFound(LookupError):
    """No such document in this record, or none that this reader may know of (said the same way)."""


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """One line of the list."""

    id: UUID  #: entryUUID
    title: str
    type_code: str
    type_label: str  #: the term of the terminology: "CR d'imagerie médicale"
    category: str  #: classCode: "10", "31"…
    category_label: str  #: plain words: "Comptes rendus"
    author_name: str  #: "Dr Camille MARTIN"; the structure's name when no person signed
    author_specialty: str
    structure_name: str
    date: datetime  #: of the act (serviceStartTime), UTC
    created_at: datetime  #: of the document (creationTime), UTC
    received_at: datetime  #: when it entered the record, UTC
    mime_type: str
    size: int  #: bytes
    status: str  #: "current", "replaced" or "archived"
    is_new: bool  #: never opened by somebody signed in to this space
    is_masked: bool  #: MASQUE_PS: hidden from professionals
    is_hidden_from_representatives: bool  #: INVISIBLE_REPRESENTANTS_LEGAUX
    is_from_patient: bool  #: deposited by the patient
    replaces_another: bool


@dataclass(frozen=True, slots=True)
class Category:
    """A category of the list with how many documents it holds for this reader."""

    code: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class DocumentList:
    """A page of the list, newest act first. `next_before` goes back into `before`; empty at the end."""

    documents: tuple[DocumentSummary, ...]
    categories: tuple[Category, ...]  #: of the whole record, not of the page
    total: int  #: documents of the chosen category (or all) that this reader may see
    next_before: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version in a chain of replacements, newest first."""

    id: UUID
    received_at: datetime
    status: str
    is_this_one: bool


@dataclass(frozen=True, slots=True)
class DocumentView:
    """All that the page of one document says."""

    summary: DocumentSummary
    metadata: DocumentEntry
    legal_authenticator_name: str
    facility_label: str  #: secteur d'activité
    practice_label: str  #: cadre d'exercice
    sender_name: str  #: who sent the lot (SubmissionSet author)
    versions: tuple[Version, ...]
    header: Header | None  #: when the document is a CDA


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """The bytes as received. `filename` is safe for a Content-Disposition."""

    mime_type: str
    data: bytes
    filename: str


@dataclass(frozen=True, slots=True)
class RecordSummary:
    """What the home page says of the record."""

    status: str  #: "active" or "closed"
    opened_at: datetime
    documents: int
    new_documents: int
    latest: tuple[DocumentSummary, ...]  #: three at most


def summary(actor: Citizen, patient_id: UUID) -> RecordSummary:
    """The record in one look. Raises `AccessRefused` for another's record."""
    raise NotImplementedError


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

    `words`: every word must be found in the title, type, author or structure (case and accents
    ignored). Raises `AccessRefused` (record.rules) for another's record.
    """
    raise NotImplementedError


def document(actor: Citizen, patient_id: UUID, document_id: UUID, *, now: datetime) -> DocumentView:
    """One document. Raises `DocumentNotFound`; `AccessRefused` for another's record."""
    raise NotImplementedError


def content(
    actor: Citizen, patient_id: UUID, document_id: UUID, *, now: datetime
) -> StoredDocument:
    """The bytes; opening is written in the journal and makes the document no longer new.

    Raises `DocumentNotFound`; `AccessRefused` for another's record.
    """
    raise NotImplementedError


def new_count(actor: Citizen, patient_id: UUID) -> int:
    """How many visible documents were never opened in this space."""
    raise NotImplementedError
