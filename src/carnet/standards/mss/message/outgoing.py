"""Writing a message to the letter of the requirements (spec mssante §4.1, §4.2, §5.1)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime
from typing import Final

from carnet.standards.mss.addresses import Address, AddressError, plain_letters
from carnet.standards.mss.message import headers, mime
from carnet.standards.mss.message.errors import MessageError
from carnet.standards.mss.message.incoming import XDM_MARK, Attachment, Party

_MAX_LABEL: Final = 40  #: ECO.2.1.3 and ECO.2.1.6
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_NOT_IN_FILE_NAME: Final = re.compile(r"[^\w .()+,'-]")
XDM_NAME: Final = "IHE_XDM.zip"


@dataclass(frozen=True, slots=True)
class Subject:
    """The parts of the subject of a message that carries an XDM package (ECO.2.1.3).

    `label` is the displayName of the CDA code; with several documents it is not used.
    """

    label: str
    surname: str
    given_name: str
    birth_date: date | None = None
    documents: int = 1
    note: str = ""  #: `[Annule et remplace]`, right after the mark

    @property
    def text(self) -> str:
        """`XDM/1.0/DDM+<libellé> <NOM> <prenom> <JJ/MM/AAAA>`, no space after the mark."""
        label = _cut(self.label) if self.documents == 1 else f"{self.documents} documents"
        parts = [
            *([self.note] if self.note else []),
            label,
            plain_letters(self.surname).upper(),
            plain_letters(self.given_name),
            *([f"{self.birth_date:%d/%m/%Y}"] if self.birth_date else []),
        ]
        return XDM_MARK + " ".join(parts)


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message about one person (ECO.2.1.1). Addresses are `local@domain`; `date` is aware.

    `subject` is a `Subject` when an XDM package is carried, else free text. `pdfs` are the same
    documents as the package. `reply_to` is needed when `sender` is an APP mailbox (ECO.2.2.5).
    `read_receipt_to` asks for an MDN; `final` forbids the patient's reply (X-MSS-MES: FIN).
    `product` is the reference of the software (X-MSS-NIL), on every message (ECO.2.4.3).
    """

    message_id: str
    date: datetime
    sender: Party
    recipients: tuple[Party, ...]
    subject: Subject | str
    body_text: str
    product: str
    body_html: str = ""
    xdm: bytes | None = None
    pdfs: tuple[Attachment, ...] = ()
    reply_to: Party | None = None
    final: bool = False
    read_receipt_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    cda_codes: tuple[str, ...] = ()  #: X-MSS-CODECDA
    ins_complete: bool = False  #: X-MSS-INS: matricule, OID and four traits in the CDA


def build(message: OutgoingMessage) -> bytes:
    """The message as it goes on the wire, CRLF, 7 bits.

    Raises `MessageError` when an address, an id or a text cannot be in a message.
    """
    return b"".join((*_headers(message), b"MIME-Version: 1.0\r\n", _body(message)))


def pdf_name(
    act: date, type_label: str, surname: str, given_name: str, *, record_number: str = ""
) -> str:
    """`<AAAAMMJJ>_<type ≤40>_<NOM>_<prenom>[_<dossier>].pdf` (ECO.2.1.6), by date of the act."""
    parts = [
        f"{act:%Y%m%d}",
        _cut(type_label),
        plain_letters(surname).upper(),
        plain_letters(given_name),
        *([record_number] if record_number else []),
    ]
    return "_".join(_NOT_IN_FILE_NAME.sub("-", part) for part in parts) + ".pdf"


def _cut(label: str) -> str:
    return " ".join(label.split())[:_MAX_LABEL].rstrip()


def _headers(message: OutgoingMessage) -> list[bytes]:
    if not message.recipients:
        raise MessageError(554, "5.5.1", "Aucun destinataire")
    subject = message.subject.text if isinstance(message.subject, Subject) else message.subject
    lines = [
        _addresses("From", (message.sender,)),
        _addresses("To", message.recipients),
        headers.line("Subject", subject),
        headers.line("Date", format_datetime(message.date)),
        _ids("Message-ID", (message.message_id,)),
    ]
    if message.reply_to is not None:
        lines.append(_addresses("Reply-To", (message.reply_to,)))
    if message.in_reply_to:
        lines.append(_ids("In-Reply-To", (message.in_reply_to,)))
        lines.append(_ids("References", message.references or (message.in_reply_to,)))
    if message.read_receipt_to:
        lines.append(_addresses("Disposition-Notification-To", (Party(message.read_receipt_to),)))
    lines.append(headers.line("X-MSS-NIL", message.product))
    if message.final:
        lines.append(headers.line("X-MSS-MES", "FIN"))
    if message.xdm is not None and message.cda_codes:
        lines.append(headers.line("X-MSS-CODECDA", ",".join(message.cda_codes)))
        lines.append(headers.line("X-MSS-INS", "O" if message.ins_complete else "N"))
    return lines


def _addresses(name: str, parties: Sequence[Party]) -> bytes:
    try:
        checked = [(party.label, str(Address.parse(party.address))) for party in parties]
    except AddressError:
        raise MessageError(553, "5.1.3", "Adresse mal formee") from None
    return headers.address_line(name, checked)


def _ids(name: str, ids: Sequence[str]) -> bytes:
    if not all(_MESSAGE_ID.fullmatch(value) for value in ids):
        raise MessageError(554, "5.6.0", "Identifiant de message mal forme")
    return headers.ids_line(name, ids)


def _body(message: OutgoingMessage) -> bytes:
    if "\0" in message.body_text + message.body_html:
        raise MessageError(554, "5.6.0", "Caractere interdit dans le corps du message")
    files = list(message.pdfs)
    if message.xdm is not None:
        files.insert(0, Attachment(XDM_NAME, "application/zip", message.xdm))
    body = mime.text(message.body_text, "plain")
    if message.body_html:
        texts = (body, mime.text(message.body_html, "html"))
        body = mime.multipart("alternative", texts, _boundary(message, 1 if files else 0))
    if not files:
        return body
    parts = [mime.attachment(file.data, file.media_type, file.filename) for file in files]
    return mime.multipart("mixed", (body, *parts), _boundary(message, 0))


def _boundary(message: OutgoingMessage, number: int) -> str:
    """Made of the id: the same message has the same bytes. No encoding writes "=_"."""
    seed = hashlib.sha256(f"{number}{message.message_id}".encode()).hexdigest()
    return f"=_{seed[:32]}"
