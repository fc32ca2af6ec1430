"""The questions that INSi answers, one class each, and their payloads.

Source: WSDL DESIR_ICIR_EXP 1.5.0 and its XSD (spec identity §1.11). The unit verification came
with a later lot whose schema is not public: the names inside it are those of the editors' kit, its
root element and the namespace of its request are unverified (`VERIFY_ROOT`, `VERIFY_NAMESPACE`).
Of the verification in batch (WS_INS4, WS_INS5) only the existence is public: both its messages are
made here after the unit one, all their names [unverified].
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final

from lxml import etree

from carnet.standards.ins.birth_date import BirthDate
from carnet.standards.ins.insi.parts import (
    Matricule,
    NationalIdentifier,
    Reading,
    Tiq,
    leaf,
    read_identifier,
    read_matricule,
    read_tiq,
    write_identifier,
    write_matricule,
    write_tiq,
)
from carnet.standards.ins.lexical import Trait, TraitError, check_name
from carnet.standards.ins.traits import Sex, Traits
from carnet.standards.soap.envelope import SoapFault

ACTIONS: Final = "urn:ServiceIdentiteCertifiee:1.0.0:"
CARD_NAMESPACE: Final = "http://www.cnamts.fr/INSiRecVit"
TRAITS_NAMESPACE: Final = "http://www.cnamts.fr/INSiRecSans"
#: [unverified], made after the namespace of its answer (`…/INSiLot2/REPUnitaire`).
VERIFY_NAMESPACE: Final = "http://www.cnamts.fr/INSiLot2/REQUnitaire"
VERIFY_ROOT: Final = "REQUETE"  #: [unverified]
DEPOSIT_NAMESPACE: Final = "http://www.cnamts.fr/INSiLot2/REQMasse"  #: [unverified]
COLLECT_NAMESPACE: Final = "http://www.cnamts.fr/INSiLot2/REQResultat"  #: [unverified]

#: Identities of one batch at most, and characters of the reference of a line [unverified].
LONGEST_BATCH: Final = 10_000
_REFERENCE: Final = re.compile(r"[!-~]{1,64}")
_BATCH_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_COG: Final = re.compile("[0-9A-Z]{5}")
_RANK: Final = re.compile("[0-9]{0,2}")


class Operation(StrEnum):
    """An operation, by its name in the WSDL."""

    SEARCH_BY_CARD = "rechercherInsAvecCarteVitale"
    SEARCH_BY_TRAITS = "rechercherInsAvecTraitsIdentite"
    VERIFY = "verifierInsAvecTraitsIdentite"
    DEPOSIT = "deposerDemandeVerification"  #: WS_INS4 [unverified]
    COLLECT = "recupererResultatVerification"  #: WS_INS5 [unverified]

    @property
    def action(self) -> str:
        """The SOAP action of the question; that of the answer ends in `Response`."""
        return ACTIONS + self.value


@dataclass(frozen=True, slots=True)
class TraitsQuery:
    """Who bears these traits? Names in the INSi alphabet; the first given name comes first.

    The first question goes without `birth_place` (EXI SI 26). INSi compares the birth name
    strictly, hyphens included. Raises `TraitError`.
    """

    birth_name: str
    given_names: tuple[str, ...]
    sex: Sex
    birth_date: BirthDate
    birth_place: str = ""

    operation: ClassVar = Operation.SEARCH_BY_TRAITS

    def __post_init__(self) -> None:
        check_name(self.birth_name, Trait.BIRTH_NAME)
        if not self.given_names:
            raise TraitError(Trait.FIRST_GIVEN_NAME, "INSi needs at least one given name")
        for name in self.given_names:
            check_name(name, Trait.GIVEN_NAMES)
        if self.sex is Sex.UNDETERMINED:
            raise TraitError(Trait.SEX, "INSi knows F and M only")
        if self.birth_place and not _COG.fullmatch(self.birth_place):
            raise TraitError(Trait.BIRTH_PLACE, "expected a COG code of 5 characters")

    @classmethod
    def first(cls, traits: Traits) -> TraitsQuery:
        """The first question to ask about these traits. Raises `TraitError`."""
        return cls(traits.birth_name, (traits.first_given_name,), traits.sex, traits.birth_date)


@dataclass(frozen=True, slots=True)
class CardQuery:
    """Who holds this carte Vitale? The card is only a key: the INS is in the answer (EXI PP 06).

    `individual` is the number of the person, `insured` that of who opens the rights; `rank` tells
    twins apart. The schema makes all optional; one of the two numbers is needed here. The form of
    the date on a card is unverified, so it stays a text. Raises `ValueError`.
    """

    individual: Matricule | None = None
    insured: Matricule | None = None
    birth_name: str = ""
    birth_date: str = ""
    rank: str = ""

    operation: ClassVar = Operation.SEARCH_BY_CARD

    def __post_init__(self) -> None:
        if self.individual is None and self.insured is None:
            raise ValueError("a number is needed, of the person or of the insured")
        if not _RANK.fullmatch(self.rank):
            raise ValueError("expected a rank of birth of two digits at most")


@dataclass(frozen=True, slots=True)
class VerifyQuery:
    """Are this INS and these traits still those of the national base?"""

    identifier: NationalIdentifier
    traits: Tiq

    operation: ClassVar = Operation.VERIFY


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One identity of a batch; `reference` is the asker's own, 1 to 64 visible characters."""

    reference: str
    query: VerifyQuery


