"""The one way XML enters Carnet: no DTD, no entities, no network, sizes bounded (R-020)."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

#: Bytes of XML read at most unless a caller says otherwise.
DEFAULT_LIMIT: Final = 64 * 1024 * 1024


class XmlError(ValueError):
    """The bytes are not XML that Carnet accepts; the message says why and, if known, where."""


def parse(data: bytes, *, limit: int = DEFAULT_LIMIT) -> etree._Element:
    """Parse `data` and give its root element. Raises `XmlError`.

    A document type declaration is refused outright: no message of the CI-SIS carries one, and it
    is the door of entity expansion and of external reads. libxml2's own bounds on depth and on
    text are kept unless the caller's limit asks for large base64 payloads.
    """
    if len(data) > limit:
        raise XmlError(f"the document exceeds {limit} bytes")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=len(data) > 9_000_000,
        remove_pis=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise XmlError(f"not well-formed: {error.msg}") from None
    except ValueError as error:
        raise XmlError(str(error)) from None
    # After a prefix that nothing declares, lxml reads on: a name with a colon, on which it breaks.
    if unknown := parser.error_log.filter_types(etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE):
        raise XmlError(f"not well-formed: {unknown[0].message}")
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise XmlError("a document type declaration is not allowed")
    return root


def serialize(element: etree._Element) -> bytes:
    """The element as UTF-8 bytes, without declaration and without the text that follows it."""
    return etree.tostring(element, encoding="UTF-8", with_tail=False, xml_declaration=False)


#: What stands for each character of markup; the first one is in all the others.
_ENTITIES: Final = (
    ("&", "&amp;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    ('"', "&quot;"),
    ("\t", "&#9;"),
    ("\n", "&#10;"),
    ("\r", "&#13;"),
)
#: What XML 1.0 cannot carry, even as a character reference (XML 1.0, §2.2).
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Either: what most texts hold nothing of.
_NOT_PLAIN: Final = re.compile('[&<>"\x00-\x1f\ud800-\udfff\ufffe\uffff]')


def escape(text: str) -> str:
    """`text` ready to stand in element content or in a double-quoted attribute of a template.

    White space is kept by character references, so that an attribute reads back as it was written.
    Raises `XmlError` for a character that XML 1.0 cannot carry.
    """
    if not _NOT_PLAIN.search(text):
        return text
    if _ILLEGAL.search(text):
        raise XmlError("the text holds a character that XML cannot carry")
    for character, entity in _ENTITIES:
        text = text.replace(character, entity)
    return text
