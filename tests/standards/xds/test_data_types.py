"""HL7 v2 data types written from CDA and HL7 v2 objects."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.cda.header import Id, Name, Organization, Participant
from carnet.standards.hl7v2.messages import Party
from carnet.standards.xds.data_types import (
    cx,
    dtm,
    patient_names,
    person,
    person_of_party,
    structure,
    structure_of_party,
)
from carnet.standards.xds.rules import forms

PS = "1.2.250.1.71.4.2.1"
STRUCT = "1.2.250.1.71.4.2.2"
CLAIRE = Name((("", "MARTIN"),), (("", "Claire"),))


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("20260305143000+0100", "20260305133000"),
        ("20260705143000+0200", "20260705123000"),
        ("20260101003000+0100", "20251231233000"),
        ("20260305143000-0500", "20260305193000"),
        ("20260305143000.827+0100", "20260305133000"),
        ("202603051430+0100", "202603051330"),
        ("2026030514+0100", "2026030513"),
        ("2026030514+0530", "202603050830"),
        ("20260305143000", "20260305143000"),
        ("20260305", "20260305"),
        ("20260305+0100", "20260305"),
        ("2026", "2026"),
        ("20260230143000+0100", "20260230143000+0100"),
        ("99991231235959-0100", "99991231235959-0100"),
        ("hier", "hier"),
        ("", ""),
    ],
)
def test_a_time_is_told_in_utc(time: str, utc: str) -> None:
    assert dtm(time) == utc


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - the offset is drawn
    st.sampled_from(["+0000", "+0100", "+0200", "-0300", "+1100", "+0545"]),
)
def test_any_time_with_an_offset_becomes_a_time_of_xds(moment: datetime, offset: str) -> None:
    assert forms.SECOND.accepts(dtm(f"{moment:%Y%m%d%H%M%S}{offset}"))


@given(st.text())
def test_any_text_is_told_without_failing(text: str) -> None:
    assert isinstance(dtm(text), str)


@pytest.mark.parametrize(
    ("participant", "expected"),
    [
        (
            Participant((Id(PS, "899700218896"),), CLAIRE),
            "899700218896^MARTIN^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS",
        ),
        (
            Participant((Id("1.2.250.1.215.300.5", "691112223"), Id(PS, "899700218896")), CLAIRE),
            "899700218896^MARTIN^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS",
        ),
        (
            Participant((Id(PS, "3690000011/AB12"),), CLAIRE),
            "3690000011/AB12^MARTIN^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^EI",
        ),
        (
            Participant(
                (Id("1.2.250.1.213.1.4.10", "279035121518989"),),
                Name((("BR", "DURAND"), ("CL", "MARTIN")), (("BR", "Anne"),)),
            ),
            "279035121518989^MARTIN^Anne^^^^^^&1.2.250.1.213.1.4.10&ISO^D^^^NH",
        ),
        (
            Participant(
                (Id("1.2.250.1.213.1.4.10", "279035121518989"),),
                Name((("BR", "DURAND"),), (("BR", "Anne"),)),
            ),
            "279035121518989^DURAND^Anne^^^^^^&1.2.250.1.213.1.4.10&ISO^L^^^NH",
        ),
        (
            Participant((Id(PS, "3750100125/88"),), device="Logiciel", device_model="Modèle"),
            "3750100125/88^Logiciel^Modèle^^^^^^&1.2.250.1.71.4.2.1&ISO^U^^^RI",
        ),
        (
            Participant((Id("1.2.250.1.999.7", "1.2.250.1.999.7.1"),), device="Service"),
            "1.2.250.1.999.7.1^Service^^^^^^^&1.2.250.1.999.7&ISO^U^^^RI",
        ),
        (Participant((), CLAIRE), ""),
        (None, ""),
    ],
)
def test_each_kind_of_author_has_its_xcn(participant: Participant | None, expected: str) -> None:
    assert person(participant) == expected
    assert not expected or forms.PERSON.accepts(expected)


def test_separators_inside_a_name_are_escaped() -> None:
    odd = Participant((Id(PS, "899700218896"),), Name((("", "A^B&C|D~E\\F"),), ()))
    assert person(odd).split("^")[1] == r"A\S\B\T\C\F\D\R\E\E\F"


@pytest.mark.parametrize(
    ("organization", "expected"),
    [
        (
            Organization((Id(STRUCT, "1690000011"),), "CH"),
            "CH^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1690000011",
        ),
        (
            Organization((Id("1.9", "x"), Id(STRUCT, "1690000011")), "CH"),
            "CH^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1690000011",
        ),
        (Organization((Id("1.3.2", "123456789"),), "S"), "S^^^^^&1.3.2&ISO^SIREN^^^123456789"),
        (Organization((Id("1.2.3", "x"),), ""), "^^^^^&1.2.3&ISO^XX^^^x"),
        (Organization((), "CH"), "CH^^^^^^^^^"),
        (Organization((Id("1.2.3"),), "CH"), "CH^^^^^^^^^"),
        (Organization(), ""),
        (None, ""),
    ],
)
def test_each_kind_of_structure_has_its_xon(
    organization: Organization | None, expected: str
) -> None:
    assert structure(organization) == expected
    assert not expected or forms.STRUCTURE.accepts(expected)


@pytest.mark.parametrize(
    ("party", "expected"),
    [
        (
            Party("99700218896", "RPPS", "MARTIN", "Claire"),
            "899700218896^MARTIN^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS",
        ),
        (
            Party(
                "AB12", "EI", "MARTIN", "Luc", structure_id="690000011", structure_id_type="FINEG"
            ),
            "3690000011/AB12^MARTIN^Luc^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^EI",
        ),
        (
            Party(structure_id="1690000011", structure_id_type="IDNST", device_id="DPI-1"),
            "3690000011/DPI-1^DPI-1^^^^^^^&1.2.250.1.71.4.2.1&ISO^U^^^RI",
        ),
        (Party(family="MARTIN"), ""),
    ],
)
def test_the_sender_of_a_message_has_its_xcn(party: Party, expected: str) -> None:
    assert person_of_party(party) == expected
    assert not expected or forms.PERSON.accepts(expected)


def test_the_structure_of_a_sender_has_its_xon() -> None:
    party = Party(structure_id="690000011", structure_id_type="FINEJ", structure_name="CH")
    assert structure_of_party(party) == "CH^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1690000011"


def test_each_family_name_is_told_with_its_kind() -> None:
    name = Name(
        (("BR", "DURAND"), ("CL", "MARTIN"), ("SP", "MARTIN"), ("", "X")),
        (("", "Anne Marie"), ("BR", "Anne"), ("CL", "Annie")),
    )
    assert list(patient_names(name)) == [
        "DURAND^Anne^^^^^L",
        "MARTIN^Annie^^^^^S",
        "MARTIN^Annie^^^^^D",
        "X^Anne Marie^^^^^U",
    ]


def test_an_identifier_is_told_with_its_authority_and_kind() -> None:
    assert cx(Id("1.2.3", "42"), "PI") == "42^^^&1.2.3&ISO^PI"
