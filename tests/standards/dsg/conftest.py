"""One perfect signature of a lot of two documents, that each test breaks in one way."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from carnet.standards.dsg import Fault, SignatureRefused, Signed, sign, verify
from carnet.standards.dsg.signature import C14N, C14N_COMMENTS, METHODS, canonical, digest
from carnet.standards.xmldsig import RSA_SHA256, SHA256, ds
from tests.standards.conftest import LocalPki

LOT = "1.2.250.1.999.1.1.5.1"
CDA = "1.2.250.1.999.1.1.4.1"
KOS = "1.2.250.1.999.1.1.4.2"
DOCUMENTS = {
    CDA: b"<a xmlns='urn:hl7-org:v3' b='1'\n c='2'><!-- kept --></a>",
    KOS: b"DICM\x00\x01",
}

Edit = Callable[[etree._Element], None]


def find(root: etree._Element, path: str) -> etree._Element:
    """The first element at this path of names of XML Signature."""
    element = root.find("/".join(ds(tag) for tag in path.split("/")))
    assert element is not None
    return element


@dataclass(frozen=True)
class Signer:
    """Signs the lot with a certificate of the local authority, and breaks what is signed."""

    pki: LocalPki
    key_pem: bytes
    certificate_pem: bytes

    def sign(self, **options: object) -> bytes:
        """The perfect signature, or one with other options of `sign`."""
        asked = {"signed_at": self.pki.now, "certificate_pem": self.certificate_pem, **options}
        documents = [Signed(name, data, name == CDA) for name, data in DOCUMENTS.items()]
        return sign(LOT, documents, key_pem=self.key_pem, **asked)

    def broken(self, edit: Edit, **options: object) -> bytes:
        """The signature changed after it was made."""
        root = etree.fromstring(self.sign(**options))
        edit(root)
        return etree.tostring(root)

    def resigned(self, edit: Edit, **options: object) -> bytes:
        """Changed, then signed again honestly: what the holder of a key could send."""
        root = etree.fromstring(self.broken(edit, **options))
        info = root.find(ds("SignedInfo"))
        assert info is not None
        by_id = {node.get("Id"): node for node in root.iter() if node.get("Id")}
        for reference in info.iterfind(ds("Reference")):
            target = by_id.get(reference.get("URI", "")[1:])
            method = reference.find(ds("DigestMethod"))
            value = reference.find(ds("DigestValue"))
            if target is not None and method is not None and value is not None:
                data = canonical(target, C14N)
                value.text = b64encode(digest(method.get("Algorithm") or SHA256, data)).decode()
        algorithm = info.find(ds("SignatureMethod")).get("Algorithm")
        key = load_pem_private_key(self.key_pem, None)
        value = root.find(ds("SignatureValue"))
        signed = key.sign(
            canonical(info, C14N_COMMENTS),
            padding.PKCS1v15(),
            METHODS.get(algorithm, METHODS[RSA_SHA256]),
        )
        value.text = b64encode(signed).decode()
        return etree.tostring(root)

    def refusal(self, data: bytes, **options: object) -> Fault:
        """The fault for which these bytes are refused."""
        with pytest.raises(SignatureRefused) as caught:
            verify(data, **{"trust": self.pki.trust, "now": self.pki.now, **options})
        assert caught.value.problem.message.endswith(".")
        return caught.value.problem.fault


@pytest.fixture
def signer(pki: LocalPki) -> Signer:
    return Signer(pki, pki.org_sign.key_pem, pki.org_sign.cert_pem)
