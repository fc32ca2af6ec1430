"""The rs:RegistryResponse: the answer of ITI-41 and ITI-57, the head of those of ITI-18 and 43.

Source: ITI TF-3, 4.2.4; ebRS 3.0 (OASIS); spec dmp §3.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from lxml import etree

from carnet.standards.xds.ebrim import RS
from carnet.standards.xds.errors import ErrorCode, RegistryError, refused
from carnet.standards.xml import escape

Outcome = Literal["Success", "Failure", "PartialSuccess"]

STATUS_URNS: Final[dict[Outcome, str]] = {
    "Success": "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success",
    "Failure": "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure",
    "PartialSuccess": "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess",
}
_OUTCOMES: Final = {urn: outcome for outcome, urn in STATUS_URNS.items()}
_SEVERITY: Final = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:"


@dataclass(frozen=True, slots=True)
class RegistryResponse:
    """How a transaction ended, and why."""

    status: Outcome
    errors: tuple[RegistryError, ...] = ()


def outcome(errors: Iterable[RegistryError], *, partial: bool = False) -> Outcome:
    """The status that `errors` make: a warning alone is a success (ITI TF-3, 4.2.4.2)."""
    if not any(error.severity == "Error" for error in errors):
        return "Success"
    return "PartialSuccess" if partial else "Failure"


def write(errors: Sequence[RegistryError] = (), *, partial: bool = False) -> bytes:
    """The rs:RegistryResponse; `partial` when something was done in spite of the errors."""
    status = STATUS_URNS[outcome(errors, partial=partial)]
    return (
        f'<rs:RegistryResponse xmlns:rs="{RS}" status="{status}">{error_list(errors)}'
        "</rs:RegistryResponse>"
    ).encode()


def error_list(errors: Sequence[RegistryError]) -> str:
    """The rs:RegistryErrorList of `errors`, in the prefix of its surroundings; none, no list."""
    if not errors:
        return ""
    highest = "Error" if any(error.severity == "Error" for error in errors) else "Warning"
    listed = "".join(
        f'<rs:RegistryError errorCode="{escape(error.code)}" severity="{_SEVERITY}{error.severity}"'
        f' codeContext="{escape(error.context)}" location="{escape(error.location)}"/>'
        for error in errors
    )
    return (
        f'<rs:RegistryErrorList highestSeverity="{_SEVERITY}{highest}">{listed}'
        "</rs:RegistryErrorList>"
    )


def read(payload: etree._Element) -> RegistryResponse:
    """Read a rs:RegistryResponse. Raises `XdsRefused` when it is not one."""
    if payload.tag != f"{{{RS}}}RegistryResponse":
        raise refused(ErrorCode.REGISTRY_ERROR, "the answer is not a RegistryResponse")
    return read_outcome(payload)


def read_outcome(element: etree._Element) -> RegistryResponse:
    """Status and errors of any answer that extends RegistryResponse. Raises `XdsRefused`."""
    status = _OUTCOMES.get(element.get("status", ""))
    if status is None:
        raise refused(ErrorCode.REGISTRY_ERROR, "the answer has no status known to XDS")
    errors = element.iterfind(f"{{{RS}}}RegistryErrorList/{{{RS}}}RegistryError")
    return RegistryResponse(status, tuple(_error(error) for error in errors))


def _error(element: etree._Element) -> RegistryError:
    return RegistryError(
        code=element.get("errorCode", ""),
        context=element.get("codeContext", ""),
        severity="Warning" if element.get("severity", "").endswith(":Warning") else "Error",
        location=element.get("location", ""),
    )
