"""Reads of the record, always for an actor (DESIGN §1, rule 4).

For the SOAP doors: ebRIM fragments (`stored`). For the space: frozen views, labels in the reader's
language (`listing`, `opening`, `views`).
"""

from carnet.national.record.queries.existence import Existence, existence
from carnet.national.record.queries.listing import (
    documents_of,
    list_documents,
    new_count,
    summary,
)
from carnet.national.record.queries.opening import content, document
from carnet.national.record.queries.stored import Fragment, find_documents, get_documents
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

__all__ = [
    "Category",
    "DocumentList",
    "DocumentNotFound",
    "DocumentSummary",
    "DocumentView",
    "Existence",
    "Fragment",
    "RecordSummary",
    "StoredDocument",
    "Version",
    "content",
    "document",
    "documents_of",
    "existence",
    "find_documents",
    "get_documents",
    "list_documents",
    "new_count",
    "summary",
]
