"""Who the establishment is, and whom it calls: the settings of `ops`, read once into one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings

import carnet
from carnet.standards.vihf.assertion import Software


@dataclass(frozen=True, slots=True)
class Configuration:
    """The establishment's identity and its correspondents (docs/reference/configuration)."""

    structure: str  #: Struct_IdNat of the legal entity, which holds the certificates
    name: str
    sites: Mapping[str, str]  #: FINESS of each geographic entity -> its name
    sector: str  #: SAxx, TRE_R02
    setting: str  #: cadre d'exercice, JDV_J04
    oid_root: str
    mailbox: str  #: the APP mailbox that sends
    patient_domain: str
    record_url: str
    mail_host: str
    mail_port: int
    authorities: Path
    tls_certificate: Path
    tls_key: Path
    mail_certificate: Path
    mail_key: Path
    signature_certificate: Path
    signature_key: Path
    sign_lots: bool  #: each lot carries its signature (spec dmp §3.8)
    software: Software
    #: Applications told of every change of identity: MSH-3 -> host, port.
    subscribers: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    #: Those of them that are reached over TLS, and whose certificates are believed then.
    subscribers_tls: frozenset[str] = frozenset()
    subscribers_authorities: Path = Path()

    @property
    def mail_name(self) -> str:
        """The name we give in EHLO: the domain of our mailbox."""
        return self.mailbox.partition("@")[2]

    def site_name(self, finess: str) -> str:
        """The name of a geographic entity, or that of the legal entity."""
        return self.sites.get(finess, self.name)


#: The same few files at each message.
_path: Final = lru_cache(maxsize=32)(Path)


def configuration() -> Configuration:
    """The configuration that the settings give."""
    return Configuration(
        structure=settings.CARNET_STRUCT_IDNAT,
        name=settings.CARNET_STRUCT_NAME,
        sites=settings.CARNET_SITES,
        sector=settings.CARNET_SECTOR,
        setting=settings.CARNET_PRACTICE_SETTING,
        oid_root=settings.CARNET_OID_ROOT,
        mailbox=settings.CARNET_MSS_SENDER,
        patient_domain=settings.CARNET_PATIENT_DOMAIN,
        record_url=settings.CARNET_DMP_URL,
        mail_host=settings.CARNET_MSS_HOST,
        mail_port=settings.CARNET_MSS_PORT,
        authorities=_path(settings.CARNET_TRUST_CA),
        tls_certificate=_path(settings.CARNET_TLS_CERT),
        tls_key=_path(settings.CARNET_TLS_KEY),
        mail_certificate=_path(settings.CARNET_MSS_CERT),
        mail_key=_path(settings.CARNET_MSS_KEY),
        signature_certificate=_path(settings.CARNET_SIGNATURE_CERT),
        signature_key=_path(settings.CARNET_SIGNATURE_KEY),
        sign_lots=settings.CARNET_DMP_SIGN_LOTS,
        software=Software(
            name="Carnet",
            version=carnet.__version__,
            homologation=settings.CARNET_DMP_HOMOLOGATION,
        ),
        subscribers=settings.CARNET_PAM_SUBSCRIBERS,
        subscribers_tls=frozenset(settings.CARNET_PAM_TLS),
        subscribers_authorities=_path(settings.CARNET_PAM_CA),
    )
