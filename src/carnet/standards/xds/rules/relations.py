"""What must hold between the objects of one submission: a table of rules with their error.

Each rule is a function that gives the places (ids of objects) where it is broken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from carnet.standards.ids import IdentifierError, Ins
from carnet.standards.xds.errors import ErrorCode
from carnet.standards.xds.metadata import (
    AssociationType,
    DocumentEntry,
    Folder,
    Submission,
    same_patient,
)
from carnet.standards.xds.rules.attributes import (
    FR_DMP,
    FR_UPDATE,
    IHE,
    IHE_REGISTRATION,
    Profile,
)

_ALL: Final = frozenset(Profile)
_BOTH: Final = frozenset({FR_DMP, IHE, IHE_REGISTRATION})
_FRENCH: Final = frozenset({FR_DMP})
_FRENCH_UPDATES: Final = frozenset({FR_DMP, FR_UPDATE})

#: Levels of confidentiality, one of which comes first; the others tell who may see the document.
BASE_LEVELS: Final = frozenset({"N", "R", "V"})
#: typeCode of the signature of a lot, which is hidden from everybody (spec dmp §3.8).
SIGNATURE_TYPE: Final = "E1762"
_RELATIONS_TO_DOCUMENTS: Final = frozenset(
    {
        AssociationType.RPLC,
        AssociationType.XFRM,
        AssociationType.APND,
        AssociationType.XFRM_RPLC,
    }
)
#: The associations of a submission of documents; the others belong to ITI-57 and on-demand.
_SUBMITTED: Final = _RELATIONS_TO_DOCUMENTS | {AssociationType.HAS_MEMBER, AssociationType.SIGNS}


@dataclass(frozen=True, slots=True)
class RelationRule:
    """`problem` is said of each place that `broken` gives."""

    name: str
    code: ErrorCode
    problem: str
    broken: Callable[[Submission, Ins | None], Iterable[str]]
    source: str
    profiles: frozenset[Profile] = _BOTH


def _no_lot(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    return [] if submission.submission_set else ["SubmissionSet"]


def _no_document(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    return [] if submission.documents else ["DocumentEntry"]


def _contents(submission: Submission) -> tuple[DocumentEntry | Folder, ...]:
    return (*submission.documents, *submission.folders)


def _patients_differ(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    lot = submission.submission_set
    if lot is None:
        return []
    return [
        item.id
        for item in _contents(submission)
        if not same_patient(item.patient_id, lot.patient_id)
    ]


def _another_patient(submission: Submission, patient: Ins | None) -> Iterable[str]:
    lot = submission.submission_set
    if patient is None or lot is None:
        return []
    try:
        return [] if Ins.from_cx(lot.patient_id) == patient else [lot.id]
    except IdentifierError:
        return []  # its form is judged by its own rule


def _repeated_unique_ids(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    ids = [(item.id, item.unique_id) for item in _contents(submission)]
    if submission.submission_set:
        ids.append((submission.submission_set.id, submission.submission_set.unique_id))
    counted = Counter(unique_id for _, unique_id in ids if unique_id)
    return [identity for identity, unique_id in ids if counted[unique_id] > 1]


def _members(submission: Submission) -> dict[str, str]:
    """SubmissionSetStatus by the target of each HasMember of the lot."""
    lot = submission.submission_set
    return {
        association.target: association.slot("SubmissionSetStatus")
        for association in submission.associations
        if lot and association.type is AssociationType.HAS_MEMBER and association.source == lot.id
    }


def _not_a_member(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    members = _members(submission)
    return [item.id for item in _contents(submission) if item.id not in members]


def _member_without_status(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    documents = {entry.id for entry in submission.documents}
    return [
        target
        for target, status in _members(submission).items()
        if target in documents and status != "Original"
    ]


def _own_ids(submission: Submission) -> set[str]:
    own = {item.id for item in _contents(submission)}
    own |= {association.id for association in submission.associations}
    return own | {submission.submission_set.id} if submission.submission_set else own


def _unresolved(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    own = _own_ids(submission)
    return [
        association.id
        for association in submission.associations
        for end in (association.source, association.target)
        if end not in own and not end.startswith("urn:uuid:")
    ]


def _foreign_types(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    return [a.id for a in submission.associations if a.type not in _SUBMITTED]


def _relations(submission: Submission) -> Iterable[tuple[str, str, str]]:
    return (
        (a.id, a.source, a.target)
        for a in submission.associations
        if a.type in _RELATIONS_TO_DOCUMENTS
    )


def _relation_to_a_stranger(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    own = {entry.id for entry in submission.documents}
    return [identity for identity, source, _ in _relations(submission) if source not in own]


def _relation_to_nothing(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    return [
        identity
        for identity, _, target in _relations(submission)
        if not target.startswith("urn:uuid:")
    ]


def _levels(entry: DocumentEntry) -> list[bool]:
    return [code.code in BASE_LEVELS for code in entry.confidentiality]


def _level_not_first(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    return [
        entry.id
        for entry in submission.documents
        if entry.confidentiality and (not _levels(entry)[0] or sum(_levels(entry)) != 1)
    ]


def _hidden_from_both(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    return [
        entry.id
        for entry in submission.documents
        if {"MASQUE_PS", "INVISIBLE_PATIENT"} <= {code.code for code in entry.confidentiality}
        and not (entry.type_code and entry.type_code.code == SIGNATURE_TYPE)
    ]


def _ends_before_it_starts(submission: Submission, _patient: Ins | None) -> Iterable[str]:
    return [
        entry.id
        for entry in submission.documents
        # Cut to the shorter: a service of one day may say the hour of one end only.
        for length in (min(len(entry.service_start_time), len(entry.service_stop_time)),)
        if entry.service_stop_time[:length] < entry.service_start_time[:length]
    ]


RELATIONS: Final[tuple[RelationRule, ...]] = (
    RelationRule(
        "one lot",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "a submission needs one SubmissionSet",
        _no_lot,
        "ITI TF-3 4.2.1.4",
        _ALL,
    ),
    RelationRule(
        "one document",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "a submission needs one DocumentEntry or more",
        _no_document,
        "dmp §3.1",
        _FRENCH,
    ),
    RelationRule(
        "one patient",
        ErrorCode.PATIENT_ID_DOES_NOT_MATCH,
        "patientId differs from that of the SubmissionSet",
        _patients_differ,
        "dmp §3.5, §3.12",
        _ALL,
    ),
    RelationRule(
        "the patient of the assertion",
        ErrorCode.PATIENT_ID_DOES_NOT_MATCH,
        "patientId differs from the patient of the VIHF",
        _another_patient,
        "dmp §3.12, §4.4 check 7",
        _ALL,
    ),
    RelationRule(
        "one uniqueId each",
        ErrorCode.REGISTRY_DUPLICATE_UNIQUE_ID_IN_MESSAGE,
        "uniqueId is used twice in the submission",
        _repeated_unique_ids,
        "ITI TF-3 4.2.4",
    ),
    RelationRule(
        "members",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "no HasMember association links the SubmissionSet to it",
        _not_a_member,
        "dmp §3.3",
    ),
    RelationRule(
        "status of members",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "its HasMember association needs SubmissionSetStatus Original",
        _member_without_status,
        "dmp §3.3",
    ),
    RelationRule(
        "references",
        ErrorCode.UNRESOLVED_REFERENCE,
        "an end of the association is neither in the submission nor an entryUUID",
        _unresolved,
        "ITI TF-3 4.2.3.1.6",
    ),
    RelationRule(
        "types of association",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "this type of association is not for a submission of documents",
        _foreign_types,
        "dmp §3.3",
    ),
    RelationRule(
        "source of a relation",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "the document that replaces or transforms must be in the submission",
        _relation_to_a_stranger,
        "dmp §3.10",
    ),
    RelationRule(
        "target of a relation",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "the document that is replaced or transformed must be told by its entryUUID",
        _relation_to_nothing,
        "dmp §3.10",
    ),
    RelationRule(
        "level of confidentiality",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "confidentialityCode needs one of N, R, V, in the first place",
        _level_not_first,
        "dmp §3.4",
        _FRENCH_UPDATES,
    ),
    RelationRule(
        "hidden from both",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "confidentialityCode may not be both MASQUE_PS and INVISIBLE_PATIENT",
        _hidden_from_both,
        "EX_2.1-1050",
        _FRENCH_UPDATES,
    ),
    RelationRule(
        "times of the service",
        ErrorCode.REGISTRY_METADATA_ERROR,
        "serviceStopTime is before serviceStartTime",
        _ends_before_it_starts,
        "ITI TF-3 4.2.3.2.19",
    ),
)
