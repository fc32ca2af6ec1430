"""People in the messages of GDP: names, where they live, how to reach them (spec dmp §2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lxml import etree

from carnet.standards.gdp.messages import attribute, path, text
from carnet.standards.xml import escape

#: What the DMP writes in place of a usual name that it does not know.
_UNKNOWN_NAME: Final = "NON RENSEIGNE"
_RELATIONSHIPS: Final = "2.16.840.1.113883.1.11.19579"
#: administrativeGenderCode by the sex of the INS.
GENDERS: Final[Mapping[str, str]] = MappingProxyType({"M": "M", "F": "F", "I": "UN"})


@dataclass(frozen=True, slots=True)
class Traits:
    """Traits of the record's holder; a system that calls must not show them (REC_0.2-1020)."""

    birth_name: str
    given: str
    gender: str  #: M, F or UN
    birth_date: str  #: YYYYMMDD
    usual_name: str = ""
    prefix: str = ""  #: civilité


@dataclass(frozen=True, slots=True)
class Telecom:
    """`value` is a URI, `tel:…` or `mailto:…`; `use` is HP (home) or MC (mobile)."""

    value: str
    use: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address, or a place of birth."""

    lines: tuple[str, ...] = ()
    postal_code: str = ""
    city: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A holder as the administrative data tell: traits, and what may change."""

    traits: Traits
    telecoms: tuple[Telecom, ...] = ()
    address: Address | None = None
    birth_place: Address | None = None


@dataclass(frozen=True, slots=True)
class Representative:
    """A legal representative; `relationship` is a code such as FTH."""

    relationship: str
    family: str
    given: str
    prefix: str = ""
    telecoms: tuple[Telecom, ...] = ()
    address: Address | None = None


# Writing


def person(who: Person, representatives: Iterable[Representative] = ()) -> str:
    """The patientPerson, in the order of the schema of HL7 v3."""
    traits = who.traits
    place = _address(who.birth_place)
    return (
        '<patientPerson classCode="PSN" determinerCode="INSTANCE"><name>'
        f"{_prefix(traits.prefix)}<given>{escape(traits.given)}</given>"
        f'<family qualifier="SP">{escape(traits.usual_name or _UNKNOWN_NAME)}</family>'
        f'<family qualifier="BR">{escape(traits.birth_name)}</family></name>'
        f"{_telecoms(who.telecoms)}"
        f'<administrativeGenderCode code="{escape(traits.gender)}"/>'
        f'<birthTime value="{escape(traits.birth_date)}"/>{_address(who.address)}'
        f"{''.join(map(_representative, representatives))}"
        f"{f'<birthPlace>{place}</birthPlace>' if place else ''}</patientPerson>"
    )


def _representative(who: Representative) -> str:
    return (
        '<personalRelationship classCode="PRS">'
        f'<code code="{escape(who.relationship)}" codeSystem="{_RELATIONSHIPS}"/>'
        f"{_address(who.address)}{_telecoms(who.telecoms)}"
        '<relationshipHolder1 classCode="PSN" determinerCode="INSTANCE"><name>'
        f"{_prefix(who.prefix)}<given>{escape(who.given)}</given>"
        f"<family>{escape(who.family)}</family></name></relationshipHolder1>"
        "</personalRelationship>"
    )


def _prefix(prefix: str) -> str:
    return f"<prefix>{escape(prefix)}</prefix>" if prefix else ""


def _telecoms(telecoms: Iterable[Telecom]) -> str:
    return "".join(map(_telecom, telecoms))


def _telecom(telecom: Telecom) -> str:
    use = f' use="{escape(telecom.use)}"' if telecom.use else ""
    return f'<telecom{use} value="{escape(telecom.value)}"/>'


def _address(address: Address | None) -> str:
    if address is None:
        return ""
    parts = [("streetAddressLine", line) for line in address.lines]
    parts += [("postalCode", address.postal_code), ("city", address.city)]
    parts += [("country", address.country)]
    listed = "".join(f"<{tag}>{escape(value)}</{tag}>" for tag, value in parts if value)
    return f"<addr>{listed}</addr>"


# Reading


def read_person(element: etree._Element | None) -> Person | None:
    """A patientPerson; None when it has no name."""
    traits = read_traits(element)
    if element is None or traits is None:
        return None
    return Person(
        traits=traits,
        telecoms=_read_telecoms(element),
        address=_read_address(element.find(path("addr"))),
        birth_place=_read_address(element.find(path("birthPlace/addr"))),
    )


def read_traits(element: etree._Element | None) -> Traits | None:
    """The traits of a patientPerson; None when it has no name."""
    name = None if element is None else element.find(path("name"))
    if name is None:
        return None
    families = {
        family.get("qualifier", ""): (family.text or "").strip()
        for family in name.iterfind(path("family"))
    }
    usual = families.get("SP", "")
    return Traits(
        birth_name=families.get("BR", ""),
        given=text(name, "given"),
        gender=attribute(element, "administrativeGenderCode", "code"),
        birth_date=attribute(element, "birthTime", "value"),
        usual_name="" if usual == _UNKNOWN_NAME else usual,
        prefix=text(name, "prefix"),
    )


def read_representatives(element: etree._Element | None) -> tuple[Representative, ...]:
    """The legal representatives of a patientPerson."""
    if element is None:
        return ()
    return tuple(
        Representative(
            relationship=attribute(one, "code", "code"),
            family=text(one, "relationshipHolder1/name/family"),
            given=text(one, "relationshipHolder1/name/given"),
            prefix=text(one, "relationshipHolder1/name/prefix"),
            telecoms=_read_telecoms(one),
            address=_read_address(one.find(path("addr"))),
        )
        for one in element.iterfind(path("personalRelationship"))
    )


def _read_telecoms(owner: etree._Element) -> tuple[Telecom, ...]:
    return tuple(
        Telecom(one.get("value", ""), one.get("use", ""))
        for one in owner.iterfind(path("telecom"))
        if one.get("value")
    )


def _read_address(element: etree._Element | None) -> Address | None:
    if element is None:
        return None
    lines = ((one.text or "").strip() for one in element.iterfind(path("streetAddressLine")))
    return Address(
        lines=tuple(filter(None, lines)),
        postal_code=text(element, "postalCode"),
        city=text(element, "city"),
        country=text(element, "country"),
    )
