"""ITI-41 Provide and Register Document Set-b: documents and what is said of them (TD2.1).

Source: ITI TF-2, 3.41; spec dmp §3.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from carnet.standards.soap.mtom import resolve, xop_include
from carnet.standards.xds.ebrim import LCM, RIM, XDSB, read_submission, write_submission
from carnet.standards.xds.errors import ErrorCode, RegistryError, XdsRefused, refused
from carnet.standards.xds.metadata import Submission
from carnet.standards.xml import escape

ACTION: Final = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
RESPONSE_ACTION: Final = f"{ACTION}Response"

_REQUEST: Final = f"{{{XDSB}}}ProvideAndRegisterDocumentSetRequest"
_LIST: Final = f"{{{LCM}}}SubmitObjectsRequest/{{{RIM}}}RegistryObjectList"


@dataclass(frozen=True, slots=True)
class ProvideRequest:
    """A lot and the bytes of its documents, by the id of their entry: one for each entry."""

    submission: Submission
    documents: Mapping[str, bytes]


def read(payload: etree._Element, attachments: Mapping[str, bytes]) -> ProvideRequest:
    """Read the request; `attachments` by Content-ID, as `soap.mtom` gives them.

    Raises `XdsRefused` when the metadata are not readable or do not agree with the documents, and
    `SoapFault` when a document refers to a part that did not come.
    """
    objects = payload.find(_LIST)
    if payload.tag != _REQUEST or objects is None:
        raise refused(
            ErrorCode.REPOSITORY_METADATA_ERROR,
            "a ProvideAndRegisterDocumentSetRequest with its RegistryObjectList is expected",
        )
    submission = read_submission(objects)
    documents: dict[str, bytes] = {}
    for element in payload.iterchildren(f"{{{XDSB}}}Document"):
        identity = element.get("id", "")
        if identity in documents:
            raise refused(
                ErrorCode.REPOSITORY_METADATA_ERROR,
                "two documents have the same id",
                location=identity,
            )
        documents[identity] = resolve(element, attachments)
    _check_pairs({entry.id for entry in submission.documents}, set(documents))
    return ProvideRequest(submission, documents)


def _check_pairs(entries: set[str], documents: set[str]) -> None:
    """Every entry has its document, every document its entry (ITI TF-2, 3.41.4.1.3)."""
    missing = [
        RegistryError(ErrorCode.MISSING_DOCUMENT, "the entry has no document", location=identity)
        for identity in sorted(entries - documents)
    ]
    unknown = [
        RegistryError(
            ErrorCode.MISSING_DOCUMENT_METADATA, "the document has no entry", location=identity
        )
        for identity in sorted(documents - entries)
    ]
    if missing or unknown:
        raise XdsRefused(*missing, *unknown)


def write(request: ProvideRequest) -> tuple[bytes, Mapping[str, bytes]]:
    """The payload and its attachments by Content-ID, ready for `soap.mtom.write`."""
    attachments = {
        f"document{number}@carnet": data
        for number, data in enumerate(request.documents.values(), start=1)
    }
    included = "".join(
        f'<xds:Document id="{escape(identity)}">{xop_include(content_id)}</xds:Document>'
        for identity, content_id in zip(request.documents, attachments, strict=True)
    )
    payload = b"".join(
        (
            f'<xds:ProvideAndRegisterDocumentSetRequest xmlns:xds="{XDSB}">'.encode(),
            write_submission(request.submission),
            included.encode(),
            b"</xds:ProvideAndRegisterDocumentSetRequest>",
        )
    )
    return payload, attachments
