import dataclasses
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from carnet.ops.pki import Authority, Kind
from carnet.standards.certificates import CertificateError, Trust, read
from tests.standards.conftest import HOSPITAL, make_pki


def refusal(trust, cert, now, usage="signature"):
    with pytest.raises(CertificateError) as caught:
        trust.check(cert, now=now, usage=usage)
    return caught.value.code


@pytest.fixture
def fresh(tmp_path, pki):
    """An authority of the test's own, for those that revoke."""
    authority = Authority.create(tmp_path / "other", pki.now)
    issued = authority.issue(Kind.ORG_SIGN, HOSPITAL, now=pki.now, key_pem=pki.org_sign.key_pem)
    trust = Trust([authority.ca_path.read_bytes()], [authority.crl_path.read_bytes()])
    return authority, issued, trust


@pytest.mark.parametrize(
    ("held", "usage"),
    [
        ("org_sign", "signature"),
        ("org_auth", "client"),
        ("server", "server"),
        ("server", "client"),
        ("cps_sign", "signature"),
    ],
)
def test_a_good_certificate_is_trusted_for_its_usage(pki, held, usage):
    pki.trust.check(read(getattr(pki, held).cert_pem), now=pki.now, usage=usage)


@pytest.mark.parametrize(("held", "usage"), [("org_auth", "signature"), ("org_sign", "client")])
def test_another_usage_is_refused(pki, held, usage):
    cert = read(getattr(pki, held).cert_pem)
    assert refusal(pki.trust, cert, pki.now, usage) == "wrong_usage"


def test_an_expired_certificate_is_refused(pki):
    cert = read(pki.org_sign.cert_pem)
    assert refusal(pki.trust, cert, cert.not_after + timedelta(seconds=1)) == "expired"


def test_a_certificate_of_tomorrow_is_refused(pki):
    cert = read(pki.org_sign.cert_pem)
    assert refusal(pki.trust, cert, cert.not_before - timedelta(seconds=1)) == "not_yet_valid"


def test_an_authority_of_the_same_name_and_another_key_is_refused(pki, fresh):
    _, issued, _ = fresh
    assert refusal(pki.trust, read(issued.cert_pem), pki.now) == "bad_signature"


def test_a_self_signed_stranger_is_refused(pki):
    key = load_pem_private_key(pki.org_sign.key_pem, None)
    stranger = (
        x509.CertificateBuilder()
        .subject_name(HOSPITAL)
        .issuer_name(HOSPITAL)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(pki.now - timedelta(days=1))
        .not_valid_after(pki.now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    cert = read(stranger.public_bytes(Encoding.DER))
    assert refusal(pki.trust, cert, pki.now) == "unknown_issuer"


def test_an_intermediate_authority_alone_is_no_anchor(pki):
    blocks = pki.authority.ca_path.read_bytes().split(b"-----END CERTIFICATE-----\n")
    intermediates = b"-----END CERTIFICATE-----\n".join(blocks[1:])
    trust = Trust([intermediates], [])
    assert refusal(trust, read(pki.org_sign.cert_pem), pki.now) == "unknown_issuer"


def test_a_holder_cannot_issue(pki):
    key = load_pem_private_key(pki.org_sign.key_pem, None)
    forged = (
        x509.CertificateBuilder()
        .subject_name(HOSPITAL)
        .issuer_name(x509.load_pem_x509_certificate(pki.org_sign.cert_pem).subject)
        .public_key(key.public_key())
        .serial_number(8)
        .not_valid_before(pki.now - timedelta(days=1))
        .not_valid_after(pki.now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    cert = read(forged.public_bytes(Encoding.DER))
    assert refusal(pki.trust, cert, pki.now) == "unknown_issuer"
    with pytest.raises(CertificateError) as caught:
        Trust([pki.authority.ca_path.read_bytes(), pki.org_sign.cert_pem], [])
    assert caught.value.code == "not_an_authority"


def test_a_critical_extension_that_is_not_understood_is_refused(pki):
    folder = pki.authority.folder / "authorities"
    issuer = x509.load_pem_x509_certificate((folder / "organisations.crt").read_bytes())
    key = load_pem_private_key((folder / "organisations.key").read_bytes(), None)
    odd = (
        x509.CertificateBuilder()
        .subject_name(HOSPITAL)
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(9)
        .not_valid_before(pki.now - timedelta(days=1))
        .not_valid_after(pki.now + timedelta(days=1))
        .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"x"), True)
        .sign(key, hashes.SHA256())
    )
    cert = read(odd.public_bytes(Encoding.DER))
    assert refusal(pki.trust, cert, pki.now) == "critical_extension"


def test_without_revocation_list_nothing_is_trusted(pki):
    trust = Trust([pki.authority.ca_path.read_bytes()], [])
    assert refusal(trust, read(pki.org_sign.cert_pem), pki.now) == "crl_missing"


def test_an_expired_revocation_list_has_its_own_code(pki):
    cert = read(pki.org_sign.cert_pem)
    assert refusal(pki.trust, cert, pki.now + timedelta(days=31)) == "crl_expired"


def test_a_revoked_certificate_is_refused(pki, fresh):
    authority, issued, trust = fresh
    cert = read(issued.cert_pem)
    trust.check(cert, now=pki.now, usage="signature")

    authority.revoke(issued.serial, pki.now)
    revoked = trust.refreshed([authority.crl_path.read_bytes()])

    assert refusal(revoked, cert, pki.now) == "revoked"
    assert refusal(revoked, cert, pki.now + timedelta(days=40)) == "revoked"


def test_an_older_list_does_not_give_back_what_was_revoked(pki, fresh):
    authority, issued, trust = fresh
    older = authority.crl_path.read_bytes()
    authority.revoke(issued.serial, pki.now + timedelta(hours=1))

    revoked = trust.refreshed([authority.crl_path.read_bytes()]).refreshed([older])

    assert refusal(revoked, read(issued.cert_pem), pki.now) == "revoked"


def test_a_list_signed_by_a_stranger_is_refused_and_the_trust_stays(pki, fresh):
    authority, _, _ = fresh
    with pytest.raises(CertificateError) as caught:
        pki.trust.refreshed([authority.crl_path.read_bytes()])
    assert caught.value.code == "crl_bad_signature"
    pki.trust.check(read(pki.org_sign.cert_pem), now=pki.now, usage="signature")


def test_what_a_certificate_object_claims_does_not_spare_the_check(pki, fresh):
    _, issued, _ = fresh
    lying = dataclasses.replace(read(issued.cert_pem), subject=read(pki.org_sign.cert_pem).subject)
    assert refusal(pki.trust, lying, pki.now) == "bad_signature"


@pytest.mark.parametrize("bad", [b"", b"-----BEGIN X509 CRL-----\nAA\n-----END X509 CRL-----"])
def test_an_unreadable_list_is_refused(pki, bad):
    with pytest.raises(CertificateError) as caught:
        Trust([pki.authority.ca_path.read_bytes()], [bad])
    assert caught.value.code == "unreadable"


def test_two_authorities_trusted_together_do_not_mix(tmp_path, pki):
    other = make_pki(tmp_path / "second", pki.now)
    both = Trust(
        [pki.authority.ca_path.read_bytes(), other.authority.ca_path.read_bytes()],
        [pki.authority.crl_path.read_bytes(), other.authority.crl_path.read_bytes()],
    )
    for issued in (pki.org_sign, other.org_sign):
        both.check(read(issued.cert_pem), now=pki.now, usage="signature")
