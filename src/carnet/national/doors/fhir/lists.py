"""List: lots and folders, search (ITI-66) and read."""

from __future__ import annotations

from uuid import UUID

from carnet.national.doors.fhir.searching import found_in, read_search
from carnet.national.doors.fhir.service import Call, Reply
from carnet.national.record.queries.search import FoundList, search_lists
from carnet.standards import xml
from carnet.standards.fhir import list as lists
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.outcome import refused
from carnet.standards.fhir.search import Criterion, Search
from carnet.standards.xds.ebrim import read_folder, read_submission_set


def search(call: Call) -> Reply:
    """ITI-66."""
    asked = read_search(call, "List")
    page = search_lists(call.session.actor, asked, **call.context)
    last = page.lists[-1] if page.lists else None
    return found_in(
        call,
        "List",
        asked,
        [(str(each.id), _written(each)) for each in page.lists],
        total=page.total,
        after=(last.at, last.id) if last is not None and page.more else None,
    )


def read(call: Call, id: str) -> Reply:
    """A lot or a folder by its entryUUID."""
    try:
        asked = Search((Criterion("id", "", (UUID(id),)),), count=1, sort="date", total=False)
    except ValueError:
        raise refused(404, "not-found", "no such list, or none that you may know of") from None
    page = search_lists(call.session.actor, asked, **call.context)
    if not page.lists:
        raise refused(404, "not-found", "no such list, or none that you may know of")
    return Reply(_written(page.lists[0]))


def _written(found: FoundList) -> Resource:
    members = [
        *(f"DocumentReference/{each}" for each in found.documents),
        *(f"List/{each}" for each in found.folders),
    ]
    element = xml.parse(found.fragment.encode())
    if found.kind == lists.FOLDER:
        return lists.write_folder(
            read_folder(element), id=str(found.id), last_updated=found.last_updated, members=members
        )
    return lists.write_lot(
        read_submission_set(element),
        id=str(found.id),
        last_updated=found.last_updated,
        members=members,
    )
