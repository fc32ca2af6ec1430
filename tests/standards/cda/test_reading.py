"""Every field of the header, from any prefix and encoding; the embedded bytes, exactly."""

import csv
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.cda import reading, sheet, validation
from carnet.standards.cda.document import CdaError
from carnet.standards.cda.header import Form, Id
from tests.standards.cda.letters import (
    MATRICULE,
    NAMESPACES,
    PDF,
    perfect,
    self_presenting,
    signed,
    structured,
)


def changed(old: str, new: str) -> bytes:
    document = perfect().decode()
    assert old in document
    return document.replace(old, new, 1).encode()


def test_the_header_is_the_same_whatever_the_prefix() -> None:
    prefixed = (
        perfect()
        .replace(b"</", b"</c:")
        .replace(b"<", b"<c:")
        .replace(b"<c:/c:", b"</c:")
        .replace(b"<c:?", b"<?")
        .replace(b"xmlns=", b"xmlns:c=")
    )
    assert b"<c:ClinicalDocument" in prefixed
    assert reading.read(prefixed) == reading.read(perfect())


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "ISO-8859-15", "windows-1252", "UTF-16"])
def test_the_declared_encoding_is_followed(encoding: str) -> None:
    data = perfect().decode().replace("UTF-8", encoding, 1).encode(encoding)
    assert reading.read(data).title == "Lettre de liaison à la sortie"


@pytest.mark.parametrize(
    ("wrap", "form"), [(self_presenting, Form.SELF_PRESENTING), (signed, Form.SIGNED)]
)
def test_the_header_is_the_same_whatever_the_wrapping(wrap, form: Form) -> None:
    header = reading.read(wrap(perfect()))
    plain = reading.read(perfect())
    assert header.form is form
    assert header.patient == plain.patient
    assert header.id == plain.id


def test_a_comment_does_not_cut_a_text() -> None:
    document = changed("PAT-TROIS", "PAT<!-- x -->-TROIS")
    assert reading.read(document).patient.name.family("BR") == "PAT-TROIS"


def test_an_identifier_without_value_is_left_out() -> None:
    document = changed('<id root="1.2.3.4.567.8.9.10"', '<id nullFlavor="UNK"/><id root="1.2.3"')
    ids = reading.read(document).patient.ids
    assert ids == (Id("1.2.250.1.213.1.4.10", MATRICULE), Id("1.2.3", "1234567890121"))


def test_an_unknown_code_keeps_the_reason() -> None:
    document = changed('<code code="IMP"', '<code nullFlavor="NA" code="IMP"')
    code = reading.read(document).services[0].code
    assert code is not None
    assert code.null_flavor == "NA"


def test_the_act_keeps_its_identifiers_and_translations() -> None:
    document = changed(
        '<serviceEvent><code code="IMP" ',
        '<serviceEvent><id root="1.2.840.1"/><code code="IMP" ',
    )
    assert reading.read(document).services[0].ids == (Id("1.2.840.1"),)


def test_an_address_is_one_line_in_postal_order() -> None:
    document = changed(
        "<streetAddressLine>28 avenue de l'Essai, 75007 PARIS</streetAddressLine>",
        "<city>PARIS</city><postalCode>75007</postalCode><country>FRANCE</country>"
        "<streetName>avenue de l'Essai</streetName><houseNumber>28</houseNumber>",
    )
    assert reading.read(document).patient.address == "28 avenue de l'Essai, 75007 PARIS, FRANCE"


@pytest.mark.parametrize(
    "path",
    [
        "h:id",
        "h:code",
        "h:confidentialityCode",
        "h:recordTarget",
        "h:custodian",
        "h:component/*",
        "h:author/h:assignedAuthor",
        "h:relatedDocument/h:parentDocument/h:id",
    ],
)
def test_a_header_that_cannot_be_is_refused_with_its_place(path: str) -> None:
    root = reading.clinical_document(perfect())
    (element,) = root.xpath(path, namespaces=NAMESPACES)
    element.getparent().remove(element)
    with pytest.raises(CdaError) as caught:
        reading.read(reading.Document(Form.PLAIN, root, root))
    assert caught.value.code == "missing"
    assert caught.value.place.startswith("/ClinicalDocument")


def test_the_body_of_a_level_1_comes_out_identical() -> None:
    assert reading.embedded_document(perfect()) == ("application/pdf", PDF)


def test_the_pdf_copy_of_a_level_3_comes_out_identical() -> None:
    assert reading.embedded_document(structured()) == ("application/pdf", PDF)


def test_a_level_3_without_copy_embeds_nothing() -> None:
    sections = "<component><section><text>Rien.</text></section></component>"
    assert reading.embedded_document(structured(sections)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('representation="B64"', 'representation="TXT"'),
        ('representation="B64"', ""),
        ('representation="B64"', 'representation="B64" compression="GZ"'),
        ('mediaType="application/pdf"', 'mediaType="text/html"'),
        ('mediaType="application/pdf"', ""),
        ("</text></nonXMLBody>", "!</text></nonXMLBody>"),
        ("</text></nonXMLBody>", "=</text></nonXMLBody>"),
        ("</text></nonXMLBody>", "é</text></nonXMLBody>"),
    ],
)
def test_a_body_that_cannot_be_taken_out_exactly_is_refused(old: str, new: str) -> None:
    with pytest.raises(CdaError) as caught:
        reading.embedded_document(changed(old, new))
    assert caught.value.code == "body"


READERS = (reading.read, reading.embedded_document, sheet.to_html, sheet.text)


def read_or_refused(source: bytes | reading.Document) -> bool:
    """Every reader answers or raises `CdaError`: any other exception fails the test."""
    for read in READERS:
        with suppress(CdaError):
            read(source)
    return all(finding.problem for finding in validation.validate(source))


@given(
    start=st.integers(min_value=0, max_value=9000),
    length=st.integers(min_value=0, max_value=60),
    replacement=st.binary(max_size=20),
    document=st.sampled_from([perfect(), structured(), self_presenting(perfect())]),
)
def test_a_mutated_document_is_read_or_refused_never_a_crash(
    start: int, length: int, replacement: bytes, document: bytes
) -> None:
    assert read_or_refused(document[:start] + replacement + document[start + length :])


@given(data=st.data())
def test_a_document_that_loses_an_element_is_read_or_refused(data: st.DataObject) -> None:
    root = reading.clinical_document(data.draw(st.sampled_from([perfect(), structured()])))
    victim = data.draw(st.sampled_from(list(root.iterdescendants())))
    victim.getparent().remove(victim)
    assert read_or_refused(reading.Document(Form.PLAIN, root, root))


def test_the_published_examples_are_read_as_their_index_says(examples: Path) -> None:
    with (examples / "cda" / "INDEX.tsv").open(encoding="utf-8") as index:
        rows = list(csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) == 39
    for row in rows:
        document = reading.load((examples / "cda" / row["file"]).read_bytes())
        header = reading.read(document)
        level = f"{header.level} ({header.body_media_type})" if header.level == 1 else "3"
        assert (header.code.code, header.code.system, header.title, level) == (
            row["typeCode"],
            row["typeCodeSystem"],
            row["title"],
            row["level"],
        )
        assert any(related.type == "RPLC" for related in header.related) == (
            "RPLC" in row["note"]
        ), row["file"]
        embedded = reading.embedded_document(document)
        if header.level == 1:
            assert embedded is not None
        if embedded is not None:
            assert embedded[0] == "application/pdf"
            assert embedded[1].startswith(b"%PDF-")
