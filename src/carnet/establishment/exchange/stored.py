"""What the stored bytes say, read again: the message is the only source of what it asked."""

from __future__ import annotations

import hashlib

from carnet.establishment.exchange import letters
from carnet.establishment.exchange.models import Document
from carnet.standards.cda import reading
from carnet.standards.cda.header import Header
from carnet.standards.hl7v2 import documents, er7
from carnet.standards.hl7v2.messages import DocumentEvent


def event(document: Document) -> DocumentEvent:
    """The message that carried this document; it was readable when it was accepted."""
    return documents.read_document(er7.read(bytes(document.inbound.raw)))


def content(document: Document) -> bytes | None:
    """The CDA to send: as it came, or as it was built; none while it is not built."""
    if document.is_cda:
        carried = (
            d.data
            for d in event(document).documents
            if hashlib.sha256(d.data).hexdigest() == document.sha256
        )
        return next(carried, None)
    if document.built is None:
        return None
    return letters.complete(bytes(document.built), event(document))


def to_build(document: Document) -> bool:
    """Whether a CDA must still be made around the PDF that came alone."""
    deletion = document.action == Document.Action.DELETE
    return not deletion and not document.is_cda and document.built is None


def header_made_by_sender(document: Document) -> Header | None:
    """The header of a CDA that came as such; none for a PDF, whose CDA is built here."""
    data = content(document) if document.is_cda else None
    return None if data is None else reading.read(data)


def withdrawn(document: Document) -> bool:
    """Whether a correction withdrew this document from where it had gone."""
    return document.successors.filter(action="D").exclude(correction=None).exists()


def resent(document: Document) -> Document | None:
    """What a correction sent in place of a document that it withdrew."""
    withdrawal = document.successors.filter(action="D").exclude(correction=None).first()
    if withdrawal is None or withdrawal.correction_id is None:
        return None
    return Document.objects.filter(
        correction_id=withdrawal.correction_id, action="F", parent_uid=document.uid
    ).first()
