"""The scripted population of a local INSi, and what it answers.

The published identities get the answers that the real service documents, wrong keys included; the
others, made for Carnet, cover what no published one does. Each line of the file names its case.
Source: test set of the CNDA, DMP message examples, RNIV 1 (spec identity §1.14).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final

from carnet.standards.ids import Ins, Oid
from carnet.standards.ins.birth_date import BirthDate
from carnet.standards.ins.insi.faults import known_fault
from carnet.standards.ins.insi.parts import Matricule, NationalIdentifier, Tiq
from carnet.standards.ins.insi.queries import CardQuery, Query, TraitsQuery, VerifyQuery
from carnet.standards.ins.insi.results import Individual, Result, ResultCode
from carnet.standards.ins.lexical import TraitError
from carnet.standards.ins.traits import Sex, Traits
from carnet.standards.soap.envelope import SoapFault

FILE: Final = "ins_test_identities.tsv"
QUESTIONS_FILE: Final = "ins_test_questions.tsv"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone that a local INSi knows: how they are asked for, and what is answered.

    `traits` is what they bear, `individual` what is answered. `fault` is the error met by whoever
    asks for them, `insured` the number that opens the rights of a dependant, `rank` a twin's rank
    of birth, `case` what they are there for.
    """

    traits: Traits
    individual: Individual
    fault: str = ""
    insured: str = ""
    rank: str = ""
    case: str = ""
    published: bool = False
    deceased: str = ""  #: YYYYMMDD; no answer says it

    @property
    def numbers(self) -> frozenset[str]:
        """The numbers of the person, in force and former, without their keys."""
        known = (self.individual.active, *self.individual.history)
        return frozenset(identifier.matricule.number for identifier in known)


@dataclass(frozen=True, slots=True)
class Scripted:
    """A question to the population and its documented answer.

    `code` is the return code or the error of a fault, `answer` the matricule found, if one is.
    """

    query: Query
    code: str
    answer: str
    case: str


@cache
def scripted_population() -> tuple[Person, ...]:
    """The population of the package's file, published identities first."""
    return tuple(_person(row) for row in _rows(FILE))


@cache
def scripted_questions() -> tuple[Scripted, ...]:
    """What the population is asked in its documentation, and is answered."""
    return tuple(
        Scripted(_asked(row), row["code"], row["answer"], row["case"])
        for row in _rows(QUESTIONS_FILE)
    )


def _rows(file: str) -> Iterator[dict[str, str]]:
    text = (files(__package__) / file).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def _asked(row: dict[str, str]) -> Query:
    matricule, insured = (
        Matricule(row[name][:13], row[name][13:]) if row[name] else None
        for name in ("matricule", "insured")
    )
    match row["ask"], matricule:
        case "card", _:
            return CardQuery(matricule, insured, row["birth_name"], row["birth_date"], row["rank"])
        case "verify", Matricule():
            tiq = Tiq(
                row["birth_name"],
                given_names=row["given_names"],
                sex=row["sex"],
                birth_date=row["birth_date"],
                birth_place=row["cog"],
            )
            return VerifyQuery(NationalIdentifier(matricule, row["oid"]), tiq)
        case _:
            return TraitsQuery(
                row["birth_name"],
                tuple(row["given_names"].split()),
                Sex(row["sex"]),
                BirthDate.parse(row["birth_date"]),
                row["cog"],
            )


def _person(row: dict[str, str]) -> Person:
    traits = Traits.of(
        row["birth_name"],
        row["given_names"].partition(" ")[0],
        row["sex"],
        row["birth_date"],
        given_names=row["given_names"],
        birth_place=row["cog"],
    )
    return Person(
        traits,
        _individual(row, traits),
        fault=row["fault"],
        insured=row["insured"],
        rank=row["rank"],
        case=row["case"],
        published=row["source"] == "published",
        deceased=row["deceased"],
    )


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
    """What INSi answers to `query` if it knows `population`: `judge` of those who match.

    Raises `InsiFault` for a person whose search fails, `SoapFault` for a question whose dates or
    traits cannot be read.
    """
    check(query)
    return judge(query, [person for person in population if matches(query, person)])


def check(query: Query) -> None:
    """Raise `SoapFault` for a question whose dates or traits cannot be read, whoever is known."""
    match query:
        case CardQuery():
            _date(query)
        case VerifyQuery():
            _asked_traits(query)


def matches(query: Query, person: Person) -> bool:
    """Whether `person` is of those that `query`, which passed `check`, is about."""
    match query:
        case VerifyQuery():
            return _verifies(query, person)
        case TraitsQuery():
            return _bears(person, query)
        case CardQuery():
            return _holds(person, query, _date(query))


def judge(query: Query, found: Sequence[Person]) -> Result:
    """The answer to `query` when all who match are `found`.

    Raises `InsiFault` for a person whose search fails.
    """
    for person in found:
        if person.fault:
            raise known_fault(person.fault)
    if isinstance(query, VerifyQuery):
        return Result(ResultCode.FOUND if found else ResultCode.NONE)
    if len(found) > 1:
        return Result(ResultCode.SEVERAL)
    return Result(ResultCode.FOUND, found[0].individual) if found else Result(ResultCode.NONE)


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


def _verifies(query: VerifyQuery, person: Person) -> bool:
    """Whether the INS in force and the traits asked are those of `person`."""
    asked = _asked_traits(query)
    return (
        _same_number(query.identifier, person.individual.active)
        and (asked.birth_name, asked.sex, asked.birth_date)
        == (person.traits.birth_name, person.traits.sex, person.traits.birth_date)
        and _begin((asked.given_names or asked.first_given_name,), person.traits)
        and asked.birth_place in ("", person.traits.birth_place)
    )


def _asked_traits(query: VerifyQuery) -> Traits:
    try:
        return query.traits.traits()
    except TraitError as error:
        raise SoapFault("Sender", f"{error.trait.name}: {error.reason}") from None


def _same_number(one: NationalIdentifier, other: NationalIdentifier) -> bool:
    return (one.matricule.number, one.matricule.key, one.oid) == (
        other.matricule.number,
        other.matricule.key,
        other.oid,
    )
