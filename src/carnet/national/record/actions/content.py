"""That a document is what its entry says (spec dmp §3.4, §4.4; ITI TF-3, 4.2.4.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from django.conf import settings

from carnet.national.clients import clamd
from carnet.national.clients.documents import Stored
from carnet.standards.cda import reading
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.metadata import DocumentEntry
from carnet.standards.xds.rules.signatures import is_signature

#: What a document must be, by its media type.
Contents = Mapping[str, Callable[[DocumentEntry, bytes, Ins | None], None]]


def check_content(
    entry: DocumentEntry, data: bytes, stored: Stored, ins: Ins | None, contents: Contents
) -> None:
    """Compare the bytes with the metadata that announce them.

    Raises `XdsRefused`: XDSRepositoryMetadataError when hash or size are announced otherwise,
    InvalidDocumentContent when the antivirus knows the content, and as `contents` does. Raises
    `OSError` when the antivirus cannot judge.
    """
    if entry.hash and entry.hash.lower() != stored.sha1:
        raise refused(
            ErrorCode.REPOSITORY_METADATA_ERROR,
            "the hash announced is not the SHA-1 of the document",
            location=entry.id,
        )
    if entry.size is not None and entry.size != stored.size:
        raise refused(
            ErrorCode.REPOSITORY_METADATA_ERROR,
            "the size announced is not the size of the document",
            location=entry.id,
        )
    _check_virus(entry, data)
    check = contents.get(entry.mime_type)
    if check is not None and not is_signature(entry):
        check(entry, data, ins)


def _check_cda(entry: DocumentEntry, data: bytes, ins: Ins | None) -> None:
    """A CDA that can be read, of this document and of this patient.

    Raises `XdsRefused`: InvalidDocumentContent, XDSPatientIdDoesNotMatch.
    """
    try:
        header = reading.read(data)
    except reading.CdaError as error:
        raise refused(
            ErrorCode.INVALID_DOCUMENT_CONTENT,
            f"the document is not a CDA that can be read: {error}",
            location=entry.id,
        ) from None
    if settings.CARNET_CLAMD and (carried := _carried(data)):
        _check_virus(entry, carried)
    ids = {(each.root, each.extension) for each in header.patient.ids}
    if ins is not None and (ins.oid, ins.matricule) not in ids:
        raise refused(
            ErrorCode.PATIENT_ID_DOES_NOT_MATCH,
            "the INS in the document is not the patientId of its entry",
            location=entry.id,
        )
    # The DMP takes documents whose id has no extension (spec dmp §3.4, uniqueId).
    if header.id.extension or header.id.root != entry.unique_id:
        raise refused(
            ErrorCode.INVALID_DOCUMENT_CONTENT,
            "the id in the document is not the uniqueId of its entry",
            location=entry.id,
        )


#: A CDA travels plain, and "autoprésentable".
FRENCH: Final[Contents] = MappingProxyType(
    {"text/xml": _check_cda, "application/xslt+xml": _check_cda}
)
#: An affinity domain takes any content: formatCode tells its readers what it is.
ANY: Final[Contents] = MappingProxyType({})


def _check_virus(entry: DocumentEntry, data: bytes) -> None:
    try:
        clamd.check(settings.CARNET_CLAMD, data)
    except clamd.InfectedError:
        raise refused(
            ErrorCode.INVALID_DOCUMENT_CONTENT,
            "the antivirus refuses the document",
            location=entry.id,
        ) from None


def _carried(data: bytes) -> bytes:
    """What the body of a CDA carries in base64, where no antivirus looks; empty when nothing."""
    try:
        carried = reading.embedded_document(data)
    except reading.CdaError:
        return b""
    return carried[1] if carried else b""
