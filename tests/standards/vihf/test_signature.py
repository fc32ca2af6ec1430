"""Who signed, what was signed, and how: nothing else is read."""

import copy
import hashlib
import hmac
from base64 import b64encode
from dataclasses import replace

import pytest
import xmlsec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from lxml import etree

from carnet.standards.vihf import VerificationCache, Vihf, sign, verify
from carnet.standards.vihf.assertion import SAML, build
from carnet.standards.xmldsig import DS, EXC_C14N
from tests.standards.conftest import make_pki

XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"


def ds(tag):
    return f"{{{DS}}}{tag}"


def saml(tag):
    return f"{{{SAML}}}{tag}"


def resigned(root, key_pem):
    """Sign again, honestly, whatever SignedInfo now says: what a valid member could send."""
    key = load_pem_private_key(key_pem, None)
    info = root.find(f".//{ds('SignedInfo')}")
    canonical = etree.tostring(info, method="c14n", exclusive=True, with_comments=False)
    value = key.sign(canonical, padding.PKCS1v15(), hashes.SHA256())
    root.find(f".//{ds('SignatureValue')}").text = b64encode(value).decode()
    return etree.tostring(root)


def test_a_good_assertion_is_accepted(pki, good):
    vihf, certificate = verify(good, trust=pki.trust, now=pki.now)
    assert isinstance(vihf, Vihf)
    assert certificate.common_name == "Hôpital de l'Étang"


def test_it_is_accepted_after_a_journey_in_an_envelope(pki, good):
    """Cut out of a SOAP header, it keeps declarations of the envelope that it does not use."""
    envelope = (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:u="urn:u">'
        b"<s:Header>" + good + b"</s:Header></s:Envelope>"
    )
    inside = etree.fromstring(envelope).find(f".//{saml('Assertion')}")
    verify(etree.tostring(inside, with_tail=False), trust=pki.trust, now=pki.now)


def test_the_tests_sign_as_a_valid_member_would(pki, good):
    """Else the refusals below could come from the test's own signature."""
    data = resigned(etree.fromstring(good), pki.org_sign.key_pem)
    verify(data, trust=pki.trust, now=pki.now)


# Content, key and certificate ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"207058575627097", b"207058575627098"), (b"SM26", b"SM27"), (b">MAX Libre", b">MAX Autre")],
)
def test_a_changed_content_is_refused(good, refusal, old, new):
    assert old in good
    assert refusal(good.replace(old, new)) == "VIHFInvalidSignature"


def test_another_key_than_the_certificate_is_refused(good, refusal):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert refusal(resigned(etree.fromstring(good), pem)) == "VIHFInvalidSignature"


def test_an_authentication_certificate_does_not_sign(pki, vihf, refusal):
    for held in (pki.org_auth, pki.server, pki.cps_auth):
        data = sign(vihf, key_pem=held.key_pem, certificate_pem=held.cert_pem)
        assert refusal(data) == "DMPInvalidCertificate"


def test_another_authority_of_the_same_name_is_refused(tmp_path, pki, vihf, refusal):
    other = make_pki(tmp_path / "other", pki.now)
    data = sign(vihf, key_pem=other.org_sign.key_pem, certificate_pem=other.org_sign.cert_pem)
    assert refusal(data) == "VIHFUntrustedCertificate"


def test_a_bare_key_is_nobody(good, refusal):
    root = etree.fromstring(good)
    info = root.find(f".//{ds('KeyInfo')}")
    for child in list(info):
        info.remove(child)
    etree.SubElement(info, ds("KeyValue"))
    assert refusal(etree.tostring(root)) == "VIHFUntrustedCertificate"


@pytest.mark.parametrize("text", ["", "AAAA", "!!!", "é"])
def test_an_unreadable_certificate_is_refused(good, refusal, text):
    root = etree.fromstring(good)
    root.find(f".//{ds('X509Certificate')}").text = text
    assert refusal(etree.tostring(root)) == "VIHFUntrustedCertificate"


def test_an_issuer_who_is_not_the_signer_is_refused(refusal_of):
    assert refusal_of(issuer="CN=Autre,OU=1750100125,O=X,C=FR") == "VIHFIssuerMismatch"


