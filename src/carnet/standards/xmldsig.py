"""XML Signature 1.1: what the signatures of assertions and of lots have in common.

A signature is read by position and never searched for: each element is the child that its place
says, so that what is verified is what is read.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from carnet.standards import certificates
from carnet.standards.certificates import Certificate, CertificateError

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
EXC_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED: Final = f"{DS}enveloped-signature"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA1: Final = f"{DS}rsa-sha1"
SHA1: Final = f"{DS}sha1"

#: What precedes a local name: a namespace, or a prefix that nobody declared.
_LOCAL: Final = re.compile(r"^(\{[^}]*\})?([^:]*:)?")
_NCNAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,127}")


class ShapeError(ValueError):
    """A signature is not of the one form that is read; the message names the element."""


def ds(tag: str) -> str:
    """The qualified name of an element of XML Signature."""
    return f"{{{DS}}}{tag}"


def local(name: object) -> str:
    """A name without its namespace or prefix."""
    return _LOCAL.sub("", str(name))


def is_name(identifier: str) -> bool:
    """Whether this may be an identifier that a reference names."""
    return _NCNAME.fullmatch(identifier) is not None


def identifiers(nodes: list[etree._Element]) -> Iterator[str]:
    """Every attribute that some processor might take for an identifier (ID, Id, xml:id, wsu:Id)."""
    for node in nodes:
        for name, value in node.items():
            if str(name)[-2:].lower() == "id" and local(name).lower() == "id":
                yield str(value)


def elements(root: etree._Element) -> list[etree._Element]:
    """All elements, the root first. Raises `ShapeError` when there is anything else but text."""
    if next(root.iter(etree.Comment, etree.PI, etree.Entity), None) is not None:
        # Canonicalisation drops comments: text around one would be signed joined, read cut.
        raise ShapeError("commentaire ou instruction de traitement")
    return list(root.iter())


def exactly(parent: etree._Element, *tags: str) -> list[etree._Element]:
    """The children of `parent`, which are these. Raises `ShapeError`."""
    children = list(parent)
    if [child.tag for child in children] != list(tags):
        raise ShapeError(local(parent.tag))
    return children


def algorithm(element: etree._Element) -> str:
    """The algorithm, when its only parameter, if any, is the prefix list of exclusive c14n."""
    if any(child.tag != f"{{{EXC_C14N}}}InclusiveNamespaces" for child in element):
        return ""
    return element.get("Algorithm", "")


def base64_of(element: etree._Element) -> bytes:
    """The bytes that an element holds in base64, white space apart. Raises `ShapeError`."""
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except ValueError as error:
        raise ShapeError(local(element.tag)) from error


def certificate(key_info: etree._Element) -> Certificate:
    """The signer's certificate: the first of X509Data. A bare KeyValue proves nobody.

    Raises `ShapeError`.
    """
    found = key_info.find(f"{ds('X509Data')}/{ds('X509Certificate')}")
    if found is None or not found.text:
        raise ShapeError("certificat absent")
    try:
        return certificates.read(base64_of(found))
    except (CertificateError, ShapeError) as error:
        raise ShapeError("certificat illisible") from error
