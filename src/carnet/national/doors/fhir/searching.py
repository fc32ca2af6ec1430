"""What searches of all resources share: the request, the page, its links."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from carnet.national.doors.fhir.service import Call, Reply
from carnet.standards.fhir import bundle, search
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.outcome import refused
from carnet.standards.fhir.search import Cursor, Handling, Search

FORM: Final = "application/x-www-form-urlencoded"
_LONGEST_FORM: Final = 64 * 1024
#: What PDSm and MHD ask every search to say, beside the patient (spec dmp §7.2).
_EXPECTED: Final = {
    "DocumentReference": ("status",),
    "List": ("code", "status"),
    "AuditEvent": (),
}


def read_search(call: Call, resource: str) -> Search:
    """The search of the address and, for POST, of the form. Raises `FhirRefused`.

    The patient is named unless an object is; what the profiles ask for beside is required of a
    caller that prefers strict handling.
    """
    pairs = _pairs(call.request.META.get("QUERY_STRING", ""))
    if call.request.method == "POST":
        data, _type = call.body(FORM)
        if len(data) > _LONGEST_FORM:
            raise refused(413, "too-long", f"a form exceeds {_LONGEST_FORM} bytes")
        pairs += _pairs(data.decode("latin-1"))
    handling: Handling = "strict" if call.prefers("handling") == "strict" else "lenient"
    asked = search.read(resource, pairs, now=call.now, handling=handling)
    if asked.has("id") or asked.has("identifier"):
        return asked
    if not asked.has("patient"):
        raise refused(400, "required", "patient or patient.identifier is required")
    if resource == "AuditEvent" and not asked.has("date"):
        # ITI-81: a search of the journal has a bound in time.
        raise refused(400, "required", "date is required")
    for name in _EXPECTED[resource]:
        if handling == "strict" and not asked.has(name):
            raise refused(400, "required", f"{name} is required")
    return asked


def found_in(
    call: Call,
    resource: str,
    asked: Search,
    found: Sequence[tuple[str, Resource]],
    *,
    total: int | None,
    after: tuple[datetime, UUID] | None,
) -> Reply:
    """The searchset of a page: (id, resource) found; `after` is where the next page starts."""
    address = f"{call.base}/{resource}"
    links = {"self": _link(address, list(asked.used))}
    if after is not None and asked.count:
        links["next"] = _link(address, [*asked.used, ("_cursor", str(Cursor(*after)))])
    return Reply(
        bundle.write_found(
            [(f"{address}/{id_}", made) for id_, made in found],
            links=links,
            total=total,
            warnings=asked.ignored,
        )
    )


def _link(address: str, pairs: list[tuple[str, str]]) -> str:
    return f"{address}?{urlencode(pairs)}" if pairs else address


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=2 * search.MOST_PARAMETERS)
    except ValueError:
        raise refused(400, "too-costly", "the request has too many parameters") from None