def test_an_issuer_written_in_another_order_is_the_signer(pki, vihf, signed):
    issuer = (
        "C=FR, ST=Département (75), O=CARNET TEST Hôpital de l'Étang\\, Paris, "
        "OU=1750100125, CN=Hôpital de l'Étang"
    )
    verify(signed(replace(vihf, issuer=issuer)), trust=pki.trust, now=pki.now)


# Wrapping ------------------------------------------------------------------------------------


def evil_copy(root):
    """What the attacker wants read: the same assertion about another patient."""
    evil = copy.deepcopy(root)
    evil.set("ID", "_evil")
    for value in evil.iter(saml("AttributeValue")):
        if value.text and value.text.startswith("2070585"):
            value.text = value.text.replace("207058575627097", "157028004708840")
    return evil


def wrapped_in_object(good):
    evil, original = evil_copy(etree.fromstring(good)), etree.fromstring(good)
    signature = evil.find(ds("Signature"))
    etree.SubElement(signature, ds("Object")).append(original)
    return evil


def wrapped_beside(good):
    evil, original = evil_copy(etree.fromstring(good)), etree.fromstring(good)
    evil.remove(evil.find(ds("Signature")))
    evil.append(original)
    return evil


def wrapped_signature_first(good):
    evil, original = evil_copy(etree.fromstring(good)), etree.fromstring(good)
    signature = original.find(ds("Signature"))
    evil.replace(evil.find(ds("Signature")), signature)
    evil.find(ds("Signature")).find(ds("KeyInfo")).append(original)
    return evil


def wrapped_in_attribute(good):
    evil, original = evil_copy(etree.fromstring(good)), etree.fromstring(good)
    evil.find(f".//{saml('AttributeValue')}").append(original)
    return evil


def wrapped_same_id(good):
    evil = wrapped_in_object(good)
    evil.set("ID", etree.fromstring(good).get("ID"))
    return evil


def wrapped_xml_id(good):
    evil = evil_copy(etree.fromstring(good))
    identifier = etree.fromstring(good).get("ID")
    evil.set("ID", identifier)
    holder = etree.SubElement(evil.find(saml("Subject")), saml("SubjectConfirmation"))
    holder.set("{http://www.w3.org/XML/1998/namespace}id", identifier)
    return evil


def wrapped_in_an_envelope(good):
    root = etree.Element(saml("Response"), {"ID": "_r"})
    root.append(etree.fromstring(good))
    return root


@pytest.mark.parametrize(
    "wrap",
    [
        wrapped_in_object,
        wrapped_beside,
        wrapped_signature_first,
        wrapped_in_attribute,
        wrapped_same_id,
        wrapped_xml_id,
        wrapped_in_an_envelope,
    ],
)
def test_a_signature_moved_around_another_content_is_refused(good, refusal, wrap):
    assert refusal(etree.tostring(wrap(good))) in {"VIHFInvalidSignature", "VIHFMalformed"}


def test_two_signatures_are_refused(good, refusal):
    root = etree.fromstring(good)
    root.append(copy.deepcopy(root.find(ds("Signature"))))
    assert refusal(etree.tostring(root)) == "VIHFInvalidSignature"


def test_no_signature_is_refused(good, refusal):
    root = etree.fromstring(good)
    root.remove(root.find(ds("Signature")))
    assert refusal(etree.tostring(root)) == "VIHFInvalidSignature"


@pytest.mark.parametrize("uri", ["", None, "#other", "#xpointer(/)", "http://example.org/a.xml"])
def test_a_reference_to_anything_else_is_refused(pki, good, refusal, uri):
    root = etree.fromstring(good)
    reference = root.find(f".//{ds('Reference')}")
    del reference.attrib["URI"]
    if uri is not None:
        reference.set("URI", uri)
    assert refusal(resigned(root, pki.org_sign.key_pem)) == "VIHFInvalidSignature"


