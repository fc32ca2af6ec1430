"""The page of what is covered, made from the tables of the code and from what its files cite.

A transaction is served when an operation of the doors answers it; a stored query when the registry
selects by it; a rule or a requirement is met where the code cites it. Each is *shown* when a test
cites it too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import elsewhere
from tables import table

from carnet.national.doors.soap import patients, registration
from carnet.national.doors.soap.retired import RETIRED
from carnet.national.doors.soap.urls import BASE, urlpatterns
from carnet.national.record.queries.across import OF_ONE_PATIENT
from carnet.national.record.queries.selections import SELECTIONS
from carnet.national.record.queries.stored import DOCUMENT_QUERIES
from carnet.standards.gdp import patient_query, td05
from carnet.standards.gdp.messages import Reason
from carnet.standards.habilitations import OPERATIONS
from carnet.standards.xds import iti18, iti41, iti43, iti57
from carnet.standards.xds.iti18.parameters import QUERIES

ROOT = Path(__file__).parents[1]
FOLDERS = {"code": ROOT / "src" / "carnet", "tests": ROOT / "tests"}
#: What may cite. A table of rights or a catalogue only names what is done elsewhere.
SUFFIXES = frozenset({".py", ".html", ".js", ".typ"})
MOST_PLACES = 2

HEAD = """\
# Coverage

Made from the code by `python docs/build.py`: do not edit.

**yes**: the file that does it names it, and so does a test that shows it. **partial**: one of the
two, or something is missing that is told below. **no**: neither. **later**, with the part that it
belongs to; **retired**: the national services do it no more.

"""
MISSING_HEAD = """
## What is missing

In the parts that are built, what matters most first.

"""
TRANSACTIONS_HEAD = """
## Transactions of the DMP

The numbers are those of the integration guide. Retired transactions answer as the service does
today: TD1.1 with a refusal of the rights service, the others with the fault
`wsa:ActionNotSupported`, whose words say what replaced them.
"""
QUERIES_HEAD = """
## Stored queries (ITI-18, ITI-51)

A query is done when the registry selects by it; it then takes every parameter of its line. Those
over several patients are of profile `ihe` alone.
"""
RULES_HEAD = """
## Rules of the integration guide

Rules about a user's software are met by the establishment wing, others by the record itself.
"""
RNIV_HEAD = """
## Rules of the RNIV on software

The code writes them as the RNIV does, `EXI SI 07 to 09`.
"""
REQUIREMENTS_HEAD = """
## Requirements

