"""What the stored bytes say, read again: the message is the only source of what it asked."""

from __future__ import annotations

import hashlib
from functools import cached_property

from carnet.establishment.exchange import letters
from carnet.establishment.exchange.models import Document
from carnet.standards.cda import reading
from carnet.standards.cda.header import Header
from carnet.standards.hl7v2 import documents, er7
from carnet.standards.hl7v2.messages import DocumentEvent


def event(document: Document) -> DocumentEvent:
    """The message that carried this document; it was readable when it was accepted."""
    return documents.read_document(er7.read(bytes(document.inbound.raw)))


class Stored:
    """What the stored bytes of one document say, each thing read once, when it is asked for."""

    def __init__(self, document: Document) -> None:
        self.document = document

    @cached_property
    def event(self) -> DocumentEvent:
        """The message that carried the document."""
        return event(self.document)

    @cached_property
    def header(self) -> Header | None:
        """The header of the CDA; none while it is not built."""
        return None if self._cda is None else reading.read(self._cda)

    @property
    def header_made_by_sender(self) -> Header | None:
        """The header of a CDA that came as such; none for a PDF, whose CDA is built here."""
        return self.header if self.document.is_cda else None

    @property
    def content(self) -> bytes | None:
        """The CDA to send: as it came, or as it was built; none while it is not built."""
        if self.document.is_cda:
            return self._came
        built = self.document.built
        return None if built is None else letters.complete(bytes(built), self.event)

    @property
    def embedded(self) -> tuple[str, bytes] | None:
        """Media type and bytes of what the CDA holds. Raises `CdaError` as its reading does."""
        if not self.document.is_cda:
            return "application/pdf", letters.pdf(self.event)
        return None if self._cda is None else reading.embedded_document(self._cda)

    def build(self, built: bytes | None) -> None:
        """The CDA is another from now on, or none."""
        self.document.built = built
        self.__dict__.pop("_cda", None)
        self.__dict__.pop("header", None)

    @cached_property
    def _cda(self) -> reading.Document | None:
        """What came or was built, whose body is elsewhere."""
        data = self._came if self.document.is_cda else self.document.built
        return None if data is None else reading.load(bytes(data))

    @cached_property
    def _came(self) -> bytes | None:
        carried = (
            d.data
            for d in self.event.documents
            if hashlib.sha256(d.data).hexdigest() == self.document.sha256
        )
        return next(carried, None)


def to_build(document: Document) -> bool:
    """Whether a CDA must still be made around the PDF that came alone."""
    deletion = document.action == Document.Action.DELETE
    return not deletion and not document.is_cda and document.built is None


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
