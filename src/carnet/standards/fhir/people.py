"""Authors, signatories and patients: contained resources from XCN and XON, and back.

A professional with a structure, a role or a specialty is a PractitionerRole; a system is a Device,
whose owner is its structure; a patient is told by the INS. Source: IHE MHD 4.2 (mapping of author),
PDSm 3.1; forms of XCN and XON: spec dmp §3.7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from carnet.standards.fhir import systems
from carnet.standards.fhir.data_types import (
    Resource,
    coding,
    cx_identifier,
    read_coding,
    read_ins,
)
from carnet.standards.fhir.outcome import refused
from carnet.standards.fhir.reading import Element, resource
from carnet.standards.hl7v2.er7 import STANDARD
from carnet.standards.ids import PS_AUTHORITY, STRUCT_AUTHORITY
from carnet.standards.xds.metadata import Author, Code

_ESCAPED: Final = STANDARD.escaped
#: Prefix of the national identifier by the system of a number (TRE_G07, TRE_G08).
_PREFIXED: Final[Mapping[str, Mapping[int, str]]] = MappingProxyType(
    {
        systems.RPPS: {11: "8"},
        systems.FINESS: {9: "1"},
        systems.SIRENE: {9: "2", 14: "3"},
    }
)

Resolve = Callable[[Element], Element]
"""From a Reference to the resource it refers to, in what was sent. Raises `FhirRefused`."""


@dataclass(slots=True)
class Contained:
    """The contained resources of one resource, each with an id of its own and told once."""

    resources: list[Resource]

    def reference(self, made: Resource) -> Resource:
        """A Reference to the resource `made`, which becomes contained."""
        for held in self.resources:
            if {**held, "id": ""} == {**made, "id": ""}:
                return {"reference": f"#{held['id']}"}
        kind = str(made["resourceType"]).lower()
        identifier = f"{kind}-{len(self.resources) + 1}"
        self.resources.append(
            {"resourceType": made["resourceType"], "id": identifier, **made} | {"id": identifier}
        )
        return {"reference": f"#{identifier}"}


# Writing


def author(said: Author, contained: Contained) -> Resource:
    """A Reference to who made a document or sent a lot: a person, a system, or a structure."""
    organization = (
        contained.reference(_organization(said.institutions[0])) if said.institutions else None
    )
    if organization and not said.person:
        return organization
    kind = _part(said.person, 12)
    made = _person(said.person)
    if kind == "NH":
        return contained.reference(made)
    if kind == "RI":
        owner = {"owner": organization} if organization else {}
        return contained.reference({**made, **owner, **_device_type(said)})
    if not (organization or said.roles or said.specialties):
        return contained.reference(made)
    role: Resource = {
        "resourceType": "PractitionerRole",
        "practitioner": contained.reference(made),
    }
    if organization:
        role["organization"] = organization
    if said.roles:
        role["code"] = [{"text": STANDARD.unescape(each)} for each in said.roles]
    if said.specialties:
        role["specialty"] = [{"coding": [_specialty(each)]} for each in said.specialties]
    return contained.reference(role)


def person(xcn: str, contained: Contained) -> Resource:
    """A Reference to the person of an XCN."""
    return contained.reference(_person(xcn))


def _person(xcn: str) -> Resource:
    authority = _part(xcn, 8).split("&")
    kind = _part(xcn, 12)
    identifier: Resource = {"value": _plain(xcn, 0)}
    held: Resource
    if len(authority) > 1 and authority[1]:
        identifier = {"system": f"urn:oid:{authority[1]}", **identifier}
    if kind and kind != "NH":
        identifier["type"] = {"coding": [{"system": systems.IDENTIFIER_TYPES, "code": kind}]}
    held = {"identifier": [identifier]} if identifier["value"] else {}
    if kind == "RI":
        device: Resource = {"resourceType": "Device", **held}
        if name := _plain(xcn, 1):
            device["deviceName"] = [{"name": name, "type": "user-friendly-name"}]
        if model := _plain(xcn, 2):
            device["modelNumber"] = model
        return device
    names = _human_name(xcn)
    made = {"resourceType": "Patient" if kind == "NH" else "Practitioner", **held}
    return {**made, "name": [names]} if names else made


def _human_name(xcn: str) -> Resource:
    family, given, others, suffix, prefix = (_plain(xcn, place) for place in range(1, 6))
    name: Resource = {}
    if _part(xcn, 12) == "NH" and (family or given):
        name["use"] = "official" if _part(xcn, 9) == "L" else "usual"
    if family:
        name["family"] = family
    if given or others:
        name["given"] = [each for each in (given, others) if each]
    if prefix:
        name["prefix"] = [prefix]
    if suffix:
        name["suffix"] = [suffix]
    return name


def _organization(xon: str) -> Resource:
    written: Resource = {"resourceType": "Organization"}
    authority = _part(xon, 5).split("&")
    if value := _plain(xon, 9):
        identifier: Resource = {"value": value}
        if len(authority) > 1 and authority[1]:
            identifier = {"system": f"urn:oid:{authority[1]}", **identifier}
        if kind := _part(xon, 6):
            identifier["type"] = {"coding": [{"system": systems.IDENTIFIER_TYPES, "code": kind}]}
        written["identifier"] = [identifier]
    if name := _plain(xon, 0):
        written["name"] = name
    return written


def _specialty(triplet: str) -> Resource:
    code, display, scheme = (*triplet.split("^"), "", "")[:3]
    return coding(Code(STANDARD.unescape(code), scheme, STANDARD.unescape(display)))


def _device_type(said: Author) -> Resource:
    return {"type": {"coding": [_specialty(said.specialties[0])]}} if said.specialties else {}


def _part(text: str, place: int) -> str:
    parts = text.split("^")
    return parts[place] if place < len(parts) else ""


def _plain(text: str, place: int) -> str:
    return STANDARD.unescape(_part(text, place))


# Reading


def read_author(reference: Element, resolve: Resolve) -> Author:
    """Who a Reference of author or of source names. Raises `FhirRefused`."""
    found = resolve(reference)
    match resource(found):
        case "PractitionerRole":
            return Author(
                person=_role_person(found, resolve),
                institutions=tuple(_owner(found, "organization", resolve)),
                roles=tuple(_texts(found)),
                specialties=tuple(_triplets(found.children("specialty"))),
            )
        case "Practitioner" | "Patient":
            return Author(person=read_person(reference, resolve))
        case "Device":
            kind = found.child("type")
            return Author(
                person=_device(found),
                institutions=tuple(_owner(found, "owner", resolve)),
                specialties=tuple(_triplets((kind,) if kind else ())),
            )
        case "Organization":
            return Author(institutions=(read_organization(reference, resolve),))
        case _:
            raise _unexpected(found)


def read_person(reference: Element, resolve: Resolve) -> str:
    """The XCN of the person that a Reference names. Raises `FhirRefused`."""
    found = resolve(reference)
    match resource(found):
        case "PractitionerRole":
            return _role_person(found, resolve)
        case "Practitioner":
            return _practitioner(found)
        case "Patient":
            return _patient(found)
        case "Device":
            return _device(found)
        case _:
            raise _unexpected(found)


def read_organization(reference: Element, resolve: Resolve) -> str:
    """The XON of the structure that a Reference names. Raises `FhirRefused`."""
    found = resolve(reference)
    if resource(found) != "Organization":
        raise _unexpected(found)
    name = _ESCAPED(found.text("name"))
    chosen = _chosen(found, STRUCT_AUTHORITY)
    if chosen is None:
        if not name:
            raise refused(422, "required", "a structure needs a name", found.at("name"))
        return f"{name}^^^^^^^^^"
    oid, value, kind = chosen
    kind = kind or ("IDNST" if oid == STRUCT_AUTHORITY else "XX")
    return f"{name}^^^^^&{oid}&ISO^{kind}^^^{_ESCAPED(value)}"


def _role_person(role: Element, resolve: Resolve) -> str:
    practitioner = role.child("practitioner")
    if practitioner is not None:
        return read_person(practitioner, resolve)
    # PDSm for the DMP gives the professional's own number to the role.
    return _practitioner(role)


def _practitioner(found: Element) -> str:
    chosen = _chosen(found, PS_AUTHORITY)
    if chosen is None:
        raise refused(422, "required", "an identifier is required", found.at("identifier"))
    oid, value, kind = chosen
    kind = kind or ("EI" if "/" in value else "IDNPS")
    return _xcn(oid, value, _names(found), "D", kind)


def _patient(found: Element) -> str:
    for identifier in found.children("identifier"):
        ins = read_ins(identifier)
        if ins is not None:
            uses = {each.text("use") for each in found.children("name")}
            name_type = "L" if "official" in uses else "D"
            return _xcn(ins.oid, ins.matricule, _names(found), name_type, "NH")
    raise refused(422, "required", "the INS of the patient is required", found.at("identifier"))


def _device(found: Element) -> str:
    chosen = _chosen(found, PS_AUTHORITY)
    if chosen is None:
        raise refused(422, "required", "an identifier is required", found.at("identifier"))
    oid, value, _kind = chosen
    name = next((each.text("name", required=True) for each in found.children("deviceName")), "")
    return _xcn(oid, value, (name, found.text("modelNumber"), "", "", ""), "U", "RI")


def _xcn(oid: str, value: str, names: tuple[str, ...], name_type: str, kind: str) -> str:
    written = "^".join(_ESCAPED(each) for each in names)
    return f"{_ESCAPED(value)}^{written}^^^&{oid}&ISO^{name_type}^^^{kind}"


def _names(found: Element) -> tuple[str, str, str, str, str]:
    """Family, given, other given names, suffix, prefix: of the first name."""
    for name in found.children("name"):
        given = name.texts("given")
        return (
            name.text("family"),
            given[0] if given else "",
            " ".join(given[1:]),
            " ".join(name.texts("suffix")),
            " ".join(name.texts("prefix")),
        )
    return ("", "", "", "", "")


def _chosen(found: Element, preferred: str) -> tuple[str, str, str] | None:
    """OID, value and kind of the identifier to keep: that of the preferred authority if any."""
    known = [each for each in map(_known, found.children("identifier")) if each is not None]
    return next((each for each in known if each[0] == preferred), known[0] if known else None)


def _known(identifier: Element) -> tuple[str, str, str] | None:
    system, value = identifier.text("system"), identifier.text("value")
    kind = next(
        (
            each.text("code")
            for held in (identifier.child("type"),)
            if held is not None
            for each in held.children("coding")
            if each.text("system") == systems.IDENTIFIER_TYPES
        ),
        "",
    )
    if prefix := _PREFIXED.get(system, {}).get(len(value)):
        national = PS_AUTHORITY if system == systems.RPPS else STRUCT_AUTHORITY
        return national, prefix + value, ""
    oid = systems.oid_of_uri(system)
    return (oid, value, kind if kind.isalnum() else "") if oid and value else None


def _owner(found: Element, name: str, resolve: Resolve) -> Iterator[str]:
    reference = found.child(name)
    if reference is not None:
        yield read_organization(reference, resolve)


def _texts(role: Element) -> Iterator[str]:
    """authorRole is the text of a role (spec dmp §3.4)."""
    for code in role.children("code"):
        text = code.text("text") or next(
            (each.text("display") for each in code.children("coding")), ""
        )
        if text:
            yield _ESCAPED(text)


def _triplets(concepts: tuple[Element, ...]) -> Iterator[str]:
    for held in concepts:
        for each in held.children("coding")[:1]:
            code = read_coding(each)
            yield f"{_ESCAPED(code.code)}^{_ESCAPED(code.display)}^{code.scheme}"


def _unexpected(found: Element) -> Exception:
    return refused(422, "value", "this type of resource has no place here", found.path)


# The patient of a document


def subject(cx: str) -> Resource:
    """The Reference to the patient: a logical one, by the INS, so that no address holds it."""
    return {"type": "Patient", "identifier": cx_identifier(cx)}
