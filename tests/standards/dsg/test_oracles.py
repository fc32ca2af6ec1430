"""Programs that are not ours verify our signatures, and we verify theirs."""

import hashlib
from base64 import b64decode

import pytest
import xmlsec
from lxml import etree
from signxml import (
    CanonicalizationMethod,
    DigestAlgorithm,
    InvalidDigest,
    InvalidSignature,
    SignatureConfiguration,
    SignatureMethod,
    XMLVerifier,
)
from signxml.xades import XAdESSignatureConfiguration, XAdESVerifier

from carnet.standards.dsg.signature import XADES_1_1, XADES_1_3
from carnet.standards.xmldsig import ds
from tests.standards.dsg.conftest import CDA, DOCUMENTS, KOS, LOT, Signer

STRICT = {
    "expect_references": 2,
    "location": "./",
    "require_x509": True,
    "signature_methods": frozenset({SignatureMethod.RSA_SHA256}),
    "digest_algorithms": frozenset({DigestAlgorithm.SHA256}),
}


def as_the_schema_asks(data: bytes) -> bytes:
    """Without the purpose: a text, in the messages of the DMP, where the schema asks for elements.

    It is not signed: the signature is the same without it.
    """
    root = etree.fromstring(data)
    purpose = root.find(f"{ds('Object')}/{ds('SignatureProperties')}")
    root.remove(purpose.getparent())
    return etree.tostring(root)


def verified(signer: Signer, data: bytes) -> list[etree._Element]:
    """The elements that signxml says are signed by the hospital of the tests."""
    found = XMLVerifier().verify(
        as_the_schema_asks(data),
        x509_cert=signer.certificate_pem.decode(),
        expect_config=SignatureConfiguration(**STRICT),
        id_attribute="Id",
    )
    return [each.signed_xml for each in found]


@pytest.mark.parametrize("xades", [XADES_1_1, XADES_1_3])
def test_signxml_verifies_what_we_sign(signer, xades):
    manifest, properties = verified(signer, signer.sign(xades=xades))
    assert manifest.tag == ds("Manifest")
    assert properties.tag == f"{{{xades}}}SignedProperties"
    lot, cda, kos = manifest
    assert [each.get("URI") for each in manifest] == [f"urn:oid:{each}" for each in (LOT, CDA, KOS)]
    assert lot.findtext(ds("DigestValue")) == "AA=="
    canonical = etree.tostring(etree.fromstring(DOCUMENTS[CDA]), method="c14n", with_comments=True)
    for reference, data in ((cda, canonical), (kos, DOCUMENTS[KOS])):
        found = b64decode(reference.findtext(ds("DigestValue")))
        assert found == hashlib.sha256(data).digest()


def test_signxml_reads_the_xades_of_what_we_sign(signer):
    """With its schema of XAdES 1.3.2: the signing certificate is checked too."""
    found = XAdESVerifier().verify(
        as_the_schema_asks(signer.sign(xades=XADES_1_3)),
        x509_cert=signer.certificate_pem.decode(),
        expect_config=XAdESSignatureConfiguration(**STRICT),
        id_attribute="Id",
    )
    assert found


def test_signxml_refuses_what_we_would_refuse(signer):
    def forge(root):
        next(root.iter(ds("Manifest")))[1].set("URI", "urn:oid:1.2.3")

    with pytest.raises((InvalidDigest, InvalidSignature)):
        verified(signer, signer.broken(forge))


def test_xmlsec_verifies_the_value_of_what_we_sign(signer):
    """xmlsec would follow the references of a manifest: the signed text alone is given to it."""
    root = etree.fromstring(signer.sign())
    info, value = root.find(ds("SignedInfo")), root.find(ds("SignatureValue"))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(
        signer.certificate_pem, xmlsec.constants.KeyDataFormatCertPem
    )
    context.verify_binary(
        etree.tostring(info, method="c14n", with_comments=True),
        xmlsec.constants.TransformRsaSha256,
        b64decode(value.text),
    )
    assert CanonicalizationMethod.CANONICAL_XML_1_0_WITH_COMMENTS.value == info[0].get("Algorithm")
