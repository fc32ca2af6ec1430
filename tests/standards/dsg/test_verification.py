"""A signature of a lot is accepted in one form only, from who may sign, at a possible time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from carnet.ops.pki import Kind
from carnet.standards.dsg import MESSAGES, Fault, Signed, differences, read, sign, verify
from carnet.standards.dsg.signature import XADES_1_1, XADES_VERSIONS
from carnet.standards.xml import XmlError
from carnet.standards.xmldsig import RSA_SHA1, SHA1, ds
from tests.standards.conftest import HOSPITAL, make_pki
from tests.standards.dsg.conftest import CDA, DOCUMENTS, KOS, LOT, Signer

OTHER = "1.2.250.1.999.1.1.4.9"


def problems(signature, lot=LOT, documents=DOCUMENTS):
    return {(each.fault, each.place) for each in differences(signature, lot, documents)}


@pytest.mark.parametrize("xades", XADES_VERSIONS)
def test_a_good_signature_says_who_signed_what_and_when(pki, signer, xades):
    signature = verify(signer.sign(xades=xades), trust=pki.trust, now=pki.now)
    assert signature.lot == LOT
    assert [each.unique_id for each in signature.documents] == [CDA, KOS]
    assert signature.signed_at == pki.now
    assert signature.certificate.struct_idnat == "1750100125"
    assert problems(signature) == set()


def test_a_card_signs_too(pki, signer):
    signed = signer.sign(certificate_pem=pki.cps_sign.cert_pem)
    assert verify(signed, trust=pki.trust, now=pki.now).certificate.ps_idnat == "899900063480"


def test_the_same_lot_at_the_same_time_has_the_same_signature(signer):
    assert signer.sign() == signer.sign()


def test_the_tests_sign_as_a_holder_of_a_key_would(pki, signer):
    """Else the refusals of hostile signatures could come from the test's own signature."""
    data = signer.resigned(lambda root: None)
    assert problems(verify(data, trust=pki.trust, now=pki.now)) == set()


def test_it_is_written_as_the_messages_of_the_dmp_are(pki, signer):
    """Spec dmp §3.8, table of the parts of the signature."""
    text = signer.sign(certificate_pem=pki.org_sign.chain_pem).decode()
    for word in (
        'Id="IHEManifest"',
        'URI="#S0-SignedProperties"',
        f'Type="{XADES_1_1}SignedProperties"',
        f'URI="urn:oid:{LOT}"',
        ">AA==<",
        'Id="purposeOfSignature"',
        ">1.2.840.10065.1.12.1.14<",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    ):
        assert word in text
    assert text.count("IssuerSerial>") == 4  # the certificate and its authority


def test_every_fault_has_its_sentence():
    assert set(MESSAGES) == set(Fault)


def test_a_certificate_of_authentication_does_not_sign(pki, signer):
    """Spec dmp §3.12, DMPInvalidCertificate."""
    data = signer.sign(certificate_pem=pki.org_auth.cert_pem)
    assert signer.refusal(data) is Fault.CERTIFICATE


def test_a_certificate_of_another_authority_does_not_sign(pki, tmp_path):
    other = make_pki(tmp_path / "other", pki.now).org_sign
    stranger = Signer(pki, other.key_pem, other.cert_pem)
    assert stranger.refusal(stranger.sign()) is Fault.UNTRUSTED


def test_a_revoked_certificate_does_not_sign(pki, tmp_path):
    own = make_pki(tmp_path / "own", pki.now)
    signer = Signer(own, own.org_sign.key_pem, own.org_sign.cert_pem)
    signed = signer.sign()
    verify(signed, trust=own.trust, now=own.now)
    own.authority.revoke(own.org_sign.serial, own.now)
    trust = own.trust.refreshed([own.authority.crl_path.read_bytes()])
    assert signer.refusal(signed, trust=trust) is Fault.UNTRUSTED


def test_an_expired_certificate_does_not_sign_even_of_yesterday(pki, tmp_path):
    """A signature without a time stamp proves no time: whoever finds an old key could date it."""
    own = make_pki(tmp_path / "own", pki.now)
    expired = own.authority.issue(
        Kind.ORG_SIGN, HOSPITAL, now=pki.now - timedelta(days=3), life=timedelta(days=1)
    )
    signer = Signer(own, expired.key_pem, expired.cert_pem)
    signed = signer.sign(signed_at=pki.now - timedelta(days=2, hours=12))
    assert signer.refusal(signed) is Fault.UNTRUSTED


def test_a_time_to_come_is_refused_beyond_what_clocks_differ(pki, signer):
    verify(signer.sign(signed_at=pki.now + timedelta(minutes=4)), trust=pki.trust, now=pki.now)
    late = signer.sign(signed_at=pki.now + timedelta(minutes=6))
    assert signer.refusal(late) is Fault.TIME


