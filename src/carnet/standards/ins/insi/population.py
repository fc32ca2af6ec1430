"""The scripted population of a local INSi, and what it answers.

The published identities get the answers that the real service documents, wrong keys included; the
others, made for Carnet, cover what no published one does. Each line of the file names its case.
Source: test set of the CNDA, DMP message examples, RNIV 1 (spec identity §1.14).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final

from carnet.standards.ids import Ins, Oid
from carnet.standards.ins.birth_date import BirthDate
from carnet.standards.ins.insi.faults import KNOWN, known_fault
from carnet.standards.ins.insi.parts import Matricule, NationalIdentifier, Tiq
from carnet.standards.ins.insi.queries import CardQuery, Query, TraitsQuery, VerifyQuery
from carnet.standards.ins.insi.results import Individual, Result, ResultCode
from carnet.standards.ins.lexical import TraitError
from carnet.standards.ins.traits import Traits
from carnet.standards.soap.envelope import SoapFault

FILE: Final = "ins_test_identities.tsv"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone that a local INSi knows: how they are asked for, and what is answered.

    `code` is the return code, or the error of a fault; `individual` the answer when there is one.
    `insured` is the number that opens the rights of a dependant, `rank` a twin's rank of birth.
    """

    traits: Traits
    code: str
    individual: Individual | None
    case: str
    insured: str = ""
    rank: str = ""

    @property
    def numbers(self) -> frozenset[str]:
        """The numbers of the person, in force and former, without their keys."""
        if self.individual is None:
            return frozenset()
        known = (self.individual.active, *self.individual.history)
        return frozenset(identifier.matricule.number for identifier in known)


@cache
def scripted_population() -> tuple[Person, ...]:
    """The population of the package's file, published identities first."""
    text = (files(__package__) / FILE).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return tuple(_person(row) for row in csv.DictReader(lines, delimiter="\t"))


def _person(row: dict[str, str]) -> Person:
    traits = Traits.of(
        row["birth_name"],
        row["given_names"].partition(" ")[0],
        row["sex"],
        row["birth_date"],
        given_names=row["given_names"],
        birth_place=row["cog"],
    )
    individual = _individual(row, traits) if row["matricule"] else None
    return Person(traits, row["code"], individual, row["case"], row["insured"], row["rank"])


def _individual(row: dict[str, str], traits: Traits) -> Individual:
    unsaid = {"list": {"first_given_name": ""}, "first": {"given_names": ""}, "both": {}}
    former = row["history"].split(";") if row["history"] else []
    return Individual(
        NationalIdentifier.of(Ins(row["matricule"], Oid(row["oid"]))),
        replace(Tiq.of(traits), **unsaid[row["tiq"]]),
        tuple(_former(entry, row["oid"]) for entry in former),
    )


def _former(entry: str, oid: str) -> NationalIdentifier:
    """Read `matricule[@oid][/kind/start/end]`."""
    number, kind, start, end, *_ = (*entry.split("/"), "", "", "")
    matricule, _, other = number.partition("@")
    return NationalIdentifier(
        Matricule(matricule[:13], matricule[13:], kind), other or oid, start, end
    )


def answer(query: Query, population: Sequence[Person]) -> Result:
    """What INSi answers to `query` if it knows `population`.

    Raises `InsiFault` for a person whose search fails, `SoapFault` for a question whose dates or
    traits cannot be read.
    """
    match query:
        case VerifyQuery():
            return _verify(query, population)
        case TraitsQuery():
            found = [person for person in population if _bears(person, query)]
        case CardQuery():
            found = [person for person in population if _holds(person, query, _date(query))]
    for person in found:
        if person.code in KNOWN:
            raise known_fault(person.code)
    several = len(found) > 1 or any(person.code == ResultCode.SEVERAL for person in found)
    if several:
        return Result(ResultCode.SEVERAL)
    individual = found[0].individual if found else None
    return Result(ResultCode.FOUND if individual else ResultCode.NONE, individual)


def _bears(person: Person, query: TraitsQuery) -> bool:
    """Whether the traits asked are those of `person`, names compared to the letter.

    The given names asked must begin the list. That INSi compares them so is unverified; that it
    compares the birth name so is not.
    """
    traits = person.traits
    return (
        (query.birth_name, query.sex, query.birth_date)
        == (traits.birth_name, traits.sex, traits.birth_date)
        and _begin(query.given_names, traits)
        and query.birth_place in ("", traits.birth_place)
    )


def _begin(given_names: Sequence[str], traits: Traits) -> bool:
    return f"{traits.given_names} ".startswith(f"{' '.join(given_names)} ")


def _date(query: CardQuery) -> BirthDate | None:
    try:
        return BirthDate.parse(query.birth_date) if query.birth_date else None
    except TraitError as error:
        raise SoapFault("Sender", f"DateNaissance: {error.reason}") from None


def _holds(person: Person, query: CardQuery, birth_date: BirthDate | None) -> bool:
    """Whether the card is the one of `person`, or opens the rights of `person`."""
    if query.individual is not None:
        known = query.individual.number in person.numbers
    else:
        insured = query.insured.number if query.insured else ""
        known = insured in {person.insured, *person.numbers}
    return (
        known
        and birth_date in (None, person.traits.birth_date)
        and query.birth_name in ("", person.traits.birth_name)
        and (not person.rank or query.rank in ("", person.rank))
    )


def _verify(query: VerifyQuery, population: Sequence[Person]) -> Result:
    try:
        asked = query.traits.traits()
    except TraitError as error:
        raise SoapFault("Sender", f"{error.trait.name}: {error.reason}") from None
    still = any(
        person.individual is not None
        and _same_number(query.identifier, person.individual.active)
        and (asked.birth_name, asked.sex, asked.birth_date)
        == (person.traits.birth_name, person.traits.sex, person.traits.birth_date)
        and _begin((asked.given_names or asked.first_given_name,), person.traits)
        and asked.birth_place in ("", person.traits.birth_place)
        for person in population
    )
    return Result(ResultCode.FOUND if still else ResultCode.NONE)


def _same_number(one: NationalIdentifier, other: NationalIdentifier) -> bool:
    return (one.matricule.number, one.matricule.key, one.oid) == (
        other.matricule.number,
        other.matricule.key,
        other.oid,
    )
