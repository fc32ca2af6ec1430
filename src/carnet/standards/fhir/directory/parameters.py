"""The search parameters of the directory, as tables: what `search` reads and `capability` tells.

Source: ANS, IG-fhir-annuaire (AsServerDPCapabilityStatement), and the documentation of the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from carnet.standards.fhir.directory.systems import SEARCH_PARAMETER
from carnet.standards.fhir.parameters import Kind, Parameter

RESOURCES: Final = (
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "HealthcareService",
    "Device",
)


def _hl7(name: str) -> str:
    return f"http://hl7.org/fhir/SearchParameter/{name}"


def _as(name: str) -> str:
    return f"{SEARCH_PARAMETER}/as-sp-{name}"


_STRING: Final = ("exact", "contains")

_EVERY: Final = (
    Parameter("_id", Kind.TOKEN, "id", _hl7("Resource-id")),
    Parameter("_lastUpdated", Kind.DATE, "last_updated", _hl7("Resource-lastUpdated")),
    Parameter(
        "data-information-system", Kind.TOKEN, "information_system", _as("data-information-system")
    ),
)
_MAILBOX: Final = (
    Parameter("mailbox-mss", Kind.STRING, "mailbox", _as("mailbox-mss"), _STRING),
    Parameter("mailbox-mss-type", Kind.TOKEN, "mailbox_type", _as("mailbox-mss-type")),
)

PRACTITIONER: Final = (
    *_EVERY,
    Parameter("active", Kind.TOKEN, "active", _hl7("Practitioner-active")),
    Parameter("family", Kind.STRING, "family", _hl7("individual-family"), _STRING),
    Parameter("given", Kind.STRING, "given", _hl7("individual-given"), _STRING),
    Parameter("name", Kind.STRING, "name", _hl7("Practitioner-name"), _STRING),
    Parameter("identifier", Kind.TOKEN, "identifier", _hl7("Practitioner-identifier")),
    Parameter("identifier-type", Kind.TOKEN, "identifier_type"),
    *_MAILBOX,
    Parameter("qualification-code", Kind.TOKEN, "qualification", _as("qualification-code")),
)
ORGANIZATION: Final = (
    *_EVERY,
    Parameter("active", Kind.TOKEN, "active", _hl7("Organization-active")),
    Parameter("address", Kind.STRING, "address", _hl7("Organization-address"), _STRING),
    Parameter("address-city", Kind.STRING, "city", _hl7("Organization-address-city"), _STRING),
    Parameter("address-line", Kind.STRING, "line", _as("address-line"), _STRING),
    Parameter(
        "address-postalcode",
        Kind.STRING,
        "postal_code",
        _hl7("Organization-address-postalcode"),
        _STRING,
    ),
    Parameter("identifier", Kind.TOKEN, "identifier", _hl7("Organization-identifier")),
    Parameter("identifier-type", Kind.TOKEN, "identifier_type"),
    *_MAILBOX,
    Parameter("name", Kind.STRING, "name", _hl7("Organization-name"), _STRING),
    Parameter("partof", Kind.REFERENCE, "part_of", _hl7("Organization-partof")),
    Parameter("pharmacy-licence", Kind.STRING, "licence", _as("pharmacy-licence"), _STRING),
    Parameter("type", Kind.TOKEN, "type", _hl7("Organization-type")),
)
ROLE: Final = (
    *_EVERY,
    Parameter("active", Kind.TOKEN, "active", _hl7("PractitionerRole-active")),
    Parameter("identifier", Kind.TOKEN, "identifier", _hl7("PractitionerRole-identifier")),
    *_MAILBOX,
    Parameter(
        "organization", Kind.REFERENCE, "organization", _hl7("PractitionerRole-organization")
    ),
    Parameter(
        "practitioner", Kind.REFERENCE, "practitioner", _hl7("PractitionerRole-practitioner")
    ),
    Parameter("role", Kind.TOKEN, "role", _hl7("PractitionerRole-role")),
    Parameter("specialty", Kind.TOKEN, "specialty", _hl7("PractitionerRole-specialty")),
)
SERVICE: Final = (
    *_EVERY,
    Parameter("_profile", Kind.STRING, "profile"),
    Parameter("active", Kind.TOKEN, "active", _hl7("HealthcareService-active")),
    Parameter("characteristic", Kind.TOKEN, "form", _hl7("HealthcareService-characteristic")),
    Parameter("identifier", Kind.TOKEN, "identifier", _hl7("HealthcareService-identifier")),
    Parameter(
        "organization", Kind.REFERENCE, "organization", _hl7("HealthcareService-organization")
    ),
    Parameter(
        "service-category", Kind.TOKEN, "modality", _hl7("HealthcareService-service-category")
    ),
    Parameter("service-type", Kind.TOKEN, "code", _hl7("HealthcareService-service-type")),
)
DEVICE: Final = (
    *_EVERY,
    Parameter("identifier", Kind.TOKEN, "identifier", _hl7("Device-identifier")),
    Parameter("manufacturer", Kind.STRING, "manufacturer", _hl7("Device-manufacturer"), _STRING),
    Parameter("model", Kind.STRING, "model", _hl7("Device-model"), _STRING),
    Parameter("organization", Kind.REFERENCE, "organization", _hl7("Device-organization")),
    Parameter("status", Kind.TOKEN, "status", _hl7("Device-status")),
    Parameter("type", Kind.TOKEN, "code", _hl7("Device-type")),
)

PARAMETERS: Final[Mapping[str, tuple[Parameter, ...]]] = MappingProxyType(
    {
        "Practitioner": PRACTITIONER,
        "PractitionerRole": ROLE,
        "Organization": ORGANIZATION,
        "HealthcareService": SERVICE,
        "Device": DEVICE,
    }
)
#: What each resource points to: (resource, parameter), target. `_include` and `_revinclude` follow
#: these, one way and the other, and so do parameters such as `practitioner.family`.
REFERENCES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("PractitionerRole", "practitioner"): "Practitioner",
        ("PractitionerRole", "organization"): "Organization",
        ("Organization", "partof"): "Organization",
        ("HealthcareService", "organization"): "Organization",
        ("Device", "organization"): "Organization",
    }
)


def includes(resource: str) -> tuple[str, ...]:
    """The values that `_include` takes for a resource."""
    return ("*", *(f"{source}:{name}" for source, name in REFERENCES if source == resource))


def reverse_includes(resource: str) -> tuple[str, ...]:
    """The values that `_revinclude` takes for a resource."""
    return tuple(
        f"{source}:{name}" for (source, name), target in REFERENCES.items() if target == resource
    )