def test_two_references_are_refused(pki, good, refusal):
    root = etree.fromstring(good)
    reference = root.find(f".//{ds('Reference')}")
    reference.addnext(copy.deepcopy(reference))
    assert refusal(resigned(root, pki.org_sign.key_pem)) == "VIHFInvalidSignature"


def test_a_comment_that_would_cut_a_value_is_refused(good, refusal):
    """The signature still holds: canonicalisation drops comments; a reader would see `3750`."""
    assert refusal(good.replace(b"3750100125/50362", b"3750<!---->100125/50362")) == "VIHFMalformed"
    assert refusal(good.replace(b"3750100125/50362", b"3750<?a?>100125/50362")) == "VIHFMalformed"


# Algorithms ----------------------------------------------------------------------------------


def test_hmac_with_the_public_key_as_secret_is_refused(pki, good, refusal):
    root = etree.fromstring(good)
    method = root.find(f".//{ds('SignatureMethod')}")
    method.set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    public = load_pem_private_key(pki.org_sign.key_pem, None).public_key()
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    info = root.find(f".//{ds('SignedInfo')}")
    canonical = etree.tostring(info, method="c14n", exclusive=True)
    value = hmac.new(secret, canonical, hashlib.sha256).digest()
    root.find(f".//{ds('SignatureValue')}").text = b64encode(value).decode()
    assert refusal(etree.tostring(root)) == "VIHFForbiddenAlgorithm"


@pytest.mark.parametrize(
    ("tag", "algorithm"),
    [
        ("SignatureMethod", f"{DS}dsa-sha1"),
        ("SignatureMethod", f"{DS}rsa-sha1"),
        ("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"),
        ("SignatureMethod", ""),
        ("CanonicalizationMethod", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        ("CanonicalizationMethod", f"{EXC_C14N}WithComments"),
        ("DigestMethod", f"{DS}sha1"),
        ("Transform", XSLT),
        ("Transform", XPATH),
        ("Transform", EXC_C14N),
    ],
)
def test_other_algorithms_are_refused(pki, good, refusal, tag, algorithm):
    root = etree.fromstring(good)
    root.find(f".//{ds(tag)}").set("Algorithm", algorithm)
    assert refusal(resigned(root, pki.org_sign.key_pem)) == "VIHFForbiddenAlgorithm"


def test_a_transform_with_parameters_is_refused(pki, good, refusal):
    root = etree.fromstring(good)
    transform = root.find(f".//{ds('Transform')}")
    etree.SubElement(transform, "{http://www.w3.org/1999/XSL/Transform}stylesheet")
    assert refusal(resigned(root, pki.org_sign.key_pem)) == "VIHFForbiddenAlgorithm"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_transforms_is_refused(pki, good, refusal, count):
    root = etree.fromstring(good)
    transforms = root.find(f".//{ds('Transforms')}")
    kept = [copy.deepcopy(transforms[0]) for _ in range(count)]
    transforms[:] = kept
    assert refusal(resigned(root, pki.org_sign.key_pem)) == "VIHFInvalidSignature"


def test_sha1_is_refused_unless_it_is_allowed(pki, vihf, refusal):
    from carnet.standards.certificates import read

    root = build(replace(vihf, issuer=read(pki.org_sign.cert_pem).subject))
    constants = xmlsec.constants
    signature = xmlsec.template.create(
        root, constants.TransformExclC14N, constants.TransformRsaSha1, ns="ds"
    )
    root.insert(1, signature)
    reference = xmlsec.template.add_reference(signature, constants.TransformSha1, uri=f"#{vihf.id}")
    xmlsec.template.add_transform(reference, constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, constants.TransformExclC14N)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pki.org_sign.key_pem, constants.KeyDataFormatPem)
    context.key.load_cert_from_memory(pki.org_sign.cert_pem, constants.KeyDataFormatCertPem)
    context.register_id(root, "ID")
    context.sign(signature)
    data = etree.tostring(root)

    assert refusal(data) == "VIHFForbiddenAlgorithm"
    cache = VerificationCache()
    verify(data, trust=pki.trust, now=pki.now, allow_sha1=True, cache=cache)
    assert refusal(data, cache=cache) == "VIHFForbiddenAlgorithm"
