"""Verifying the signature of a lot (spec dmp §3.8; XML Signature 1.1, XAdES-BES, ITI TF-3 5.5).

One form is read, by position. The manifest and the properties that are read are the very elements
whose digests were signed: nothing is looked for by an identifier, no reference leaves the file, no
transformation is done but canonicalisation. SignatureProperties are not signed, and not read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_der_x509_certificate
from lxml import etree

from carnet.standards import xml, xmldsig
from carnet.standards.certificates import Certificate, CertificateError, Trust
from carnet.standards.dsg.errors import Fault, Problem, SignatureRefused
from carnet.standards.dsg.signature import (
    C14N,
    CANONICALISATIONS,
    DIGESTS,
    MANIFEST_TYPE,
    METHODS,
    NO_DIGEST,
    OLD_DIGESTS,
    URN,
    XADES_VERSIONS,
    LotSignature,
    Reference,
    canonical,
    content,
    digest,
)
from carnet.standards.xmldsig import RSA_SHA1, ShapeError, ds, exactly

#: Clocks differ by this much at most.
SKEW: Final = timedelta(minutes=5)
#: Bytes of a signature: more than a manifest of `MOST_DOCUMENTS` takes.
MOST_BYTES: Final = 1024 * 1024
#: Documents that one signature designates at most.
MOST_DOCUMENTS: Final = 1000

_QUALIFYING: Final = frozenset(f"{{{space}}}QualifyingProperties" for space in XADES_VERSIONS)
_OBJECT: Final = re.compile(rf"{URN}([0-2](?:\.(?:0|[1-9][0-9]*))+)")
_LONGEST_OID: Final = 64
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


def verify(
    data: bytes, *, trust: Trust, now: datetime, allow_sha1: bool = False, skew: timedelta = SKEW
) -> LotSignature:
    """What a signer who is trusted now has signed. Raises `SignatureRefused`.

    The certificate is one of signature, accepted at `now` and when it signed by its own account,
    which is not to come. `allow_sha1` opens SHA-1, which software of before 2021 used.
    """
    shape = _shape(data, allow_sha1=allow_sha1)
    # Before any use of the key: what an unknown authority issued is not worth a computation.
    try:
        trust.check(shape.certificate, now=now, usage="signature")
    except CertificateError as error:
        if error.code == "wrong_usage":
            raise SignatureRefused(Fault.CERTIFICATE) from error
        raise SignatureRefused(Fault.UNTRUSTED, error.message.rstrip(".")) from error
    signature = _verified(shape)
    if signature.signed_at > now + skew:
        raise SignatureRefused(Fault.TIME, "elle est à venir")
    return signature


def read(data: bytes, *, allow_sha1: bool = False) -> LotSignature:
    """What somebody has signed, whoever it is. Raises `SignatureRefused`.

    All is verified but that the certificate is trusted: for who examines a file.
    """
    return _verified(_shape(data, allow_sha1=allow_sha1))


def differences(
    signature: LotSignature, lot: str, documents: Mapping[str, bytes]
) -> Iterator[Problem]:
    """What was signed and is not this lot, of this uniqueId, with these documents by uniqueId."""
    if signature.lot != lot:
        yield Problem(Fault.LOT)
    counted = Counter((signature.lot, *(each.unique_id for each in signature.documents)))
    for unique_id in (each for each, count in counted.items() if count > 1):
        yield Problem(Fault.REPEATED, place=unique_id)
    signed = {each.unique_id: each for each in signature.documents}
    for unique_id in sorted(documents.keys() - signed.keys()):
        yield Problem(Fault.MISSING, place=unique_id)
    for unique_id, reference in signed.items():
        if unique_id not in documents:
            yield Problem(Fault.STRANGER, place=unique_id)
        elif not _is_digest_of(reference, documents[unique_id]):
            yield Problem(Fault.DIGEST, place=unique_id)


def _is_digest_of(reference: Reference, data: bytes) -> bool:
    try:
        return digest(reference.method, content(data, reference.transform)) == reference.digest
    except xml.XmlError:
        return False


@dataclass(frozen=True, slots=True)
class _Digest:
    """A digest, its algorithm, and the canonicalisation before it, empty for none."""

    value: bytes
    method: str
    transform: str


@dataclass(frozen=True, slots=True)
class _Signed:
    """An element, and what SignedInfo says of it."""

    element: etree._Element
    digest: _Digest


@dataclass(frozen=True, slots=True)
class _Shape:
    """The parts of the one form, each by its place; `digests` are the algorithms allowed."""

    signed_info: etree._Element
    c14n: str
    method: str
    value: bytes
    certificate: Certificate
    manifest: _Signed
    properties: _Signed
    digests: frozenset[str]


def _shape(data: bytes, *, allow_sha1: bool) -> _Shape:
    """Refuse every signature but the one form, before anything is computed."""
    try:
        root = xml.parse(data, limit=MOST_BYTES)
    except xml.XmlError as error:
        raise SignatureRefused(Fault.MALFORMED) from error
    try:
        return _parts(root, allow_sha1=allow_sha1)
    except ShapeError as error:
        raise SignatureRefused(Fault.SHAPE, str(error)) from None


def _parts(root: etree._Element, *, allow_sha1: bool) -> _Shape:
    nodes = xmldsig.elements(root)
    if root.tag != ds("Signature") or sum(node.tag == root.tag for node in nodes) != 1:
        raise ShapeError("une signature, et une seule, est attendue")
    if any(str(name).startswith(_XML) for node in nodes for name, _value in node.items()):
        # Inclusive canonicalisation hands them down to what is signed: two readings are possible.
        raise ShapeError("attribut xml:")
    identifiers = list(xmldsig.identifiers(nodes))
    if len(identifiers) != len(set(identifiers)):
        raise ShapeError("identifiant répété")
    signed_info, value, key_info, *objects = _head(root)
    manifest, properties = _objects(objects, f"#{root.get('Id')}")
    c14n, method, of_manifest, of_properties = exactly(
        signed_info,
        ds("CanonicalizationMethod"),
        ds("SignatureMethod"),
        ds("Reference"),
        ds("Reference"),
    )
    digests = DIGESTS | OLD_DIGESTS if allow_sha1 else DIGESTS
    methods = METHODS.keys() if allow_sha1 else METHODS.keys() - {RSA_SHA1}
    space = etree.QName(properties).namespace
    return _Shape(
        signed_info=signed_info,
        c14n=_allowed(c14n, CANONICALISATIONS),
        method=_allowed(method, methods),
        value=xmldsig.base64_of(value),
        certificate=_certificate(key_info),
        manifest=_Signed(manifest, _target(of_manifest, manifest, MANIFEST_TYPE, digests)),
        properties=_Signed(
            properties, _target(of_properties, properties, f"{space}SignedProperties", digests)
        ),
        digests=digests,
    )


def _head(root: etree._Element) -> list[etree._Element]:
    parts = list(root)
    if [part.tag for part in parts[:3]] != [ds("SignedInfo"), ds("SignatureValue"), ds("KeyInfo")]:
        raise ShapeError("Signature")
    return parts


def _objects(
    objects: list[etree._Element], signature: str
) -> tuple[etree._Element, etree._Element]:
    """The Manifest and the SignedProperties, each alone in its Object."""
    held = [_alone(each) for each in objects]
    manifests = [each for each in held if each.tag == ds("Manifest")]
    qualifying = [each for each in held if each.tag in _QUALIFYING]
    others = [each for each in held if each.tag == ds("SignatureProperties")]
    if len(manifests) != 1 or len(qualifying) != 1 or len(others) != len(held) - 2:
        raise ShapeError("Object")
    if qualifying[0].get("Target") != signature:
        raise ShapeError("QualifyingProperties/@Target")
    space = f"{{{etree.QName(qualifying[0]).namespace}}}"
    # UnsignedProperties (time stamps) prove nothing here, and are not read.
    both = [f"{space}SignedProperties", f"{space}UnsignedProperties"]
    if [each.tag for each in qualifying[0]] not in (both[:1], both):
        raise ShapeError("QualifyingProperties")
    return manifests[0], qualifying[0][0]


def _alone(parent: etree._Element) -> etree._Element:
    if parent.tag != ds("Object") or len(parent) != 1:
        raise ShapeError("Object")
    return parent[0]


def _target(
    reference: etree._Element, target: etree._Element, kind: str, digests: frozenset[str]
) -> _Digest:
    """What a Reference of SignedInfo says of `target`, which is what it refers to."""
    identifier = target.get("Id", "")
    if not xmldsig.is_name(identifier) or reference.get("URI") != f"#{identifier}":
        raise ShapeError("SignedInfo/Reference/@URI")
    if reference.get("Type") != kind:
        raise ShapeError("SignedInfo/Reference/@Type")
    return _digest(reference, digests)


def _digest(reference: etree._Element, digests: frozenset[str]) -> _Digest:
    """The digest of a Reference, and the one canonicalisation that may come before it."""
    transform = ""
    if len(reference) == 3:
        transforms, method, value = exactly(
            reference, ds("Transforms"), ds("DigestMethod"), ds("DigestValue")
        )
        (only,) = exactly(transforms, ds("Transform"))
        transform = _allowed(only, CANONICALISATIONS)
    else:
        method, value = exactly(reference, ds("DigestMethod"), ds("DigestValue"))
    return _Digest(xmldsig.base64_of(value), _allowed(method, digests), transform)


def _allowed(element: etree._Element, algorithms: Collection[str]) -> str:
    """The algorithm, which is one of these, without parameters."""
    if len(element) or element.get("Algorithm") not in algorithms:
        raise SignatureRefused(Fault.ALGORITHM, xmldsig.local(element.tag))
    return str(element.get("Algorithm"))


def _certificate(key_info: etree._Element) -> Certificate:
    try:
        return xmldsig.certificate(key_info)
    except ShapeError as error:
        raise SignatureRefused(Fault.UNTRUSTED, str(error)) from error


def _verified(shape: _Shape) -> LotSignature:
    """What is said, once the key has signed it. The manifest and the properties are read last."""
    try:
        _check_integrity(shape)
    except xml.XmlError as error:
        raise SignatureRefused(Fault.MALFORMED) from error
    try:
        lot, documents = _manifest(shape.manifest.element, shape.digests)
        signed_at = _properties(shape.properties.element, shape)
    except ShapeError as error:
        raise SignatureRefused(Fault.SHAPE, str(error)) from None
    certificate = shape.certificate
    if not certificate.not_before <= signed_at <= certificate.not_after:
        raise SignatureRefused(Fault.TIME, "le certificat n'était pas valable")
    return LotSignature(lot, documents, signed_at, certificate)


def _check_integrity(shape: _Shape) -> None:
    """The key signed SignedInfo, and SignedInfo what it refers to.

    Raises `SignatureRefused`, `XmlError`.
    """
    signed_info = canonical(shape.signed_info, shape.c14n)
    try:
        _key(shape.certificate.der).verify(
            shape.value, signed_info, padding.PKCS1v15(), METHODS[shape.method]
        )
    except InvalidSignature as error:
        raise SignatureRefused(Fault.VALUE) from error
    for signed in (shape.manifest, shape.properties):
        said = signed.digest
        # Without a transformation, XML Signature canonicalises (§4.4.3.2); there is no comment.
        found = digest(said.method, canonical(signed.element, said.transform or C14N))
        if found != said.value:
            raise SignatureRefused(Fault.ALTERED, xmldsig.local(signed.element.tag))


def _manifest(
    manifest: etree._Element, digests: frozenset[str]
) -> tuple[str, tuple[Reference, ...]]:
    """The uniqueId of the lot, which comes first and has no digest, and the documents."""
    if not 2 <= len(manifest) <= MOST_DOCUMENTS + 1:
        raise ShapeError("Manifest")
    read = []
    for reference in manifest:
        named = _OBJECT.fullmatch(reference.get("URI", ""))
        if reference.tag != ds("Reference") or named is None or len(named[1]) > _LONGEST_OID:
            raise ShapeError("Manifest/Reference")
        said = _digest(reference, digests)
        read.append(Reference(named[1], said.value, said.method, said.transform))
    lot, *documents = read
    if lot.digest.strip(NO_DIGEST):
        raise ShapeError("Manifest/Reference[1]/DigestValue")
    return lot.unique_id, tuple(documents)


def _properties(properties: etree._Element, shape: _Shape) -> datetime:
    """SigningTime; SigningCertificate must designate the certificate whose key has signed."""
    space = f"{{{etree.QName(properties).namespace}}}"
    of_signature = _child(properties, f"{space}SignedSignatureProperties")
    time = (_child(of_signature, f"{space}SigningTime").text or "").strip()
    if not _INSTANT.fullmatch(time):
        raise ShapeError("SigningTime")
    designated = [
        each
        for each in of_signature
        if each.tag in {f"{space}SigningCertificate", f"{space}SigningCertificateV2"}
    ]
    if len(designated) != 1 or not len(designated[0]):
        raise ShapeError("SigningCertificate")
    found = _child(designated[0][0], f"{space}CertDigest")
    if [xmldsig.local(each.tag) for each in found] != ["DigestMethod", "DigestValue"]:
        raise ShapeError("CertDigest")
    method = _allowed(found[0], shape.digests)
    if digest(method, shape.certificate.der) != xmldsig.base64_of(found[1]):
        raise SignatureRefused(Fault.DESIGNATION)
    try:
        return datetime.fromisoformat(time)
    except ValueError as error:
        raise ShapeError("SigningTime") from error


def _child(parent: etree._Element, tag: str) -> etree._Element:
    found = [child for child in parent if child.tag == tag]
    if len(found) != 1:
        raise ShapeError(xmldsig.local(tag))
    return found[0]


@lru_cache(maxsize=256)
def _key(certificate_der: bytes) -> rsa.RSAPublicKey:
    try:
        key = load_der_x509_certificate(certificate_der).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureRefused(Fault.ALGORITHM, "clé du certificat") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise SignatureRefused(Fault.ALGORITHM, "clé du certificat")
    return key