What the field asks of the ecosystem, numbered here.
"""


@dataclass(frozen=True)
class Transaction:
    """A transaction: the service that answers, the action, and the reason or the retired element.

    `path` is empty for what is not a service of its own.
    """

    id: str
    title: str
    path: str = ""
    action: str = ""
    reason: Reason | None = None
    retired: str = ""


def _dmp(name: str) -> str:
    return next(one.action for one in OPERATIONS if one.name == name)


ASK = patient_query.ACTION
CHANGE = registration.registration.action("PRPA_IN201314UV02")
CREATE = registration.registration.action("PRPA_IN201311UV02")

TRANSACTIONS = (
    Transaction("TD0.0", "Identity from the carte Vitale", retired="identityCertification"),
    Transaction("TD0.1", "Authentication: mutual TLS and VIHF"),
    Transaction("TD0.2", "Existence and authorisation", "patients", ASK, Reason.TEST_EXST),
    Transaction("TD0.3", "Authorise oneself", "habilitations", _dmp("setAuthorization")),
    Transaction("TD0.4", "List of the records", "patientsSpecific", _dmp("patientList")),
    Transaction("TD0.5", "Find a patient by traits", "patientsPDQ", td05.ACTION),
    Transaction("TD0.9", "Contextual Web-PS, card"),
    Transaction("TD0.10", "Contextual Web-PS, AIR"),
    Transaction("TD1.1", "Create a record", "patients", CREATE, Reason.CREA_RD),
    Transaction("TD1.2", "Reactivate a record", "patients", CHANGE, Reason.REAC),
    Transaction("TD1.3a", "Read administrative data", "patients", ASK, Reason.CNSLT_DATA),
    Transaction("TD1.3b", "Change administrative data", "patients", CHANGE, Reason.MODIF_DATA),
    Transaction("TD1.4", "Close a record", "patients", CHANGE, Reason.FERM),
    Transaction("TD1.5", "Internet account of the patient", retired="createPatientAccess"),
    Transaction(
        "TD1.6",
        "List of the professionals",
        "habilitations",
        _dmp("listAuthorizationByPatient"),
    ),
    Transaction("TD2.1", "Feed", "repository", iti41.ACTION),
    Transaction("TD2.2", "Feed, secretary of a practice", "repository", iti41.ACTION),
    Transaction("TD3.1", "Search", "registry", iti18.ACTION),
    Transaction("TD3.2", "Retrieve", "repository", iti43.ACTION),
    Transaction("TD3.3a", "Mask, unmask", "registry", iti57.ACTION),
    Transaction("TD3.3b", "Make visible", "registry", iti57.ACTION),
    Transaction("TD3.3c", "Delete", "registry", iti57.ACTION),
    Transaction("TD3.3d", "Archive, unarchive", "registry", iti57.ACTION),
)


def page() -> str:
    """The whole page."""
    tables = (
        (
            TRANSACTIONS_HEAD,
            ("", "", "answered at", "state", "where"),
            [transaction_row(one) for one in TRANSACTIONS],
        ),
        (QUERIES_HEAD, ("query", "parameters", "state", "where"), list(query_rows())),
        (RULES_HEAD, ("id", "asks", "state", "where"), list(cited_rows("EX_", "REC_"))),
        (RNIV_HEAD, ("id", "asks", "state", "where"), list(cited_rows("EXI_SI_", "RECO_SI_"))),
        (REQUIREMENTS_HEAD, ("id", "asks", "state", "where"), list(cited_rows("R-"))),
    )
    return "".join(
        (
            HEAD,
            *(counted(head, rows) for head, _columns, rows in tables),
            MISSING_HEAD,
            *missing_lines(),
            *(part for head, columns, rows in tables for part in (head, table(columns, rows))),
        )
    )


def counted(head: str, rows: Sequence[Sequence[str]]) -> str:
    """How many lines of a table have each state."""
    title = head.strip().splitlines()[0].removeprefix("## ")
    states = Counter(row[-2].partition(":")[0] for row in rows)
    told = ", ".join(f"{states[one]} {one}" for one in STATES if states[one])
    return f"- {title}: {told}\n"


def missing_lines() -> Iterator[str]:
    """What is missing, then what nothing cites and nobody says a word of."""
    said = elsewhere.missing()
    asked = dict(requirements())
    for line, what in elsewhere.MISSING:
        named = [id_ for id_ in elsewhere.ids(line) if id_ in asked]
        yield f"- {what} ({', '.join(named)})\n"
    for id_, asks in asked.items():
        if id_ not in said and state_of(id_) == "no":
            yield f"- {asks} ({id_})\n"


def transaction_row(one: Transaction) -> Sequence[str]:
    """A transaction: done when its operation is served, or when it has none and the code cites it.

    A reason of a message is served when the door has an answer or a deed for it.
    """
    code, tests = cited("code", one.id), cited("tests", one.id)
    if one.retired:
        done = one.retired in RETIRED
        answered = "retired"
    elif one.path:
        reasons = patients.QUESTIONS.keys() | registration.DEEDS.keys()
        done = one.action in served()[one.path] and (one.reason is None or one.reason in reasons)
        answered = f"`{one.path}`"
    else:
        done, answered = bool(code), ""
    return one.id, one.title, answered, state(done and bool(code), bool(tests)), places(code, tests)


@cache
def served() -> dict[str, frozenset[str]]:
    """The actions that each service answers, by the last part of its address."""
    return {
        str(pattern.pattern).removeprefix(f"{BASE}/"): frozenset(
            action
            for operation in getattr(pattern.callback, "operations", ())
            for action in (operation.action, *operation.also)
        )
        for pattern in urlpatterns
    }


def query_rows() -> Iterator[Sequence[str]]:
    """Each query of the standard's table."""
    for definition in QUERIES:
        parameters = ", ".join(
            f"`{one.name}`{' (required)' if one.required else ''}" for one in definition.parameters
        )
        names = (str(definition.name), f"QueryName.{definition.name.name}")
        tests = sorted({place for name in names for place in cited("tests", name)})
        done = definition.name in {*SELECTIONS, *DOCUMENT_QUERIES, *OF_ONE_PATIENT}
        yield definition.name, parameters, state(done, bool(tests)), places(tests)


