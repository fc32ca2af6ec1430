"""ITI-43 Retrieve Document Set: documents by their uniqueId (TD3.2).

Source: ITI TF-2, 3.43; spec dmp §3.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from carnet.standards.soap.mtom import resolve, xop_include
from carnet.standards.xds.ebrim import RS, XDSB
from carnet.standards.xds.errors import ErrorCode, RegistryError, refused
from carnet.standards.xds.registry_response import (
    STATUS_URNS,
    Outcome,
    error_list,
    outcome,
    read_outcome,
)
from carnet.standards.xml import escape

ACTION: Final = "urn:ihe:iti:2007:RetrieveDocumentSet"
RESPONSE_ACTION: Final = f"{ACTION}Response"


def _tag(name: str) -> str:
    return f"{{{XDSB}}}{name}"


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Which document, in which repository (OIDs); `home` is not used by the DMP."""

    repository_unique_id: str
    unique_id: str
    home: str = ""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """One document that was retrieved."""

    ref: DocumentRef
    mime_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class RetrieveResponse:
    """What came back, and why the rest did not."""

    status: Outcome
    errors: tuple[RegistryError, ...]
    documents: tuple[Retrieved, ...]


def read(payload: etree._Element) -> tuple[DocumentRef, ...]:
    """The documents that are asked for, at least one. Raises `XdsRefused`."""
    if payload.tag != _tag("RetrieveDocumentSetRequest"):
        raise refused(ErrorCode.REPOSITORY_ERROR, "a RetrieveDocumentSetRequest is expected")
    return references(payload)


def references(payload: etree._Element) -> tuple[DocumentRef, ...]:
    """What the DocumentRequests of a request name, at least one. Raises `XdsRefused`."""
    refs = tuple(_ref(request) for request in payload.iterchildren(_tag("DocumentRequest")))
    if not refs:
        raise refused(ErrorCode.REPOSITORY_ERROR, "at least one DocumentRequest is expected")
    return refs


def _ref(element: etree._Element) -> DocumentRef:
    repository, unique_id, home = (
        (element.findtext(_tag(name)) or "").strip()
        for name in ("RepositoryUniqueId", "DocumentUniqueId", "HomeCommunityId")
    )
    if not repository or not unique_id:
        raise refused(
            ErrorCode.REPOSITORY_ERROR, "RepositoryUniqueId and DocumentUniqueId are required"
        )
    return DocumentRef(repository, unique_id, home)


def write(refs: Sequence[DocumentRef]) -> bytes:
    """The payload that asks for `refs`."""
    return (
        f'<xds:RetrieveDocumentSetRequest xmlns:xds="{XDSB}">{requests(refs)}'
        "</xds:RetrieveDocumentSetRequest>"
    ).encode()


def requests(refs: Sequence[DocumentRef]) -> str:
    """The xds:DocumentRequest of each of `refs`."""
    return "".join(f"<xds:DocumentRequest>{_identity(ref)}</xds:DocumentRequest>" for ref in refs)


def _identity(ref: DocumentRef) -> str:
    home = f"<xds:HomeCommunityId>{escape(ref.home)}</xds:HomeCommunityId>" if ref.home else ""
    return (
        f"{home}<xds:RepositoryUniqueId>{escape(ref.repository_unique_id)}</xds:RepositoryUniqueId>"
        f"<xds:DocumentUniqueId>{escape(ref.unique_id)}</xds:DocumentUniqueId>"
    )


def write_response(
    documents: Sequence[Retrieved], errors: Sequence[RegistryError] = ()
) -> tuple[bytes, Mapping[str, bytes]]:
    """The payload and its attachments by Content-ID: PartialSuccess when some came, not all."""
    status = STATUS_URNS[outcome(errors, partial=bool(documents))]
    attachments: dict[str, bytes] = {}
    responses: list[str] = []
    for number, document in enumerate(documents, start=1):
        content_id = f"document{number}@carnet"
        attachments[content_id] = document.data
        responses.append(
            f"<xds:DocumentResponse>{_identity(document.ref)}"
            f"<xds:mimeType>{escape(document.mime_type)}</xds:mimeType>"
            f"<xds:Document>{xop_include(content_id)}</xds:Document></xds:DocumentResponse>"
        )
    payload = (
        f'<xds:RetrieveDocumentSetResponse xmlns:xds="{XDSB}">'
        f'<rs:RegistryResponse xmlns:rs="{RS}" status="{status}">{error_list(errors)}'
        f"</rs:RegistryResponse>{''.join(responses)}</xds:RetrieveDocumentSetResponse>"
    )
    return payload.encode(), attachments


def read_response(payload: etree._Element, attachments: Mapping[str, bytes]) -> RetrieveResponse:
    """What came back. Raises `XdsRefused`, or `SoapFault` when a part is missing."""
    response = payload.find(f"{{{RS}}}RegistryResponse")
    if payload.tag != _tag("RetrieveDocumentSetResponse") or response is None:
        raise refused(ErrorCode.REPOSITORY_ERROR, "the answer is no RetrieveDocumentSetResponse")
    ended = read_outcome(response)
    documents = []
    for element in payload.iterchildren(_tag("DocumentResponse")):
        document = element.find(_tag("Document"))
        if document is None:
            raise refused(ErrorCode.REPOSITORY_ERROR, "a DocumentResponse holds no Document")
        mime_type = (element.findtext(_tag("mimeType")) or "").strip()
        documents.append(Retrieved(_ref(element), mime_type, resolve(document, attachments)))
    return RetrieveResponse(ended.status, ended.errors, tuple(documents))
