"""Signing a VIHF and verifying one (XML Signature 1.1, SAML 2.0 core §5.4, spec dmp §4.1, §4.4).

What is verified is what is read: the assertion stands alone, has one signature, that signature
has one reference, and the reference is the whole assertion. Nothing else is possible, so there is
no other element that an attacker could have the reader look at.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Final

import xmlsec
from lxml import etree

from carnet.standards import certificates, xml, xmldsig
from carnet.standards.certificates import Certificate, CertificateError, Trust
from carnet.standards.vihf import reading
from carnet.standards.vihf.assertion import SAML, Vihf, build
from carnet.standards.vihf.errors import Refusal, VihfRefused
from carnet.standards.xmldsig import (
    ENVELOPED,
    EXC_C14N,
    RSA_SHA1,
    RSA_SHA256,
    SHA1,
    SHA256,
    ShapeError,
    ds,
    exactly,
)

#: An assertion lives at most this long after it was issued, whatever its Conditions say; the
#: specification sets no lifetime (dmp §4.1).
MAX_AGE: Final = timedelta(hours=1)
#: Clocks differ by this much at most.
SKEW: Final = timedelta(minutes=5)
_MAX_BYTES: Final = 64 * 1024


def sign(vihf: Vihf, *, key_pem: bytes, certificate_pem: bytes) -> bytes:
    """The signed assertion, stand-alone bytes to put in `wsse:Security` as they are.

    The Issuer is the subject of the certificate unless `vihf.issuer` says another.
    Raises `CertificateError` when the certificate is unreadable, `xmlsec.Error` on a bad key.
    """
    certificate = certificates.read(certificate_pem)
    root = build(replace(vihf, issuer=vihf.issuer or certificate.subject))
    return sign_assertion(root, key_pem=key_pem, certificate_pem=certificate_pem)


def sign_assertion(root: etree._Element, *, key_pem: bytes, certificate_pem: bytes) -> bytes:
    """The assertion with its enveloped signature right after the Issuer. Raises `xmlsec.Error`."""
    constants, template = xmlsec.constants, xmlsec.template
    signature = template.create(
        root, constants.TransformExclC14N, constants.TransformRsaSha256, ns="ds"
    )
    root.insert(1, signature)
    reference = template.add_reference(
        signature, constants.TransformSha256, uri=f"#{root.get('ID')}"
    )
    template.add_transform(reference, constants.TransformEnveloped)
    template.add_transform(reference, constants.TransformExclC14N)
    template.add_x509_data(template.ensure_key_info(signature))
    context = xmlsec.SignatureContext()
    context.key = _signing_key(key_pem, certificate_pem)
    context.register_id(root, "ID")
    context.sign(signature)
    return xml.serialize(root)


@lru_cache(maxsize=16)
def _signing_key(key_pem: bytes, certificate_pem: bytes) -> xmlsec.Key:
    key = xmlsec.Key.from_memory(key_pem, xmlsec.constants.KeyDataFormatPem)
    key.load_cert_from_memory(certificate_pem, xmlsec.constants.KeyDataFormatCertPem)
    return key


class VerificationCache:
    """Assertions whose signature has been verified, by the SHA-256 of their bytes; bounded.

    Verifying costs a canonicalisation; software sends one assertion with every call of a session.
    A hit spares the signature only: trust, revocation and time are checked again by `verify`.
    """

    def __init__(self, limit: int = 4096) -> None:
        self._limit = limit
        self._known: OrderedDict[bytes, tuple[Vihf, Certificate]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes) -> tuple[Vihf, Certificate] | None:
        """What was verified under `key`, which becomes the most recent."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)

    def put(self, key: bytes, verified: tuple[Vihf, Certificate]) -> None:
        """Remember; the least recently used goes beyond the limit."""
        with self._lock:
            self._known[key] = verified
            self._known.move_to_end(key)
            while len(self._known) > self._limit:
                self._known.popitem(last=False)

    def forget(self, key: bytes) -> None:
        """Drop what has expired."""
        with self._lock:
            self._known.pop(key, None)

    def __len__(self) -> int:
        return len(self._known)


