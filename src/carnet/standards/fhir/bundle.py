"""Bundles that answer: the transaction-response of ITI-65, the searchset of ITI-66 and ITI-67.

Source: HL7 FHIR R4, Bundle; IHE MHD 4.2, 3.65.4.2, 3.66.4.2 and 3.67.4.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from carnet.standards.fhir import data_types, document_reference, outcome
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.outcome import Issue


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes of one entry of the request.

    `kind` is the type of the resource, `name` what the answer finds its id by: the uniqueId of a
    document, a lot or a folder, `urn:uuid:…` of a document made obsolete. `lost` are the places of
    what the registry does not keep.
    """

    kind: str
    name: str
    lost: tuple[str, ...] = ()


def write_provided(parts: Sequence[Part], ids: Mapping[str, str], *, at: datetime) -> Resource:
    """The transaction-response: one entry for each of the request; `ids` by the name of a part."""
    return {
        "resourceType": "Bundle",
        "type": "transaction-response",
        "entry": [{"response": _response(part, ids, at)} for part in parts],
    }


def _response(part: Part, ids: Mapping[str, str], at: datetime) -> dict[str, Any]:
    if part.kind == "Patient":
        return {"status": "200 OK"}
    if part.name.startswith("urn:uuid:"):
        location = f"DocumentReference/{UUID(part.name)}"
        return {"status": "200 OK", "location": location}
    if part.kind == "Binary":
        location = document_reference.binary_url("", part.name).removeprefix("/")
        return {"status": "201 Created", "location": location}
    response: dict[str, Any] = {
        "status": "201 Created",
        "location": f"{part.kind}/{ids[part.name]}",
        "lastModified": data_types.instant(at),
    }
    if part.lost:
        response["outcome"] = outcome.write(not_kept(part))
    return response


def not_kept(part: Part) -> tuple[Issue, ...]:
    """One warning for each place of what was not kept."""
    return tuple(
        Issue("informational", "the registry does not keep this", place, severity="warning")
        for place in part.lost
    )


def write_found(
    found: Iterable[tuple[str, Resource]],
    *,
    links: Mapping[str, str],
    total: int | None,
    warnings: Sequence[Issue] = (),
) -> Resource:
    """The searchset: (fullUrl, resource) of what was found, then what was passed over."""
    entries = [
        {"fullUrl": url, "resource": made, "search": {"mode": "match"}} for url, made in found
    ]
    if warnings:
        entries.append({"resource": outcome.write(warnings), "search": {"mode": "outcome"}})
    written: Resource = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        written["total"] = total
    written["link"] = [{"relation": name, "url": url} for name, url in links.items()]
    return {**written, "entry": entries} if entries else written
