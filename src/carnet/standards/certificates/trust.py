"""Whether a certificate may be used now, for this (RFC 5280 §6, spec mssante §3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from carnet.standards.certificates.certificate import (
    UNDECODABLE,
    Certificate,
    extension,
    is_authority,
    load,
    read,
)
from carnet.standards.certificates.errors import CertificateError

_MIN_RSA_BITS: Final = 2048
_STRONG_HASHES: Final = frozenset({"sha256", "sha384", "sha512"})
_MAX_CHAIN: Final = 5
#: Extensions that are read, or that ask nothing of the reader: the only ones that may be critical.
_UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
    }
)


class Trust:
    """Authorities and their revocation lists; says whether a certificate may be used.

    Only a self-signed authority is an anchor. Each link of a chain, intermediate authorities
    included, must be covered by a revocation list of its issuer; of several the newest counts.
    """

    def __init__(self, authorities: Iterable[bytes], revocations: Iterable[bytes]) -> None:
        """`authorities` and `revocations` are PEM files (several blocks each) or DER.

        Raises `CertificateError` when one is unreadable, is not an authority, or is a revocation
        list that no known authority signed.
        """
        self._authorities: dict[x509.Name, list[x509.Certificate]] = {}
        for cert in (load(block) for data in authorities for block in _blocks(data)):
            if not _may_sign(cert, "key_cert_sign"):
                raise CertificateError("not_an_authority", cert.subject.rfc4514_string())
            self._authorities.setdefault(cert.subject, []).append(cert)
        self._lists: dict[bytes, _RevocationList] = {}  # by the authority (DER)
        # Of the same certificate and authorities the chain is the same: dates and lists are not.
        self._chain_of = lru_cache(maxsize=1024)(self._links)
        self._learn(revocations)

    def refreshed(self, revocations: Iterable[bytes]) -> Trust:
        """The same authorities with these lists where they are newer (ECO.1.1.7).

        Raises `CertificateError` on a bad list: keep the trust you have, its lists last until
        they expire.
        """
        fresh = Trust((), ())
        fresh._authorities = self._authorities
        fresh._lists = dict(self._lists)
        fresh._learn(revocations)
        return fresh

    def _learn(self, revocations: Iterable[bytes]) -> None:
        for crl in (_load_list(block) for data in revocations for block in _blocks(data)):
            signers = self._authorities.get(crl.issuer, ())
            signer = next((authority for authority in signers if _signed_by(crl, authority)), None)
            if signer is None:
                raise CertificateError("crl_bad_signature", crl.issuer.rfc4514_string())
            authority, learnt = signer.public_bytes(Encoding.DER), _summarise(crl)
            known = self._lists.get(authority)
            if known is None or learnt.this_update >= known.this_update:
                self._lists[authority] = learnt

    def check(self, cert: Certificate, *, now: datetime, usage: str) -> None:
        """Raise `CertificateError` unless `cert` may be used for `usage` at `now` (aware).

        Verified in this order: signatures up to a root, dates, revocation, usage. Nothing of the
        chain is taken from the peer: the intermediate authorities are the known ones.
        """
        chain = self._chain_of(cert.der)
        for link in chain:
            if now < link.not_before:
                raise CertificateError("not_yet_valid")
            if now > link.not_after:
                raise CertificateError("expired")
        for link, issuer in pairwise(chain):
            self._check_revocation(link, issuer, now)
        if usage not in cert.usages:
            raise CertificateError("wrong_usage", f"({usage})")

    def _links(self, leaf: bytes) -> tuple[Certificate, ...]:
        return tuple(read(cert.public_bytes(Encoding.DER)) for cert in self._chain(leaf))

    def _chain(self, leaf: bytes) -> tuple[x509.Certificate, ...]:
        chain = [load(leaf)]
        while chain[-1].issuer != chain[-1].subject:
            link = chain[-1]
            candidates = self._authorities.get(link.issuer)
            if not candidates or len(chain) == _MAX_CHAIN:
                raise CertificateError("unknown_issuer", link.issuer.rfc4514_string())
            issuer = next((c for c in candidates if _issued_by(link, c)), None)
            if issuer is None:
                raise CertificateError("bad_signature")
            _check_link(link)
            _check_path_length(issuer, below=len(chain) - 1)
            chain.append(issuer)
        if chain[-1] not in self._authorities.get(chain[-1].subject, ()):
            raise CertificateError("unknown_issuer", chain[-1].issuer.rfc4514_string())
        return tuple(chain)

    def _check_revocation(self, link: Certificate, issuer: Certificate, now: datetime) -> None:
        crl = self._lists.get(issuer.der)
        if crl is None:
            raise CertificateError("crl_missing", issuer.subject)
        # A serial once listed stays refused, even when its list has since expired.
        if link.serial in crl.serials:
            raise CertificateError("revoked")
        if now > crl.next_update:
            raise CertificateError("crl_expired", issuer.subject)


@dataclass(frozen=True, slots=True)
class _RevocationList:
    this_update: datetime
    next_update: datetime
    serials: frozenset[int]


def _summarise(crl: x509.CertificateRevocationList) -> _RevocationList:
    """Keep what is asked at each check. A list that is partial by a critical extension, or that
    never expires, cannot prove that a certificate is good: it is refused."""
    try:
        if crl.next_update_utc is None or any(extension.critical for extension in crl.extensions):
            raise CertificateError("unreadable", crl.issuer.rfc4514_string())
        return _RevocationList(
            this_update=crl.last_update_utc,
            next_update=crl.next_update_utc,
            serials=frozenset(entry.serial_number for entry in crl),
        )
    except UNDECODABLE as error:
        raise CertificateError("unreadable") from error


_PEM_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)


def _blocks(data: bytes) -> Iterator[bytes]:
    """Each PEM block of a file; DER data is one block."""
    if b"-----BEGIN" in data:
        yield from (match.group() for match in _PEM_BLOCK.finditer(data))
    else:
        yield data


def _load_list(block: bytes) -> x509.CertificateRevocationList:
    try:
        if block.startswith(b"-----BEGIN"):
            return x509.load_pem_x509_crl(block)
        return x509.load_der_x509_crl(block)
    except ValueError as error:
        raise CertificateError("unreadable") from error


def _may_sign(cert: x509.Certificate, right: str) -> bool:
    key_usage = extension(cert, x509.KeyUsage)
    return is_authority(cert) and key_usage is not None and bool(getattr(key_usage, right))


def _check_link(cert: x509.Certificate) -> None:
    try:
        algorithm, key = cert.signature_hash_algorithm, cert.public_key()
    except UNDECODABLE as error:
        raise CertificateError("weak_signature") from error
    weak_key = isinstance(key, rsa.RSAPublicKey) and key.key_size < _MIN_RSA_BITS
    if weak_key or algorithm is None or algorithm.name not in _STRONG_HASHES:
        raise CertificateError("weak_signature")
    if any(e.critical and e.oid not in _UNDERSTOOD for e in cert.extensions):
        raise CertificateError("critical_extension")


def _check_path_length(authority: x509.Certificate, *, below: int) -> None:
    constraints = extension(authority, x509.BasicConstraints)
    limit = None if constraints is None else constraints.path_length
    if limit is not None and below > limit:
        raise CertificateError("not_an_authority")


@lru_cache(maxsize=1024)
def _issued_by(cert: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the signature is the issuer's: a fact that does not change, hence the cache."""
    try:
        cert.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNDECODABLE):
        return False
    return True


def _signed_by(crl: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    key = authority.public_key()
    return (
        _may_sign(authority, "crl_sign")
        and isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        and crl.is_signature_valid(key)
    )
