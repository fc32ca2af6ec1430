"""Addresses of the directory."""

from __future__ import annotations

from django.urls import path

from carnet.national.doors.fhir.directory import asking
from carnet.national.doors.fhir.directory.service import PATH, Caller, endpoint

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

urlpatterns = [
    path(
        f"{PATH}/metadata",
        endpoint({"GET": asking.metadata}, caller=Caller.ANYONE),
        name="directory-metadata",
    ),
    path(
        f"{PATH}/<str:resource>/_search",
        endpoint({"POST": asking.find}),
        name="directory-search",
    ),
    path(f"{PATH}/<str:resource>/<str:id>", endpoint({"GET": asking.read}), name="directory-read"),
    path(f"{PATH}/<str:resource>", endpoint({"GET": asking.find}), name="directory-find"),
    path(
        f"{PATH}/<path:rest>",
        endpoint(dict.fromkeys(_METHODS, asking.nothing), caller=Caller.ANYONE),
        name="directory-nothing",
    ),
]
