"""Reads of the record, always for an actor (DESIGN §1, rule 4).

For the doors of software: any stored query of ITI-18 (`stored`) or ITI-51
(`across`), by fragments of ebRIM. For the
space: frozen views, labels in the reader's language (`listing`, `opening`, `views`).
Requirements: R-002.
"""

from carnet.national.record.queries.across import find_across
from carnet.national.record.queries.administrative import (
    Administrative,
    Contact,
    administrative,
)
from carnet.national.record.queries.audience import Seer, audience
from carnet.national.record.queries.authorisations import Authorised, list_authorisations
from carnet.national.record.queries.candidates import Candidate, find_candidates
from carnet.national.record.queries.concealed import concealed
from carnet.national.record.queries.existence import Existence, existence
from carnet.national.record.queries.explain import Explanation, explain, known_reader
from carnet.national.record.queries.governance import (
    Choices,
    Governance,
    Reader,
    choices,
    governance,
    reader,
    readers_called,
)
from carnet.national.record.queries.listing import (
    documents_of,
    list_documents,
    new_count,
    summary,
)
from carnet.national.record.queries.opening import content, document
from carnet.national.record.queries.preview import Preview, Previewed, preview
from carnet.national.record.queries.records import Listed, Since, list_records
from carnet.national.record.queries.stored import Fragment, find
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
    "Administrative",
    "Authorised",
    "Candidate",
    "Category",
    "Choices",
    "Contact",
    "DocumentList",
    "DocumentNotFound",
    "DocumentSummary",
    "DocumentView",
    "Existence",
    "Explanation",
    "Fragment",
    "Governance",
    "Listed",
    "Preview",
    "Previewed",
    "Reader",
    "RecordSummary",
    "Seer",
    "Since",
    "StoredDocument",
    "Version",
    "administrative",
    "audience",
    "choices",
    "concealed",
    "content",
    "document",
    "documents_of",
    "existence",
    "explain",
    "find",
    "find_across",
    "find_candidates",
    "governance",
    "known_reader",
    "list_authorisations",
    "list_documents",
    "list_records",
    "new_count",
    "preview",
    "reader",
    "readers_called",
    "summary",
]
