"""Algorithms out of the list, signers whom nobody names, bytes that are no signature."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carnet.standards.dsg import Fault, SignatureRefused, differences, read
from carnet.standards.dsg.reading import MOST_BYTES
from carnet.standards.xmldsig import DS, ENVELOPED, SHA256, ds
from tests.standards.dsg.conftest import CDA, DOCUMENTS, LOT, Signer, find

XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
BASE64 = f"{DS}base64"
HMAC = f"{DS}hmac-sha1"
NO_SIGNATURE = "urn:ihe:iti:dsg:nosig"
ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
MD5 = "http://www.w3.org/2001/04/xmldsig-more#md5"


def set_text(path, text):
    def edit(root):
        find(root, path).text = text

    return edit


def set_attribute(path, name, value):
    def edit(root):
        find(root, path).set(name, value)

    return edit


# Algorithms


def transformed(path, algorithm):
    def edit(root):
        reference = find(root, path)
        transforms = etree.Element(ds("Transforms"))
        etree.SubElement(transforms, ds("Transform"), Algorithm=algorithm)
        if reference[0].tag == ds("Transforms"):
            reference.remove(reference[0])
        reference.insert(0, transforms)

    return edit


def prefixes_of_c14n(root):
    find(root, "SignedInfo/CanonicalizationMethod").append(
        etree.Element("{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces")
    )


ALGORITHMS = [
    *(transformed("SignedInfo/Reference", each) for each in (XPATH, XSLT, BASE64, ENVELOPED)),
    *(
        set_attribute("SignedInfo/SignatureMethod", "Algorithm", each)
        for each in (HMAC, NO_SIGNATURE, ECDSA, SHA256, "")
    ),
    set_attribute("SignedInfo/Reference/DigestMethod", "Algorithm", MD5),
    set_attribute("SignedInfo/CanonicalizationMethod", "Algorithm", XSLT),
    prefixes_of_c14n,
]


@pytest.mark.parametrize("edit", ALGORITHMS)
def test_an_algorithm_out_of_the_list_is_refused(signer, edit):
    assert signer.refusal(signer.broken(edit)) is Fault.ALGORITHM


@pytest.mark.parametrize(
    "edit",
    [
        *(transformed("Object/Manifest/Reference", each) for each in (XPATH, XSLT, BASE64)),
        set_attribute("Object/Manifest/Reference/DigestMethod", "Algorithm", MD5),
    ],
)
def test_an_algorithm_out_of_the_list_is_refused_of_a_document(signer, edit):
    assert signer.refusal(signer.resigned(edit)) is Fault.ALGORITHM


def test_two_transformations_are_not_done(signer):
    def twice(root):
        transforms = find(root, "Object/Manifest/Reference/Transforms")
        transforms.append(deepcopy(transforms[0]))

    assert signer.refusal(signer.resigned(twice)) is Fault.SHAPE


# Certificates


def no_certificate(root):
    data = find(root, "KeyInfo/X509Data")
    data.remove(data[0])


def key_value(root):
    """A bare key proves nobody."""
    info = find(root, "KeyInfo")
    info.clear()
    etree.SubElement(etree.SubElement(info, ds("KeyValue")), ds("RSAKeyValue"))


@pytest.mark.parametrize(
    "edit",
    [no_certificate, key_value, set_text("KeyInfo/X509Data/X509Certificate", "AAAA")],
)
def test_a_signer_that_no_certificate_names_is_refused(signer, edit):
    assert signer.refusal(signer.broken(edit)) is Fault.UNTRUSTED


# Bytes


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.4",
        b"<Signature",
        b"<!DOCTYPE Signature [<!ENTITY e 'x'>]><Signature>&e;</Signature>",
        b"<Signature>" + b" " * MOST_BYTES + b"</Signature>",
    ],
)
def test_what_is_not_acceptable_xml_is_refused(signer, data):
    assert signer.refusal(data) is Fault.MALFORMED


def test_what_has_no_canonical_form_is_refused(signer):
    """A relative namespace (Canonical XML 1.0 §1.3): in the signature, then in a document."""
    data = signer.sign().replace(b"<ds:SignedInfo>", b'<ds:SignedInfo xmlns:r="relative">')
    assert signer.refusal(data) is Fault.MALFORMED
    documents = {**DOCUMENTS, CDA: b'<a xmlns="relative"/>'}
    told = [(each.fault, each.place) for each in differences(read(signer.sign()), LOT, documents)]
    assert told == [(Fault.DIGEST, CDA)]


@pytest.mark.parametrize("data", [b"<Signature/>", b"<a/>", f'<Signature xmlns="{DS}"/>'.encode()])
def test_xml_that_is_no_signature_is_refused(signer, data):
    assert signer.refusal(data) is Fault.SHAPE


@pytest.fixture(scope="session")
def signed(pki):
    return Signer(pki, pki.org_sign.key_pem, pki.org_sign.cert_pem).sign()


@given(data=st.data())
def test_no_byte_of_a_signature_can_change_what_it_says(signed, data):
    place = data.draw(st.integers(0, len(signed) - 1))
    byte = data.draw(st.integers(0, 255))
    spoilt = signed[:place] + bytes([byte]) + signed[place + 1 :]
    try:
        found = read(spoilt)
    except SignatureRefused:
        return
    assert found == read(signed)
