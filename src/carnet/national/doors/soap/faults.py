"""What cannot be answered by an error of XDS: from our exceptions to SOAP faults, once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError
from django.http import UnreadablePostError

from carnet.national.clients.documents import DocumentStoreError
from carnet.national.doors.calls import CallRefused
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import System
from carnet.standards.certificates import CertificateError
from carnet.standards.soap.envelope import SoapFault

_log = logging.getLogger(__name__)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what fails on our side into a Receiver fault: nothing was stored, try again later.

    A caller that is not proved is a Sender fault, with the code of what its papers lack.
    """
    try:
        yield
    except CallRefused as refusal:
        raise SoapFault("Sender", refusal.reason, subcode=refusal.code) from None
    except UnreadablePostError:
        raise SoapFault("Sender", "the message was cut short") from None
    except (DatabaseError, DocumentStoreError, CertificateError, OSError) as error:
        _log.exception("soap_failure", extra={"reason": type(error).__name__})
        raise SoapFault("Receiver", "the service cannot answer for now, try again later") from None


def write_refusal(fault: SoapFault, caller: str, *, now: datetime, correlation: str) -> None:
    """Write in the journal a call that was refused before anybody was known (dmp §4.4, 15).

    `caller` is the DN of the client certificate. A journal that cannot be written is told in the
    log: the fault is answered all the same.
    """
    try:
        journal.record(
            System("soap"),
            "call.refused",
            at=now,
            patient_id=None,
            outcome="refused",
            reasons=[fault.subcode or fault.code],
            details={"certificate": caller},
            correlation=correlation,
        )
    except DatabaseError as error:
        _log.error("journal_failed", extra={"reason": type(error).__name__})
