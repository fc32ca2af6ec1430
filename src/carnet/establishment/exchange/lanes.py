"""The lanes of the worker: which destination is behind which circuit, and by which client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Final

from carnet.establishment.clients.dmp import DmpClient
from carnet.establishment.clients.smtp import MssClient
from carnet.establishment.exchange import mail, record, rules
from carnet.establishment.exchange.attempts import Lane, Outcome
from carnet.establishment.exchange.configuration import Configuration, configuration
from carnet.establishment.exchange.models import Delivery
from carnet.standards import dsg
from carnet.standards.vihf import signature
from carnet.standards.vihf.assertion import Vihf
from carnet.standards.xds.iti41 import ProvideRequest

#: The circuits, and the destinations that are behind each.
CIRCUITS: Final = {
    "record": (rules.RECORD,),
    "mail": (rules.PROFESSIONAL, rules.PATIENT),
}


@contextmanager
def lane(destination: str) -> Iterator[Lane]:
    """The lane of a destination, with clients of its own: one a thread."""
    settings = configuration()
    if destination == rules.RECORD:
        client = _record_client(settings)
        try:
            yield Lane(
                destination,
                "record",
                CIRCUITS["record"],
                partial(record.deliver, client=client, configuration=settings),
            )
        finally:
            client.close()
    else:
        post = _mail_client(settings)

        def deliver(row: Delivery, _: datetime) -> Outcome:
            return mail.deliver(row, client=post, configuration=settings)

        try:
            yield Lane(destination, "mail", CIRCUITS["mail"], deliver)
        finally:
            post.close()


def _record_client(settings: Configuration) -> DmpClient:
    key = settings.signature_key.read_bytes()
    certificate = settings.signature_certificate.read_bytes()

    def sign(vihf: Vihf) -> bytes:
        return signature.sign(vihf, key_pem=key, certificate_pem=certificate)

    def sign_lot(request: ProvideRequest, at: datetime) -> ProvideRequest:
        return dsg.sign_lot(request, signed_at=at, key_pem=key, certificate_pem=certificate)

    return DmpClient(
        settings.record_url,
        certificate=settings.tls_certificate,
        key=settings.tls_key,
        authorities=settings.authorities,
        sign=sign,
        sign_lot=sign_lot if settings.sign_lots else None,
    )


def _mail_client(settings: Configuration) -> MssClient:
    return MssClient(
        settings.mail_host,
        settings.mail_port,
        certificate=settings.mail_certificate,
        key=settings.mail_key,
        authorities=settings.authorities,
        name=settings.mail_name,
    )
