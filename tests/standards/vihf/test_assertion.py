import copy
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from carnet.standards.vihf import Mode, Purpose, Software, sign, verify
from carnet.standards.vihf.assertion import HL7, SAML, XSI, Name
from carnet.standards.xds.metadata import Code
from tests.standards.vihf.conftest import DOCTOR_ROLE

PHARMACIST = Code("21", "1.2.250.1.71.1.2.7", "Pharmacien")
NURSE = Code("60", "1.2.250.1.71.1.2.7", "Infirmier")


def attribute(root, name):
    return next(a for a in root.iter(f"{{{SAML}}}Attribute") if a.get("Name").endswith(name))


def saying(name, text):
    """An edit: the attribute whose name ends so has this value."""

    def edit(root):
        attribute(root, name)[0].text = text

    return edit


def test_what_is_signed_is_what_is_read(pki, vihf, signed):
    full = replace(
        vihf,
        not_before=pki.now,
        not_on_or_after=pki.now + timedelta(minutes=10),
        secret_connection=True,
        purpose=Purpose.CENTRE_15,
        software=Software("Étoile & fils", "1.0 <bêta>", "X1", id="LPS-7"),
    )
    read, certificate = verify(signed(full), trust=pki.trust, now=pki.now)

    assert replace(read, issuer="") == full
    assert read.issuer == certificate.subject
    assert certificate.struct_idnat == "1750100125"


def test_a_call_about_no_patient_names_none(pki, vihf, signed):
    read, _ = verify(signed(replace(vihf, patient=None)), trust=pki.trust, now=pki.now)
    assert read.patient is None


def test_the_wire_form_is_the_one_of_the_dmp(signed, vihf):
    root = etree.fromstring(signed(vihf))

    assert [etree.QName(child).localname for child in root] == [
        "Issuer",
        "Signature",
        "Subject",
        "Conditions",
        "AuthnStatement",
        "AttributeStatement",
    ]
    role = root.find(f".//{{{HL7}}}Role")
    assert role.get(f"{{{XSI}}}type") == "CE"
    assert role.nsmap[None] == HL7
    names = [a.get("Name") for a in root.iter(f"{{{SAML}}}Attribute")]
    assert names[:5] == [
        "VIHF_Version",
        "Authentification_mode",
        "Identifiant_Structure",
        "Secteur_Activite",
        "Ressource_URN",
    ]
    assert root.find(f".//{{{SAML}}}AttributeValue").text == "3.0"


@pytest.mark.parametrize("version", ["2.0", "3.0", "4.0"])
def test_the_versions_in_use_are_accepted(pki, vihf, signed, version):
    verify(signed(replace(vihf, version=version)), trust=pki.trust, now=pki.now)


def test_another_version_is_refused(refusal_of):
    assert refusal_of(version="5.0") == "VIHFUnknownVersion"


def test_both_spellings_of_the_mode_are_read(pki, signed_after):
    data = signed_after(lambda root: attribute(root, "_mode").set("Name", "Authentification_Mode"))
    assert verify(data, trust=pki.trust, now=pki.now)[0].mode is Mode.INDIRECTE


def test_the_two_spellings_together_are_refused(refusal, signed_after):
    def edit(root):
        other = copy.deepcopy(attribute(root, "_mode"))
        other.set("Name", "Authentification_Mode")
        attribute(root, "_mode").addnext(other)

    assert refusal(signed_after(edit)) == "VIHFMalformed"


def test_a_card_speaks_for_its_holder(pki, vihf):
    direct = replace(vihf, mode=Mode.DIRECTE, name_id="899900063480", subject_id="")
    data = sign(direct, key_pem=pki.cps_sign.key_pem, certificate_pem=pki.cps_sign.cert_pem)

    read, certificate = verify(data, trust=pki.trust, now=pki.now)

    assert read.mode is Mode.DIRECTE
    assert certificate.ps_idnat == read.name_id