def test_a_time_before_the_certificate_is_refused(pki, signer):
    early = signer.sign(signed_at=pki.now - timedelta(days=400))
    assert signer.refusal(early) is Fault.TIME


def test_a_key_that_is_not_of_the_certificate_is_told(pki, tmp_path, signer):
    other = make_pki(tmp_path / "other", pki.now).org_sign
    thief = replace(signer, key_pem=other.key_pem)
    assert thief.refusal(thief.sign()) is Fault.VALUE


def test_another_certificate_of_the_same_key_is_not_the_one_designated(pki, signer):
    """XAdES-BES: the certificate is signed too, and cannot be exchanged for another of the key."""

    def exchange(root):
        held = root.find(f".//{ds('X509Certificate')}")
        held.text = "".join(pki.cps_sign.cert_pem.decode().splitlines()[1:-1])

    assert signer.refusal(signer.broken(exchange)) is Fault.DESIGNATION


@pytest.mark.parametrize("where", ["Reference", "Cert"])
def test_sha1_is_refused_unless_it_is_opened(pki, signer, where):
    def weaken(root):
        for method in root.iter(f"{ds('DigestMethod')}", f"{{{XADES_1_1}}}DigestMethod"):
            if any(each.tag.endswith(f"}}{where}") for each in method.iterancestors()):
                method.set("Algorithm", SHA1)

    assert signer.refusal(signer.resigned(weaken)) is Fault.ALGORITHM


def weaken_all(root):
    """RSA and digests with SHA-1, as the messages of 2021 have them (spec dmp §3.8)."""
    root.find(f".//{ds('SignatureMethod')}").set("Algorithm", RSA_SHA1)
    for method in root.iterfind(f"{ds('SignedInfo')}/{ds('Reference')}/{ds('DigestMethod')}"):
        method.set("Algorithm", SHA1)


def test_rsa_sha1_is_accepted_when_it_is_opened(pki, signer):
    data = signer.resigned(weaken_all)
    assert signer.refusal(data) is Fault.ALGORITHM
    assert verify(data, trust=pki.trust, now=pki.now, allow_sha1=True).lot == LOT


def test_whoever_examines_a_file_needs_no_authority(signer):
    assert read(signer.sign()).lot == LOT


def test_each_document_is_signed_once_and_no_other(signer):
    signature = read(signer.sign())
    assert problems(signature, lot=OTHER) == {(Fault.LOT, "")}
    assert problems(signature, documents={CDA: DOCUMENTS[CDA]}) == {(Fault.STRANGER, KOS)}
    more = {**DOCUMENTS, OTHER: b"x"}
    assert problems(signature, documents=more) == {(Fault.MISSING, OTHER)}
    altered = {**DOCUMENTS, KOS: b"DICM\x00\x02"}
    assert problems(signature, documents=altered) == {(Fault.DIGEST, KOS)}
    twice = replace(signature, documents=(*signature.documents, signature.documents[0]))
    assert problems(twice) == {(Fault.REPEATED, CDA)}


def test_a_lot_is_no_document_of_itself(signer):
    signature = read(signer.sign())
    lot = replace(signature.documents[0], unique_id=LOT)
    itself = replace(signature, documents=(*signature.documents, lot))
    assert (Fault.REPEATED, LOT) in problems(itself)


def test_a_document_is_compared_as_xml_when_it_was_signed_so(signer):
    """Only what canonicalisation calls the same is the same."""
    signature = read(signer.sign())
    same = b"<a  c='2'\n b='1' xmlns='urn:hl7-org:v3'><!-- kept --></a>\n"
    assert problems(signature, documents={**DOCUMENTS, CDA: same}) == set()
    for other in (
        b"<a xmlns='urn:hl7-org:v3' b='1' c='2'><!-- gone --></a>",
        b"<a xmlns='urn:hl7-org:v3' b='1' c='3'><!-- kept --></a>",
        b"no XML at all",
        b"<!DOCTYPE a [<!ENTITY e 'x'>]><a xmlns='urn:hl7-org:v3' b='1' c='2'><!-- kept --></a>",
    ):
        assert problems(signature, documents={**DOCUMENTS, CDA: other}) == {(Fault.DIGEST, CDA)}


def test_a_document_that_is_to_be_xml_is_signed_as_xml_or_not_at_all(pki, signer):
    with pytest.raises(XmlError):
        sign(
            LOT,
            [Signed(CDA, b"no XML", is_xml=True)],
            signed_at=pki.now,
            key_pem=signer.key_pem,
            certificate_pem=signer.certificate_pem,
        )
