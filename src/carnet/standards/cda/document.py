"""The CDA document inside its wrapping: plain, autoprésentable or signed (spec dmp §5.2).

Everything else of this folder works on a `Document`, so that the bytes are parsed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from carnet.standards.cda.header import Form
from carnet.standards.xml import XmlError, parse

HL7: Final = "urn:hl7-org:v3"
SDTC: Final = "urn:hl7-org:sdtc"
CI_SIS: Final = "urn:asip-sante:ci-sis"
XSLT: Final = "http://www.w3.org/1999/XSL/Transform"
XMLDSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
DICOM: Final = "urn:dicom-org:ps3-20"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

#: Prefixes of the XPath expressions of this folder; documents may use any other.
NAMESPACES: Final = {
    "h": HL7,
    "sdtc": SDTC,
    "data": CI_SIS,
    "xsl": XSLT,
    "ds": XMLDSIG,
    "ps3-20": DICOM,
    "xsi": XSI,
}


class CdaError(ValueError):
    """A document cannot be read. `code` is stable; `place` is an XPath with its line, when known.

    Codes: `not_xml`, `not_cda` (no ClinicalDocument where the form puts it), `ambiguous` (several),
    `missing` (an element without which there is no header), `body` (the embedded bytes cannot be
    taken out exactly).
    """

    def __init__(self, code: str, message: str, place: str = "") -> None:
        super().__init__(f"{message} ({place})" if place else message)
        self.code = code
        self.message = message
        self.place = place


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: its outer `file` element, the ClinicalDocument as `root`, and their `form`."""

    form: Form
    file: etree._Element
    root: etree._Element


def load(source: bytes | Document) -> Document:
    """Parse `source`, or give it back when it is parsed already. Raises `CdaError`."""
    if isinstance(source, Document):
        return source
    try:
        file = parse(source)
    except XmlError as error:
        raise CdaError("not_xml", str(error)) from None
    form = _FORMS.get(str(file.tag))
    if form is None:
        raise CdaError(
            "not_cda",
            "the root element is not a ClinicalDocument of urn:hl7-org:v3",
            place_of(file),
        )
    if form is Form.PLAIN:
        return Document(form, file, file)
    found = _CANDIDATES[form](file)
    if not isinstance(found, list) or not found:
        raise CdaError("not_cda", "the wrapping holds no ClinicalDocument", place_of(file))
    if len(found) > 1:
        raise CdaError(
            "ambiguous", "the wrapping holds more than one ClinicalDocument", place_of(found[1])
        )
    return Document(form, file, found[0])


_FORMS: Final = {
    f"{{{HL7}}}ClinicalDocument": Form.PLAIN,
    f"{{{XSLT}}}stylesheet": Form.SELF_PRESENTING,
    f"{{{XSLT}}}transform": Form.SELF_PRESENTING,
    f"{{{XMLDSIG}}}Signature": Form.SIGNED,
}

# An autoprésentable document may be signed inside: the ClinicalDocument is then a grandchild.
_CANDIDATES: Final = {
    form: etree.XPath(path, namespaces=NAMESPACES)
    for form, path in {
        Form.SELF_PRESENTING: "data:Contenu//h:ClinicalDocument",
        Form.SIGNED: "ds:Object//h:ClinicalDocument",
    }.items()
}


def place_of(element: etree._Element) -> str:
    """Where `element` is, for a person: `/ClinicalDocument/author[2]/time (ligne 41)`."""
    steps: list[str] = []
    node: etree._Element | None = element
    while node is not None:
        name = etree.QName(node).localname if isinstance(node.tag, str) else "node()"
        parent = node.getparent()
        twins = [] if parent is None else [n for n in parent if n.tag == node.tag]
        steps.append(f"{name}[{twins.index(node) + 1}]" if len(twins) > 1 else name)
        node = parent
    line = f" (ligne {element.sourceline})" if element.sourceline else ""
    return "/" + "/".join(reversed(steps)) + line


def text_of(element: etree._Element | None) -> str:
    """All the text of `element`, spaces made single: comments neither cut it nor show in it."""
    if element is None:
        return ""
    text = "".join(element.itertext()) if len(element) else element.text or ""
    return " ".join(text.split())
