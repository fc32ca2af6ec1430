"""What documents hold: CDA, RTF, plain text; and `carnet validate`, which reads anything."""

from __future__ import annotations

from carnet.ops import validate
from carnet.standards.cda import reading as cda
from carnet.standards.cda import sheet, validation
from carnet.standards.cda.document import CdaError
from carnet.standards.texts import extraction
from carnet.standards.texts.parts import TextError
from carnet.standards.texts.words import words
from tests.fuzz.mutations import spoil_bytes
from tests.fuzz.target import Target
from tests.fuzz.targets.messages import hl7_seeds
from tests.fuzz.targets.services import envelopes, lot, packages
from tests.national import messages
from tests.standards.cda import letters


def read_cda(data: bytes) -> None:
    cda.read(data)
    validation.validate(data)
    sheet.to_html(data)
    sheet.sections(data)
    cda.embedded_document(data)


def read_text(media_type: str, data: bytes) -> None:
    """What is read can be stored and cut into words."""
    for part in extraction.extract(media_type, data).parts:
        part.text.encode()
        assert "\x00" not in part.text
        list(words(part.text))


DOCUMENTS = (
    Target(
        "cda",
        lambda: [letters.perfect(), letters.structured()],
        read_cda,
        (CdaError,),
        published=("cda/*.xml",),
    ),
    Target(
        "texts",
        lambda: [letters.structured()],
        lambda data: read_text("text/xml", data),
        (TextError,),
        published=("cda/*.xml",),
    ),
    Target(
        "plain",
        lambda: ["Vu le 12/03/2024 à 8h, I.R.M. céré-\nbrale : 3,5 mm (œdème).".encode()],
        lambda data: read_text("text/plain", data),
        (TextError,),
        spoil_bytes,
    ),
    Target(
        "rtf",
        lambda: [
            rb"{\rtf1\ansi\ansicpg1252 Compte rendu {\b gras}\par \'e9t\'e9 \u8217? {\*\x y}}",
            rb"{\rtf1\mac\uc2\u-10179 ?\u-8704 ?{\info{\title x}}\emdash\~\tab\ansicpg65001 \'c3}",
        ],
        lambda data: read_text("text/rtf", data),
        (TextError,),
        spoil_bytes,
    ),
    Target(
        "validate",
        lambda: [
            letters.perfect(),
            *hl7_seeds(),
            messages.package(lot()),
            *packages(),
            *envelopes(),
        ],
        validate.judge,
        (),
        spoil_bytes,
        ("cda/*.xml", "hl7v2/*/*.er7", "fhir/*/*.json", "xds/*/*.xml"),
    ),
)
