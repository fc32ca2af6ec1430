"""The reference page of the scripted population of INSi, made from its two tables."""

from collections.abc import Iterator

from tables import table

from carnet.standards.ins import birth_places
from carnet.standards.ins.insi import (
    CardQuery,
    Person,
    Query,
    Scripted,
    TraitsQuery,
    VerifyQuery,
    scripted_population,
    scripted_questions,
)
from carnet.standards.ins.insi.faults import KNOWN
from carnet.standards.ins.insi.results import LABELS, ResultCode

HEAD = """\
# The people INSi knows

Made from the tables of the code by `python docs/build.py`: do not edit.

The INSi of Carnet answers at `/lps` on the services' port (`https://localhost:8443/lps` in the
demonstration; its WSDL at `/lps?wsdl`), as the teleservice of the GIE SESAM-Vitale does: SOAP 1.2,
a client certificate whose CN is `INSI-AUTO` or `INSI-MANU` and whose OU is the idNat_Struct of a
structure of the directory, ContexteLPS and ContexteBAM in the header. A card may ask too, with its
signed assertion.

It knows every person of the base, and these ones, made for trying each case. *Published* are the
identities of the CNDA's test set, of the DMP's message examples and of the RNIV: they are answered
as published, wrong key included. None of them exists.
"""
PEOPLE = """
## People

The place of birth is a COG code and its name at the day of birth. An INS is under the test OID
`1.2.250.1.213.1.4.10` unless marked: *.8* is the OID of production, kept as published, *NIA* the
OID `1.2.250.1.213.1.4.9`. A dependant without a card is found by the number of who opens their
rights.
"""
QUESTIONS = """
## Questions and their answers

Each is asked at the door by the tests of the repository. A search by traits takes names to the
letter, hyphens and apostrophes included; the given names asked must begin the list.
"""
CODES = """
## Return codes and errors

| Code | |
| --- | --- |
"""
ORDER = """
`00` to `02` come in an answer; the others in a SOAP fault (HTTP 500), whose `siram:Erreur` carries
the code. `desir_550`, `desir_560` and `insi_102` are those of the service; names that begin with
`carnet_` are Carnet's, because what the service answers in these cases is not public.

## Verification in batch

`deposerDemandeVerification` takes 1 to 10,000 identities, each with a reference of the asker's
own, and is answered with an id; `recupererResultatVerification` asks with that id, and is answered
`EN_COURS`, then `TERMINEE` with the code of each reference. Only the structure that deposited a
batch may collect it, for as many days as `CARNET_INSI_RESULT_DAYS`. At most five batches of one
structure wait at a time; the same MessageID again is the same deposit. The names of both operations
and what their messages hold are Carnet's: of WS_INS4 and WS_INS5 only the existence is public.
"""


def page() -> str:
    """The page."""
    people = table(
        ("birth name", "given names", "", "born", "place", "INS", "formerly", "case"),
        [_person(person) for person in scripted_population()],
    )
    questions = table(
        ("asked", "answer", "INS", "case"), [_question(one) for one in scripted_questions()]
    )
    codes = "".join(f"| `{code}` | {words} |\n" for code, words in _codes())
    return "".join((HEAD, PEOPLE, people, QUESTIONS, questions, CODES, codes, ORDER))


def _person(person: Person) -> tuple[str, ...]:
    traits, individual = person.traits, person.individual
    place = traits.birth_place
    name = birth_places.name(place, traits.birth_date)
    return (
        traits.birth_name,
        traits.given_names,
        traits.sex.value,
        traits.birth_date.french,
        place if name == place else f"{place} {name}",
        _number(individual.active.matricule.number, individual.active.matricule.key)
        + _oid(individual.active.oid),
        ", ".join(
            _number(one.matricule.number, one.matricule.key) + _oid(one.oid)
            for one in individual.history
        ),
        person.case + (" (published)" if person.published else ""),
    )


def _number(number: str, key: str) -> str:
    return f"`{f'{number} {key}'.strip()}`"


def _oid(oid: str) -> str:
    return {"1.2.250.1.213.1.4.9": " NIA", "1.2.250.1.213.1.4.8": " .8"}.get(oid, "")


def _question(scripted: Scripted) -> tuple[str, ...]:
    code = scripted.code
    return (
        _asked(scripted.query),
        f"`{code}`",
        _number(scripted.answer[:13], scripted.answer[13:]) if scripted.answer else "",
        scripted.case,
    )


def _asked(query: Query) -> str:
    match query:
        case TraitsQuery():
            told = (*query.given_names, query.sex.value, query.birth_date.iso, query.birth_place)
            return f"traits: {query.birth_name}, {', '.join(filter(None, told))}"
        case CardQuery():
            told = (
                f"individu {query.individual.number}" if query.individual else "",
                f"ouvrant droit {query.insured.number}" if query.insured else "",
                query.birth_name,
                query.birth_date,
                f"rang {query.rank}" if query.rank else "",
            )
            return f"card: {', '.join(filter(None, told))}"
        case VerifyQuery():
            number, tiq = query.identifier, query.traits
            told = (tiq.birth_name, tiq.given_names, tiq.sex, tiq.birth_date, tiq.birth_place)
            return (
                f"verify: {number.matricule.number} {number.matricule.key}"
                f" (…{number.oid.rpartition('.')[2]}), {', '.join(filter(None, told))}"
            )


def _codes() -> Iterator[tuple[str, str]]:
    yield from ((code.value, LABELS[code]) for code in ResultCode)
    yield from ((error, words) for error, (*_, words) in sorted(KNOWN.items()))
