"""Text out of documents: CDA, PDF, RTF, TXT, and what cannot be read."""

from typing import Any

import pytest
import typst

from carnet.standards.cda import level1
from carnet.standards.texts import Limits, Part, TextError, extract
from carnet.standards.texts.parts import clean, split
from tests.standards.cda.letters import perfect_letter

LEVEL_3 = (
    "<component><structuredBody><component><section><title>Biologie</title>"
    "<text><table><tbody><tr><td>Hémoglobine</td><td>13,2 g/dL</td></tr></tbody></table>"
    "<paragraph>Pas d’anémie.</paragraph></text>"
    '<entry><observation classCode="OBS" moodCode="EVN"><code code="718-7"'
    ' codeSystem="2.16.840.1.113883.6.1" displayName="Hémoglobine masse/volume sang"/>'
    "</observation></entry></section></component></structuredBody></component>"
)


def pdf(source: str) -> bytes:
    return typst.compile(source.encode())


def structured(body: str = LEVEL_3) -> bytes:
    one = level1.build(perfect_letter(), pdf("x"))
    start, end = one.index(b"<component><nonXMLBody"), one.rindex(b"</ClinicalDocument>")
    return one[:start] + body.encode() + one[end:]


def scan() -> bytes:
    """A PDF whose only page is a picture."""
    png = (
        "0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0,"
        " 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 0x0c, 0x49, 0x44,"
        " 0x41, 0x54, 0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0,"
        " 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82"
    )
    return pdf(f'#image(bytes(({png})), format: "png", width: 100%)')


def test_the_pages_of_a_pdf_inside_a_cda_are_read() -> None:
    cda = level1.build(perfect_letter(), pdf("Scanner thoracique\n#pagebreak()\nConclusion"))
    found = extract("text/xml", cda)
    assert found.complete
    assert [(part.page, part.text) for part in found.parts] == [
        (1, "Scanner thoracique"),
        (2, "Conclusion"),
    ]


def test_sections_and_codes_of_a_structured_document_are_read() -> None:
    found = extract("text/xml", structured())
    narrative, coded = found.parts
    assert narrative == Part("Hémoglobine 13,2 g/dL\nPas d’anémie.", "Biologie")
    assert coded.text == "Hémoglobine masse/volume sang 718-7"


@pytest.mark.parametrize(
    ("media_type", "data", "text"),
    [
        ("text/plain", "Œdème".encode(), "Œdème"),
        ("text/plain", "Œdème".encode("cp1252"), "Œdème"),
        ("text/plain", b"\xef\xbb\xbfTension", "Tension"),
        ("text/rtf", b"{\\rtf1 Fi\\'e8vre}", "Fièvre"),
    ],
)
def test_texts_are_read_in_their_encoding(media_type: str, data: bytes, text: str) -> None:
    assert [part.text for part in extract(media_type, data).parts] == [text]


@pytest.mark.parametrize(
    ("media_type", "data", "code"),
    [
        ("application/pdf", b"%PDF-1.4 nothing", "unreadable"),
        ("text/xml", b"<a/>", "unreadable"),
        ("text/rtf", b"nothing", "unreadable"),
        ("application/dicom", b"DICM", "unknown"),
    ],
)
def test_what_cannot_be_read_says_why(media_type: str, data: bytes, code: str) -> None:
    with pytest.raises(TextError) as refusal:
        extract(media_type, data)
    assert refusal.value.code == code


def test_a_long_text_is_cut_and_says_so() -> None:
    found = extract("text/plain", b"mot " * 100, Limits(characters=40))
    assert not found.complete
    assert sum(len(part.text) for part in found.parts) <= 40


def test_pages_past_the_limit_are_not_read_and_this_is_said() -> None:
    found = extract("application/pdf", pdf("un\n#pagebreak()\ndeux"), Limits(pages=1))
    assert [part.text for part in found.parts] == ["un"]
    assert not found.complete


@pytest.mark.parametrize("components", [b"/N 3", b"/N 7"])
def test_a_page_is_read_whatever_the_profile_of_its_colours(components: bytes) -> None:
    data = pdf("#text(fill: rgb(200, 0, 0))[Allergie] #text(fill: luma(40%))[à la pénicilline]")
    assert b"/ICCBased" in data
    (part,) = extract("application/pdf", data.replace(b"/N 3", components)).parts
    assert part.text == "Allergie à la pénicilline"


def test_a_scan_is_not_complete_until_its_characters_are_recognised() -> None:
    seen: list[bytes] = []

    def recognise(picture: bytes) -> str:
        seen.append(picture)
        return "Radiographie du poignet"

    assert not extract("application/pdf", scan()).complete
    found = extract("application/pdf", scan(), recognise=recognise)
    assert [part.text for part in found.parts] == ["Radiographie du poignet"]
    assert found.complete
    assert seen[0].startswith(b"\x89PNG")


def test_a_text_that_pages_cannot_show_is_cleaned() -> None:
    assert clean("hyper\ufffe\r\ntension\x00 a\u0300  b\n\n \nc\u202e") == "hypertension à b\nc"


@pytest.mark.parametrize("text", ["mot " * 100, "x" * 1000, "ligne\n" * 200])
def test_a_part_is_split_without_losing_a_word(text: str) -> None:
    pieces: list[Any] = list(split(Part(text.strip(), "h", 2), 100))
    assert all(len(piece.text) <= 100 for piece in pieces)
    assert all((piece.heading, piece.page) == ("h", 2) for piece in pieces)
    assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(text.split())
