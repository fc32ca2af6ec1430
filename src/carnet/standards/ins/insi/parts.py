"""The pieces that questions and answers of INSi share, and how they stand in XML.

Source: XSD INSi_RECVITALE_INS, INSi_RECSANS_INS, INSi_RESULTAT_INS 00.01 (spec identity §1.11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Final

from lxml import etree

from carnet.standards.ids import Ins, Oid, matricule_key
from carnet.standards.ins.lexical import Trait, TraitError, as_spaces
from carnet.standards.ins.traits import Traits
from carnet.standards.soap.envelope import FaultCode, SoapFault
from carnet.standards.xml import escape

_NUMBER: Final = re.compile("[0-9]{6}[A-Za-z0-9][0-9]{6}")
_KEY: Final = re.compile("[0-9]{2}")


@dataclass(frozen=True, slots=True, repr=False)
class Matricule:
    """A number as INSi writes it: 13 characters, the key apart, `kind` NIR or NIA when told.

    The key is kept as received, right or wrong (RNIV 1 EXI SI 06). Raises `ValueError`.
    """

    number: str
    key: str = ""
    kind: str = ""

    def __post_init__(self) -> None:
        if not _NUMBER.fullmatch(self.number) or (self.key and not _KEY.fullmatch(self.key)):
            raise ValueError("expected a number of 13 characters and a key of two digits")

    @classmethod
    def of(cls, ins: Ins) -> Matricule:
        """The number of `ins`, its key apart."""
        return cls(ins.matricule[:13], ins.matricule[13:])

    def __repr__(self) -> str:
        return f"Matricule({self.number[:3]}…)"


@dataclass(frozen=True, slots=True)
class NationalIdentifier:
    """A matricule under its OID; `start` and `end` are YYYY-MM-DD, rarely filled.

    The period may be inconsistent, its end before its start: INSi publishes one such case.
    """

    matricule: Matricule
    oid: str
    start: str = ""
    end: str = ""

    @classmethod
    def of(cls, ins: Ins) -> NationalIdentifier:
        """`ins` as INSi writes it."""
        return cls(Matricule.of(ins), ins.oid)

    @property
    def ins(self) -> Ins:
        """The INS; its key is computed only if INSi gave none. Raises `IdentifierError`."""
        number, key = self.matricule.number, self.matricule.key
        return Ins(number + (key or matricule_key(number)), Oid(self.oid))


@dataclass(frozen=True, slots=True)
class Tiq:
    """The traits of an identity (TIQ) as INSi writes them, each empty when it is not said.

    An older answer carries the first given name alone, a newer one the list, some both.
    """

    birth_name: str = ""
    first_given_name: str = ""
    given_names: str = ""
    sex: str = ""
    birth_date: str = ""  #: YYYY-MM-DD, on whichever calendar
    birth_place: str = ""

    @classmethod
    def of(cls, traits: Traits) -> Tiq:
        """`traits` as INSi writes them."""
        return cls(
            traits.birth_name,
            traits.first_given_name,
            traits.given_names,
            traits.sex.value,
            traits.birth_date.iso,
            traits.birth_place,
        )

    def traits(self, *, first_given_name: str = "") -> Traits:
        """The strict traits. Raises `TraitError` when one is missing or has not its form.

        The first given name is `first_given_name` (the local one) if it begins the list, else the
        one that INSi gives if it does, else the first word of the list (RNIV 1 annex III).
        """
        word = self.given_names.partition(" ")[0]
        proposals = (first_given_name, self.first_given_name, word)
        first = next((name for name in proposals if name and self._begins_the_list(name)), "")
        if not first:
            raise TraitError(Trait.FIRST_GIVEN_NAME, "no given name is told")
        return Traits.of(
            self.birth_name,
            first,
            self.sex,
            self.birth_date,
            given_names=self.given_names,
            birth_place=self.birth_place.upper(),
        )

    def _begins_the_list(self, name: str) -> bool:
        names = self.given_names or self.first_given_name
        return f"{as_spaces(names)} ".startswith(f"{as_spaces(name)} ")


#: The elements of TIQ, in the order of the schema, and the fields that hold them.
_TIQ: Final = tuple(
    zip(
        ("NomNaissance", "Prenom", "ListePrenom", "Sexe", "DateNaissance", "LieuNaissance"),
        (field.name for field in fields(Tiq)),
        strict=True,
    )
)


class Reading:
    """One element whose children are read by name; what is wrong is a fault of `side`."""

    def __init__(self, element: etree._Element, side: FaultCode) -> None:
        self.element = element
        self.side: FaultCode = side
        self._namespace = etree.QName(element).namespace or ""

    def refused(self, reason: str) -> SoapFault:
        """The fault that says `reason` of this element."""
        return SoapFault(self.side, f"{etree.QName(self.element).localname}: {reason}")

    def all(self, name: str) -> list[Reading]:
        """The children called `name`, in the namespace of this element."""
        found = self.element.iterchildren(f"{{{self._namespace}}}{name}")
        return [Reading(child, self.side) for child in found]

    def one(self, name: str) -> Reading | None:
        """The child called `name`, if there is one. Raises `SoapFault` if there are several."""
        found = self.all(name)
        if len(found) > 1:
            raise self.refused(f"{name} is repeated")
        return found[0] if found else None

    def need(self, name: str) -> Reading:
        """The one child called `name`. Raises `SoapFault`."""
        found = self.one(name)
        if found is None:
            raise self.refused(f"{name} is missing")
        return found

    @property
    def value(self) -> str:
        """The text of this element, which holds no other. Raises `SoapFault`."""
        if any(True for _ in self.element.iterchildren(etree.Element)):
            raise self.refused("a text is expected")
        return "".join(self.element.itertext(etree.Element)).strip()

    def text(self, name: str) -> str:
        """The text of the child called `name`, empty without it."""
        found = self.one(name)
        return "" if found is None else found.value


def read_matricule(reading: Reading) -> Matricule:
    """Read a Matricule of the schema. Raises `SoapFault`."""
    values = (reading.text(name) for name in ("NumIdentifiant", "Cle", "TypeMatricule"))
    try:
        return Matricule(*values)
    except ValueError as error:
        raise reading.refused(str(error)) from None


def read_identifier(reading: Reading) -> NationalIdentifier:
    """Read an IdentifiantNationalSante of the schema, its children in any order."""
    return NationalIdentifier(
        read_matricule(reading.need("IdIndividu")),
        reading.need("OID").value,
        reading.text("DateDeb"),
        reading.text("DateFin"),
    )


def read_tiq(reading: Reading) -> Tiq:
    """Read a TraitsDIdentite of the schema of answers."""
    return Tiq(*(reading.text(name) for name, _ in _TIQ))


def leaf(name: str, text: str) -> str:
    """An element around `text`, nothing when it is empty."""
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def write_matricule(name: str, matricule: Matricule) -> str:
    """A Matricule of the schema."""
    return (
        f"<{name}>{leaf('NumIdentifiant', matricule.number)}{leaf('Cle', matricule.key)}"
        f"{leaf('TypeMatricule', matricule.kind)}</{name}>"
    )


def write_identifier(name: str, identifier: NationalIdentifier) -> str:
    """An IdentifiantNationalSante of the schema."""
    return (
        f"<{name}>{write_matricule('IdIndividu', identifier.matricule)}"
        f"{leaf('OID', identifier.oid)}{leaf('DateDeb', identifier.start)}"
        f"{leaf('DateFin', identifier.end)}</{name}>"
    )


def write_tiq(name: str, tiq: Tiq) -> str:
    """A TraitsDIdentite of the schema of answers."""
    return f"<{name}>{''.join(leaf(tag, getattr(tiq, field)) for tag, field in _TIQ)}</{name}>"
