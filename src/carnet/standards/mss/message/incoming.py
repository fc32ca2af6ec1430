"""Reading a message from anybody in the MSSanté space (spec mssante §4.2, §4.3, §5.1).

The raw bytes stay the truth: what is read here is for showing and sorting, and can be read again
by a later version. A package or an attachment that is bad does not make the message unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final, NamedTuple

from lxml import etree, html

from carnet.standards.mss.addresses import Address, AddressError
from carnet.standards.mss.message import headers
from carnet.standards.mss.message.errors import MessageError
from carnet.standards.mss.message.parsing import Cut
from carnet.standards.mss.message.reports import Report, parts, read_report

XDM_MARK: Final = "XDM/1.0/DDM+"
_MARK: Final = re.compile(r"XDM/1\.0/DDM\+?\s*")
_ZIP_TYPES: Final = frozenset(
    {"application/zip", "application/x-zip-compressed", "application/octet-stream"}
)
_ID: Final = re.compile(r"<[^<>\s]{1,990}>")
_TOO_COMPLEX: Final = (554, "5.6.0", "Message trop complexe")
_BLOCKS: Final = ("br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "p", "table", "tr")
#: What a text of the database or of a page cannot hold.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: Characters that would make a file name lie or leave its folder.
_NOT_IN_NAME: Final = re.compile(r"[\x00-\x1f\x7f/\\\u202a-\u202e\u2066-\u2069]")


#: What the library raises on sections of a parameter (RFC 2231) that contradict each other, or
#: whose number has thousands of digits.
_BAD_SECTIONS: Final = (TypeError, ValueError)
#: Characters of one header field that are read.
_MAX_FIELD: Final = 64 * 1024
_MAX_PARAMETERS: Final = 2048
#: The library's reading of addresses recurses at each comment and each group.
_MAX_NESTING: Final = 200


class Party(NamedTuple):
    """An address and the label beside it, as written; empty when there is none."""

    address: str
    label: str = ""


class Attachment(NamedTuple):
    """A file that comes with a message."""

    filename: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what is parsed, so that no message costs more than its size deserves."""

    size: int = 25 * 1024 * 1024  #: bytes, the limit towards citizens (spec mssante C7)
    head: int = 256 * 1024  #: bytes before the first empty line
    lines: int = 1_000_000
    delimiters: int = 1_000  #: lines that begin with --
    containers: int = 50  #: multiparts and embedded messages
    depth: int = 10
    attachments: int = 100


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """What a message says. Texts are decoded; `date` is aware UTC, None when it cannot be read.

    `subject` is kept whole and `subject_shown` is without the XDM mark (ECO.3.1.3). `xdm` is the
    package as it came, not read (see `mss.xdm`), and is not among the attachments. `body_text` is
    taken from the HTML when there is no plain text; `body_html` is as received: **never show it
    unfiltered**. `final` closes the reply to this message (X-MSS-MES: FIN), `fin_all` to all
    (subject `[FIN]`).
    """

    message_id: str
    subject: str
    subject_shown: str
    sender: Party
    recipients: tuple[Party, ...]
    date: datetime | None
    body_text: str
    body_html: str
    xdm: bytes | None
    attachments: tuple[Attachment, ...]
    in_reply_to: str
    references: tuple[str, ...]
    final: bool
    fin_all: bool
    wants_read_receipt: str  #: address, or empty
    reply_to: Party | None
    cda_codes: tuple[str, ...]
    ins_complete: bool | None  #: X-MSS-INS, None when it is not said
    product: str  #: X-MSS-NIL
    report: Report | None

    @property
    def is_report(self) -> bool:
        """Whether this is a delivery or reading report, not a letter."""
        return self.report is not None


