"""The addresses of profile `ihe`: plain XDS.b for an affinity domain, in the same process.

They are there when `CARNET_AFFINITY_DOMAIN` is set. A caller is known by its certificate alone,
which is on the list of `CARNET_AFFINITY_MEMBERS` when there is one. It reaches no other record than
those of the domain; an assertion of WS-Security may come, and says nothing that is believed.
Source: ITI TF-1, 10; ITI TF-2, 3.19 (node authentication).
"""

from __future__ import annotations

from datetime import datetime
from functools import wraps
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import path

from carnet.national.doors.calls import CallRefused, Session
from carnet.national.doors.soap.iti18 import QUERY, QUERY_SEVERAL
from carnet.national.doors.soap.iti41 import PROVIDE
from carnet.national.doors.soap.iti42 import REGISTER
from carnet.national.doors.soap.iti43 import RETRIEVE
from carnet.national.doors.soap.iti44 import ADDED, REVISED
from carnet.national.doors.soap.iti57 import UPDATE
from carnet.national.doors.soap.iti62 import REMOVE_METADATA
from carnet.national.doors.soap.iti86 import REMOVE_DOCUMENTS
from carnet.national.doors.soap.service import Caller, View, service
from carnet.national.journal.actors import Member
from carnet.standards.certificates import Certificate
from carnet.standards.soap.wsdl import IHE_SERVICES

BASE: Final = "ihe"

_OPERATIONS: Final = {
    "registry": (QUERY, QUERY_SEVERAL, REGISTER, UPDATE, REMOVE_METADATA),
    "repository": (PROVIDE, RETRIEVE, REMOVE_DOCUMENTS),
    "patients": (ADDED, REVISED),
}


def _open_member(client: Certificate, _assertion: bytes | None, *, now: datetime) -> Session:  # noqa: ARG001 - as `open_session`
    """The system that holds this certificate, whatever the message claims.

    Raises `CallRefused` when the domain has a list of its members and this is none of them.
    """
    members = settings.CARNET_AFFINITY_MEMBERS
    if members is not None and client.subject not in members:
        raise CallRefused(
            "wsse:FailedAuthentication", "this certificate is not one of a member of the domain"
        )
    return Session(Member(client.subject), None)


def _where_there_is_a_domain(view: View) -> View:
    """Nothing is at this address unless the server has an affinity domain."""

    @wraps(view)
    def found(request: HttpRequest) -> HttpResponse:
        if settings.CARNET_AFFINITY_DOMAIN is None:
            return HttpResponseNotFound()
        return view(request)

    return found


urlpatterns = [
    path(
        f"{BASE}/{described.path}",
        _where_there_is_a_domain(
            service(
                *_OPERATIONS[described.path],
                described=described,
                caller=Caller.NODE,
                opens=_open_member,
            )
        ),
        name=f"ihe-{described.path}",
    )
    for described in IHE_SERVICES
]
