"""What is built is what is read, breaks no rule, and holds the very same PDF."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carnet.standards.cda import level1, reading
from carnet.standards.cda.document import CdaError
from carnet.standards.cda.header import Id, Name, Organization, Participant
from carnet.standards.cda.validation import validate
from carnet.standards.ids import INS_NIR_TEST, PS_AUTHORITY, STRUCT_AUTHORITY
from carnet.standards.nos import UnknownCode
from tests.standards.cda.letters import (
    DOCTOR,
    HOSPITAL,
    MATRICULE,
    PARIS,
    PATIENT,
    PDF,
    perfect,
    perfect_letter,
)


def test_what_is_written_is_what_is_read() -> None:
    letter = perfect_letter()
    header = reading.read(level1.build(letter, PDF))
    assert header.id == Id(letter.id)
    assert header.set_id == letter.set_id
    assert header.version == "2"
    assert header.code == letter.code
    assert header.title == letter.title
    assert header.effective_time == "20240308163005+0100"
    assert header.patient == letter.patient
    assert header.authors == (replace(letter.author, time="20240308163000+0100"),)
    assert header.custodian == letter.custodian
    assert header.legal_authenticator == replace(DOCTOR, time="20240308163100+0100")
    assert header.recipients == letter.recipients
    assert header.orders == letter.orders
    assert [related.parent for related in header.related] == [letter.replaces]
    assert header.level == 1


def test_the_act_and_the_stay_are_read_back() -> None:
    header = reading.read(perfect())
    (service,) = header.services
    assert (service.start, service.stop) == ("20240304080000+0100", "20240308160000+0100")
    assert service.performer == replace(DOCTOR, type="PRF")
    assert header.encounter is not None
    assert header.encounter.facility == level1.coded("facility_types", "SA01")
    assert header.encounter.facility_name == "Médecine polyvalente"


def test_the_ins_is_written_first() -> None:
    patient = replace(PATIENT, ids=PATIENT.ids[::-1])
    document = level1.build(perfect_letter(patient=patient), PDF)
    assert reading.read(document).patient.ids[0] == Id(INS_NIR_TEST, MATRICULE)
    assert validate(document) == ()


def test_the_pdf_is_carried_identical() -> None:
    assert reading.embedded_document(perfect()) == ("application/pdf", PDF)


def test_the_pdf_can_be_put_in_later() -> None:
    letter = perfect_letter()
    without = level1.without_body(letter)
    assert reading.read(without) == reading.read(level1.build(letter, PDF))
    assert level1.with_body(without, PDF) == level1.build(letter, PDF)


def test_a_document_that_has_its_pdf_keeps_it() -> None:
    assert level1.with_body(perfect(), b"%PDF-other") == perfect()


def test_the_least_letter_breaks_no_rule() -> None:
    letter = perfect_letter(
        service_code=None,
        service_stop=None,
        encounter_ids=(),
        encounter_code=None,
        encounter_start=None,
        encounter_stop=None,
        facility_name="",
        recipients=(),
        orders=(),
        replaces=None,
    )
    assert validate(level1.build(letter, PDF)) == ()


def test_a_system_may_be_the_author() -> None:
    author = Participant(
        ids=(Id(PS_AUTHORITY, "3750803447/12"),),
        device="Dossier de l'Exemple",
        device_model="Carnet",
        code=DOCTOR.code,
        organization=Organization(ids=(Id(STRUCT_AUTHORITY, "1750803447"),), name="CH"),
    )
    document = level1.build(perfect_letter(author=author), PDF)
    assert validate(document) == ()
    assert replace(reading.read(document).authors[0], time="") == author


def test_a_custodian_keeps_one_way_to_call() -> None:
    custodian = replace(HOSPITAL, telecoms=("tel:01", "tel:02"))
    document = level1.build(perfect_letter(custodian=custodian), PDF)
    assert reading.read(document).custodian.telecoms == ("tel:01",)
    assert validate(document) == ()


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "20240102030405+0000"),
        (
            datetime(2024, 7, 2, 3, 4, 5, 999, timezone(timedelta(hours=-3.5))),
            "20240702030405-0330",
        ),
        (datetime(801, 1, 1, tzinfo=PARIS), "08010101000000+0100"),
        (datetime(2024, 1, 1, tzinfo=timezone(timedelta(seconds=561))), "20231231235039+0000"),
    ],
)
def test_a_time_is_written_to_the_second_with_its_offset(moment: datetime, written: str) -> None:
    assert level1.hl7_time(moment) == written


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": datetime(2024, 1, 1)},  # noqa: DTZ001 - what must be refused
        {"title": "un \x00 titre"},
        {"title": "un \ud800 titre"},
        {"confidentiality": "X"},
        {"patient": replace(PATIENT, gender="homme")},
    ],
)
def test_a_letter_that_cannot_be_written_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(CdaError) as caught:
        level1.build(perfect_letter(**changes), PDF)
    assert caught.value.code == "letter"


def test_an_unknown_code_has_no_label_to_write() -> None:
    with pytest.raises(UnknownCode):
        level1.coded("type_codes", "ZZZ")


words = (
    st.text(
        st.one_of(
            st.sampled_from("<>&'\"éÈçœŸ- -ʼ’]]>"),
            st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp", "Zs")),
        ),
        min_size=1,
        max_size=40,
    )
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
    .filter(lambda text: not any(ord(c) in (0xFFFE, 0xFFFF) for c in text))
)
moments = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the timezone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.integers(min_value=-14 * 60, max_value=14 * 60).map(
        lambda minutes: timezone(timedelta(minutes=minutes))
    ),
)


@st.composite
def letters(draw: st.DrawFn) -> level1.Letter:
    moment = draw(moments)
    return perfect_letter(
        title=draw(words),
        version=draw(st.integers(min_value=2, max_value=9999)),
        patient=replace(
            PATIENT,
            name=level1.patient_name(
                birth_family=draw(words), birth_givens=draw(words), used_family=draw(words)
            ),
        ),
        author=replace(DOCTOR, name=Name(families=(("", draw(words)),))),
        custodian=replace(HOSPITAL, name=draw(words)),
        created_at=moment,
        authored_at=moment,
        authenticated_at=moment,
    )


@given(letter=letters(), tail=st.binary(max_size=300))
def test_any_letter_survives_the_round_trip_without_findings(
    letter: level1.Letter, tail: bytes
) -> None:
    document = level1.build(letter, b"%PDF-1.4" + tail)
    header = reading.read(document)
    assert header.title == letter.title
    assert header.patient == letter.patient
    assert header.authors[0].name == letter.author.name
    assert header.custodian == letter.custodian
    assert header.effective_time == level1.hl7_time(letter.created_at)
    assert reading.embedded_document(document) == ("application/pdf", b"%PDF-1.4" + tail)
    assert validate(document) == ()


def test_the_document_is_utf_8_and_says_so() -> None:
    tree = etree.fromstring(perfect()).getroottree()
    assert tree.docinfo.encoding == "UTF-8"
    assert "à la sortie".encode() in perfect()
