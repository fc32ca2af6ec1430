"""A lot to publish, as a Bundle provides it or a DocumentReference implies it, and its links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_OID, uuid5

from carnet.standards.fhir import document_reference
from carnet.standards.fhir.bundle import Part
from carnet.standards.fhir.outcome import refused
from carnet.standards.fhir.reading import Element
from carnet.standards.fhir.references import document
from carnet.standards.ids import Ins
from carnet.standards.xds.from_cda import membership
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    DocumentEntry,
    Folder,
    SubmissionSet,
)


@dataclass(frozen=True, slots=True)
class Provided:
    """A lot to publish. `places` gives the FHIRPath of each object by its id in the lot."""

    patient: Ins
    request: ProvideRequest
    parts: tuple[Part, ...]
    places: Mapping[str, str]


def members(
    lot: SubmissionSet, documents: Iterable[DocumentEntry], folders: Iterable[Folder]
) -> Iterator[Association]:
    """What the lot holds."""
    yield from (membership(lot, entry) for entry in documents)
    for folder in folders:
        name = f"{lot.id}-{folder.id}"
        yield Association(AssociationType.HAS_MEMBER, lot.id, folder.id, name)


def relations(element: Element, name: str) -> Iterator[Association]:
    """The associations that relatesTo tells, from the document `name`. Raises `FhirRefused`."""
    for place, each in enumerate(element.children("relatesTo"), start=1):
        kind = document_reference.ASSOCIATIONS.get(each.text("code", required=True))
        if kind is None:
            raise refused(422, "value", "this is no relation of documents", each.at("code"))
        yield Association(kind, name, document(each.need("target")), f"{name}-relation-{place}")


def derived_id(*names: str) -> str:
    """A uniqueId that the same names always give: a UUID under 2.25."""
    return f"2.25.{uuid5(NAMESPACE_OID, ' '.join(names)).int}"
