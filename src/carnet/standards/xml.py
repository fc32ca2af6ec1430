"""The one way XML enters Carnet: no DTD, no entities, no network, sizes bounded."""

from __future__ import annotations

from typing import Final

from lxml import etree

#: Bytes of XML read at most unless a caller says otherwise.
DEFAULT_LIMIT: Final = 64 * 1024 * 1024


class XmlError(ValueError):
    """The bytes are not XML that Carnet accepts; the message says why, and where when it is known."""


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
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise XmlError("a document type declaration is not allowed")
    return root


def serialize(element: etree._Element) -> bytes:
    """The element as UTF-8 bytes, without declaration and without the text that follows it."""
    return etree.tostring(element, encoding="UTF-8", with_tail=False, xml_declaration=False)
