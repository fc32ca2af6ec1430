"""The files of a message as they are shown: what is attached, and what its XDM package holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from carnet.standards import nos
from carnet.standards.cda import reading
from carnet.standards.mss import xdm
from carnet.standards.mss.message import IncomingMessage
from carnet.standards.xds.metadata import DocumentEntry

_PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Part:
    """One file; `is_document` when it comes from the XDM package.

    `title` and `unique_id` are those of the document that the file is, or is the PDF of; empty
    for any other file.
    """

    filename: str
    media_type: str
    data: bytes
    is_document: bool
    title: str = ""
    unique_id: str = ""


def parts_of(message: IncomingMessage) -> tuple[Part, ...]:
    """Attached files first, in their order, then the documents of the package.

    A package that cannot be opened is shown as the file it is: the message is not lost for it.
    """
    attached = tuple(Part(*each, is_document=False) for each in message.attachments)
    if message.xdm is None:
        return attached
    try:
        package = xdm.read(message.xdm)
    except xdm.XdmError:
        return (*attached, Part("IHE_XDM.zip", "application/zip", message.xdm, is_document=False))
    documents = tuple(
        Part(
            entry.uri,
            entry.mime_type,
            each.document(entry),
            is_document=True,
            title=_title(entry),
            unique_id=entry.unique_id,
        )
        for each in (package, *package.others)
        for entry in each.submission.documents
    )
    return (*_as_pdf(attached, documents), *documents)


def _title(entry: DocumentEntry) -> str:
    """The title of a document, else the label of its type."""
    kind = entry.type_code
    return entry.title or (nos.display(kind.scheme, kind.code) or kind.display if kind else "")


def _as_pdf(attached: tuple[Part, ...], documents: Sequence[Part]) -> tuple[Part, ...]:
    """The attached files; a PDF that is one of the documents has its title (ECO.2.1.1, ECO.2.1.5).

    It is the PDF that a level 1 document holds, or the only one beside the only document.
    """
    pdfs = [part.data for part in attached if part.media_type == _PDF]
    if len(documents) == len(pdfs) == 1:
        titled = {pdfs[0]: documents[0]}
    elif pdfs:
        titled = {held: document for document in documents if (held := _embedded(document))}
    else:
        return attached
    return tuple(
        replace(part, title=document.title, unique_id=document.unique_id)
        if part.media_type == _PDF and (document := titled.get(part.data))
        else part
        for part in attached
    )


def _embedded(document: Part) -> bytes:
    """The bytes inside a level 1 document; nothing for any other."""
    try:
        found = reading.embedded_document(document.data)
    except reading.CdaError:
        return b""
    return found[1] if found else b""