def verify(
    assertion: bytes,
    *,
    trust: Trust,
    now: datetime,
    max_age: timedelta = MAX_AGE,
    skew: timedelta = SKEW,
    allow_sha1: bool = False,
    cache: VerificationCache | None = None,
) -> tuple[Vihf, Certificate]:
    """What a trusted signer asserts, and the signer. Raises `VihfRefused`.

    Checks 2, 3, 4 and 6 of spec dmp §4.4: signature and signature certificate, Issuer, time
    window, version and mode, roles; then the form of what 5 and 7 compare. `assertion` is the
    stand-alone element; `now` is aware. `allow_sha1` opens rsa-sha1, which software of before
    2021 used and which is refused otherwise.
    """
    key = hashlib.sha256(assertion).digest() + bytes([allow_sha1])
    known = cache.get(key) if cache is not None else None
    verified = known or _verify(assertion, allow_sha1=allow_sha1, trust=trust, now=now)
    vihf, certificate = verified
    try:
        if known is not None:
            _check_trust(certificate, trust, now)
        _check_time(vihf, now, max_age, skew)
    except VihfRefused:
        if cache is not None:
            cache.forget(key)
        raise
    if known is None:
        reading.check(vihf, certificate)
        if cache is not None:
            cache.put(key, verified)
    return verified


def authentic(
    assertion: bytes, *, trust: Trust, now: datetime, allow_sha1: bool = False
) -> tuple[etree._Element, Certificate]:
    """An assertion that a trusted signer signed as a whole, and the signer, who is its Issuer.

    What it says, its time and its audience are not judged. Raises `VihfRefused`.
    """
    try:
        root = xml.parse(assertion, limit=_MAX_BYTES)
    except xml.XmlError as error:
        raise VihfRefused(Refusal.MALFORMED) from error
    if root.tag != f"{{{SAML}}}Assertion":
        raise VihfRefused(Refusal.MALFORMED, "Assertion SAML 2.0 attendue")
    shape = _shape(root, allow_sha1=allow_sha1)
    # Before any use of the key: what an unknown authority issued is not worth a computation.
    _check_trust(shape.certificate, trust, now)
    _check_signature(root, shape, allow_sha1=allow_sha1)
    issuer = root.findtext(f"{{{SAML}}}Issuer") or ""
    if not certificates.same_name(issuer.strip(), shape.certificate.subject):
        raise VihfRefused(Refusal.ISSUER)
    return root, shape.certificate


def _verify(
    assertion: bytes, *, allow_sha1: bool, trust: Trust, now: datetime
) -> tuple[Vihf, Certificate]:
    root, certificate = authentic(assertion, trust=trust, now=now, allow_sha1=allow_sha1)
    return reading.read(root), certificate


@dataclass(frozen=True, slots=True)
class _Shape:
    signature: etree._Element
    certificate: Certificate


def _shape(root: etree._Element, *, allow_sha1: bool) -> _Shape:
    """Refuse every signature but the one form of the VIHF, before anything is computed."""
    try:
        nodes = xmldsig.elements(root)
    except ShapeError as error:
        raise VihfRefused(Refusal.MALFORMED, str(error)) from None
    identifier = root.get("ID", "")
    if not xmldsig.is_name(identifier):
        raise VihfRefused(Refusal.MALFORMED, "ID")
    if list(xmldsig.identifiers(nodes)).count(identifier) != 1:
        raise VihfRefused(Refusal.SIGNATURE, "identifiant répété")
    signatures = list(root.iter(ds("Signature")))
    if len(signatures) != 1 or signatures[0].getparent() is not root:
        raise VihfRefused(Refusal.SIGNATURE, "une signature enveloppée, et une seule, est attendue")
    try:
        key_info, reference, used = _read(signatures[0])
    except ShapeError as error:
        raise VihfRefused(Refusal.SIGNATURE, str(error)) from None
    if reference.get("URI") != f"#{identifier}":
        raise VihfRefused(Refusal.SIGNATURE, "la référence n'est pas l'assertion")
    allowed = [(EXC_C14N, ENVELOPED, EXC_C14N, RSA_SHA256, SHA256)]
    if allow_sha1:
        allowed.append((EXC_C14N, ENVELOPED, EXC_C14N, RSA_SHA1, SHA1))
    if used not in allowed:
        raise VihfRefused(Refusal.ALGORITHM)
    try:
        return _Shape(signatures[0], xmldsig.certificate(key_info))
    except ShapeError as error:
        raise VihfRefused(Refusal.UNTRUSTED, str(error)) from error


