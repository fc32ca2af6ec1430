"""The MSSanté message: written to the letter, read with tolerance (spec mssante §4 and §5.1)."""

from carnet.standards.mss.message.errors import MessageError
from carnet.standards.mss.message.incoming import Attachment, IncomingMessage, Limits, Party, read
from carnet.standards.mss.message.outgoing import OutgoingMessage, Subject, build, pdf_name
from carnet.standards.mss.message.reports import Report

__all__ = [
    "Attachment",
    "IncomingMessage",
    "Limits",
    "MessageError",
    "OutgoingMessage",
    "Party",
    "Report",
    "Subject",
    "build",
    "pdf_name",
    "read",
]
