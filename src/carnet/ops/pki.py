"""A local certificate authority in the shape of IGC-Santé, for the demonstration and the tests.

One root and two intermediate authorities, as the real one (spec identity §1.11 and §3.3): one for
organisations and servers (range "élémentaire"), one for persons (CPS). Every authority says TEST
and CARNET in its name; nothing here is a real IGC-Santé certificate.

The folder holds `ca.pem` (all authorities), `crl.pem` (all revocation lists), `authorities/`,
`issued/` and `register.json`. Private keys are PKCS#8 with mode 0600.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LEAF_LIFE: Final = timedelta(days=3 * 365)
AUTHORITY_LIFE: Final = timedelta(days=10 * 365)
CRL_LIFE: Final = timedelta(days=30)
#: Certificates and lists begin a little before now: peers' clocks differ.
_MARGIN: Final = timedelta(minutes=10)
_KEY_BITS: Final = 2048
_ROOT: Final = "racine"
_COMMON_NAMES: Final = {
    _ROOT: "TEST CARNET AC RACINE IGC-SANTE",
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


_PROFILES: Final = {
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


@dataclass(frozen=True, slots=True)
class Issued:
    """Where a certificate, its key and its chain are, and what they hold (PEM)."""

    cert_path: Path
    key_path: Path
    chain_path: Path

    @property
    def cert_pem(self) -> bytes:
        """The certificate."""
        return self.cert_path.read_bytes()

    @property
    def key_pem(self) -> bytes:
        """The private key, PKCS#8 without password."""
        return self.key_path.read_bytes()

    @property
    def chain_pem(self) -> bytes:
        """What a TLS peer presents: the certificate, then its authority."""
        return self.chain_path.read_bytes()

    @property
    def serial(self) -> int:
        """The serial number, for `Authority.revoke`."""
        return _read_certificate(self.cert_path).serial_number


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


def _attributes(*pairs: tuple[x509.ObjectIdentifier, str]) -> list[x509.NameAttribute]:
    return [x509.NameAttribute(oid, value) for oid, value in pairs]


class Authority:
    """The authority kept in one folder. One process writes at a time."""

    def __init__(self, folder: Path) -> None:
        """Use `create` or `open`."""
        self.folder = folder

    @classmethod
    def create(cls, folder: Path, now: datetime) -> Authority:
        """Make the authorities and empty lists. Raises `PkiError` when they exist already."""
        if (folder / "ca.pem").exists():
            raise PkiError(f"an authority already exists in {folder}")
        self = cls(folder)
        for part in ("authorities", "issued"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self._write_register({"crl_number": 0, "issued": {}, "revoked": {}})
        root_key = _new_key()
        root = _authority(_ROOT, root_key, root_key, now)
        made = {_ROOT: (root, root_key)}
        for name in (n for n in _COMMON_NAMES if n != _ROOT):
            key = _new_key()
            made[name] = (_authority(name, key, root_key, now), key)
        for name, (certificate, key) in made.items():
            _store(folder / "authorities" / name, [certificate], key)
        self.write_crl(now)
        # Written last: a folder that has it is complete.
        _write(self.ca_path, _pem(certificate for certificate, _ in made.values()))
        return self

    @classmethod
    def open(cls, folder: Path) -> Authority:
        """The authority made before in `folder`. Raises `PkiError` when there is none."""
        if not (folder / "ca.pem").exists():
            raise PkiError(f"no certificate authority in {folder}")
        return cls(folder)

    @property
    def ca_path(self) -> Path:
        """All the authorities, PEM: what a peer must trust."""
        return self.folder / "ca.pem"

    @property
    def crl_path(self) -> Path:
        """All the revocation lists, PEM."""
        return self.folder / "crl.pem"

    def issue(
        self,
        kind: Kind,
        subject: x509.Name,
        *,
        hosts: Sequence[str] = ("localhost", "127.0.0.1"),
        now: datetime | None = None,
        life: timedelta = LEAF_LIFE,
        key_pem: bytes | None = None,
    ) -> Issued:
        """The certificate of this kind for this subject: the one on disk while it lasts, or a new.

        `hosts` are the alternative names of a server. `key_pem` (PKCS#8) spares the making of a
        key. A revoked or expired certificate is replaced.
        """
        now = now or datetime.now(UTC)
        path = self.folder / "issued" / _file_name(kind, subject, hosts)
        register = self._register()
        issued = _issued(path)
        if issued.cert_path.exists():
            held = _read_certificate(issued.cert_path)
            usable = held.not_valid_before_utc <= now < held.not_valid_after_utc
            if usable and str(held.serial_number) not in register["revoked"]:
                return issued
        key = _new_key() if key_pem is None else _load_key(key_pem)
        profile = _PROFILES[kind]
        issuer, issuer_key = self._authority(profile.authority)
        builder = _builder(
            subject, key, issuer=issuer.subject, issuer_key=issuer_key, now=now, life=life
        )
        builder = builder.add_extension(_key_usage(*profile.key_usage), critical=True)
        builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
        if profile.extended:
            builder = builder.add_extension(x509.ExtendedKeyUsage(profile.extended), critical=False)
        if kind is Kind.SERVER:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(issuer_key, hashes.SHA256())
        register["issued"][str(certificate.serial_number)] = profile.authority
        self._write_register(register)
        _store(path, [certificate, issuer], key)
        return issued

    def revoke(self, serial: int, now: datetime | None = None) -> None:
        """Put the certificate of this serial on the list of its authority, and write the lists.

        Raises `PkiError` when this authority never issued it.
        """
        now = now or datetime.now(UTC)
        register = self._register()
        if str(serial) not in register["issued"]:
            raise PkiError(f"no certificate of serial {serial} was issued in {self.folder}")
        register["revoked"].setdefault(str(serial), now.isoformat())
        self._write_register(register)
        self.write_crl(now)

    def write_crl(self, now: datetime | None = None, life: timedelta = CRL_LIFE) -> bytes:
        """Sign fresh revocation lists of all authorities into `crl_path`; give them (PEM)."""
        now = now or datetime.now(UTC)
        register = self._register()
        register["crl_number"] += 1
        self._write_register(register)
        lists = b"".join(
            self._revocation_list(name, register, now, life).public_bytes(Encoding.PEM)
            for name in _COMMON_NAMES
        )
        _write(self.crl_path, lists)
        return lists

    def _revocation_list(
        self, name: str, register: dict[str, Any], now: datetime, life: timedelta
    ) -> x509.CertificateRevocationList:
        certificate, key = self._authority(name)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(certificate.subject)
            .last_update(now - _MARGIN)
            .next_update(now + life)
            .add_extension(x509.CRLNumber(register["crl_number"]), critical=False)
            .add_extension(_authority_key(key), critical=False)
        )
        for serial, at in register["revoked"].items():
            if register["issued"][serial] == name:
                entry = x509.RevokedCertificateBuilder().serial_number(int(serial))
                entry = entry.revocation_date(datetime.fromisoformat(at))
                builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(key, hashes.SHA256())

    def _authority(self, name: str) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
        path = self.folder / "authorities" / name
        return (
            _read_certificate(path.with_suffix(".crt")),
            _load_key(path.with_suffix(".key").read_bytes()),
        )

    def _register(self) -> dict[str, Any]:
        register: dict[str, Any] = json.loads((self.folder / "register.json").read_bytes())
        return register

    def _write_register(self, register: dict[str, Any]) -> None:
        _write(self.folder / "register.json", json.dumps(register, indent=1).encode())


