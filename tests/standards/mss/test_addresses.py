import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.mss.addresses import (
    Address,
    AddressError,
    domain_name,
    is_patient,
    patient_address,
    personal_label,
    plain_letters,
    readable_label,
)


def test_the_address_of_a_citizen_is_the_matricule():
    address = patient_address(Ins("207058575627097", INS_NIR_TEST))
    assert str(address) == "207058575627097@patient.mssante.fr"
    assert is_patient(address)
    assert address.matricule == "207058575627097"


def test_a_corsican_matricule_is_recognised_whatever_its_case():
    address = Address.parse("157022a00470827@PATIENT.mssante.fr")
    assert is_patient(address)
    assert address.matricule == "157022A00470827"
    assert address.key == "157022a00470827@patient.mssante.fr"


@pytest.mark.parametrize(
    "text",
    [
        "zoe.martin@hopital.mssante.fr",
        "207058575627097@hopital.mssante.fr",
        "20705857562709@patient.mssante.fr",
        "zoe@patient.mssante.fr",
        "207058575627097@patient.mssante.fr.example.org",
    ],
)
def test_another_address_is_not_the_one_of_a_citizen(text):
    assert not is_patient(Address.parse(text))


def test_a_sandbox_may_have_its_own_domain():
    address = patient_address(Ins("207058575627097", INS_NIR_TEST), domain="patient.carnet.test")
    assert is_patient(address, domain="patient.carnet.test")
    assert not is_patient(address)


@pytest.mark.parametrize(
    "text",
    ["", "a", "@b.fr", "a@", "a@b", "a b@c.fr", "a@b..fr", "a@-b.fr", "a\r\nb@c.fr", "a@c.fr\nX"],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(AddressError):
        Address.parse(text)


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        (" Hopital.MSSANTE.fr. ", "hopital.mssante.fr"),
        ("hôpital.mssante.fr", "xn--hpital-ixa.mssante.fr"),
        ("HÔPITAL.mssante.fr", "xn--hpital-ixa.mssante.fr"),
        ("xn--hpital-ixa.mssante.fr", "xn--hpital-ixa.mssante.fr"),
    ],
)
def test_domains_have_one_compared_form(text, domain):
    assert domain_name(text) == domain


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_refused(text):
    with contextlib.suppress(AddressError):
        address = Address.parse(text)
        assert Address.parse(str(address)) == address


def test_the_label_of_a_professional_holds_what_is_known():
    assert personal_label("Zoé", "Martin", title="Dr", unit="Cardiologie") == (
        "Dr_Zoé_MARTIN_Cardiologie"
    )
    assert personal_label("Zoé", "Martin") == "Zoé_MARTIN"
    assert readable_label("Dr_Zoé_MARTIN_Cardiologie") == "Dr Zoé MARTIN Cardiologie"


@pytest.mark.parametrize(
    ("text", "plain"), [("Éléonore", "Eleonore"), ("Cœur  Ægir", "Coeur AEgir"), ("Noël", "Noel")]
)
def test_names_in_subjects_lose_their_accents(text, plain):
    assert plain_letters(text) == plain
