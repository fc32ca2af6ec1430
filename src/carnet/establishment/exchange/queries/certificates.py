"""The certificates of the establishment, and until when they are good.

Two are of the organisation, as each call to the record wants: one opens the connection, the other
signs the VIHF (EX_GEN-1450, R-018).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.patients.actors import Operator
from carnet.standards import certificates
from carnet.standards.certificates import CertificateError

#: How long before its end a certificate is to be renewed.
NOTICE: Final = timedelta(days=30)


class Standing(StrEnum):
    """What is to be done about a certificate."""

    GOOD = "good"
    ENDS_SOON = "ends_soon"
    ENDED = "ended"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Paper:
    """One certificate: what it is for, whose it is, and its end; both unknown when unreadable."""

    use: str  #: "connection", "signature" or "mail"
    standing: Standing
    holder: str = ""
    until: datetime | None = None


def papers(_: Operator, here: Configuration, *, now: datetime) -> tuple[Paper, ...]:
    """Each certificate of the settings, as its file says today."""
    files = {
        "connection": here.tls_certificate,
        "signature": here.signature_certificate,
        "mail": here.mail_certificate,
    }
    return tuple(_paper(use, file, now) for use, file in files.items())


def _paper(use: str, file: Path, now: datetime) -> Paper:
    try:
        held = certificates.read(file.read_bytes())
    except (OSError, CertificateError):
        return Paper(use, Standing.UNREADABLE)
    if now >= held.not_after:
        standing = Standing.ENDED
    elif now >= held.not_after - NOTICE:
        standing = Standing.ENDS_SOON
    else:
        standing = Standing.GOOD
    return Paper(use, standing, held.common_name, held.not_after)
