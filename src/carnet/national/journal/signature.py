"""What is signed each day, and by what: a statement, a key, certificates."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from carnet.national.journal.chain import canonical

#: The form of a statement; one that is read otherwise gets another name.
FORMAT = "carnet-journal-day-1"
#: What the first statement follows.
NO_STATEMENT = "0" * 64


class SignatureError(Exception):
    """A key, a certificate or a signature cannot be used; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs the days, with its certificate (PEM)."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: str

    @classmethod
    def open(cls, certificate: Path, key: Path) -> Signer:
        """From two PEM files; the first certificate is the key's. Raises `SignatureError`."""
        try:
            held = serialization.load_pem_private_key(key.read_bytes(), password=None)
            (first, *_former) = x509.load_pem_x509_certificates(certificate.read_bytes())
        except (OSError, ValueError, TypeError) as error:
            raise SignatureError(f"the journal's key or certificate cannot be read: {error}") from (
                error
            )
        if not isinstance(held, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise SignatureError("the journal's key is neither RSA nor of an elliptic curve")
        if held.public_key() != first.public_key():
            raise SignatureError("the journal's key is not that of the first of its certificates")
        return cls(held, pem(first))

    def sign(self, statement: Mapping[str, Any]) -> bytes:
        """RSA PKCS#1 v1.5 or ECDSA over SHA-256 of the canonical statement."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(canonical(statement), padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(canonical(statement), ec.ECDSA(hashes.SHA256()))


def trusted(certificates: Path) -> frozenset[str]:
    """The certificates (PEM) of a file: the present one and the former ones.

    Raises `SignatureError`.
    """
    try:
        every = x509.load_pem_x509_certificates(certificates.read_bytes())
    except (OSError, ValueError) as error:
        raise SignatureError(f"the certificates cannot be read: {error}") from error
    return frozenset(pem(each) for each in every)


def check(statement: Mapping[str, Any], signature: bytes, certificate: str) -> x509.Certificate:
    """The certificate that signed this statement. Raises `SignatureError` when it did not."""
    try:
        loaded = x509.load_pem_x509_certificate(certificate.encode())
        key = loaded.public_key()
    except ValueError as error:
        raise SignatureError("the certificate cannot be read") from error
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, canonical(statement), padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, canonical(statement), ec.ECDSA(hashes.SHA256()))
        else:
            raise SignatureError("the key of the certificate is neither RSA nor elliptic")
    except InvalidSignature:
        raise SignatureError("the signature is not that of the certificate") from None
    return loaded


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, in hexadecimal: what two people compare."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def name_of(statement: Mapping[str, Any]) -> str:
    """How the next statement refers to this one."""
    return hashlib.sha256(canonical(statement)).hexdigest()


def pem(certificate: x509.Certificate) -> str:
    """The certificate as it is written beside what it signed."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
