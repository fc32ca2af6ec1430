"""OperationOutcome: what was refused or passed over, where, and why, for a person and a machine.

Source: HL7 FHIR R4, OperationOutcome and 3.1.0.1.7 (status codes); IHE MHD 3.65.4.1.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from carnet.standards.xds.errors import ErrorCode, RegistryError

Severity = Literal["fatal", "error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue: `code` of the value set issue-type, a sentence, the FHIRPath of the place.

    `reason` is the code of the standard that knows more: of XDS, of the VIHF.
    """

    code: str
    sentence: str
    expression: str = ""
    reason: str = ""
    severity: Severity = "error"


#: What an interaction that went well says when it is asked for an OperationOutcome.
DONE: Final = Issue("informational", "done", severity="information")


class FhirRefused(Exception):  # noqa: N818 - says what happened
    """An interaction that is refused: HTTP status, and at least one issue."""

    def __init__(self, status: int, *issues: Issue) -> None:
        super().__init__("; ".join(f"{each.code}: {each.sentence}" for each in issues))
        self.status = status
        self.issues = issues


def refused(status: int, code: str, sentence: str, expression: str = "") -> FhirRefused:
    """The refusal with one issue."""
    return FhirRefused(status, Issue(code, sentence, expression))


def write(issues: Iterable[Issue]) -> dict[str, Any]:
    """The OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(each) for each in issues]}


def _issue(issue: Issue) -> dict[str, Any]:
    written: dict[str, Any] = {"severity": issue.severity, "code": issue.code}
    if issue.reason:
        written["details"] = {"text": issue.reason}
    written["diagnostics"] = issue.sentence
    if issue.expression:
        written["expression"] = [issue.expression]
    return written


#: HTTP status and issue code of each error of XDS that a deed of the record may end with.
_OF_XDS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {
        ErrorCode.DMP_ACCESS_DENIED: (403, "forbidden"),
        ErrorCode.DMP_CLOSED: (403, "forbidden"),
        ErrorCode.PATIENT_ID_DOES_NOT_MATCH: (403, "forbidden"),
        ErrorCode.UNKNOWN_PATIENT_ID: (404, "not-found"),
        ErrorCode.DOCUMENT_UNIQUE_ID_ERROR: (404, "not-found"),
        ErrorCode.UNKNOWN_REPOSITORY_ID: (404, "not-found"),
        ErrorCode.DUPLICATE_UNIQUE_ID_IN_REGISTRY: (409, "duplicate"),
        ErrorCode.NON_IDENTICAL_HASH: (409, "conflict"),
        ErrorCode.METADATA_UPDATE_ERROR: (409, "conflict"),
        ErrorCode.METADATA_VERSION_ERROR: (412, "conflict"),
        ErrorCode.REGISTRY_DEPRECATED_DOCUMENT: (409, "conflict"),
        ErrorCode.UNMODIFIABLE_METADATA: (405, "business-rule"),
        ErrorCode.METADATA_UPDATE_OPERATION_ERROR: (422, "business-rule"),
        ErrorCode.REPOSITORY_OUT_OF_RESOURCES: (413, "too-long"),
        ErrorCode.REGISTRY_OUT_OF_RESOURCES: (413, "too-long"),
        ErrorCode.TOO_MANY_RESULTS: (400, "too-costly"),
        ErrorCode.UNRESOLVED_REFERENCE: (422, "not-found"),
        ErrorCode.REGISTRY_BUSY: (503, "transient"),
        ErrorCode.REPOSITORY_BUSY: (503, "transient"),
        ErrorCode.REGISTRY_NOT_AVAILABLE: (503, "transient"),
    }
)
#: What is said of all others: the content cannot be processed.
_OTHER: Final = (422, "invalid")


def of_xds(errors: Iterable[RegistryError], places: Mapping[str, str] | None = None) -> FhirRefused:
    """The refusal of the record as one of FHIR; `places` gives the FHIRPath of an object's id.

    The status is that of the first error.
    """
    held = tuple(error for error in errors if error.severity == "Error")
    found = places or {}
    issues = tuple(
        Issue(
            _OF_XDS.get(error.code, _OTHER)[1],
            error.context,
            found.get(error.location, ""),
            str(error.code),
        )
        for error in held
    )
    return FhirRefused(_OF_XDS.get(held[0].code, _OTHER)[0], *issues)