def read(raw: bytes, limits: Limits | None = None) -> IncomingMessage:
    """Read a message, CRLF or LF. Raises `MessageError` with the SMTP reply it deserves:
    too large, too complex, or without one readable author."""
    limits = limits or Limits()
    _check_size(raw, limits)
    cut = Cut(raw)
    _check_structure(cut.text, limits)
    try:
        message = cut.parse(_LENIENT)
    except _BAD_SECTIONS as error:
        raise MessageError(554, "5.6.0", "Message illisible") from error
    said = _Headers(message)
    subject = said.text("Subject")
    content = _Content(message, limits)
    plain = "\n".join(content.plain) or _text_of_html("\n".join(content.html))
    xdm = content.take_xdm(marked=bool(_MARK.search(subject)))
    return IncomingMessage(
        message_id=next(iter(said.ids("Message-ID")), ""),
        subject=subject,
        subject_shown=" ".join(_MARK.sub("", subject, count=1).split()),
        sender=_author(said),
        recipients=(*said.parties("To"), *said.parties("Cc")),
        date=_date(said.raw("Date")),
        body_text=plain,
        body_html="\n".join(content.html),
        xdm=xdm,
        attachments=tuple(content.attachments),
        in_reply_to=next(iter(said.ids("In-Reply-To")), ""),
        references=said.ids("References")[-100:],
        final=said.text("X-MSS-MES").upper() == "FIN",
        fin_all=subject == "[FIN]",
        wants_read_receipt=next(
            (p.address for p in said.parties("Disposition-Notification-To")), ""
        ),
        reply_to=next(iter(said.parties("Reply-To")), None),
        cda_codes=tuple(c.strip() for c in said.text("X-MSS-CODECDA").split(",") if c.strip()),
        ins_complete={"O": True, "N": False}.get(said.text("X-MSS-INS").upper()),
        product=said.text("X-MSS-NIL"),
        report=read_report(message),
    )


def _check_size(raw: bytes, limits: Limits) -> None:
    """Refuse what is too large, before any of it is looked at line by line."""
    if len(raw) > limits.size:
        raise MessageError(552, "5.3.4", "Message trop volumineux")
    ends = [place for end in (b"\r\n\r\n", b"\n\n") if (place := raw.find(end)) >= 0]
    if min(ends, default=len(raw)) > limits.head or (
        len(raw) > limits.lines and raw.count(b"\n") > limits.lines
    ):
        raise MessageError(*_TOO_COMPLEX)


def _check_structure(text: str, limits: Limits) -> None:
    """Refuse before parsing what the parser would take too long, or too much memory, to read.

    `text` is without its base64, which holds no header and no delimiter.
    """
    lower = text.lower()
    if (
        text.count("\n--") > limits.delimiters
        or lower.count("boundary") > limits.containers
        or lower.count("message/") > limits.containers
    ):
        raise MessageError(*_TOO_COMPLEX)


class _Lenient(Compat32):
    """Headers as they came: bytes over 127 are read as text, and written back as they were."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        """The field, cut: the library's reading of parameters is quadratic in their length."""
        limit = _MAX_PARAMETERS if name.lower().startswith("content-") else _MAX_FIELD
        return headers.eight_bit(value[:limit])

    def fold_binary(self, name: str, value: str) -> bytes:
        """The field of an embedded message, unchanged: what was signed or hashed stays so."""
        return f"{name}: {value}\r\n".encode("utf-8", "surrogateescape")


_LENIENT: Final = _Lenient(linesep="\r\n", mangle_from_=False)


class _Headers:
    """The header fields of one message, raw: the library's own decoding is not relied upon."""

    def __init__(self, message: Message) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in message.items():
            self._fields.setdefault(name.lower(), []).append(value)

    def raw(self, name: str) -> str:
        """The first field of that name."""
        return next(iter(self.every(name)), "")

    def every(self, name: str) -> list[str]:
        """All the fields of that name."""
        return self._fields.get(name.lower(), [])

    def text(self, name: str) -> str:
        return headers.decoded(self.raw(name))

    def ids(self, name: str) -> tuple[str, ...]:
        return tuple(_ID.findall(self.raw(name)))

    def parties(self, name: str) -> tuple[Party, ...]:
        """The addresses of the fields of that name; what is not an address is left out."""
        found = []
        fields = [f for f in self.every(name) if f.count("(") + f.count(":") <= _MAX_NESTING]
        for label, text in getaddresses(fields):
            try:
                found.append(Party(str(Address.parse(text)), headers.decoded(label)))
            except AddressError:
                continue
        return tuple(found)


