"""CapabilityStatement, made from the routes (HL7 FHIR R4, capabilities)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import HttpRequest

from carnet.national.doors.fhir.service import Reply, base_of
from carnet.standards.fhir import capability
from carnet.standards.fhir.capability import Interaction


def metadata(interactions: Sequence[Interaction]) -> Callable[[HttpRequest], Reply]:
    """The handler that tells these interactions."""

    def handler(request: HttpRequest) -> Reply:
        return Reply(capability.write(interactions, base=base_of(request)))

    return handler