@dataclass(frozen=True, slots=True)
class DepositQuery:
    """Verify all these identities, later. Raises `ValueError` for a batch that cannot be."""

    lines: tuple[BatchLine, ...]

    operation: ClassVar = Operation.DEPOSIT

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= LONGEST_BATCH:
            raise ValueError(f"expected 1 to {LONGEST_BATCH} identities")
        if len({line.reference for line in self.lines}) < len(self.lines):
            raise ValueError("a reference is repeated")
        if not all(_REFERENCE.fullmatch(line.reference) for line in self.lines):
            raise ValueError("expected references of 1 to 64 visible characters")


@dataclass(frozen=True, slots=True)
class CollectQuery:
    """What became of the batch that was given this id? Raises `ValueError`."""

    batch_id: str

    operation: ClassVar = Operation.COLLECT

    def __post_init__(self) -> None:
        if not _BATCH_ID.fullmatch(self.batch_id):
            raise ValueError("expected the id that the deposit was answered with")


#: What is answered at once about one person.
Query = TraitsQuery | CardQuery | VerifyQuery
Question = Query | DepositQuery | CollectQuery


def read(payload: etree._Element) -> Question:
    """Read a question. Raises `SoapFault` (Sender) that says what is wrong."""
    found = next((one for one in _FORMATS if payload.tag == f"{{{one.namespace}}}{one.root}"), None)
    if found is None:
        raise SoapFault("Sender", "the payload is no question to INSi")
    reading = Reading(payload, "Sender")
    try:
        return found.read(reading)
    except TraitError as error:
        raise reading.refused(f"{error.trait.name}: {error.reason}") from None
    except ValueError as error:
        raise reading.refused(str(error)) from None


def write(query: Question) -> bytes:
    """The payload of a question."""
    found = next(one for one in _FORMATS if one.operation is query.operation)
    return (f'<{found.root} xmlns="{found.namespace}">{found.write(query)}</{found.root}>').encode()


def _read_traits(reading: Reading) -> TraitsQuery:
    sex = reading.text("Sexe")
    if sex not in set(Sex):
        raise TraitError(Trait.SEX, "expected F or M")
    return TraitsQuery(
        reading.text("NomNaissance"),
        tuple(child.value for child in reading.all("Prenom")),
        Sex(sex),
        _read_date(reading.text("DateNaissance")),
        reading.text("LieuNaissance"),
    )


