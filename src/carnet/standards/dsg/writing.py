"""Signing a lot: XAdES-BES over a manifest of its documents (spec dmp §3.8).

The same lot signed at the same time with the same key gives the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from lxml import etree

from carnet.standards import xml
from carnet.standards.dsg.signature import (
    C14N_COMMENTS,
    MANIFEST_ID,
    MANIFEST_TYPE,
    METHODS,
    NO_DIGEST,
    PURPOSE,
    URN,
    XADES_1_1,
    canonical,
    content,
    digest,
)
from carnet.standards.xmldsig import DS, RSA_SHA256, SHA256, ds

_SIGNATURE_ID: Final = "S0"
_PROPERTIES_ID: Final = "S0-SignedProperties"


@dataclass(frozen=True, slots=True)
class Signed:
    """A document of the lot. What is XML is canonicalised first, as the DMP asks."""

    unique_id: str
    data: bytes
    is_xml: bool


def sign(
    lot: str,
    documents: Iterable[Signed],
    *,
    signed_at: datetime,
    key_pem: bytes,
    certificate_pem: bytes,
    xades: str = XADES_1_1,
) -> bytes:
    """The signature of the lot of this uniqueId: an XML document.

    `certificate_pem` is that of the key first, then what is known of its chain; `signed_at` is
    aware. Raises `ValueError` when key or certificate cannot be read or the key is not RSA,
    `XmlError` when a document that is to be XML is not.
    """
    names = {"ds": DS, "xades": xades}
    root = etree.Element(ds("Signature"), {"Id": _SIGNATURE_ID}, nsmap=names)
    signed_info = _add(root, ds("SignedInfo"))
    value = _add(root, ds("SignatureValue"))
    certificates = _chain(certificate_pem)
    data = _add(_add(root, ds("KeyInfo")), ds("X509Data"))
    _add(data, ds("X509Certificate"), _base64(certificates[0].public_bytes(Encoding.DER)))
    _purpose(_add(root, ds("Object")))
    manifest = _manifest(_add(root, ds("Object")), lot, documents)
    properties = _properties(_add(root, ds("Object")), certificates, signed_at, xades)

    _add(signed_info, ds("CanonicalizationMethod"), Algorithm=C14N_COMMENTS)
    _add(signed_info, ds("SignatureMethod"), Algorithm=RSA_SHA256)
    for signed, kind in (
        (manifest, MANIFEST_TYPE),
        (properties, f"{xades}SignedProperties"),
    ):
        found = digest(SHA256, canonical(signed, C14N_COMMENTS))
        _reference(signed_info, f"#{signed.get('Id')}", found, kind=kind)
    value.text = _base64(
        _key(key_pem).sign(
            canonical(signed_info, C14N_COMMENTS), padding.PKCS1v15(), METHODS[RSA_SHA256]
        )
    )
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + xml.serialize(root)


def _manifest(parent: etree._Element, lot: str, documents: Iterable[Signed]) -> etree._Element:
    manifest = _add(parent, ds("Manifest"), Id=MANIFEST_ID)
    _reference(manifest, f"{URN}{lot}", NO_DIGEST)
    for document in documents:
        transform = C14N_COMMENTS if document.is_xml else ""
        found = digest(SHA256, content(document.data, transform))
        _reference(manifest, f"{URN}{document.unique_id}", found, transform=transform)
    return manifest


def _purpose(parent: etree._Element) -> None:
    properties = _add(parent, ds("SignatureProperties"))
    where = {"Id": "purposeOfSignature", "Target": f"#{_SIGNATURE_ID}"}
    _add(properties, ds("SignatureProperty"), PURPOSE, **where)


def _properties(
    parent: etree._Element,
    certificates: list[x509.Certificate],
    signed_at: datetime,
    xades: str,
) -> etree._Element:
    """The SignedProperties, which XAdES 1.1 asks to be all there."""
    qualifying = _add(parent, f"{{{xades}}}QualifyingProperties", Target=f"#{_SIGNATURE_ID}")
    signed = _add(qualifying, f"{{{xades}}}SignedProperties", Id=_PROPERTIES_ID)
    of_signature = _add(signed, f"{{{xades}}}SignedSignatureProperties")
    time = signed_at.astimezone(UTC)
    _add(of_signature, f"{{{xades}}}SigningTime", f"{time:%Y-%m-%dT%H:%M:%SZ}")
    designated = _add(of_signature, f"{{{xades}}}SigningCertificate")
    for certificate in certificates:
        cert = _add(designated, f"{{{xades}}}Cert")
        found = _add(cert, f"{{{xades}}}CertDigest")
        der = certificate.public_bytes(Encoding.DER)
        # XAdES 1.1.1 has names of its own for what later versions take from XML Signature.
        space = xades if xades == XADES_1_1 else DS
        _add(found, f"{{{space}}}DigestMethod", Algorithm=SHA256)
        _add(found, f"{{{space}}}DigestValue", _base64(digest(SHA256, der)))
        issuer = _add(cert, f"{{{xades}}}IssuerSerial")
        _add(issuer, ds("X509IssuerName"), certificate.issuer.rfc4514_string())
        _add(issuer, ds("X509SerialNumber"), str(certificate.serial_number))
    policy = _add(of_signature, f"{{{xades}}}SignaturePolicyIdentifier")
    _add(policy, f"{{{xades}}}SignaturePolicyImplied")
    _add(signed, f"{{{xades}}}SignedDataObjectProperties")
    return signed


def _reference(
    parent: etree._Element, uri: str, found: bytes, *, kind: str = "", transform: str = ""
) -> None:
    reference = _add(parent, ds("Reference"), **({"Type": kind} if kind else {}), URI=uri)
    if transform:
        _add(_add(reference, ds("Transforms")), ds("Transform"), Algorithm=transform)
    _add(reference, ds("DigestMethod"), Algorithm=SHA256)
    _add(reference, ds("DigestValue"), _base64(found))


def _add(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, tag, attributes)
    element.text = text or None
    return element


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


@lru_cache(maxsize=16)
def _key(key_pem: bytes) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(key_pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the key that signs lots is not RSA")
    return key


@lru_cache(maxsize=16)
def _chain(certificate_pem: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(certificate_pem)