def test_a_card_does_not_speak_for_another(pki, vihf, refusal):
    other = replace(vihf, mode=Mode.DIRECTE, name_id="899900063481")
    data = sign(other, key_pem=pki.cps_sign.key_pem, certificate_pem=pki.cps_sign.cert_pem)
    assert refusal(data) == "VIHFInconsistentMode"


def test_a_card_does_not_sign_for_a_structure(pki, vihf, refusal):
    data = sign(vihf, key_pem=pki.cps_sign.key_pem, certificate_pem=pki.cps_sign.cert_pem)
    assert refusal(data) == "VIHFInconsistentMode"


def test_an_organisation_does_not_sign_in_direct_mode(refusal_of):
    assert refusal_of(mode=Mode.DIRECTE, name_id="899900063480") == "VIHFInconsistentMode"


def test_the_indirect_mode_wants_the_name_of_the_user(refusal_of):
    assert refusal_of(subject_id="") == "VIHFInconsistentMode"


def test_air_wants_the_primary_method(refusal_of, pki, vihf, signed):
    assert refusal_of(mode=Mode.INDIRECTE_RENFORCEE) == "VIHFInconsistentMode"
    air = replace(vihf, mode=Mode.INDIRECTE_RENFORCEE, authn_decl="CONF_EXI_PGSSIS")
    assert verify(signed(air), trust=pki.trust, now=pki.now)[0].authn_decl == "CONF_EXI_PGSSIS"


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        ((), "VIHFUnknownRole"),
        ((Code("10", "1.2.3"),), "VIHFUnknownRole"),
        ((Code("77", "1.2.250.1.71.1.2.7"),), "VIHFUnknownRole"),
        ((DOCTOR_ROLE,), "VIHFMissingSpecialty"),
        ((PHARMACIST,), "VIHFMissingSpecialty"),
        ((DOCTOR_ROLE, Code("H", "1.2.250.1.71.4.2.6")), "VIHFMissingSpecialty"),
        ((Code("SM26", "1.2.250.1.71.4.2.5"), DOCTOR_ROLE), "VIHFUnknownRole"),
        ((Code("99", "1.2.250.1.213.1.6.1.140"),), "VIHFMissingSpecialty"),
    ],
)
def test_roles_that_do_not_hold_are_refused(refusal_of, roles, code):
    assert refusal_of(roles=roles) == code


@pytest.mark.parametrize(
    "roles",
    [
        (NURSE,),
        (PHARMACIST, Code("D", "1.2.250.1.71.4.2.6")),
        (Code("SECRETARIAT_MEDICAL", "1.2.250.1.213.1.1.4.6"),),
        (Code("93", "1.2.250.1.213.1.6.1.109"),),
        (Code("10", "1.2.250.1.71.1.2.8"),),
        (Code("99", "1.2.250.1.213.1.6.1.140"), Code("310", "1.2.250.1.213.1.6.1.107")),
    ],
)
def test_roles_of_the_lists_are_accepted(pki, vihf, signed, roles):
    verify(signed(replace(vihf, roles=roles)), trust=pki.trust, now=pki.now)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"structure": "HOPITAL"}, "VIHFInvalidStructure"),
        ({"sector": "SA99"}, "VIHFInvalidStructure"),
        ({"sector": ""}, "VIHFInvalidStructure"),
        ({"name_id": ""}, "VIHFMalformed"),
        ({"name_id": "<x>"}, "VIHFMalformed"),
        ({"authn_class": ""}, "VIHFMalformed"),
        ({"software": Software("", "1", "1")}, "VIHFMalformed"),
        ({"software": Software("a", "1", "")}, "VIHFMalformed"),
    ],
)
def test_a_field_that_does_not_hold_is_refused(refusal_of, changes, code):
    assert refusal_of(**changes) == code


