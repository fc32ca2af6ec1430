"""The CapabilityStatement of the directory, made from the tables of its parameters."""

from __future__ import annotations

from typing import Final

from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.directory import parameters
from carnet.standards.fhir.directory.systems import ANNUAIRE

#: When what is served last changed.
DATE: Final = "2026-11-22"
#: Header of the key of an application.
KEY_HEADER: Final = "ESANTE-API-KEY"
_PROFILES: Final = {
    "Practitioner": ("as-dp-practitioner",),
    "PractitionerRole": ("as-dp-practitionerrole",),
    "Organization": ("as-dp-organization",),
    "HealthcareService": (
        "as-dp-healthcareservice-healthcare-activity",
        "as-dp-healthcareservice-social-equipment",
    ),
    "Device": ("as-dp-device",),
}


def write(*, base: str) -> Resource:
    """The CapabilityStatement of a directory at `base`."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "software": {"name": "Carnet"},
        "implementation": {"description": "Carnet, directory", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": f"The key of the application, in {KEY_HEADER}."},
                "resource": [_resource(name) for name in parameters.RESOURCES],
            }
        ],
    }


def _resource(name: str) -> Resource:
    profiles = [f"{ANNUAIRE}/{profile}" for profile in _PROFILES[name]]
    made: Resource = {
        "type": name,
        "profile": profiles[0],
        "supportedProfile": profiles,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "versioned",
        "searchInclude": list(parameters.includes(name)),
        "searchParam": [
            {"name": each.name, "type": "uri" if each.field == "profile" else each.kind.value}
            | ({"definition": each.definition} if each.definition else {})
            for each in parameters.PARAMETERS[name]
        ],
    }
    if reverse := parameters.reverse_includes(name):
        made["searchRevInclude"] = list(reverse)
    return made
