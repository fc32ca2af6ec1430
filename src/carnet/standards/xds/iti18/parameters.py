"""The sixteen stored queries as data: which takes which parameter, in what form, how many times.

Reading, writing and `selection` follow this one table. Source: ITI TF-2, 3.18.4.1.2.3.7 and 3.51
(multi-patient queries); ITI Metadata Update supplement (logicalID, status of associations,
documentAvailability); ids: spec dmp §3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from carnet.standards.xds.metadata import (
    Association,
    DocumentEntry,
    Folder,
    RegistryObject,
    Status,
    SubmissionSet,
)

ACTION: Final = "urn:ihe:iti:2007:RegistryStoredQuery"
RESPONSE_ACTION: Final = f"{ACTION}Response"
MULTI_PATIENT_ACTION: Final = "urn:ihe:iti:2009:MultiPatientStoredQuery"
MULTI_PATIENT_RESPONSE_ACTION: Final = f"{MULTI_PATIENT_ACTION}Response"

#: objectType of a stable document, what a query finds unless it asks for others (spec dmp §3.3).
STABLE: Final = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"


class Kind(StrEnum):
    """What the values of a parameter are, and how an attribute agrees with one."""

    TEXT = "text"  #: equal
    PATIENT = "patient"  #: CX, equal by id and authority
    PATTERN = "pattern"  #: of SQL LIKE: `%` any text, `_` any character
    CODE = "code"  #: code^^scheme, both equal
    STATUS = "status"
    ASSOCIATION = "association type"
    FROM = "time from"  #: DTM in UTC, at or after its first instant
    TO = "time to"  #: DTM in UTC, before its first instant


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its slot, and the attribute (dotted for one of its parts) of which objects.

    Without attribute, what it selects is told by the query itself (see `selection`). `many`: its
    values are alternatives. `groups`: its slot may be repeated, as a conjunction of alternatives.
    `default` stands for a parameter that is not given.
    """

    name: str
    kind: Kind
    owners: tuple[type[RegistryObject], ...] = ()
    attribute: str = ""
    required: bool = False
    many: bool = False
    groups: bool = False
    default: tuple[str, ...] = ()


class QueryName(StrEnum):
    """The name of each stored query."""

    FIND_DOCUMENTS = "FindDocuments"
    FIND_DOCUMENTS_BY_REFERENCE_ID = "FindDocumentsByReferenceId"
    FIND_SUBMISSION_SETS = "FindSubmissionSets"
    FIND_FOLDERS = "FindFolders"
    GET_ALL = "GetAll"
    GET_DOCUMENTS = "GetDocuments"
    GET_FOLDERS = "GetFolders"
    GET_ASSOCIATIONS = "GetAssociations"
    GET_DOCUMENTS_AND_ASSOCIATIONS = "GetDocumentsAndAssociations"
    GET_SUBMISSION_SETS = "GetSubmissionSets"
    GET_SUBMISSION_SET_AND_CONTENTS = "GetSubmissionSetAndContents"
    GET_FOLDER_AND_CONTENTS = "GetFolderAndContents"
    GET_FOLDERS_FOR_DOCUMENT = "GetFoldersForDocument"
    GET_RELATED_DOCUMENTS = "GetRelatedDocuments"
    FIND_DOCUMENTS_FOR_MULTIPLE_PATIENTS = "FindDocumentsForMultiplePatients"
    FIND_FOLDERS_FOR_MULTIPLE_PATIENTS = "FindFoldersForMultiplePatients"


@dataclass(frozen=True, slots=True)
class Definition:
    """One stored query. Of `exactly_one` one is given; of `at_least_one`, one or more."""

    name: QueryName
    id: str
    parameters: tuple[Parameter, ...]
    exactly_one: tuple[str, ...] = ()
    at_least_one: tuple[str, ...] = ()
    action: str = ACTION


_OWNERS: Final[Mapping[str, type[RegistryObject]]] = MappingProxyType(
    {
        "DocumentEntry": DocumentEntry,
        "SubmissionSet": SubmissionSet,
        "Folder": Folder,
        "Association": Association,
    }
)


def _of(
    owner: str,
    name: str,
    kind: Kind,
    attribute: str,
    *,
    required: bool = False,
    many: bool = False,
    groups: bool = False,
    default: tuple[str, ...] = (),
) -> Parameter:
    return Parameter(
        f"$XDS{owner}{name}",
        kind,
        (_OWNERS[owner],),
        attribute,
        required=required,
        many=many or groups,
        groups=groups,
        default=default,
    )


def _patient(owner: str) -> Parameter:
    return _of(owner, "PatientId", Kind.PATIENT, "patient_id", required=True)


