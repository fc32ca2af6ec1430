"""Metadata files of the toolkit made into submissions: ebRIM 3.0, ids, patient.

What the toolkit's client does before it sends: symbols are replaced by values of former steps,
ebRIM 2.1 becomes 3.0, each uniqueId is new, and where the plan asks for it each object gets a UUID.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from uuid import uuid4

from lxml import etree

from carnet.standards.xds.ebrim import LCM, RIM
from carnet.standards.xds.metadata import AssociationType
from carnet.standards.xml import escape

RIM_2 = "urn:oasis:names:tc:ebxml-regrep:rim:xsd:2.1"
_TYPES = {each.rpartition(":")[2]: each for each in AssociationType}
_UNIQUE_ID = {
    "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
    "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
    "urn:uuid:75df8f67-9973-4fbe-a900-df66cefecc5a",
}
_PATIENT_ID = {
    "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
    "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
    "urn:uuid:f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a",
}
_OBJECTS = ("ExtrinsicObject", "RegistryPackage", "Association")
_REFERENCES = ("id", "classifiedObject", "registryObject", "sourceObject", "targetObject")
_serial = count(1)


@dataclass
class Prepared:
    """What is sent, and what was assigned, by the id of each object in the file."""

    objects: etree._Element
    uids: dict[str, str] = field(default_factory=dict)
    uuids: dict[str, str] = field(default_factory=dict)

    @property
    def request(self) -> etree._Element:
        """The SubmitObjectsRequest."""
        root = etree.Element(f"{{{LCM}}}SubmitObjectsRequest", nsmap={"lcm": LCM, "rim": RIM})
        root.append(self.objects)
        return root


def substituted(text: str, symbols: Mapping[str, str]) -> str:
    """The text with each symbol replaced, the longest first: some begin others."""
    for symbol in sorted(symbols, key=len, reverse=True):
        text = text.replace(symbol, escape(symbols[symbol]))
    return text


def prepare(
    text: str,
    symbols: Mapping[str, str],
    *,
    patient: str = "",
    uuids: bool = False,
    kept_uids: frozenset[str] = frozenset(),
) -> Prepared:
    """The metadata of a file. `patient` (CX) is that of all objects, when it is given."""
    root = etree.fromstring(substituted(text, symbols).encode())
    prepared = Prepared(_list(root))
    for element in _children(prepared.objects):
        identity = element.get("id", "")
        for identifier in element.iterchildren(f"{{{RIM}}}ExternalIdentifier"):
            scheme = identifier.get("identificationScheme")
            if scheme in _PATIENT_ID and patient:
                identifier.set("value", patient)
            elif scheme in _UNIQUE_ID:
                if identity not in kept_uids:
                    identifier.set("value", f"1.3.6.1.4.1.21367.2026.{next(_serial)}")
                prepared.uids[identity] = identifier.get("value", "")
    _name(prepared, uuids=uuids)
    return prepared


def _list(root: etree._Element) -> etree._Element:
    """The RegistryObjectList of a file, in ebRIM 3.0."""
    found = next(
        each
        for each in root.iter(etree.Element)
        if etree.QName(each).localname in ("LeafRegistryObjectList", "RegistryObjectList")
    )
    made = etree.Element(f"{{{RIM}}}RegistryObjectList", nsmap={"rim": RIM})
    made.extend(_modern(each) for each in _children(found))
    return made


def _modern(element: etree._Element) -> etree._Element:
    """An element of ebRIM 2.1, or 3.0, as 3.0: another namespace, URNs for associations."""
    made = etree.Element(f"{{{RIM}}}{etree.QName(element).localname}", dict(element.attrib))
    made.text = element.text
    if kind := made.get("associationType"):
        made.set("associationType", _TYPES.get(kind, kind))
    made.extend(_modern(each) for each in _children(element))
    return made


def _children(element: etree._Element) -> Iterator[etree._Element]:
    return element.iterchildren(tag=etree.Element)


def _name(prepared: Prepared, *, uuids: bool) -> None:
    """Give ids: a UUID to each object, or a name to those that the file left without."""
    for number, element in enumerate(_children(prepared.objects)):
        if etree.QName(element).localname not in _OBJECTS:
            continue
        identity = element.get("id") or f"unnamed-{number}"
        element.set("id", identity)
        assigned = identity if identity.startswith("urn:uuid:") else f"urn:uuid:{uuid4()}"
        prepared.uuids[identity] = assigned if uuids else identity
    for element in prepared.objects.iter(etree.Element):
        for name in _REFERENCES:
            if element.get(name) in prepared.uuids:
                element.set(name, prepared.uuids[element.get(name)])
