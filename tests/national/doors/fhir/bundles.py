"""Perfect resources that each test breaks in one way: the lots of `world` as FHIR sends them."""

from __future__ import annotations

import base64
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from carnet.standards.fhir import document_reference
from carnet.standards.fhir import list as lists
from carnet.standards.fhir.document_reference import Held
from carnet.standards.ids import Ins
from carnet.standards.xds.iti41 import ProvideRequest
from tests.national import world

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAME = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Comprehensive.ProvideBundle"


def urn() -> str:
    """A fullUrl."""
    return f"urn:uuid:{uuid4()}"


def entry(resource: dict[str, Any], full_url: str) -> dict[str, Any]:
    """An entry that creates a resource."""
    return {
        "fullUrl": full_url,
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


def document(request: ProvideRequest, url: str = "", place: int = 0) -> dict[str, Any]:
    """The DocumentReference of a document of a lot, before it is registered."""
    said = request.submission.documents[place]
    written = document_reference.write(Held("x", said, "1", NOW), base="http://testserver/fhir")
    for name in ("id", "meta", "identifier", "extension"):
        del written[name]
    attachment = written["content"][0]["attachment"]
    if url:
        attachment["url"] = url
    else:
        del attachment["url"]
        attachment["data"] = text(request.documents[said.id])
    return written


def text(data: bytes) -> str:
    """Bytes in base64."""
    return base64.b64encode(data).decode()


def bundle(request: ProvideRequest) -> dict[str, Any]:
    """The transaction of a lot."""
    lot = request.submission.submission_set
    assert lot is not None
    entries, names = [], []
    for place, said in enumerate(request.submission.documents):
        name, binary = urn(), urn()
        names.append(name)
        entries.append(entry(document(request, binary, place), name))
        entries.append(
            entry(
                {
                    "resourceType": "Binary",
                    "contentType": said.mime_type,
                    "data": text(request.documents[said.id]),
                },
                binary,
            )
        )
    made = lists.write_lot(lot, id="x", last_updated=NOW, members=names)
    del made["id"], made["meta"]
    made["identifier"] = made["identifier"][:1]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [NAME]},
        "type": "transaction",
        "entry": [entry(made, urn()), *entries],
    }


def perfect(ins: Ins, *documents: bytes, **options: Any) -> dict[str, Any]:
    """The transaction of a perfect lot about this person."""
    return bundle(world.request(ins, *documents, **options))


def resources(transaction: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The resources of a type in a Bundle."""
    found = (each["resource"] for each in transaction["entry"])
    return [each for each in found if each["resourceType"] == kind]


def copy(resource: dict[str, Any]) -> dict[str, Any]:
    """The same, to be changed."""
    return deepcopy(resource)


def superseding(kind: str, path: str, value: str) -> dict[str, Any]:
    return {
        "resourceType": "Parameters",
        "parameter": [
            {
                "name": "operation",
                "part": [
                    {"name": "path", "valueString": path},
                    {"name": "type", "valueCode": kind},
                    {"name": "value", "valueCode": value},
                ],
            }
        ],
    }
