import contextlib
import unicodedata

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.certificates import CertificateError, name_attributes, same_name

DN = "CN=mail.hopital.mssante.fr,OU=1750100125,O=Hôpital de l'Été,ST=Département (75),C=FR"


@pytest.mark.parametrize(
    "other",
    [
        "C=FR,ST=Département (75),O=Hôpital de l'Été,OU=1750100125,CN=mail.hopital.mssante.fr",
        DN.replace("CN=mail", "cn = MAIL").replace(",O=Hôpital ", " , O = Hôpital   "),
        unicodedata.normalize("NFD", DN),
        DN.replace("é", r"\C3\A9"),
        DN.replace("é", r"\xC3\xA9"),
        DN.replace("é", "e"),
        DN.replace("ST=", "S="),
        DN.replace("OU=", "2.5.4.11="),
        DN.replace("OU=", "OID.2.5.4.11="),
        DN.replace("O=Hôpital de l'Été", 'O="Hôpital de l\'Été"'),
        DN.replace("1750100125", "#0c0a" + b"1750100125".hex()),
        DN.replace("1750100125", "#130a" + b"1750100125".hex()),
        DN.replace(",", ";"),
        DN.replace(",", "+"),
    ],
)
def test_the_same_name_is_recognised_however_it_is_written(other):
    assert same_name(DN, other)


@pytest.mark.parametrize(
    "other",
    [
        DN.replace("1750100125", "1750100126"),
        DN.replace(",C=FR", ""),
        DN + ",L=Paris",
        DN.replace("CN=mail", "CN=mail2"),
        DN.replace("CN=", "OU="),
        "",
        "Hôpital",
        DN + ",",
        "CN=" + "a" * 5000,
        "CN=#0cff41",
        "CN=#zz",
        r"CN=\FF",
        "WHAT=1",
    ],
)
def test_another_or_an_unreadable_name_is_not_the_same(other):
    assert not same_name(DN, other)
    assert not same_name(other, DN)


def test_an_unreadable_name_equals_nothing_not_even_itself():
    assert not same_name("Hôpital", "Hôpital")


def test_a_comma_inside_a_value_is_kept():
    assert name_attributes(r"O=Hôpital\, Paris,C=FR") == {
        ("2.5.4.10", "hopital, paris"),
        ("2.5.4.6", "fr"),
    }


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(CertificateError):
        name_attributes(text)


VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30
).filter(str.strip)


@given(organisation=VALUES, unit=VALUES)
def test_what_the_certificate_library_writes_is_read_whatever_the_letters(organisation, unit):
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        ]
    )
    swapped = x509.Name(list(reversed(list(name))))

    assert same_name(name.rfc4514_string(), swapped.rfc4514_string())