def _read(signature: etree._Element) -> tuple[etree._Element, etree._Element, tuple[str, ...]]:
    """KeyInfo, the one Reference, and every algorithm in use. Raises `ShapeError`."""
    signed_info, _, key_info = exactly(
        signature, ds("SignedInfo"), ds("SignatureValue"), ds("KeyInfo")
    )
    c14n, method, reference = exactly(
        signed_info, ds("CanonicalizationMethod"), ds("SignatureMethod"), ds("Reference")
    )
    transforms, digest, _ = exactly(
        reference, ds("Transforms"), ds("DigestMethod"), ds("DigestValue")
    )
    enveloped, exclusive = exactly(transforms, ds("Transform"), ds("Transform"))
    used = tuple(map(xmldsig.algorithm, (c14n, enveloped, exclusive, method, digest)))
    return key_info, reference, used


def _check_trust(certificate: Certificate, trust: Trust, now: datetime) -> None:
    try:
        trust.check(certificate, now=now, usage="signature")
    except CertificateError as error:
        if error.code == "wrong_usage":
            raise VihfRefused(Refusal.CERTIFICATE) from error
        raise VihfRefused(Refusal.UNTRUSTED, error.message.rstrip(".")) from error


def _check_signature(root: etree._Element, shape: _Shape, *, allow_sha1: bool) -> None:
    context = xmlsec.SignatureContext()
    constants = xmlsec.constants
    digests = [constants.TransformSha256, *([constants.TransformSha1] if allow_sha1 else [])]
    methods = [constants.TransformRsaSha256, *([constants.TransformRsaSha1] if allow_sha1 else [])]
    try:
        # xmlsec is told the same list that `_shape` has checked: two locks on one door.
        for transform in (constants.TransformEnveloped, constants.TransformExclC14N, *digests):
            context.enable_reference_transform(transform)
        for transform in (constants.TransformExclC14N, *methods):
            context.enable_signature_transform(transform)
        # A key that is given is used: xmlsec then reads nothing of KeyInfo.
        context.key = _verifying_key(shape.certificate.der)
        context.register_id(root, "ID")
        context.verify(shape.signature)
    except xmlsec.Error as error:
        raise VihfRefused(Refusal.SIGNATURE) from error


@lru_cache(maxsize=256)
def _verifying_key(certificate_der: bytes) -> xmlsec.Key:
    # The key alone: each use copies what it is given, and a certificate is long to copy.
    public_key = certificates.read(certificate_der).public_key
    return xmlsec.Key.from_memory(public_key, xmlsec.constants.KeyDataFormatDer)


def _check_time(vihf: Vihf, now: datetime, max_age: timedelta, skew: timedelta) -> None:
    if vihf.issued_at > now + skew:
        raise VihfRefused(Refusal.NOT_YET_VALID)
    if vihf.issued_at < now - max_age - skew:
        raise VihfRefused(Refusal.EXPIRED)
    if vihf.not_before is not None and now + skew < vihf.not_before:
        raise VihfRefused(Refusal.NOT_YET_VALID)
    if vihf.not_on_or_after is not None and now - skew >= vihf.not_on_or_after:
        raise VihfRefused(Refusal.EXPIRED)
