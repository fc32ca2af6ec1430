"""How INSi is reached from this establishment, by the settings."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings

import carnet
from carnet.establishment.clients.insi import InsiClient
from carnet.standards.ins.insi import Software


def client(*, longest: float = 30.0) -> InsiClient | None:
    """A client of its own for whoever calls; none when no INSi is set."""
    certificate, key = settings.CARNET_INSI_CERT, settings.CARNET_INSI_KEY
    if not settings.CARNET_INSI_URL or certificate is None or key is None:
        return None
    instance = uuid.uuid5(uuid.NAMESPACE_OID, settings.CARNET_OID_ROOT)
    return InsiClient(
        settings.CARNET_INSI_URL,
        certificate=Path(certificate),
        key=Path(key),
        authorities=Path(settings.CARNET_TRUST_CA),
        emitter=settings.CARNET_STRUCT_IDNAT,
        software=Software(settings.CARNET_INSI_IDAM, carnet.__version__, str(instance), "Carnet"),
        longest=longest,
    )
