"""What the signature of a lot must be among the objects of its submission (spec dmp §3.8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from carnet.standards.ids import Ins
from carnet.standards.xds.errors import ErrorCode
from carnet.standards.xds.metadata import AssociationType, Code, DocumentEntry, Submission
from carnet.standards.xds.rules.attributes import FR_DMP, FR_UPDATE
from carnet.standards.xds.rules.relations import SIGNATURE_TYPE, RelationRule

TYPE: Final = SIGNATURE_TYPE
CLASS: Final = "urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1"
FORMAT: Final = "http://www.w3.org/2000/09/xmldsig#"
MIME_TYPE: Final = "text/xml"

_FRENCH: Final = frozenset({FR_DMP})
_FRENCH_UPDATES: Final = frozenset({FR_DMP, FR_UPDATE})
_HIDDEN: Final = frozenset({"MASQUE_PS", "INVISIBLE_PATIENT"})


def is_signature(entry: DocumentEntry) -> bool:
    """Whether the entry is the signature of its lot."""
    return entry.type_code is not None and entry.type_code.code == TYPE


def signatures_of(submission: Submission) -> list[DocumentEntry]:
    """The signatures in a submission: one at most, when it keeps the rules."""
    return [entry for entry in submission.documents if is_signature(entry)]


def _several(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    return [entry.id for entry in signatures_of(submission)[1:]]


def _signs_nothing_else(submission: Submission, entry: DocumentEntry) -> bool:
    lot = submission.submission_set
    links = [(a.type, a.target) for a in submission.associations if a.source == entry.id]
    return links == [(AssociationType.SIGNS, lot.id if lot else "")]


def _without_lot(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    return [
        entry.id
        for entry in signatures_of(submission)
        if not _signs_nothing_else(submission, entry)
    ]


def _not_a_signature(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    signatures = {entry.id for entry in signatures_of(submission)}
    return [
        a.id
        for a in submission.associations
        if a.type is AssociationType.SIGNS and a.source not in signatures
    ]


def _code(code: Code | None) -> str:
    return code.code if code else ""


def _of_another_kind(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    return [
        entry.id
        for entry in signatures_of(submission)
        if (_code(entry.class_code), _code(entry.format_code), entry.mime_type)
        != (CLASS, FORMAT, MIME_TYPE)
    ]


def _in_sight(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    return [
        entry.id
        for entry in signatures_of(submission)
        if not {code.code for code in entry.confidentiality} >= _HIDDEN
    ]


SIGNATURES: Final[tuple[RelationRule, ...]] = (
    RelationRule(
        "one signature",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "a lot has one signature at most",
        _several,
        "dmp §3.8",
        _FRENCH,
    ),
    RelationRule(
        "a signature and its lot",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "a signature needs one association, signs, to the SubmissionSet, and no other",
        _without_lot,
        "dmp §3.8",
        _FRENCH,
    ),
    RelationRule(
        "what signs",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "only a signature (typeCode E1762) signs",
        _not_a_signature,
        "dmp §3.8",
        _FRENCH,
    ),
    RelationRule(
        "codes of a signature",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "classCode, formatCode or mimeType is not that of a signature",
        _of_another_kind,
        "dmp §3.8",
        _FRENCH_UPDATES,
    ),
    RelationRule(
        "a signature out of sight",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "a signature is MASQUE_PS and INVISIBLE_PATIENT",
        _in_sight,
        "dmp §3.8",
        _FRENCH_UPDATES,
    ),
)
