"""A lot with its signature document: one entry more, member of the lot, which it signs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from carnet.standards.dsg.signature import PURPOSE
from carnet.standards.dsg.writing import Signed, sign
from carnet.standards.xds.from_cda import membership
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Code,
    DocumentEntry,
    SubmissionSet,
)
from carnet.standards.xds.rules import signatures

ENTRY_ID: Final = "Signature01"
_NORMAL: Final = Code("N", "2.16.840.1.113883.5.25", "Normal")
_VISIBILITY: Final = "1.2.250.1.213.1.1.4.13"
_HIDDEN: Final = (
    Code("MASQUE_PS", _VISIBILITY, "Masqué aux professionnels de santé"),
    Code("INVISIBLE_PATIENT", _VISIBILITY, "Non visible par le patient"),
)
_XML_TYPES: Final = frozenset({"text/xml", "application/xslt+xml"})


def sign_lot(
    request: ProvideRequest, *, signed_at: datetime, key_pem: bytes, certificate_pem: bytes
) -> ProvideRequest:
    """The same lot with its signature by this key, which is that of who sends it (EX_2.1-1140).

    The signature has the uniqueId of the lot, and `.1`. Raises `ValueError` for a lot without
    SubmissionSet or document, and as `sign` does.
    """
    lot, documents = request.submission.submission_set, request.submission.documents
    if lot is None or not documents:
        raise ValueError("there is nothing to sign")
    signature = sign(
        lot.unique_id,
        [
            Signed(entry.unique_id, request.documents[entry.id], entry.mime_type in _XML_TYPES)
            for entry in documents
        ],
        signed_at=signed_at,
        key_pem=key_pem,
        certificate_pem=certificate_pem,
    )
    entry = _entry(lot, documents[0], signed_at)
    return ProvideRequest(
        replace(
            request.submission,
            documents=(*documents, entry),
            associations=(
                *request.submission.associations,
                membership(lot, entry),
                Association(AssociationType.SIGNS, entry.id, lot.id, f"{entry.id}-signs"),
            ),
        ),
        {**request.documents, entry.id: signature},
    )


def _entry(lot: SubmissionSet, first: DocumentEntry, signed_at: datetime) -> DocumentEntry:
    """What is said of the signature (spec dmp §3.8): its author is the sender of the lot."""
    time = f"{signed_at.astimezone(UTC):%Y%m%d%H%M%S}"
    return DocumentEntry(
        id=ENTRY_ID,
        unique_id=f"{lot.unique_id}.1",
        patient_id=lot.patient_id,
        mime_type=signatures.MIME_TYPE,
        class_code=Code(signatures.CLASS, "URN", "Digital Signature"),
        type_code=Code(signatures.TYPE, "ASTM", "Full Document"),
        format_code=Code(signatures.FORMAT, "URN", "Default Signature Style"),
        facility_type=first.facility_type,
        practice_setting=first.practice_setting,
        confidentiality=(_NORMAL, *_HIDDEN),
        events=(Code(PURPOSE, "1.2.840.10065.1.12", "Source"),),
        authors=lot.author,
        title="Source",
        language="art",
        creation_time=time,
        service_start_time=time,
        legal_authenticator=lot.author[0].person if lot.author else "",
        source_patient_id=lot.patient_id,
    )
