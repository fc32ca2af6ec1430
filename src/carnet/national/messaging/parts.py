"""The files of a message as they are shown: what is attached, and what its XDM package holds."""

from __future__ import annotations

from dataclasses import dataclass

from carnet.standards.mss import xdm
from carnet.standards.mss.message import IncomingMessage


@dataclass(frozen=True, slots=True)
class Part:
    """One file; `is_document` when it comes from the XDM package."""

    filename: str
    media_type: str
    data: bytes
    is_document: bool


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
        )
        for each in (package, *package.others)
        for entry in each.submission.documents
    )
    return (*attached, *documents)
