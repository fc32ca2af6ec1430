"""What each certificate of the local authority says (spec identity §3.3, mssante §2)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LEAF_LIFE: Final = timedelta(days=3 * 365)
AUTHORITY_LIFE: Final = timedelta(days=10 * 365)
CRL_LIFE: Final = timedelta(days=30)
#: Certificates and lists begin a little before now: peers' clocks differ.
MARGIN: Final = timedelta(minutes=10)
_KEY_BITS: Final = 2048
ROOT: Final = "racine"
COMMON_NAMES: Final = {
    ROOT: "TEST CARNET AC RACINE IGC-SANTE",
    "organisations": "TEST CARNET AC IGC-SANTE ELEMENTAIRE ORGANISATIONS",
    "personnes": "TEST CARNET AC IGC-SANTE FORT PERSONNES",
}


class PkiError(RuntimeError):
    """The local authority cannot do what is asked; the message says why."""


class Kind(StrEnum):
    """What a certificate is for (families of spec identity §3.3)."""

    SERVER = "ssl-serveur"
    ORG_AUTH_CLI = "org-auth-cli"
    ORG_SIGN = "org-sign"
    CPS_AUTH = "cps-auth"
    CPS_SIGN = "cps-sign"


@dataclass(frozen=True, slots=True)
class _Profile:
    authority: str
    extended: tuple[x509.ObjectIdentifier, ...] = ()
    key_usage: tuple[str, ...] = ("digital_signature",)


PROFILES: Final = {
    # MSSanté operators present one certificate both as server and as client of each other.
    Kind.SERVER: _Profile(
        "organisations",
        (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
        ("digital_signature", "key_encipherment"),
    ),
    Kind.ORG_AUTH_CLI: _Profile("organisations", (ExtendedKeyUsageOID.CLIENT_AUTH,)),
    Kind.ORG_SIGN: _Profile("organisations"),
    Kind.CPS_AUTH: _Profile("personnes", (ExtendedKeyUsageOID.CLIENT_AUTH,)),
    Kind.CPS_SIGN: _Profile("personnes", (), ("digital_signature", "content_commitment")),
}


def organisation_name(
    common_name: str, *, struct_idnat: str, organisation: str, department: str
) -> x509.Name:
    """`CN=…,OU=<idNat_Struct>,O=…,ST=Département (nn),C=FR` (spec mssante §2, identity §3.3)."""
    return x509.Name(
        _attributes(
            (NameOID.COUNTRY_NAME, "FR"),
            (NameOID.STATE_OR_PROVINCE_NAME, department),
            (NameOID.ORGANIZATION_NAME, organisation),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, struct_idnat),
            (NameOID.COMMON_NAME, common_name),
        )
    )


def person_name(ps_idnat: str, *, surname: str, given_name: str, profession: str) -> x509.Name:
    """The subject of a CPS: CN = idNat_PS with SN and GN in one RDN (spec identity §3.3)."""
    holder = _attributes(
        (NameOID.COMMON_NAME, ps_idnat),
        (NameOID.SURNAME, surname),
        (NameOID.GIVEN_NAME, given_name),
    )
    above = _attributes((NameOID.COUNTRY_NAME, "FR"), (NameOID.TITLE, profession))
    return x509.Name(
        [
            *(x509.RelativeDistinguishedName([attribute]) for attribute in above),
            x509.RelativeDistinguishedName(holder),
        ]
    )


def _attributes(*pairs: tuple[x509.ObjectIdentifier, str]) -> list[x509.NameAttribute[str]]:
    return [x509.NameAttribute(oid, value) for oid, value in pairs]


def _authority_name(name: str) -> x509.Name:
    return x509.Name(
        _attributes(
            (NameOID.COUNTRY_NAME, "FR"),
            (NameOID.ORGANIZATION_NAME, "TEST CARNET"),
            (NameOID.COMMON_NAME, COMMON_NAMES[name]),
        )
    )


def authority_certificate(
    name: str, key: rsa.RSAPrivateKey, root_key: rsa.RSAPrivateKey, now: datetime
) -> x509.Certificate:
    """The certificate of an authority of `COMMON_NAMES`, signed by the root."""
    subject, issuer = _authority_name(name), _authority_name(ROOT)
    depth = 1 if name == ROOT else 0
    return (
        _builder(subject, key, issuer=issuer, issuer_key=root_key, now=now, life=AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(True, depth), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(root_key, hashes.SHA256())
    )


def holder_certificate(
    kind: Kind,
    subject: x509.Name,
    key: rsa.RSAPrivateKey,
    *,
    hosts: Sequence[str],
    issuer: x509.Name,
    issuer_key: rsa.RSAPrivateKey,
    now: datetime,
    life: timedelta,
) -> x509.Certificate:
    """The certificate of a holder, with what its kind lets it do."""
    profile = PROFILES[kind]
    builder = (
        _builder(subject, key, issuer=issuer, issuer_key=issuer_key, now=now, life=life)
        .add_extension(_key_usage(*profile.key_usage), critical=True)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
    )
    if profile.extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(profile.extended), critical=False)
    if ExtendedKeyUsageOID.SERVER_AUTH in profile.extended:
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _builder(
    subject: x509.Name,
    key: rsa.RSAPrivateKey,
    *,
    issuer: x509.Name,
    issuer_key: rsa.RSAPrivateKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - MARGIN)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority_key(issuer_key), critical=False)
    )


def authority_key(key: rsa.RSAPrivateKey) -> x509.AuthorityKeyIdentifier:
    """The extension that names the key of the issuer."""
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


_KEY_USAGES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def _key_usage(*rights: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in rights for name in _KEY_USAGES})


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def new_key() -> rsa.RSAPrivateKey:
    """A fresh RSA 2048 key (slow: 50 to 100 ms)."""
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


def load_key(pem: bytes) -> rsa.RSAPrivateKey:
    """The key of a PKCS#8 file. Raises `PkiError` when it is not RSA."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise PkiError("expected an RSA key in PKCS#8")
    return key


def read_certificate(path: Path) -> x509.Certificate:
    """The certificate of a PEM file."""
    return x509.load_pem_x509_certificate(path.read_bytes())
