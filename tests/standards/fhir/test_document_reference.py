"""Entries and lots as FHIR and back: nothing of what the record needs is lost on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fhir.resources.R4B.documentreference import DocumentReference
from fhir.resources.R4B.list import List
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.fhir import document_reference, reading, systems
from carnet.standards.fhir import list as lists
from carnet.standards.fhir.document_reference import Held
from carnet.standards.fhir.outcome import FhirRefused
from carnet.standards.fhir.references import References
from carnet.standards.xds.metadata import Author, Code, DocumentEntry, Folder, SubmissionSet

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
INS = "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH"

TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x24FF, exclude_characters="\x7f\ufffe\uffff"),
    min_size=1,
    max_size=20,
).filter(lambda text: text.strip() != "")
ESCAPED = TEXT.map(
    lambda text: (
        text.replace("\\", "\\E\\")
        .replace("|", "\\F\\")
        .replace("^", "\\S\\")
        .replace("&", "\\T\\")
        .replace("~", "\\R\\")
    )
)
OID = st.from_regex(r"1\.2(\.[1-9][0-9]{0,3}){1,6}", fullmatch=True)
CODE = st.builds(
    Code,
    st.from_regex(r"[A-Za-z0-9:._-]{1,20}", fullmatch=True),
    st.one_of(OID, st.sampled_from(["2.16.840.1.113883.6.1", "URN", "ASTM", "TRE_R276"])),
    TEXT,
)


def dtm(sizes: tuple[int, ...]) -> st.SearchStrategy[str]:
    moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001
    return st.builds(lambda at, size: f"{at:%Y%m%d%H%M%S}"[:size], moments, st.sampled_from(sizes))


@st.composite
def person(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["IDNPS", "EI", "NH", "RI"]))
    if kind == "NH":
        name_type, value, authority = "L", "279035121518989", "1.2.250.1.213.1.4.10"
    else:
        name_type = "U" if kind == "RI" else "D"
        value, authority = (
            draw(st.from_regex(r"[0-9/]{3,20}", fullmatch=True)),
            "1.2.250.1.71.4.2.1",
        )
    names = f"{draw(ESCAPED)}^{draw(ESCAPED)}"
    return f"{value}^{names}^^^^^^&{authority}&ISO^{name_type}^^^{kind}"


STRUCTURE = st.builds(
    lambda name, id_: f"{name}^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^{id_}",
    ESCAPED,
    st.from_regex(r"1[0-9]{9}", fullmatch=True),
)
TRIPLET = st.builds(
    lambda code, label: f"{code}^{label}^1.2.250.1.213.1.1.4.5",
    st.from_regex(r"[A-Z0-9_/]{1,12}", fullmatch=True),
    ESCAPED,
)


@st.composite
def author(draw: st.DrawFn) -> Author:
    said = draw(person())
    if said.endswith("NH"):
        return Author(person=said)
    roles = () if said.endswith("RI") else tuple(draw(st.lists(ESCAPED, max_size=2)))
    return Author(
        person=said,
        institutions=tuple(draw(st.lists(STRUCTURE, max_size=1))),
        roles=roles,
        specialties=tuple(draw(st.lists(TRIPLET, max_size=1))),
    )


LEVELS = st.sampled_from(["N", "R", "V"]).map(lambda c: Code(c, "2.16.840.1.113883.5.25", c))
ENTRY = st.builds(
    DocumentEntry,
    id=st.just("x"),
    unique_id=OID,
    patient_id=st.just(INS),
    mime_type=st.sampled_from(["text/xml", "application/pdf"]),
    class_code=st.none() | CODE,
    type_code=st.none() | CODE,
    format_code=st.none() | CODE,
    facility_type=st.none() | CODE,
    practice_setting=st.none() | CODE,
    confidentiality=st.tuples(LEVELS, CODE),
    events=st.lists(CODE, max_size=3).map(tuple),
    authors=st.lists(author(), min_size=1, max_size=3).map(tuple),
    title=TEXT,
    comments=st.just("") | TEXT,
    language=st.just("fr-FR"),
    creation_time=dtm((14,)),
    service_start_time=st.just("") | dtm((4, 6, 8, 14)),
    service_stop_time=st.just("") | dtm((4, 6, 8, 14)),
    legal_authenticator=person(),
    source_patient_id=st.just("1234^^^&1.2.3.4&ISO^PI"),
    source_patient_info=st.just(("PID-5|D'EXEMPLE^DOMINIQUE^^^^^L", "PID-7|19790328", "PID-8|F")),
    reference_ids=st.lists(
        ESCAPED.map(lambda text: f"{text}^^^&1.2.3&ISO^urn:ihe:iti:xds:2013:order"), max_size=2
    ).map(tuple),
    hash=st.binary(min_size=20, max_size=20).map(bytes.hex),
    size=st.integers(0, 10**9),
)


def read(written: dict[str, object]) -> DocumentEntry:
    element = reading.parse(json.dumps(written).encode())
    references = References().inside(element)
    return document_reference.read(
        element,
        id="x",
        patient_id=references.patient(element.need("subject")).cx,
        resolve=references.resolve,
    )


@given(ENTRY)
def test_an_entry_is_the_same_after_fhir(entry: DocumentEntry) -> None:
    written = document_reference.write(Held("x", entry, "1.0", NOW), base="https://h/fhir")
    DocumentReference.model_validate(json.loads(json.dumps(written)))
    assert read(written) == entry


@given(author(), st.lists(CODE, min_size=1, max_size=1), TEXT)
def test_a_lot_is_the_same_after_fhir(sender: Author, codes: list[Code], title: str) -> None:
    lot = SubmissionSet(
        "x", "1.2.3", "1.2.4", INS, "20260302090000", codes[0], (sender,), title, comments=title
    )
    written = lists.write_lot(lot, id="x", last_updated=NOW, members=["DocumentReference/1"])
    List.model_validate(json.loads(json.dumps(written)))
    element = reading.parse(json.dumps(written).encode())
    resolve = References().inside(element).resolve
    again = lists.read_lot(element, id="x", patient_id=INS, unique_id="", resolve=resolve)
    # PDSm tells the structure of the sender beside the source, whatever the source is.
    assert again == lot


@given(st.lists(CODE, max_size=3), TEXT)
def test_a_folder_is_the_same_after_fhir(codes: list[Code], title: str) -> None:
    folder = Folder(
        "x", "1.2.3", INS, title=title, codes=tuple(codes), last_update_time="20260302090000"
    )
    written = lists.write_folder(folder, id="x", last_updated=NOW, members=())
    List.model_validate(json.loads(json.dumps(written)))
    element = reading.parse(json.dumps(written).encode())
    assert lists.read_folder(element, id="x", patient_id=INS, unique_id="") == folder


@given(st.one_of(OID, st.sampled_from(["URN", "ASTM", "TRE_R276", "a scheme with spaces"])))
def test_a_coding_scheme_is_the_same_after_fhir(scheme: str) -> None:
    assert systems.scheme_of(systems.url_of(scheme)) == scheme


def test_each_system_has_one_address_and_each_address_one_system() -> None:
    addresses = [url for line in systems._SYSTEMS for url in line[1:]]
    assert len(addresses) == len(set(addresses))
    assert all(systems.scheme_of(url) == line[0] for line in systems._SYSTEMS for url in line[1:])


@pytest.mark.parametrize(
    ("identifier", "xcn"),
    [
        (("https://rpps.esante.gouv.fr", "10101201234"), "810101201234"),
        (("urn:oid:1.2.250.1.71.4.2.1", "810101201234"), "810101201234"),
    ],
)
def test_a_professional_may_be_told_by_the_rpps(identifier: tuple[str, str], xcn: str) -> None:
    entry = DocumentEntry("x", "1.2.3", INS, "text/xml")
    written = document_reference.write(Held("x", entry, "1.0", NOW), base="https://h/fhir")
    written["author"] = [
        {
            "type": "Practitioner",
            "identifier": {"system": identifier[0], "value": identifier[1]},
        }
    ]
    (said,) = read(written).authors
    assert said.person == f"{xcn}^^^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"


def test_a_hash_told_in_hexadecimal_is_understood() -> None:
    entry = DocumentEntry("x", "1.2.3", INS, "text/xml")
    written = document_reference.write(Held("x", entry, "1.0", NOW), base="https://h/fhir")
    written["content"][0]["attachment"]["hash"] = (
        "MGE0ZDU1YThkNzc4ZTUwMjJmYWI3MDE5NzdjNWQ4NDBiYmM0ODZkMA=="
    )
    assert read(written).hash == "0a4d55a8d778e5022fab701977c5d840bbc486d0"


def test_a_document_identified_by_a_uuid_has_an_oid() -> None:
    entry = replace(DocumentEntry("x", "1.2.3", INS, "text/xml"))
    written = document_reference.write(Held("x", entry, "1.0", NOW), base="https://h/fhir")
    written["masterIdentifier"]["value"] = "urn:uuid:00000000-0000-0000-0000-000000000007"
    assert read(written).unique_id == "2.25.7"


@pytest.mark.parametrize(
    "value",
    ["2024-13", "2024-02-30", "24", "2024-01-01T10:00", "hier", "9999-12-31T23:59:59-14:00"],
)
def test_a_time_that_is_none_is_refused(value: str) -> None:
    entry = DocumentEntry("x", "1.2.3", INS, "text/xml")
    written = document_reference.write(Held("x", entry, "1.0", NOW), base="https://h/fhir")
    written["content"][0]["attachment"]["creation"] = value
    with pytest.raises(FhirRefused):
        read(written)