def _authority_name(name: str) -> x509.Name:
    return x509.Name(
        _attributes(
            (NameOID.COUNTRY_NAME, "FR"),
            (NameOID.ORGANIZATION_NAME, "TEST CARNET"),
            (NameOID.COMMON_NAME, _COMMON_NAMES[name]),
        )
    )


def _authority(
    name: str, key: rsa.RSAPrivateKey, root_key: rsa.RSAPrivateKey, now: datetime
) -> x509.Certificate:
    subject, issuer = _authority_name(name), _authority_name(_ROOT)
    depth = 1 if name == _ROOT else 0
    return (
        _builder(subject, key, issuer=issuer, issuer_key=root_key, now=now, life=AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(True, depth), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(root_key, hashes.SHA256())
    )


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
        .not_valid_before(now - _MARGIN)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_authority_key(issuer_key), critical=False)
    )


def _authority_key(key: rsa.RSAPrivateKey) -> x509.AuthorityKeyIdentifier:
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


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


def _load_key(pem: bytes) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise PkiError("expected an RSA key in PKCS#8")
    return key


def _read_certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def _file_name(kind: Kind, subject: x509.Name, hosts: Sequence[str]) -> str:
    """A readable name that two different certificates never share."""
    common_name = str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    plain = unicodedata.normalize("NFKD", common_name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40]
    digest = hashlib.sha256(subject.public_bytes() + "\n".join(hosts).encode()).hexdigest()
    return f"{kind}-{slug}-{digest[:8]}"


def _issued(path: Path) -> Issued:
    return Issued(path.with_suffix(".crt"), path.with_suffix(".key"), path.with_suffix(".chain"))


def _store(path: Path, chain: Sequence[x509.Certificate], key: rsa.RSAPrivateKey) -> None:
    """Write key, chain and certificate; the certificate last, so that it never lacks its key."""
    pkcs8 = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(path.with_suffix(".key"), pkcs8, mode=0o600)
    _write(path.with_suffix(".chain"), _pem(chain))
    _write(path.with_suffix(".crt"), _pem(chain[:1]))


def _write(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace the file at once; its mode is right from its first byte."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
