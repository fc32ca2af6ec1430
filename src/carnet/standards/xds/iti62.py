"""ITI-62 Remove Metadata: objects leave the registry, by their entryUUIDs.

Source: ITI TF-2, 3.62 (Remove Metadata and Documents, RMD).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lxml import etree

from carnet.standards.ids import EntryUuid, IdentifierError
from carnet.standards.xds.ebrim import LCM, RIM
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xml import escape

ACTION: Final = "urn:ihe:iti:2010:DeleteDocumentSet"
RESPONSE_ACTION: Final = f"{ACTION}Response"

_REQUEST: Final = f"{{{LCM}}}RemoveObjectsRequest"
_QUERY: Final = f"{{{RIM}}}AdhocQuery"
_REFERENCES: Final = f"{{{RIM}}}ObjectRefList/{{{RIM}}}ObjectRef"


def read(payload: etree._Element) -> tuple[EntryUuid, ...]:
    """The objects that are to be removed, at least one, each once. Raises `XdsRefused`."""
    references = [each.get("id", "") for each in payload.iterfind(_REFERENCES)]
    if payload.tag != _REQUEST or not references or payload.find(_QUERY) is not None:
        raise refused(
            ErrorCode.REGISTRY_ERROR,
            "a RemoveObjectsRequest with an ObjectRefList, and no AdhocQuery, is expected",
        )
    if "deletionScope" in payload.attrib:
        raise refused(ErrorCode.REGISTRY_ERROR, "deletionScope has no place here")
    return tuple(dict.fromkeys(map(_uuid, references)))


def _uuid(reference: str) -> EntryUuid:
    try:
        return EntryUuid(reference)
    except IdentifierError:
        raise refused(
            ErrorCode.UNRESOLVED_REFERENCE, "an ObjectRef is not an entryUUID", location=reference
        ) from None


def write(objects: Iterable[str]) -> bytes:
    """The payload that removes these entryUUIDs."""
    references = "".join(f'<rim:ObjectRef id="{escape(each)}"/>' for each in objects)
    return (
        f'<lcm:RemoveObjectsRequest xmlns:lcm="{LCM}" xmlns:rim="{RIM}">'
        f"<rim:ObjectRefList>{references}</rim:ObjectRefList></lcm:RemoveObjectsRequest>"
    ).encode()
