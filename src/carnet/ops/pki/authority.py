"""The local authority: its folder, what it issues, what it revokes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from carnet.ops.pki.profiles import (
    COMMON_NAMES,
    CRL_LIFE,
    LEAF_LIFE,
    MARGIN,
    PROFILES,
    ROOT,
    Kind,
    PkiError,
    authority_certificate,
    authority_key,
    holder_certificate,
    load_key,
    new_key,
    read_certificate,
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key and its chain (PEM), and the files that hold them."""

    cert_pem: bytes
    key_pem: bytes = field(repr=False)  #: PKCS#8 without password
    chain_pem: bytes  #: what a TLS peer presents: the certificate, then its authority
    cert_path: Path
    key_path: Path
    chain_path: Path

    @property
    def serial(self) -> int:
        """The serial number, for `Authority.revoke`."""
        return x509.load_pem_x509_certificate(self.cert_pem).serial_number


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
        root_key = new_key()
        root = authority_certificate(ROOT, root_key, root_key, now)
        made = {ROOT: (root, root_key)}
        for name in (n for n in COMMON_NAMES if n != ROOT):
            key = new_key()
            made[name] = (authority_certificate(name, key, root_key, now), key)
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
        if path.with_suffix(".crt").exists():
            held = read_certificate(path.with_suffix(".crt"))
            usable = held.not_valid_before_utc <= now < held.not_valid_after_utc
            if usable and str(held.serial_number) not in register["revoked"]:
                return _issued(path)
        key = new_key() if key_pem is None else load_key(key_pem)
        authority = PROFILES[kind].authority
        issuer, issuer_key = self._authority(authority)
        certificate = holder_certificate(
            kind,
            subject,
            key,
            hosts=hosts,
            issuer=issuer.subject,
            issuer_key=issuer_key,
            now=now,
            life=life,
        )
        register["issued"][str(certificate.serial_number)] = authority
        self._write_register(register)
        _store(path, [certificate, issuer], key)
        return _issued(path)

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
            for name in COMMON_NAMES
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
            .last_update(now - MARGIN)
            .next_update(now + life)
            .add_extension(x509.CRLNumber(register["crl_number"]), critical=False)
            .add_extension(authority_key(key), critical=False)
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
            read_certificate(path.with_suffix(".crt")),
            load_key(path.with_suffix(".key").read_bytes()),
        )

    def _register(self) -> dict[str, Any]:
        register: dict[str, Any] = json.loads((self.folder / "register.json").read_bytes())
        return register

    def _write_register(self, register: dict[str, Any]) -> None:
        _write(self.folder / "register.json", json.dumps(register, indent=1).encode())


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
    cert, key, chain = (path.with_suffix(suffix) for suffix in (".crt", ".key", ".chain"))
    return Issued(cert.read_bytes(), key.read_bytes(), chain.read_bytes(), cert, key, chain)


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
