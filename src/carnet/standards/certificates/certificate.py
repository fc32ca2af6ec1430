"""What a certificate says of its holder (spec identity §3.3, RFC 5280 §4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from carnet.standards.certificates.errors import CertificateError
from carnet.standards.ids import IdentifierError, PsIdNat, StructIdNat

_MAX_BYTES: Final = 64 * 1024
#: What cryptography raises, at loading or at first use of a field, on bytes that make no sense.
UNDECODABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
E = TypeVar("E", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says of its holder. Names are RFC 4514 text, times are aware UTC.

    `struct_idnat` is the OU of an organisation certificate; `ps_idnat` the CN of a personal one
    (CPS: recognised by its surname attribute). Each is empty when the certificate is of the other
    family. `usages` holds any of `client`, `server`, `signature`.
    """

    der: bytes = field(repr=False)
    subject: str
    issuer: str
    common_name: str
    struct_idnat: str
    ps_idnat: str
    serial: int
    not_before: datetime
    not_after: datetime
    usages: frozenset[str]

    @property
    def pem(self) -> bytes:
        """The certificate as one PEM block."""
        return load(self.der).public_bytes(Encoding.PEM)

    @property
    def public_key(self) -> bytes:
        """Its key as DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7)."""
        key = load(self.der).public_key()
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@lru_cache(maxsize=512)
def read(der_or_pem: bytes) -> Certificate:
    """Read one certificate, DER or PEM (the first block of several). Raises `CertificateError`."""
    return _describe(load(der_or_pem))


@lru_cache(maxsize=512)
def load(data: bytes) -> x509.Certificate:
    """The parsed certificate. Raises `CertificateError`."""
    if len(data) > _MAX_BYTES:
        raise CertificateError("unreadable")
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except UNDECODABLE as error:
        raise CertificateError("unreadable") from error


def _describe(cert: x509.Certificate) -> Certificate:
    try:
        subject = cert.subject
        common_name = _first(subject, NameOID.COMMON_NAME)
        personal = bool(subject.get_attributes_for_oid(NameOID.SURNAME))
        units = [
            str(a.value) for a in subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        ]
        return Certificate(
            der=cert.public_bytes(Encoding.DER),
            subject=subject.rfc4514_string(),
            issuer=cert.issuer.rfc4514_string(),
            common_name=common_name,
            struct_idnat="" if personal else next(filter(_is_struct, units), ""),
            ps_idnat=common_name if personal and _is_ps(common_name) else "",
            serial=cert.serial_number,
            not_before=cert.not_valid_before_utc,
            not_after=cert.not_valid_after_utc,
            usages=_usages(cert),
        )
    except UNDECODABLE as error:
        raise CertificateError("unreadable") from error


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    attributes = name.get_attributes_for_oid(oid)
    return str(attributes[0].value) if attributes else ""


def _is_struct(text: str) -> bool:
    try:
        return bool(StructIdNat(text))
    except IdentifierError:
        return False


def _is_ps(text: str) -> bool:
    try:
        return bool(PsIdNat(text))
    except IdentifierError:
        return False


def _usages(cert: x509.Certificate) -> frozenset[str]:
    """Usages by RFC 5280 §4.2.1.3 and §4.2.1.12; a certificate that says nothing has none.

    A signature certificate may sign (keyUsage) and is *not* meant for authentication: the record
    refuses an assertion signed by an authentication certificate (`DMPInvalidCertificate`).
    """
    if is_authority(cert):
        return frozenset()
    key_usage = extension(cert, x509.KeyUsage)
    extended = extension(cert, x509.ExtendedKeyUsage) or ()
    usages = set()
    if ExtendedKeyUsageOID.CLIENT_AUTH in extended:
        usages.add("client")
    if ExtendedKeyUsageOID.SERVER_AUTH in extended:
        usages.add("server")
    if (
        not usages
        and key_usage is not None
        and (key_usage.digital_signature or key_usage.content_commitment)
    ):
        usages.add("signature")
    return frozenset(usages)


def extension(cert: x509.Certificate, kind: type[E]) -> E | None:
    """The extension of that kind, if there is one. Raises `CertificateError`."""
    try:
        return cert.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except UNDECODABLE as error:
        raise CertificateError("unreadable") from error


def is_authority(cert: x509.Certificate) -> bool:
    """Whether the certificate may sign others (basicConstraints)."""
    constraints = extension(cert, x509.BasicConstraints)
    return constraints is not None and constraints.ca
