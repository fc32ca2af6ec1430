"""The CapabilityStatement of a server, from the interactions that it serves.

Source: HL7 FHIR R4, CapabilityStatement; IHE MHD 4.2 (DocumentRecipient, DocumentResponder); PDSm
3.1 (GestionnaireDePartageDeDocuments).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.document_reference import MHD, PDSM
from carnet.standards.fhir.parameters import PARAMETERS

#: When what is served last changed.
DATE: Final = "2026-11-22"
_STATEMENTS: Final = tuple(
    root.replace("StructureDefinition", f"CapabilityStatement/{name}")
    for root, name in (
        (MHD, "IHE.MHD.DocumentRecipient.Comprehensive"),
        (MHD, "IHE.MHD.DocumentRecipient.Simplified"),
        (MHD, "IHE.MHD.DocumentResponder"),
        (PDSM, "PDSm-GestionnaireDePartageDeDocuments"),
    )
)
_PROFILES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "DocumentReference": (
            f"{PDSM}/pdsm-comprehensive-document-reference",
            f"{PDSM}/pdsm-simplified-publish",
            f"{MHD}/IHE.MHD.Comprehensive.DocumentReference",
            f"{MHD}/IHE.MHD.Minimal.DocumentReference",
            f"{MHD}/IHE.MHD.SimplifiedPublish.DocumentReference",
        ),
        "List": (
            f"{PDSM}/pdsm-submissionset-comprehensive",
            f"{PDSM}/pdsm-folder-comprehensive",
            f"{MHD}/IHE.MHD.Comprehensive.SubmissionSet",
            f"{MHD}/IHE.MHD.Minimal.SubmissionSet",
            f"{MHD}/IHE.MHD.Comprehensive.Folder",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Interaction:
    """One interaction: its code, and the type of resource; none for the whole system."""

    code: str
    resource: str = ""
    documentation: str = ""


def write(interactions: Sequence[Interaction], *, base: str) -> Resource:
    """The CapabilityStatement of a server at `base` that serves these, in their order."""
    types = dict.fromkeys(each.resource for each in interactions if each.resource)
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "software": {"name": "Carnet"},
        "implementation": {"description": "Carnet, shared record", "url": base},
        "instantiates": list(_STATEMENTS),
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "patchFormat": ["application/json-patch+json", "application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "cors": False,
                    "description": (
                        "Mutual TLS with a certificate of the IGC-Santé, and the VIHF as access"
                        " token: Authorization: IHE-SAML [base64url] (IHE IUA, SAML token option)."
                    ),
                },
                "resource": [_resource(name, interactions) for name in types],
                "interaction": [_told(each) for each in interactions if not each.resource],
            }
        ],
    }


def _resource(name: str, interactions: Sequence[Interaction]) -> Resource:
    told = [each for each in interactions if each.resource == name]
    codes = {each.code for each in told}
    written: Resource = {"type": name}
    if profiles := _PROFILES.get(name):
        written["profile"] = profiles[0]
        written["supportedProfile"] = list(profiles)
    written["interaction"] = [_told(each) for each in told]
    if "patch" in codes:
        written["versioning"] = "versioned-update"
    if parameters := PARAMETERS.get(name):
        written["searchParam"] = [
            {"name": each.name, "type": each.kind.value}
            | ({"definition": each.definition} if each.definition else {})
            for each in parameters
        ]
    return written


def _told(interaction: Interaction) -> Resource:
    documented = interaction.documentation
    return {"code": interaction.code} | ({"documentation": documented} if documented else {})
