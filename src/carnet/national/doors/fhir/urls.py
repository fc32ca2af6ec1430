"""Addresses of FHIR, and what each serves: the CapabilityStatement is made from this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.http import HttpRequest
from django.urls import path

from carnet.national.doors.fhir import audit_events, binaries, documents, lists, patching, publish
from carnet.national.doors.fhir.metadata import metadata
from carnet.national.doors.fhir.service import PATH, Handler, Reply, endpoint, open_endpoint
from carnet.standards.fhir.capability import Interaction
from carnet.standards.fhir.outcome import refused


@dataclass(frozen=True, slots=True)
class Route:
    """One address below the base: what answers each method, and what it is for a machine."""

    place: str
    handlers: Mapping[str, Handler]
    interactions: tuple[Interaction, ...] = field(default=())


def _of(resource: str, **codes: str) -> tuple[Interaction, ...]:
    return tuple(
        Interaction(code.replace("_", "-"), resource, told) for code, told in codes.items()
    )


ROUTES: Final = (
    Route(
        "",
        {"POST": publish.transaction},
        (Interaction("transaction", documentation="ITI-65, Provide Document Bundle"),),
    ),
    Route(
        "/DocumentReference",
        {"GET": documents.search, "POST": documents.create, "PATCH": patching.change_found},
        _of(
            "DocumentReference",
            search_type="ITI-67, Find Document References",
            create="ITI-105, Simplified Publish",
            patch="status, securityLabel and isArchived, by id or by identifier (PDSm flux 03)",
        ),
    ),
    Route("/DocumentReference/_search", {"POST": documents.search}),
    Route(
        "/DocumentReference/<str:id>",
        {"GET": documents.read, "PATCH": patching.change},
        _of("DocumentReference", read=""),
    ),
    Route(
        "/List",
        {"GET": lists.search},
        _of("List", search_type="ITI-66, Find Document Lists"),
    ),
    Route("/List/_search", {"POST": lists.search}),
    Route("/List/<str:id>", {"GET": lists.read}, _of("List", read="")),
    Route(
        "/Binary/<str:id>",
        {"GET": binaries.read},
        _of("Binary", read="ITI-68, Retrieve Document"),
    ),
    Route(
        "/AuditEvent",
        {"GET": audit_events.search},
        _of("AuditEvent", search_type="ITI-81, Retrieve ATNA Audit Event"),
    ),
    Route("/AuditEvent/_search", {"POST": audit_events.search}),
    Route("/AuditEvent/<str:id>", {"GET": audit_events.read}, _of("AuditEvent", read="")),
)
INTERACTIONS: Final = tuple(each for route in ROUTES for each in route.interactions)


def _nothing_here(_request: HttpRequest) -> Reply:
    raise refused(404, "not-supported", "nothing is served at this address: see /metadata")


_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

urlpatterns = [
    path(
        f"{PATH}/metadata",
        open_endpoint({"GET": metadata(INTERACTIONS)}),
        name="fhir-metadata",
    ),
    path(f"{PATH}/", endpoint(ROUTES[0].handlers), name="fhir-base-slash"),
    *(
        path(
            f"{PATH}{route.place}",
            endpoint(route.handlers),
            name=f"fhir{route.place.replace('/', '-').replace('<str:id>', 'id')}",
        )
        for route in ROUTES
    ),
    path(
        f"{PATH}/<path:rest>",
        open_endpoint(dict.fromkeys(_METHODS, _nothing_here)),
        name="fhir-nothing",
    ),
]
