"""What cannot be answered by an error of XDS: from our exceptions to SOAP faults, once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError
from django.http import UnreadablePostError

from carnet.national.clients.documents import DocumentStoreError
from carnet.standards.certificates import CertificateError
from carnet.standards.soap.envelope import SoapFault

_log = logging.getLogger(__name__)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what fails on our side into a Receiver fault: nothing was stored, try again later."""
    try:
        yield
    except UnreadablePostError:
        raise SoapFault("Sender", "the message was cut short") from None
    except (DatabaseError, DocumentStoreError, CertificateError, OSError) as error:
        _log.exception("soap_failure", extra={"reason": type(error).__name__})
        raise SoapFault("Receiver", "the service cannot answer for now, try again later") from None
