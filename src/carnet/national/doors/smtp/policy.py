"""Who may send and to whom: the answers of SMTP, decided before DATA (spec mssante §2, §3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Final

from carnet.national.clients.watched import Watched
from carnet.national.messaging import actions as messaging
from carnet.standards.mss import whitelist
from carnet.standards.mss.addresses import Address, AddressError, domain_name
from carnet.standards.mss.whitelist import Whitelist

ACCEPTED: Final = "250 2.0.0 OK"
#: Recipients of one message.
MOST_RECIPIENTS: Final = 100

_RECIPIENTS: Final = {
    "accepted": ACCEPTED,
    "unknown": "550 5.1.1 no such mailbox here",
    "closed": "550 5.2.1 this mailbox is closed",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules for one connection: `dn` is the subject of the peer's verified certificate."""

    allowed: Whitelist
    dn: str
    patient_domain: str

    def sender(self, address: str) -> str:
        """The answer to MAIL: the pair (domain, certificate) must be in the white list.

        The empty sender of a report has no domain: its certificate must be listed for one.
        """
        if not address:
            known = self.allowed.knows(self.dn)
            return ACCEPTED if known else "554 5.7.1 this certificate is not in the white list"
        try:
            domain = Address.parse(address).domain
        except AddressError:
            return "501 5.1.7 the sender is not a mail address"
        if not self.allowed.allows(domain, self.dn):
            return "554 5.7.1 this certificate may not send for this domain"
        return ACCEPTED

    def recipient(self, sender: str, address: str) -> str:
        """The answer to RCPT. Mail for another operator is never relayed."""
        try:
            recipient = Address.parse(address)
        except AddressError:
            return "501 5.1.3 the recipient is not a mail address"
        if recipient.domain != self._citizens and not messaging.serves(recipient.domain):
            return "554 5.7.1 relay access denied"
        if recipient.domain == self._citizens and _domain(sender) == self._citizens:
            # C6: citizens do not write to each other.
            return "554 5.7.1 a citizen does not write to a citizen"
        return _RECIPIENTS[messaging.recipient_status(recipient.key)]

    def content(self, sender: str, data: bytes) -> str:
        """The answer to what the message itself says of its sender, once it is there."""
        lines = data.replace(b"\r\n", b"")
        if b"\r" in lines or b"\n" in lines:
            # A bare CR or LF is how one message is smuggled into another.
            return "550 5.6.11 a line does not end with CR LF"
        head, _, _body = data.partition(b"\r\n\r\n")
        header = BytesHeaderParser().parsebytes(head)
        author = parseaddr(header.get("From", ""))[1]
        if sender and not self.allowed.allows(_domain(author), self.dn):
            return "550 5.7.1 this certificate may not send for the domain of From"
        if not sender:
            kind = header.get_content_type()
            report = kind in ("multipart/report", "message/disposition-notification")
            return ACCEPTED if report else "550 5.7.1 only a report has no sender"
        return ACCEPTED

    @property
    def _citizens(self) -> str:
        return domain_name(self.patient_domain)


def _domain(address: str) -> str:
    try:
        return Address.parse(address).domain
    except AddressError:
        return ""


def white_list(path: Path) -> Whitelist:
    """The list in this file, as it is now. Raises `WhitelistError` when it never could be read."""
    return _file(path).current()


@cache
def _file(path: Path) -> Watched[Whitelist]:
    def load(last: Whitelist | None) -> Whitelist:
        new = whitelist.parse(path.read_bytes())
        return last.replaced_by(new) if last else new

    return Watched((path,), load)
