"""From the bytes of a stored document to the text that a reader would read in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from carnet.standards import nos
from carnet.standards.cda import sheet
from carnet.standards.cda.document import HL7, CdaError, Document, load
from carnet.standards.cda.reading import embedded_document
from carnet.standards.texts import pdf, rtf
from carnet.standards.texts.parts import Extracted, Limits, Part, TextError, gather
from carnet.standards.texts.pdf import Recogniser

#: Media types under which a CDA travels: plain, and "autoprésentable".
_CDA: Final = frozenset({"text/xml", "application/xslt+xml"})
_PICTURES: Final = frozenset({"image/jpeg", "image/tiff"})
#: Different codes of one document that are kept.
_MOST_CODES: Final = 2_000

CODED: Final = "Données codées"


def extract(
    media_type: str, data: bytes, limits: Limits | None = None, recognise: Recogniser | None = None
) -> Extracted:
    """The text of a document of the record (spec dmp §3.4: CDA, or a file inside one).

    `recognise` reads pictures; without it a scan gives no text and is not complete. Raises
    `TextError`.
    """
    limits = limits or Limits()
    if media_type in _CDA:
        return _of_cda(data, limits, recognise)
    if media_type == "application/pdf":
        return pdf.extract(data, limits, recognise)
    if media_type in ("text/rtf", "application/rtf"):
        return gather([Part(rtf.text_of(data))], limits)
    if media_type == "text/plain":
        return gather([Part(_decoded(data))], limits)
    if media_type in _PICTURES:
        found = recognise(data) if recognise else ""
        return gather([Part(found)], limits, complete=bool(recognise))
    raise TextError("unknown", "no text is taken from this kind of file")


def _of_cda(data: bytes, limits: Limits, recognise: Recogniser | None) -> Extracted:
    try:
        document = load(data)
        sections = [Part(text, title) for title, text in sheet.sections(document)]
        if sections:
            # The PDF copy of a level 3 document says the same again.
            return gather([*sections, Part("\n".join(_coded(document)), CODED)], limits)
        embedded = embedded_document(document)
    except CdaError as error:
        raise TextError("unreadable", str(error)) from None
    if embedded is None:
        return Extracted(())
    return extract(*embedded, limits, recognise)


def _coded(document: Document) -> Iterator[str]:
    """What the entries say in codes: "Hémoglobine 718-7", each once, in the order of reading."""
    seen: set[tuple[str, str]] = set()
    for entry in document.root.iter(f"{{{HL7}}}entry"):
        for node in entry.iter(etree.Element):
            code, system = node.get("code", ""), node.get("codeSystem", "")
            if not code or not system or (system, code) in seen:
                continue
            seen.add((system, code))
            label = node.get("displayName") or nos.display(system, code)
            if label:
                yield f"{label} {code}"
            if len(seen) >= _MOST_CODES:
                return


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
