"""The search parameters of each resource, as tables: what `search` reads and `capability` tells.

Source: IHE MHD 4.2, 3.66.4.1.2 and 3.67.4.1.2; PDSm 3.1 (CapabilityStatement); spec dmp §7.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from carnet.standards.fhir.document_reference import MHD, PDSM


class Kind(StrEnum):
    """The type of a parameter, as FHIR names it."""

    TOKEN = "token"  # noqa: S105 - a kind of parameter
    REFERENCE = "reference"
    DATE = "date"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `field` is what it is about, in the words of XDS; `modifiers` that it takes.

    `definition` is the canonical URL of its SearchParameter, when it has one.
    """

    name: str
    kind: Kind
    field: str
    definition: str = ""
    modifiers: tuple[str, ...] = ()


def _hl7(name: str) -> str:
    return f"http://hl7.org/fhir/SearchParameter/{name}"


_MHD_PARAMETER: Final = MHD.replace("StructureDefinition", "SearchParameter")
_PDSM_PARAMETER: Final = PDSM.replace("StructureDefinition", "SearchParameter")
_NOT: Final = ("not",)
_STRING: Final = ("exact", "contains")
_IDENTIFIER: Final = ("identifier",)

_EVERY: Final = (
    Parameter("_id", Kind.TOKEN, "id", _hl7("Resource-id")),
    Parameter("_lastUpdated", Kind.DATE, "last_updated", _hl7("Resource-lastUpdated")),
    Parameter("patient", Kind.REFERENCE, "patient", _hl7("clinical-patient"), _IDENTIFIER),
    Parameter("patient.identifier", Kind.TOKEN, "patient"),
    Parameter("subject", Kind.REFERENCE, "patient", "", _IDENTIFIER),
    Parameter("identifier", Kind.TOKEN, "identifier", _hl7("clinical-identifier")),
    Parameter("isArchived", Kind.TOKEN, "archived", f"{_PDSM_PARAMETER}/PDSm-isArchived"),
)

DOCUMENTS: Final = (
    *_EVERY,
    Parameter("_content", Kind.STRING, "content", _hl7("Resource-content")),
    Parameter("status", Kind.TOKEN, "status", _hl7("DocumentReference-status")),
    Parameter("type", Kind.TOKEN, "type_code", _hl7("clinical-type"), _NOT),
    Parameter("category", Kind.TOKEN, "class_code", _hl7("DocumentReference-category"), _NOT),
    Parameter("format", Kind.TOKEN, "format_code", _hl7("DocumentReference-format"), _NOT),
    Parameter("facility", Kind.TOKEN, "facility_type", _hl7("DocumentReference-facility"), _NOT),
    Parameter("setting", Kind.TOKEN, "practice_setting", _hl7("DocumentReference-setting"), _NOT),
    Parameter("event", Kind.TOKEN, "events", _hl7("DocumentReference-event"), _NOT),
    Parameter(
        "security-label",
        Kind.TOKEN,
        "confidentiality",
        _hl7("DocumentReference-security-label"),
        _NOT,
    ),
    Parameter("contenttype", Kind.TOKEN, "mime_type", _hl7("DocumentReference-contenttype"), _NOT),
    Parameter("date", Kind.DATE, "creation_time", _hl7("DocumentReference-date")),
    Parameter(
        "creation", Kind.DATE, "creation_time", f"{_MHD_PARAMETER}/DocumentReference-Creation"
    ),
    Parameter("period", Kind.DATE, "period", _hl7("DocumentReference-period")),
    Parameter(
        "period-start",
        Kind.DATE,
        "period_start",
        f"{_PDSM_PARAMETER}/PDSm-DocumentReference-period-start",
    ),
    Parameter(
        "period-end",
        Kind.DATE,
        "period_end",
        f"{_PDSM_PARAMETER}/PDSm-DocumentReference-period-end",
    ),
    Parameter("author", Kind.REFERENCE, "author", _hl7("DocumentReference-author"), _IDENTIFIER),
    Parameter("author.identifier", Kind.TOKEN, "author"),
    Parameter("author.given", Kind.STRING, "author_given", "", _STRING),
    Parameter("author.family", Kind.STRING, "author_family", "", _STRING),
    Parameter("related", Kind.REFERENCE, "related", _hl7("DocumentReference-related"), _IDENTIFIER),
    Parameter("related.identifier", Kind.TOKEN, "related"),
    Parameter("relatesto", Kind.REFERENCE, "relates_to", _hl7("DocumentReference-relatesto")),
)

LISTS: Final = (
    *_EVERY,
    Parameter("status", Kind.TOKEN, "status", _hl7("List-status")),
    Parameter("code", Kind.TOKEN, "code", _hl7("clinical-code")),
    Parameter("date", Kind.DATE, "date", _hl7("clinical-date")),
    Parameter("title", Kind.STRING, "title", _hl7("List-title"), _STRING),
    Parameter(
        "designationType", Kind.TOKEN, "designation", f"{_MHD_PARAMETER}/List-DesignationType", _NOT
    ),
    Parameter("sourceId", Kind.TOKEN, "source_id", f"{_MHD_PARAMETER}/List-SourceId"),
    Parameter("source", Kind.REFERENCE, "author", _hl7("List-source"), _IDENTIFIER),
    Parameter("source.identifier", Kind.TOKEN, "author"),
    Parameter("source.given", Kind.STRING, "author_given", "", _STRING),
    Parameter("source.family", Kind.STRING, "author_family", "", _STRING),
    Parameter(
        "authorOrg",
        Kind.REFERENCE,
        "author_structure",
        f"{_PDSM_PARAMETER}/PDSm-List-authorOrg",
        _IDENTIFIER,
    ),
    Parameter("authorOrg.identifier", Kind.TOKEN, "author_structure"),
)

AUDIT_EVENTS: Final = (
    Parameter("_id", Kind.TOKEN, "id", _hl7("Resource-id")),
    Parameter("date", Kind.DATE, "date", _hl7("AuditEvent-date")),
    Parameter("patient", Kind.REFERENCE, "patient", _hl7("AuditEvent-patient"), _IDENTIFIER),
    Parameter("patient.identifier", Kind.TOKEN, "patient"),
    Parameter("agent", Kind.REFERENCE, "agent", _hl7("AuditEvent-agent"), _IDENTIFIER),
    Parameter("agent.identifier", Kind.TOKEN, "agent"),
    Parameter("agent-name", Kind.STRING, "agent_name", _hl7("AuditEvent-agent-name"), _STRING),
    Parameter("outcome", Kind.TOKEN, "outcome", _hl7("AuditEvent-outcome")),
    Parameter("type", Kind.TOKEN, "type", _hl7("AuditEvent-type")),
    Parameter("subtype", Kind.TOKEN, "subtype", _hl7("AuditEvent-subtype")),
)

#: The fields that each resource sorts by, by the name of the parameter.
SORTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "DocumentReference": {
            "period": "period",
            "date": "creation_time",
            "creation": "creation_time",
            "_lastUpdated": "last_updated",
        },
        "List": {"date": "date", "_lastUpdated": "last_updated"},
        "AuditEvent": {"date": "date"},
    }
)
PARAMETERS: Final[Mapping[str, tuple[Parameter, ...]]] = MappingProxyType(
    {"DocumentReference": DOCUMENTS, "List": LISTS, "AuditEvent": AUDIT_EVENTS}
)
#: The field that an answer is sorted by when nothing is asked, newest first.
DEFAULT_SORT: Final[Mapping[str, str]] = MappingProxyType(
    {"DocumentReference": "period", "List": "date", "AuditEvent": "date"}
)