def _read_date(text: str) -> BirthDate:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise TraitError(Trait.BIRTH_DATE, "expected YYYY-MM-DD")
    return BirthDate.parse(text)


def _write_traits(query: TraitsQuery) -> str:
    return (
        leaf("NomNaissance", query.birth_name)
        + "".join(leaf("Prenom", name) for name in query.given_names)
        + leaf("Sexe", query.sex.value)
        + leaf("DateNaissance", query.birth_date.iso)
        + leaf("LieuNaissance", query.birth_place)
    )


def _read_card(reading: Reading) -> CardQuery:
    individual, insured = reading.one("MatriculeIndividu"), reading.one("MatriculeOD")
    return CardQuery(
        None if individual is None else read_matricule(individual),
        None if insured is None else read_matricule(insured),
        *(reading.text(name) for name in ("NomNaissance", "DateNaissance", "RangNaissance")),
    )


def _write_card(query: CardQuery) -> str:
    numbers = (("MatriculeIndividu", query.individual), ("MatriculeOD", query.insured))
    return (
        "".join(write_matricule(name, number) for name, number in numbers if number)
        + leaf("NomNaissance", query.birth_name)
        + leaf("DateNaissance", query.birth_date)
        + leaf("RangNaissance", query.rank)
    )


def _read_verify(reading: Reading) -> VerifyQuery:
    return _read_person(reading.need("IndividuVerifie"))


def _read_person(person: Reading) -> VerifyQuery:
    return VerifyQuery(
        read_identifier(person.need("INSFourni")), read_tiq(person.need("TraitsIdentiteIndividu"))
    )


def _write_verify(query: VerifyQuery, reference: str = "") -> str:
    return (
        f"<IndividuVerifie>{leaf('Reference', reference)}"
        f"{write_identifier('INSFourni', query.identifier)}"
        f"{write_tiq('TraitsIdentiteIndividu', query.traits)}</IndividuVerifie>"
    )


def _read_deposit(reading: Reading) -> DepositQuery:
    people = reading.all("IndividuVerifie")
    return DepositQuery(tuple(_read_line(at, one) for at, one in enumerate(people, start=1)))


def _read_line(at: int, person: Reading) -> BatchLine:
    """A line of a batch, whose traits are judged now: what is taken can be verified."""
    try:
        line = BatchLine(person.need("Reference").value, _read_person(person))
        line.query.traits.traits()
    except TraitError as error:
        raise ValueError(f"identity {at}: {error.trait.name}: {error.reason}") from None
    except SoapFault as fault:
        raise ValueError(f"identity {at}: {fault.reason}") from None
    return line


def _write_deposit(query: DepositQuery) -> str:
    return "".join(_write_verify(line.query, line.reference) for line in query.lines)


def _read_collect(reading: Reading) -> CollectQuery:
    return CollectQuery(reading.need("IdentifiantDemande").value)


def _write_collect(query: CollectQuery) -> str:
    return leaf("IdentifiantDemande", query.batch_id)


@dataclass(frozen=True, slots=True)
class _Format:
    """How the question of one operation stands in XML."""

    operation: Operation
    namespace: str
    root: str
    read: Callable[[Reading], Question]
    write: Callable[[Any], str]  #: of the query of this operation


_FORMATS: Final = (
    _Format(Operation.SEARCH_BY_CARD, CARD_NAMESPACE, "RECVITALE", _read_card, _write_card),
    _Format(
        Operation.SEARCH_BY_TRAITS, TRAITS_NAMESPACE, "RECSANSVITALE", _read_traits, _write_traits
    ),
    _Format(Operation.VERIFY, VERIFY_NAMESPACE, VERIFY_ROOT, _read_verify, _write_verify),
    _Format(Operation.DEPOSIT, DEPOSIT_NAMESPACE, VERIFY_ROOT, _read_deposit, _write_deposit),
    _Format(Operation.COLLECT, COLLECT_NAMESPACE, VERIFY_ROOT, _read_collect, _write_collect),
)
