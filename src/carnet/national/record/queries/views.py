"""What the pages of the space are given: frozen, labels already in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.standards.xds.metadata import DocumentEntry


class DocumentNotFound(LookupError):  # noqa: N818 - says what happened
    """No such document in this record, or none that this reader may know of."""


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """One line of the list."""

    id: UUID  #: entryUUID
    title: str
    type_code: str
    type_label: str  #: the term of the terminology: "CR d'imagerie médicale"
    category: str  #: slug of `standards.nos.categories`: "comptes-rendus"
    category_label: str  #: its title: "Comptes rendus"
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

    code: str  #: slug
    label: str
    explanation: str
    count: int


@dataclass(frozen=True, slots=True)
class DocumentList:
    """A page, newest act first. `next_before` goes back into `before`; empty at the end."""

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
    logical_id: UUID  #: of all its versions, as the journal names it
    legal_authenticator_name: str
    facility_label: str  #: secteur d'activité
    practice_label: str  #: cadre d'exercice
    sender_name: str  #: who sent the lot (SubmissionSet author)
    versions: tuple[Version, ...]


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
