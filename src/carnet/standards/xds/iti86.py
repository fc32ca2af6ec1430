"""ITI-86 Remove Documents: a repository forgets the bytes of documents.

Source: ITI TF-2, 3.86 (Remove Metadata and Documents, RMD).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lxml import etree

from carnet.standards.xds import iti43
from carnet.standards.xds.ebrim import XDSB
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.iti43 import DocumentRef

RMD: Final = "urn:ihe:iti:rmd:2017"
ACTION: Final = "urn:ihe:iti:2017:RemoveDocuments"
RESPONSE_ACTION: Final = f"{ACTION}Response"


def read(payload: etree._Element) -> tuple[DocumentRef, ...]:
    """The documents that are to be removed, at least one. Raises `XdsRefused`."""
    if payload.tag != f"{{{RMD}}}RemoveDocumentsRequest":
        raise refused(ErrorCode.REPOSITORY_ERROR, "a RemoveDocumentsRequest is expected")
    return iti43.references(payload)


def write(refs: Sequence[DocumentRef]) -> bytes:
    """The payload that removes `refs`."""
    return (
        f'<rmd:RemoveDocumentsRequest xmlns:rmd="{RMD}" xmlns:xds="{XDSB}">'
        f"{iti43.requests(refs)}</rmd:RemoveDocumentsRequest>"
    ).encode()
