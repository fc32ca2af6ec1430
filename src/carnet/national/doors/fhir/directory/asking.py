"""Read and search of the directory."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest

from carnet.national.directory import reading, searching
from carnet.national.doors.fhir.directory.service import base_of
from carnet.national.doors.fhir.service import Reply
from carnet.national.doors.requests import stream
from carnet.standards.fhir import outcome
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.directory import capability, resources, search
from carnet.standards.fhir.directory.held import Held, resource_of, version_of
from carnet.standards.fhir.directory.ids import number_of
from carnet.standards.fhir.directory.parameters import RESOURCES
from carnet.standards.fhir.directory.search import Search
from carnet.standards.fhir.outcome import refused
from carnet.standards.fhir.search import MOST_PARAMETERS

FORM: Final = "application/x-www-form-urlencoded"
_LONGEST_FORM: Final = 64 * 1024
_SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
#: Elements that are told whatever `_elements` asks: without them it is no such resource.
_ALWAYS: Final = frozenset({"resourceType", "id", "meta", "status"})


def metadata(request: HttpRequest, *, now: datetime) -> Reply:  # noqa: ARG001 - as every handler
    """What is served."""
    return Reply(capability.write(base=base_of(request)))


def read(request: HttpRequest, *, now: datetime, resource: str, id: str) -> Reply:  # noqa: ARG001
    """One resource; 304 to a caller that has this version."""
    _check(resource)
    number = number_of(resource, id)
    found = reading.load(resource, [number]) if number else []
    if not found:
        raise refused(404, "not-found", "there is no such resource")
    (held,) = found
    etag = f'W/"{version_of(held)}"'
    headers = {"ETag": etag, "Last-Modified": f"{held.last_updated:%a, %d %b %Y %H:%M:%S GMT}"}
    if etag in request.headers.get("If-None-Match", ""):
        return Reply(status=304, headers=headers)
    return Reply(resources.write(held), headers=headers)


def find(request: HttpRequest, *, now: datetime, resource: str) -> Reply:
    """A page of a search, with what it includes."""
    _check(resource)
    asked = search.read(
        resource,
        _pairs(request),
        now=now,
        handling="lenient" if "handling=lenient" in request.headers.get("Prefer", "") else "strict",
    )
    page = searching.search(asked)
    base = base_of(request)
    matches = reading.load(resource, page.numbers)
    entries = [_entry(base, asked, held, "match") for held in matches]
    included = reading.included(asked, matches)
    entries += [_entry(base, asked, held, "include") for held in included]
    if asked.ignored:
        entries.append({"resource": outcome.write(asked.ignored), "search": {"mode": "outcome"}})
    address = f"{base}/{resource}"
    links = [{"relation": "self", "url": _link(address, asked.used)}]
    if page.after is not None:
        following = (*asked.used, ("_cursor", str(page.after)))
        links.append({"relation": "next", "url": _link(address, following)})
    made: Resource = {"resourceType": "Bundle", "type": "searchset"}
    if page.total is not None:
        made["total"] = page.total
    made["link"] = links
    return Reply({**made, "entry": entries} if entries else made)


def nothing(_request: HttpRequest, *, now: datetime, **_parts: str) -> Reply:  # noqa: ARG001
    """Any other address."""
    raise refused(404, "not-supported", "nothing is served at this address: see /metadata")


def _check(resource: str) -> None:
    if resource not in RESOURCES:
        raise refused(404, "not-supported", f"the directory holds {', '.join(RESOURCES)}")


def _entry(base: str, asked: Search, held: Held, mode: str) -> dict[str, Any]:
    kind, id_ = resource_of(held)
    made = resources.write(held)
    if asked.elements and mode == "match":
        kept = _ALWAYS.union(asked.elements)
        made = {name: value for name, value in made.items() if name in kept}
        made["meta"]["tag"] = [_SUBSETTED]
    return {"fullUrl": f"{base}/{kind}/{id_}", "resource": made, "search": {"mode": mode}}


def _link(address: str, pairs: tuple[tuple[str, str], ...]) -> str:
    return f"{address}?{urlencode(pairs)}" if pairs else address


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    # WSGI tells bytes as latin-1; not every client escapes its letters.
    query = request.META.get("QUERY_STRING", "").encode("latin-1").decode("utf-8", "replace")
    pairs = _fields(query)
    if request.method == "POST":
        data = stream(request).read(_LONGEST_FORM + 1)
        said = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if data and said != FORM:
            raise refused(415, "not-supported", f"Content-Type must be {FORM}")
        if len(data) > _LONGEST_FORM:
            raise refused(413, "too-long", f"a form exceeds {_LONGEST_FORM} bytes")
        pairs += _fields(data.decode("utf-8", "replace"))
    return pairs


def _fields(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=2 * MOST_PARAMETERS)
    except ValueError:
        raise refused(400, "too-costly", "the request has too many parameters") from None
