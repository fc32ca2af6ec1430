"""What the signature of a lot says, and the words that it uses (spec dmp §3.8, ITI TF-3 5.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives import hashes
from lxml import etree

from carnet.standards import xml
from carnet.standards.certificates import Certificate
from carnet.standards.xmldsig import DS, EXC_C14N, RSA_SHA1, RSA_SHA256, SHA1, SHA256

#: The namespace of the messages of the DMP, and those of later versions of XAdES.
XADES_1_1: Final = "http://uri.etsi.org/01903/v1.1.1#"
XADES_1_2: Final = "http://uri.etsi.org/01903/v1.2.2#"
XADES_1_3: Final = "http://uri.etsi.org/01903/v1.3.2#"
XADES_VERSIONS: Final = (XADES_1_1, XADES_1_2, XADES_1_3)

C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N_COMMENTS: Final = f"{C14N}#WithComments"
EXC_C14N_COMMENTS: Final = f"{EXC_C14N}WithComments"
MANIFEST_TYPE: Final = f"{DS}Manifest"
MANIFEST_ID: Final = "IHEManifest"
URN: Final = "urn:oid:"
#: The digest of a lot, which has no bytes of its own.
NO_DIGEST: Final = b"\x00"
#: ASTM E1762, "Source": who signs is where the documents come from.
PURPOSE: Final = "1.2.840.10065.1.12.1.14"

#: Inclusive or exclusive, with or without comments, by the URI of the algorithm.
_CANONICAL: Final[Mapping[str, tuple[bool, bool]]] = MappingProxyType(
    {
        C14N: (False, False),
        C14N_COMMENTS: (False, True),
        EXC_C14N: (True, False),
        EXC_C14N_COMMENTS: (True, True),
    }
)
CANONICALISATIONS: Final = frozenset(_CANONICAL)
#: Allowed always, and what software of before 2021 used, which a setting opens.
DIGESTS: Final = frozenset({SHA256})
OLD_DIGESTS: Final = frozenset({SHA1})
METHODS: Final[Mapping[str, hashes.HashAlgorithm]] = MappingProxyType(
    {
        RSA_SHA256: hashes.SHA256(),
        RSA_SHA1: hashes.SHA1(),  # noqa: S303 - refused unless a setting opens it
    }
)
_HASHES: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {
        SHA256: lambda data: hashlib.sha256(data).digest(),
        SHA1: lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    }
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What the manifest says of one object: its uniqueId, and the digest of its bytes.

    `transform` canonicalises the document first; empty for its bytes as they are.
    """

    unique_id: str
    digest: bytes
    method: str
    transform: str = ""


@dataclass(frozen=True, slots=True)
class LotSignature:
    """A signature of a lot whose bytes are consistent; `lot` is the uniqueId of the lot."""

    lot: str
    documents: tuple[Reference, ...]
    signed_at: datetime
    certificate: Certificate


def digest(method: str, data: bytes) -> bytes:
    """The digest by an algorithm of `DIGESTS` or `OLD_DIGESTS`."""
    return _HASHES[method](data)


def canonical(node: etree._Element | etree._ElementTree, algorithm: str) -> bytes:
    """A document, or an element in its context, by an algorithm of `CANONICALISATIONS`.

    Raises `XmlError` for what has no canonical form (a relative namespace).
    """
    exclusive, comments = _CANONICAL[algorithm]
    try:
        return etree.tostring(node, method="c14n", exclusive=exclusive, with_comments=comments)
    except etree.C14NError as error:
        raise xml.XmlError(f"no canonical form: {error}") from None


def content(data: bytes, transform: str) -> bytes:
    """What is digested of a document. Raises `XmlError` when it is to be XML and is not."""
    if not transform:
        return data
    return canonical(xml.parse(data).getroottree(), transform)