def cited_rows(*prefixes: str) -> Iterator[Sequence[str]]:
    """Every requirement whose id begins with one of the prefixes."""
    for id_, asks in requirements():
        if id_.startswith(prefixes):
            code, tests = cited("code", id_), cited("tests", id_)
            yield id_, asks, state_of(id_), places(code, tests)


def state_of(id_: str) -> str:
    """The state of a requirement: by who cites it, unless something is missing or it is later."""
    code, tests = bool(cited("code", id_)), bool(cited("tests", id_))
    if id_ in elsewhere.missing():
        return "partial" if code or tests else "no"
    if code and tests:
        return "yes"
    return elsewhere.words().get(id_, state(code, tests))


def requirements() -> Iterator[tuple[str, str]]:
    """Id and words of each, in the order of `requirements.tsv`."""
    for line in (ROOT / "docs" / "requirements.tsv").read_text("utf-8").splitlines()[2:]:
        id_, asks = line.split("\t")
        yield id_, asks


#: In the order of the counts.
STATES = ("yes", "partial", "no", "later", "retired", "not here", "not software")


def state(done: bool, shown: bool) -> str:
    """yes, partial or no."""
    return ("no", "partial", "yes")[done + shown]


def places(*found: Sequence[str]) -> str:
    """The first files of each list."""
    return ", ".join(f"`{place}`" for each in found for place in each[:MOST_PLACES])


def cited(where: str, id_: str) -> Sequence[str]:
    """The files of the code, or of the tests, that name this id, whole."""
    family, _, number = id_.rpartition("_")
    if family in ("EXI_SI", "RECO_SI"):
        return [name for name, text in files(where) if int(number) in of_rniv(family, text)]
    pattern = re.compile(rf"(?<![\w.-]){re.escape(id_)}(?![\w-]|\.\d)")
    if re.fullmatch(r"TD\d\.\d+", id_):
        # TD3.1a is a part of TD3.1; TD0.10 is not one of TD0.1.
        pattern = re.compile(rf"(?<![\w.-]){re.escape(id_)}(?!\d)")
    return [name for name, text in files(where) if id_ in text and pattern.search(text)]


@cache
def of_rniv(family: str, text: str) -> frozenset[int]:
    """The numbers that a text names of a family of rules: `EXI SI 06, 12 to 14 and 32`."""
    words = re.escape(family.replace("_", " ")).replace(r"\ ", r"\s+")
    found: set[int] = set()
    for line in re.findall(rf"{words}\s+(\d\d(?:(?:,\s+|\s+and\s+|\s+to\s+)\d\d)*)", text):
        for part in re.split(r",\s+|\s+and\s+", line):
            first, *last = map(int, re.split(r"\s+to\s+", part))
            found.update(range(first, (last or [first])[-1] + 1))
    return frozenset(found)


@cache
def files(where: str) -> Sequence[tuple[str, str]]:
    """The files that may cite: path from the root, and text."""
    return [
        (str(path.relative_to(ROOT)), path.read_text("utf-8"))
        for path in sorted(FOLDERS[where].rglob("*"))
        if path.suffix in SUFFIXES and "migrations" not in path.parts
    ]
