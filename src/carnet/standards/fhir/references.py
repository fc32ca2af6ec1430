"""What the references of a resource lead to, inside what was sent: nothing is fetched elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from carnet.standards.fhir import data_types
from carnet.standards.fhir.outcome import FhirRefused, refused
from carnet.standards.fhir.reading import Element, resource
from carnet.standards.ids import IdentifierError, Ins, Oid

_DOCUMENT: Final = re.compile(
    r"(?:https?://[^\s?#]{1,500}/)?DocumentReference/"
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:/_history/[A-Za-z0-9.-]+)?"
)


@dataclass(frozen=True, slots=True)
class References:
    """What may be referred to: the resources of a Bundle by fullUrl, and those contained in one."""

    bundle: Mapping[str, Element] = field(default_factory=dict)
    contained: Mapping[str, Element] = field(default_factory=dict)

    def inside(self, element: Element) -> References:
        """The same, seen from a resource: with what it contains. Raises `FhirRefused`."""
        held: dict[str, Element] = {}
        for each in element.children("contained"):
            resource(each)
            identifier = f"#{each.text('id', required=True)}"
            if identifier in held:
                raise refused(422, "duplicate", "two contained resources have this id", each.path)
            held[identifier] = each
        return References(self.bundle, held)

    def resolve(self, reference: Element) -> Element:
        """The resource that a Reference leads to; one by identifier alone is made of it.

        Raises `FhirRefused`.
        """
        target = reference.text("reference")
        if not target:
            identifier = reference.need("identifier")
            kind = reference.text("type") or "Practitioner"
            made = {"resourceType": kind, "identifier": [identifier.value]}
            return Element(made, reference.path)
        found = self.contained.get(target) or self.bundle.get(target)
        if found is None:
            raise refused(
                422,
                "not-found",
                "this reference leads to nothing in what was sent: contain the resource",
                reference.at("reference"),
            )
        return found

    def patient(self, subject: Element) -> Ins:
        """The INS of the patient that a subject names. Raises `FhirRefused`.

        By an identifier, a conditional reference (`Patient?identifier=…`), or a Patient that was
        sent along.
        """
        identifier = subject.child("identifier")
        target = subject.text("reference")
        if identifier is not None:
            found = data_types.read_ins(identifier)
        elif target in self.contained or target in self.bundle:
            patient = self.resolve(subject)
            if resource(patient) != "Patient":
                raise refused(422, "value", "the subject must be a Patient", patient.path)
            held = map(data_types.read_ins, patient.children("identifier"))
            found = next((each for each in held if each is not None), None)
        else:
            found = ins_of_reference(target)
        if found is None:
            raise refused(
                422,
                "not-found",
                "the subject must name a patient by the INS: identifier, or Patient?identifier=",
                subject.path,
            )
        return found


def ins_of_reference(reference: str) -> Ins | None:
    """The INS in `Patient?identifier=system|value`, if it is one."""
    try:
        parts = urlsplit(reference)
    except ValueError:
        return None
    if parts.path != "Patient" or parts.scheme or parts.netloc:
        return None
    given = dict(parse_qsl(parts.query, max_num_fields=4)) if len(parts.query) < 500 else {}
    return ins_of_token(given.get("identifier", ""))


def ins_of_token(token: str) -> Ins | None:
    """The INS in `urn:oid:…|matricule`, if it is one."""
    system, _, value = token.partition("|")
    if not system.startswith("urn:oid:"):
        return None
    try:
        return Ins(value, Oid(system.removeprefix("urn:oid:")))
    except IdentifierError:
        return None


def document(reference: Element) -> str:
    """The entryUUID (`urn:uuid:…`) of the document that a reference leads to.

    Raises `FhirRefused`.
    """
    found = document_of(reference.text("reference"))
    if not found and (identifier := reference.child("identifier")) is not None:
        value = identifier.text("value", required=True)
        found = value if value.startswith("urn:uuid:") else ""
    if not found:
        raise _no_document(reference)
    return found


def document_of(reference: str) -> str:
    """The entryUUID in `DocumentReference/[id]`, relative or absolute; empty when it is not one."""
    matched = _DOCUMENT.fullmatch(reference)
    return f"urn:uuid:{matched[1]}" if matched else ""


def _no_document(reference: Element) -> FhirRefused:
    return refused(
        422,
        "not-found",
        "a registered document is told by DocumentReference/[id]",
        reference.path,
    )