def _status(owner: str) -> Parameter:
    return _of(owner, "Status", Kind.STATUS, "status", required=True, many=True)


def _times(owner: str, name: str, attribute: str) -> tuple[Parameter, ...]:
    return (
        _of(owner, f"{name}From", Kind.FROM, attribute),
        _of(owner, f"{name}To", Kind.TO, attribute),
    )


def _ids(owner: str, *, many: bool, logical: bool = False) -> tuple[Parameter, ...]:
    ids = (
        _of(owner, "EntryUUID", Kind.TEXT, "id", many=many),
        _of(owner, "UniqueId", Kind.TEXT, "unique_id", many=many),
    )
    if not logical:
        return ids
    return (*ids, _of(owner, "LogicalID", Kind.TEXT, "logical_id", many=many))


def _names(parameters: tuple[Parameter, ...]) -> tuple[str, ...]:
    return tuple(parameter.name for parameter in parameters)


_FORMAT: Final = _of("DocumentEntry", "FormatCode", Kind.CODE, "format_code", many=True)
_CONFIDENTIALITY: Final = _of(
    "DocumentEntry", "ConfidentialityCode", Kind.CODE, "confidentiality", groups=True
)
_TYPE: Final = _of("DocumentEntry", "Type", Kind.TEXT, "object_type", many=True, default=(STABLE,))
_LINK_STATUS: Final = _of(
    "Association", "Status", Kind.STATUS, "status", many=True, default=(Status.APPROVED,)
)
_UUID: Final = Parameter("$uuid", Kind.TEXT, required=True, many=True)

_DOCUMENTS: Final = (
    _patient("DocumentEntry"),
    _status("DocumentEntry"),
    _of("DocumentEntry", "ClassCode", Kind.CODE, "class_code", many=True),
    _of("DocumentEntry", "TypeCode", Kind.CODE, "type_code", many=True),
    _FORMAT,
    _of("DocumentEntry", "HealthcareFacilityTypeCode", Kind.CODE, "facility_type", many=True),
    _of("DocumentEntry", "PracticeSettingCode", Kind.CODE, "practice_setting", many=True),
    _of("DocumentEntry", "EventCodeList", Kind.CODE, "events", groups=True),
    _CONFIDENTIALITY,
    *_times("DocumentEntry", "CreationTime", "creation_time"),
    *_times("DocumentEntry", "ServiceStartTime", "service_start_time"),
    *_times("DocumentEntry", "ServiceStopTime", "service_stop_time"),
    _of("DocumentEntry", "AuthorPerson", Kind.PATTERN, "authors.person", many=True),
    _TYPE,
    _of("DocumentEntry", "DocumentAvailability", Kind.TEXT, "document_availability", many=True),
)
_SUBMISSION_SETS: Final = (
    _patient("SubmissionSet"),
    _status("SubmissionSet"),
    _of("SubmissionSet", "SourceId", Kind.TEXT, "source_id", many=True),
    *_times("SubmissionSet", "SubmissionTime", "submission_time"),
    _of("SubmissionSet", "AuthorPerson", Kind.PATTERN, "author.person"),
    _of("SubmissionSet", "ContentType", Kind.CODE, "content_type", many=True),
)
_FOLDERS: Final = (
    _patient("Folder"),
    _status("Folder"),
    *_times("Folder", "LastUpdateTime", "last_update_time"),
    _of("Folder", "CodeList", Kind.CODE, "codes", groups=True),
)
_ALL: Final = (
    Parameter(
        "$patientId",
        Kind.PATIENT,
        (DocumentEntry, SubmissionSet, Folder),
        "patient_id",
        required=True,
    ),
    *map(_status, ("DocumentEntry", "SubmissionSet", "Folder")),
    _FORMAT,
    _CONFIDENTIALITY,
    _TYPE,
    _LINK_STATUS,
)
_DOCUMENT_IDS: Final = _ids("DocumentEntry", many=True)
_ANY_DOCUMENT_IDS: Final = _ids("DocumentEntry", many=True, logical=True)
_ANY_FOLDER_IDS: Final = _ids("Folder", many=True, logical=True)
_DOCUMENT_ID: Final = _ids("DocumentEntry", many=False)
_SUBMISSION_SET_ID: Final = _ids("SubmissionSet", many=False)
_FOLDER_ID: Final = _ids("Folder", many=False)

#: A query over several patients, or all, is narrowed by one of these (ITI TF-2, 3.51.4.1.2).
_NARROWING: Final = (
    "$XDSDocumentEntryPatientId",
    "$XDSDocumentEntryClassCode",
    "$XDSDocumentEntryEventCodeList",
    "$XDSDocumentEntryHealthcareFacilityTypeCode",
)


