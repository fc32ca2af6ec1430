"""What the stored bytes say, read again: the message is the only source of what it asked."""

from __future__ import annotations

from carnet.establishment.exchange.models import Document
from carnet.standards.cda import reading
from carnet.standards.cda.header import Header
from carnet.standards.hl7v2 import documents, er7
from carnet.standards.hl7v2.messages import DocumentEvent


def event(document: Document) -> DocumentEvent:
    """The message that carried this document; it was readable when it was accepted."""
    return documents.read_document(er7.read(bytes(document.inbound.raw)))


def content(document: Document) -> bytes:
    """The CDA to send. Raises `ValueError` when it has not been built."""
    if document.content is None:
        raise ValueError("the document has no content yet")
    return bytes(document.content)


def header_made_by_sender(document: Document) -> Header | None:
    """The header of a CDA that came as such; none for a PDF, whose CDA is built here."""
    if document.content is None or document.built:
        return None
    return reading.read(content(document))
