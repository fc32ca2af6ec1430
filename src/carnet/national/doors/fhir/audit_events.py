"""AuditEvent: the traces of a record, search (ITI-81) and read, for who is entitled to them."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from carnet.national.doors.fhir.searching import found_in, read_search
from carnet.national.doors.fhir.service import Call, Reply
from carnet.national.record.queries.traces import search_traces
from carnet.standards.fhir.audit_event import Act, audit_event
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.outcome import refused
from carnet.standards.fhir.search import Criterion, Search


def search(call: Call) -> Reply:
    """ITI-81."""
    asked = read_search(call, "AuditEvent")
    page = search_traces(call.session.actor, asked, **call.context)
    last = page.acts[-1] if page.acts else None
    return found_in(
        call,
        "AuditEvent",
        asked,
        [(each.id, _written(each)) for each in page.acts],
        total=page.total,
        after=(last.at, UUID(last.id)) if last is not None and page.more else None,
    )


def read(call: Call, id: str) -> Reply:
    """One trace by its id."""
    try:
        asked = Search((Criterion("id", "", (UUID(id),)),), count=1, sort="date", total=False)
    except ValueError:
        raise refused(404, "not-found", "no such trace, or none that you may see") from None
    page = search_traces(call.session.actor, asked, **call.context)
    if not page.acts:
        raise refused(404, "not-found", "no such trace, or none that you may see")
    return Reply(_written(page.acts[0]))


def _written(act: Act) -> Resource:
    return audit_event(act, observer=settings.CARNET_REPOSITORY_OID)
