"""Who asks INSi: the structure of a certificate, or the professional of a card (spec §1.11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from carnet.national.clients.trust import trust
from carnet.national.directory import queries as directory
from carnet.national.journal.actors import Establishment, Professional
from carnet.standards.certificates import Certificate
from carnet.standards.ins.insi import Request, assertion, known_fault
from carnet.standards.soap.envelope import SoapFault

#: The names that a certificate of a structure must bear, to the letter.
COMMON_NAMES: Final = frozenset({"INSI-AUTO", "INSI-MANU"})
#: TRE_G07: the digit that begins an idNat_Struct, for each length of `identifiantFacturation`.
_STRUCTURES: Final = {9: "1", 14: "3"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and with which software: the number of its authorisation."""

    actor: Professional | Establishment
    software: str


def check_certificate(certificate: Certificate) -> str:
    """The structure or the professional that a certificate names, if it is one for INSi.

    Raises `InsiFault` (desir_560).
    """
    if certificate.ps_idnat:
        return certificate.ps_idnat
    if certificate.common_name not in COMMON_NAMES or not certificate.struct_idnat:
        raise known_fault("desir_560")
    return certificate.struct_idnat


def open_call(certificate: Certificate, message: Request, *, now: datetime) -> Caller:
    """Who makes this call. Raises `InsiFault` (desir_550, desir_560) or `SoapFault`."""
    software = message.context.software.idam
    known = settings.CARNET_INSI_SOFTWARE
    if not software or (known and software not in known):
        raise known_fault("desir_550", message_id=message.message_id)
    holder = certificate.ps_idnat or certificate.struct_idnat
    if message.context.emitter != holder:
        raise SoapFault("Sender", "Emetteur is not the holder of the certificate of the call")
    actor = _professional if certificate.ps_idnat else _structure
    return Caller(actor(certificate, message, now), software)


def _structure(certificate: Certificate, message: Request, _now: datetime) -> Establishment:
    if message.assertion is not None:
        raise SoapFault(
            "Sender",
            "no assertion is expected with the certificate of a structure",
            subcode="wsse:InvalidSecurity",
        )
    structure = directory.structure(certificate.struct_idnat)
    if structure is None or not structure.is_active:
        raise known_fault("desir_560", message_id=message.message_id)
    return Establishment(
        struct_idnat=structure.struct_idnat,
        name=structure.name,
        certificate_dn=certificate.subject,
        holder=certificate.struct_idnat,
    )


def _professional(certificate: Certificate, message: Request, now: datetime) -> Professional:
    if message.assertion is None:
        raise SoapFault(
            "Sender",
            "with a card, the assertion of the professional is expected",
            subcode="wsse:InvalidSecurity",
        )
    trusted = trust(settings.CARNET_TRUST_CA, settings.CARNET_TRUST_CRL)
    told, signer = assertion.verify(message.assertion, trust=trusted, now=now)
    if signer.ps_idnat != certificate.ps_idnat:
        raise SoapFault(
            "Sender",
            "the card that signs is not the one of the connection",
            subcode="wsse:FailedAuthentication",
        )
    known = directory.professional(told.name_id)
    if known is None or not known.is_active:
        raise known_fault("desir_560", message_id=message.message_id)
    kind = _STRUCTURES.get(len(told.billing))
    structure = directory.structure(f"{kind}{told.billing}") if kind else None
    return Professional(
        ps_idnat=known.ps_idnat,
        name=known.name,
        profession=known.profession,
        specialty=known.specialty,
        structure=structure.struct_idnat if structure else told.billing,
        structure_name=structure.name if structure else "",
    )
