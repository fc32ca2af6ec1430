import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from carnet.standards.certificates import CertificateError, read


def test_an_organisation_certificate_names_its_structure(pki):
    cert = read(pki.org_sign.cert_pem)

    assert cert.struct_idnat == "1750100125"
    assert cert.ps_idnat == ""
    assert cert.common_name == "Hôpital de l'Étang"


def test_a_card_names_its_professional(pki):
    cert = read(pki.cps_sign.cert_pem)

    assert cert.ps_idnat == "899900063480"
    assert cert.struct_idnat == ""


@pytest.mark.parametrize(
    ("held", "usages"),
    [
        ("org_sign", {"signature"}),
        ("org_auth", {"client"}),
        ("server", {"client", "server"}),
        ("cps_sign", {"signature"}),
        ("cps_auth", {"client"}),
    ],
)
def test_each_kind_has_its_usages_and_no_other(pki, held, usages):
    assert read(getattr(pki, held).cert_pem).usages == usages


def test_an_authority_may_not_be_used_as_a_holder(pki):
    assert read(pki.authority.ca_path.read_bytes()).usages == frozenset()


def test_der_and_pem_say_the_same(pki):
    cert = read(pki.org_sign.cert_pem)

    assert read(cert.der) == cert
    assert read(cert.pem) == cert


@given(st.binary(max_size=300))
def test_bytes_that_are_no_certificate_are_refused(data):
    with pytest.raises(CertificateError) as refusal:
        read(data)
    assert refusal.value.code == "unreadable"


def test_a_huge_input_is_refused():
    with pytest.raises(CertificateError):
        read(b"\x30" * 1_000_000)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@given(
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=3)
)
def test_a_certificate_with_changed_bytes_is_never_trusted(pki, changes):
    der = bytearray(read(pki.org_sign.cert_pem).der)
    for place, byte in changes:
        der[place % len(der)] = byte
    assume(bytes(der) != read(pki.org_sign.cert_pem).der)
    with pytest.raises(CertificateError):
        pki.trust.check(read(bytes(der)), now=pki.now, usage="signature")