def _of_any_patient(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """The parameters of a query for one patient, in that for several or for none."""
    return tuple(
        replace(parameter, required=False, many=True)
        if parameter.kind is Kind.PATIENT
        else parameter
        for parameter in parameters
    )


QUERIES: Final[tuple[Definition, ...]] = (
    Definition(
        QueryName.FIND_DOCUMENTS, "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d", _DOCUMENTS
    ),
    Definition(
        QueryName.FIND_DOCUMENTS_BY_REFERENCE_ID,
        "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492",
        (
            *_DOCUMENTS,
            _of(
                "DocumentEntry",
                "ReferenceIdList",
                Kind.TEXT,
                "reference_ids",
                required=True,
                groups=True,
            ),
        ),
    ),
    Definition(
        QueryName.FIND_SUBMISSION_SETS,
        "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9",
        _SUBMISSION_SETS,
    ),
    Definition(QueryName.FIND_FOLDERS, "urn:uuid:958f3006-baad-4929-a4de-ff1114824431", _FOLDERS),
    Definition(QueryName.GET_ALL, "urn:uuid:10b545ea-725c-446d-9b95-8aeb444eddf3", _ALL),
    Definition(
        QueryName.GET_DOCUMENTS,
        "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4",
        _ANY_DOCUMENT_IDS,
        exactly_one=_names(_ANY_DOCUMENT_IDS),
    ),
    Definition(
        QueryName.GET_FOLDERS,
        "urn:uuid:5737b14c-8a1a-4539-b659-e03a34a5e1e4",
        _ANY_FOLDER_IDS,
        exactly_one=_names(_ANY_FOLDER_IDS),
    ),
    Definition(
        QueryName.GET_ASSOCIATIONS,
        "urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155",
        (_UUID, _LINK_STATUS),
    ),
    Definition(
        QueryName.GET_DOCUMENTS_AND_ASSOCIATIONS,
        "urn:uuid:bab9529a-4a10-40b3-a01f-f68a615d247a",
        (*_DOCUMENT_IDS, _LINK_STATUS),
        exactly_one=_names(_DOCUMENT_IDS),
    ),
    Definition(
        QueryName.GET_SUBMISSION_SETS,
        "urn:uuid:51224314-5390-4169-9b91-b1980040715a",
        (_UUID, _LINK_STATUS),
    ),
    Definition(
        QueryName.GET_SUBMISSION_SET_AND_CONTENTS,
        "urn:uuid:e8e3cb2c-e39c-46b9-99e4-c12f57260b83",
        (*_SUBMISSION_SET_ID, _FORMAT, _CONFIDENTIALITY, _TYPE),
        exactly_one=_names(_SUBMISSION_SET_ID),
    ),
    Definition(
        QueryName.GET_FOLDER_AND_CONTENTS,
        "urn:uuid:b909a503-523d-4517-8acf-8e5834dfc4c7",
        (*_FOLDER_ID, _FORMAT, _CONFIDENTIALITY, _TYPE, _LINK_STATUS),
        exactly_one=_names(_FOLDER_ID),
    ),
    Definition(
        QueryName.GET_FOLDERS_FOR_DOCUMENT,
        "urn:uuid:10cae35a-c7f9-4cf5-b61e-fc3278ffb578",
        (*_DOCUMENT_ID, _LINK_STATUS),
        exactly_one=_names(_DOCUMENT_ID),
    ),
    Definition(
        QueryName.GET_RELATED_DOCUMENTS,
        "urn:uuid:d90e5407-b356-4d91-a89f-873917b4b0e6",
        (
            *_DOCUMENT_ID,
            Parameter(
                "$AssociationTypes",
                Kind.ASSOCIATION,
                (Association,),
                "type",
                required=True,
                many=True,
            ),
            _TYPE,
            _LINK_STATUS,
        ),
        exactly_one=_names(_DOCUMENT_ID),
    ),
    Definition(
        QueryName.FIND_DOCUMENTS_FOR_MULTIPLE_PATIENTS,
        "urn:uuid:3d1bdb10-39a2-11de-89c2-2f44d94eaa9f",
        _of_any_patient(_DOCUMENTS),
        at_least_one=_NARROWING,
        action=MULTI_PATIENT_ACTION,
    ),
    Definition(
        QueryName.FIND_FOLDERS_FOR_MULTIPLE_PATIENTS,
        "urn:uuid:50d3f5ac-39a2-11de-a1ca-b366239e58df",
        _of_any_patient(_FOLDERS),
        at_least_one=("$XDSFolderPatientId", "$XDSFolderCodeList"),
        action=MULTI_PATIENT_ACTION,
    ),
)