@pytest.mark.parametrize("cx", ["1^^^&1.2.250.1.213.1.4.10&ISO^NH", "207058575627097", "x" * 400])
def test_a_patient_who_is_no_ins_is_refused(refusal, signed_after, cx):
    assert refusal(signed_after(saying("resource-id", cx))) == "VIHFInvalidPatient"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("Ressource_URN", "urn:other", "VIHFWrongAudience"),
        ("Authentification_mode", "MAGIQUE", "VIHFInconsistentMode"),
        ("Secteur_Activite", "SA01", "VIHFInvalidStructure"),
        ("VIHF_Version", "", "VIHFMalformed"),
    ],
)
def test_a_value_that_is_not_of_the_list_is_refused(refusal, signed_after, name, value, code):
    assert refusal(signed_after(saying(name, value))) == code


def test_another_confidentiality_than_the_secret_connection_is_refused(refusal, signed_after):
    def edit(root):
        other = copy.deepcopy(attribute(root, "_mode"))
        other.set("Name", Name.CONFIDENTIALITY)
        other[0].text = "V"
        attribute(root, "_mode").addnext(other)

    assert refusal(signed_after(edit)) == "VIHFMalformed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code": "bris"}, "VIHFUnknownPurpose"),
        ({"codeSystem": "1.2.3"}, "VIHFUnknownPurpose"),
    ],
)
def test_an_unknown_purpose_is_refused(refusal, signed_after, changes, code):
    def edit(root):
        attribute(root, "purposeofuse")[0][0].attrib.update(changes)

    assert refusal(signed_after(edit)) == code


def test_an_attribute_said_twice_is_refused(refusal, signed_after):
    def edit(root):
        said = attribute(root, "Identifiant_Structure")
        said.addnext(copy.deepcopy(said))

    assert refusal(signed_after(edit)) == "VIHFMalformed"


def test_two_values_where_one_is_expected_are_refused(refusal, signed_after):
    def edit(root):
        said = attribute(root, "Identifiant_Structure")
        said.append(copy.deepcopy(said[0]))

    assert refusal(signed_after(edit)) == "VIHFMalformed"


@pytest.mark.parametrize("name", ["VIHF_Version", "LPS_Nom", "Ressource_URN", "_mode"])
def test_a_missing_attribute_is_refused(refusal, signed_after, name):
    def edit(root):
        said = attribute(root, name)
        said.getparent().remove(said)

    assert refusal(signed_after(edit)) == "VIHFMalformed"


@pytest.mark.parametrize("tag", ["Subject", "AuthnStatement", "AttributeStatement", "Conditions"])
def test_a_part_said_twice_is_refused(refusal, signed_after, tag):
    def edit(root):
        part = root.find(f"{{{SAML}}}{tag}")
        part.addnext(copy.deepcopy(part))

    assert refusal(signed_after(edit)) == "VIHFMalformed"


def test_an_assertion_for_another_audience_is_refused(pki, refusal, signed_after):
    def audience(name):
        def edit(root):
            conditions = root.find(f"{{{SAML}}}Conditions")
            restriction = etree.SubElement(conditions, f"{{{SAML}}}AudienceRestriction")
            etree.SubElement(restriction, f"{{{SAML}}}Audience").text = name

        return edit

    assert refusal(signed_after(audience("urn:autre"))) == "VIHFWrongAudience"
    verify(signed_after(audience("urn:dmp")), trust=pki.trust, now=pki.now)


def test_a_condition_that_is_not_understood_is_refused(refusal, signed_after):
    def edit(root):
        etree.SubElement(root.find(f"{{{SAML}}}Conditions"), f"{{{SAML}}}OneTimeUse")

    assert refusal(signed_after(edit)) == "VIHFMalformed"


def test_the_homologation_number_is_not_shown_with_the_assertion(vihf):
    """EX_GEN-1490, EX_0.X-1110."""
    secret = replace(vihf, software=Software("LPS", "1", "HOM-42"))
    assert "HOM-42" not in repr(secret)
