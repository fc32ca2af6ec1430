"""Identifiers: checked when made, and silent about their value when refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.ids import (
    INS_NIR_TEST,
    EntryUuid,
    Finess,
    IdentifierError,
    Ins,
    Oid,
    PsIdNat,
    Rpps,
    StructIdNat,
    luhn_valid,
    matricule_key,
)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("2751263220749", "74"),
        ("180032B020401", "23"),
        ("297022A020778", "78"),
        ("160012B020777", "13"),
        ("2790351215189", "89"),
        ("2600588154002", "33"),
        ("2070585756270", "97"),
    ],
)
def test_the_key_of_a_matricule_is_97_minus_the_number_modulo_97(body: str, key: str) -> None:
    assert matricule_key(body) == key


@pytest.mark.parametrize(
    "matricule", ["276037510669380", "260058815400244", "181036322045660", "281036322045610"]
)
def test_a_published_wrong_key_is_kept_and_told(matricule: str) -> None:
    assert not Ins(matricule, INS_NIR_TEST).key_valid


@pytest.mark.parametrize("body", ["27903512151", "27903C2151890", "279032X151890", "1800A2B020401"])
def test_a_body_that_is_not_a_matricule_is_refused(body: str) -> None:
    with pytest.raises(IdentifierError):
        matricule_key(body)


@given(
    st.from_regex(r"[12][0-9]{2}(0[1-9]|1[0-2])([0-9]{2}|2A|2B)[0-9]{6}", fullmatch=True),
    st.integers(0, 12),
)
def test_a_single_wrong_digit_breaks_the_key(body: str, place: int) -> None:
    if not body[place].isdigit() or (place == 5 and not body[6].isdigit()):
        return
    wrong = body[:place] + str((int(body[place]) + 1) % 10) + body[place + 1 :]
    assert matricule_key(wrong) != matricule_key(body)


def test_an_ins_is_written_and_read_in_the_form_of_xds() -> None:
    ins = Ins("279035121518989", INS_NIR_TEST)
    assert ins.cx == "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH"
    assert Ins.from_cx(ins.cx) == ins
    assert Ins.from_cx(ins.cx + "^^20101207") == ins


@pytest.mark.parametrize(
    "value",
    [
        "",
        "279035121518989",
        "279035121518989^^^&&ISO^NH",
        "279035121518989^^^&1.2.250.1.213.1.4.2&ISO^NH",
        "2790351215189^^^&1.2.250.1.213.1.4.10&ISO^NH",
    ],
)
def test_a_text_that_is_not_an_ins_is_refused(value: str) -> None:
    with pytest.raises(IdentifierError):
        Ins.from_cx(value)


def test_neither_an_ins_nor_its_refusal_shows_the_matricule() -> None:
    ins = Ins("279035121518989", INS_NIR_TEST)
    assert "279035121518989" not in repr(ins)
    with pytest.raises(IdentifierError) as refusal:
        Ins("279035121518989", Oid("1.2.3"))
    assert "279035121518989" not in str(refusal.value)


@pytest.mark.parametrize("value", ["1.2.250", "2.16.840.1.113883.6.1", "0.1"])
def test_an_oid_is_dotted_numbers(value: str) -> None:
    assert Oid(value).urn == f"urn:oid:{value}"


@pytest.mark.parametrize(
    "value", ["", "1", "3.1", "1.02", "1..2", "1.2^3", "1.2\n", "1." + "2" * 70]
)
def test_what_is_not_an_oid_is_refused(value: str) -> None:
    with pytest.raises(IdentifierError):
        Oid(value)


def test_an_entry_uuid_is_a_urn_in_lower_case() -> None:
    text = "urn:uuid:0190b8a0-6f4b-7cc1-9d56-0123456789ab"
    assert str(EntryUuid.of(EntryUuid(text).uuid)) == text
    assert EntryUuid(text).text == str(EntryUuid(text).uuid)
    with pytest.raises(IdentifierError):
        EntryUuid(text.upper())


def test_the_prefix_of_a_national_identifier_tells_its_nature() -> None:
    assert PsIdNat("899700366240").rpps == Rpps("99700366240")
    assert PsIdNat("3750100125/50362").rpps is None
    assert StructIdNat("1750100125").finess == Finess("750100125")
    assert StructIdNat("339172288100052").finess is None


@pytest.mark.parametrize("value", ["", "8123", "7999999999", "750100125"])
def test_what_is_not_a_structure_identifier_is_refused(value: str) -> None:
    with pytest.raises(IdentifierError):
        StructIdNat(value)


@given(st.integers(0, 10**12))
def test_exactly_one_digit_completes_a_number_for_luhn(number: int) -> None:
    assert sum(luhn_valid(f"{number}{key}") for key in range(10)) == 1


@pytest.mark.parametrize(
    ("number", "structure"),
    [
        ("3750803447/42", "1750803447"),
        ("4123456789/A.B", "2123456789"),
        ("512345678901234/7", "312345678901234"),
        ("699700000001/1", "499700000001"),
        ("175123456/2", "075123456"),
        ("3750803447", None),
        ("3X/42xxx", None),
        ("899900063480", None),
        ("0123456789", None),
    ],
)
def test_a_local_number_names_the_structure_that_gave_it(number: str, structure: str | None):
    assert PsIdNat(number).structure == structure
    assert PsIdNat(number).is_local == (number[0] not in "08")
