"""The errors of XDS: closed list of codes, one error, and the refusal that carries some.

Source: ITI TF-3, table 4.2.4.1-2; DMP codes: spec dmp §3.12.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Severity = Literal["Error", "Warning"]


class ErrorCode(StrEnum):
    """`errorCode` of a RegistryError, by IHE then by the DMP."""

    MISSING_DOCUMENT = "XDSMissingDocument"
    MISSING_DOCUMENT_METADATA = "XDSMissingDocumentMetadata"
    REGISTRY_NOT_AVAILABLE = "XDSRegistryNotAvailable"
    REGISTRY_ERROR = "XDSRegistryError"
    REPOSITORY_ERROR = "XDSRepositoryError"
    REGISTRY_DUPLICATE_UNIQUE_ID_IN_MESSAGE = "XDSRegistryDuplicateUniqueIdInMessage"
    REPOSITORY_DUPLICATE_UNIQUE_ID_IN_MESSAGE = "XDSRepositoryDuplicateUniqueIdInMessage"
    DUPLICATE_UNIQUE_ID_IN_REGISTRY = "XDSDuplicateUniqueIdInRegistry"
    NON_IDENTICAL_HASH = "XDSNonIdenticalHash"
    NON_IDENTICAL_SIZE = "XDSNonIdenticalSize"
    REGISTRY_BUSY = "XDSRegistryBusy"
    REPOSITORY_BUSY = "XDSRepositoryBusy"
    REGISTRY_OUT_OF_RESOURCES = "XDSRegistryOutOfResources"
    REPOSITORY_OUT_OF_RESOURCES = "XDSRepositoryOutOfResources"
    REGISTRY_METADATA_ERROR = "XDSRegistryMetadataError"
    REPOSITORY_METADATA_ERROR = "XDSRepositoryMetadataError"
    TOO_MANY_RESULTS = "XDSTooManyResults"
    EXTRA_METADATA_NOT_SAVED = "XDSExtraMetadataNotSaved"
    UNKNOWN_PATIENT_ID = "XDSUnknownPatientId"
    PATIENT_ID_DOES_NOT_MATCH = "XDSPatientIdDoesNotMatch"
    UNKNOWN_STORED_QUERY = "XDSUnknownStoredQuery"
    STORED_QUERY_MISSING_PARAM = "XDSStoredQueryMissingParam"
    STORED_QUERY_PARAM_NUMBER = "XDSStoredQueryParamNumber"
    REGISTRY_DEPRECATED_DOCUMENT = "XDSRegistryDeprecatedDocumentError"
    UNKNOWN_REPOSITORY_ID = "XDSUnknownRepositoryId"
    DOCUMENT_UNIQUE_ID_ERROR = "XDSDocumentUniqueIdError"
    RESULT_NOT_SINGLE_PATIENT = "XDSResultNotSinglePatient"
    INVALID_DOCUMENT_CONTENT = "InvalidDocumentContent"
    METADATA_UPDATE_ERROR = "XDSMetadataUpdateError"
    PATIENT_ID_RECONCILIATION_ERROR = "XDSPatientIDReconciliationError"
    METADATA_UPDATE_OPERATION_ERROR = "XDSMetadataUpdateOperationError"
    METADATA_VERSION_ERROR = "XDSMetadataVersionError"
    REMOVE_DOCUMENTS_ERROR = "XDSRemoveDocumentsError"
    UNRESOLVED_REFERENCE = "UnresolvedReferenceException"
    REFERENCES_EXIST = "ReferencesExistException"
    UNREFERENCED_OBJECT = "XDSUnreferencedObjectException"
    UNMODIFIABLE_METADATA = "UnmodifiableMetadataError"
    DMP_ACCESS_DENIED = "DMPAccessDeniedByRightsService"
    DMP_INVALID_CERTIFICATE = "DMPInvalidCertificate"
    DMP_CLOSED = "DMPClosed"
    DMP_FOUND = "DMPFound"


@dataclass(frozen=True, slots=True)
class RegistryError:
    """One RegistryError. `code` is an `ErrorCode`, or the code of its own that another system sent.

    `context` is a sentence for the one who repairs, without health content nor matricule.
    """

    code: str
    context: str
    severity: Severity = "Error"
    location: str = ""


class XdsRefused(Exception):  # noqa: N818 - the name says what happened
    """A transaction that is refused, with every error found (at least one)."""

    def __init__(self, *errors: RegistryError) -> None:
        super().__init__("; ".join(f"{error.code}: {error.context}" for error in errors))
        self.errors = errors


def refused(code: ErrorCode, context: str, *, location: str = "") -> XdsRefused:
    """The refusal with one error."""
    return XdsRefused(RegistryError(code, context, location=location))
