"""What a line of an extract says, as the values of a row, in the order of `COLUMNS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from carnet.standards.directory.extracts import Kind, LineRefused, Row
from carnet.standards.directory.folding import folded, words_of
from carnet.standards.directory.places import split_address
from carnet.standards.ids import IdentifierError, PsIdNat, StructIdNat
from carnet.standards.mss.addresses import Address, AddressError

#: Columns of the rows of each extract.
COLUMNS: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType(
    {
        Kind.ACTIVITIES: (
            *("ps_idnat", "civility", "title", "family", "given", "family_key", "given_key"),
            *("names", "profession", "category", "type_code", "code", "structure", "kind"),
            *("parent", "name", "alias", "sector", "siret", "street", "postal_code", "city"),
            *("commune", "address", "phone", "fax", "email", "name_key", "city_key", "mode"),
            *("role", "activity", "section", "key"),
        ),
        Kind.SAVOIR_FAIRE: ("ps_idnat", "type_code", "code"),
        Kind.DIPLOMAS: ("ps_idnat", "type_code", "code"),
        Kind.MAILBOXES: ("address", "kind", "ps_idnat", "structure", "service"),
        Kind.STRUCTURES: (
            *("structure", "parent", "name", "category", "activity", "hospital_service"),
            *("siret", "street", "postal_code", "city", "commune", "address", "phone", "fax"),
            *("opened_on", "name_key", "city_key"),
        ),
    }
)
_MAILBOX_KINDS: Final = frozenset({"PER", "ORG", "APP", "CAB"})
_LONGEST: Final = 500


def row_of(kind: Kind, line: Row) -> tuple[str, ...]:
    """The row of a line. Raises `LineRefused`."""
    made = _READERS[kind](line)
    if any(len(value) > _LONGEST for value in made):
        raise LineRefused(f"a value exceeds {_LONGEST} characters")
    return made


def _activity(line: Row) -> tuple[str, ...]:
    family, given = line("family"), line("given")
    profession = line("profession")
    if not family:
        raise LineRefused("no name of exercise")
    if not profession:
        raise LineRefused("no profession")
    structure, kind = _site(line)
    legal = line("legal_finess")
    parent = f"1{legal}" if legal and structure[:1] == "1" and f"1{legal}" != structure else ""
    street = " ".join(part for name in ("number", "index", "way", "street") if (part := line(name)))
    postal_code, city = line("postal_code"), line("city")
    cedex = line("cedex")
    if not city and cedex:
        _street, postal_code, city = split_address(cedex)
    town = " ".join(part for part in (postal_code, city) if part)
    name = line("name")
    mode, role, activity, section = line("mode"), line("role"), line("activity"), line("section")
    return (
        _ps_idnat(line),
        line("civility"),
        line("title"),
        family,
        given,
        folded(family),
        folded(given),
        words_of(family, given),
        profession,
        line("category"),
        line("type"),
        line("code"),
        structure,
        kind,
        parent,
        name,
        line("alias"),
        line("sector"),
        line("siret"),
        street,
        postal_code,
        city,
        line("commune"),
        ", ".join(part for part in (street, town) if part),
        line("phone"),
        line("fax"),
        line("email"),
        folded(name),
        folded(city),
        mode,
        role,
        activity,
        section,
        "|".join((structure, profession, mode, role, activity, section)),
    )


def _site(line: Row) -> tuple[str, str]:
    """The national identifier of the place of exercise and what it is; empty when there is none.

    A place that has but an identifier of the RPPS is named by it (TRE_G07, 4).
    """
    technical = line("technical")
    for digit, number, kind in (
        ("1", line("finess"), "EG"),
        ("3", line("siret"), "EG"),
        ("4", technical[1:] if technical[:1] == "R" else "", "EG"),
        ("1", line("legal_finess"), "EJ"),
        ("2", line("siren"), "EJ"),
    ):
        if number:
            return _struct_idnat(digit + number), kind
    return "", ""


def _qualification(line: Row) -> tuple[str, ...]:
    code = line("code")
    if not code:
        raise LineRefused("no code")
    return _ps_idnat(line), line("type"), code


def _mailbox(line: Row) -> tuple[str, ...]:
    kind = line("kind").upper()
    if kind not in _MAILBOX_KINDS:
        raise LineRefused("the type of the mailbox is none of PER, ORG, APP, CAB")
    try:
        address = Address.parse(line("address")).key
    except AddressError:
        raise LineRefused("the address of the mailbox is not one") from None
    personal = kind in ("PER", "CAB")
    structure = line("structure")
    if structure:
        digit = line("structure_type")
        # The extract tells the number with its type digit, or without.
        named = (
            structure if len(structure) in (10, 15) or not digit.isdigit() else digit + structure
        )
        structure = _struct_idnat(named)
    if not personal and not structure:
        raise LineRefused("no structure")
    return address, kind, _ps_idnat(line) if personal else "", structure, line("service")


def _structure(line: Row) -> tuple[str, ...]:
    structure = _struct_idnat(f"1{line('finess')}")
    legal = line("legal_finess")
    name = line("name") or line("short_name")
    if not name:
        raise LineRefused("no name")
    street = " ".join(
        part for each in ("number", "index", "way", "street", "place") if (part := line(each))
    )
    _street, postal_code, city = split_address(line("delivery"))
    opened_on = line("opened_on")
    if opened_on:
        try:
            date.fromisoformat(opened_on)
        except ValueError:
            raise LineRefused("the day of opening is not a date") from None
    department, commune = line("department"), line("commune")
    return (
        structure,
        _struct_idnat(f"1{legal}") if legal else "",
        name,
        line("category"),
        line("activity"),
        line("hospital_service"),
        line("siret"),
        street,
        postal_code,
        city,
        f"{department}{commune}" if len(department) == 2 and len(commune) == 3 else "",
        ", ".join(part for part in (street, line("delivery")) if part),
        line("phone"),
        line("fax"),
        opened_on,
        folded(name),
        folded(city),
    )


def _ps_idnat(line: Row) -> str:
    try:
        return PsIdNat(line("ps_idnat"))
    except IdentifierError:
        raise LineRefused("the national identifier of the professional is not one") from None


def _struct_idnat(value: str) -> str:
    try:
        return StructIdNat(value)
    except IdentifierError:
        raise LineRefused("the national identifier of the structure is not one") from None


_READERS: Final[Mapping[Kind, Callable[[Row], tuple[str, ...]]]] = MappingProxyType(
    {
        Kind.ACTIVITIES: _activity,
        Kind.SAVOIR_FAIRE: _qualification,
        Kind.DIPLOMAS: _qualification,
        Kind.MAILBOXES: _mailbox,
        Kind.STRUCTURES: _structure,
    }
)