def _author(said: _Headers) -> Party:
    """The one author. Two From fields or two authors would be two truths: refused."""
    authors = said.parties("From")
    if len(said.every("From")) != 1 or len(authors) != 1:
        raise MessageError(554, "5.6.0", "Un expediteur (From), et un seul, est attendu")
    return authors[0]


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


class _Content:
    """The parts of a message, sorted."""

    def __init__(self, message: Message, limits: Limits) -> None:
        self.plain: list[str] = []
        self.html: list[str] = []
        self.attachments: list[Attachment] = []
        for part in _leaves(message, limits.depth):
            self._sort(part)
        if len(self.attachments) > limits.attachments:
            raise MessageError(*_TOO_COMPLEX)

    def _sort(self, part: Message) -> None:
        media_type = part.get_content_type()
        filename = _filename(part)
        inline = not filename and part.get_content_disposition() != "attachment"
        if inline and media_type in ("text/plain", "text/html"):
            kept = self.plain if media_type == "text/plain" else self.html
            kept.append(_text(part))
        else:
            number = len(self.attachments) + 1
            name = filename or f"piece-jointe-{number}.{_extension(media_type)}"
            self.attachments.append(Attachment(name, media_type, _data(part)))

    def take_xdm(self, *, marked: bool) -> bytes | None:
        """The package: the zip of that name, else the only zip when the subject announces one."""
        zips = [a for a in self.attachments if _is_zip(a)]
        named = [a for a in zips if a.filename.lower() == "ihe_xdm.zip"]
        found = named[0] if named else zips[0] if marked and len(zips) == 1 else None
        if found is None:
            return None
        self.attachments.remove(found)
        return found.data


def _leaves(part: Message, depth: int) -> Iterator[Message]:
    """The parts that hold something. An embedded message is one file, it is not opened."""
    if depth < 0:
        raise MessageError(*_TOO_COMPLEX)
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for child in parts(part):
            yield from _leaves(child, depth - 1)
    else:
        yield part


def _data(part: Message) -> bytes:
    if part.is_multipart():
        return b"\n".join(child.as_bytes() for child in parts(part))
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _text(part: Message) -> str:
    text = headers.text_of(_data(part), _parameter(part, "charset") or "utf-8")
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _parameter(part: Message, name: str, header: str = "content-type") -> str:
    try:
        value = part.get_param(name, header=header)
    except _BAD_SECTIONS:
        return ""
    return headers.decoded_parameter(value) if value else ""


def _filename(part: Message) -> str:
    said = _parameter(part, "filename", "content-disposition") or _parameter(part, "name")
    name = _NOT_IN_NAME.sub("_", said)
    return name.strip(" .")[-200:]


def _extension(media_type: str) -> str:
    return {"message/rfc822": "eml", "text/plain": "txt", "text/html": "html"}.get(
        media_type, re.sub(r"[^a-z0-9]", "", media_type.partition("/")[2])[:8] or "bin"
    )


def _is_zip(attachment: Attachment) -> bool:
    named = attachment.filename.lower().endswith(".zip")
    return attachment.media_type in _ZIP_TYPES and (
        named or attachment.media_type != "application/octet-stream"
    )


def _text_of_html(markup: str) -> str:
    """The words of a message that has no plain part."""
    if not markup.strip():
        return ""
    try:
        root = html.fromstring(markup)
    except (etree.ParserError, ValueError):
        return ""
    for hidden in list(root.iter("script", "style", "head", etree.Comment)):
        hidden.drop_tree()
    for block in root.iter(*_BLOCKS):
        block.tail = "\n" + (block.tail or "")
    lines = (line.strip() for line in str(root.text_content()).splitlines())
    return "\n".join(line for line in lines if line)
