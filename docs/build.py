"""Writes the reference pages that are made from the code; `--check` only says which are stale.

python docs/build.py [--check]
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ["LC_ALL"] = "C"  # before the imports: the sentences of `carnet.ops` in French

import django
import insi_population
from tables import table

from carnet.ops.validate import documents, remedies
from carnet.ops.validate.hl7v2 import ACKNOWLEDGEMENT
from carnet.standards import dsg, nos
from carnet.standards.cda.validation import UNREADABLE
from carnet.standards.cda.validation.rule import Rule as CdaRule
from carnet.standards.cda.validation.tables import (
    body,
    care,
    document,
    patient,
    people,
)
from carnet.standards.hl7v2 import rules as hl7v2
from carnet.standards.hl7v2.errors import Condition
from carnet.standards.hl7v2.flags import LEAKS
from carnet.standards.mss import whitelist, xdm
from carnet.standards.vihf import errors as vihf
from carnet.standards.xds import rules as xds
from carnet.standards.xds.rules.attributes import Demand

REFERENCE = Path(__file__).parent / "reference"

RULES_HEAD = """\
# Rules checked

Made from the tables of the code by `python docs/build.py`: do not edit.

The tables of rules that Carnet applies to a document, a submission or a message, under the ids that
`carnet validate` prints. The same tables judge what the services receive. What no table can say (a
base64 that is cut, an action told in two ways) is told with the same ids of field and condition, or
with the error of the standard. Sentences are in French, as a user reads them. A *requirement* is a
section of the specification: `dmp`, `mssante` and `identity` are the parts of Carnet's own digest
of the CI-SIS, the DMP guides, the MSSanté references and the RNIV; `EX_…` and `ECO.…` are published
requirement numbers.
"""
CDA_HEAD = """
## CDA documents

`carnet.standards.cda.validation`: volet *structuration minimale des documents de santé* 1.16. An
error breaks the volet; a warning is what its published check lets pass, but a registry or a reader
may not.
"""
XDS_HEAD = """
## XDS metadata

`carnet.standards.xds.rules`: attributes, then relations between the objects of one submission.
*DMP* is what a submission to the DMP must have, *DMP update* a change of status (ITI-57), *IHE*
what any XDS.b submission must have (ITI-41), *IHE registration* what a repository adds (ITI-42).
"""
_PROFILES = {
    xds.FR_DMP: "DMP",
    xds.FR_UPDATE: "DMP update",
    xds.IHE: "IHE",
    xds.IHE_REGISTRATION: "IHE registration",
}

HL7_HEAD = """
## HL7 v2 messages

`carnet.standards.hl7v2.rules`. The id is the field and the condition of ERR-3 (table 0357): 100
segment missing, 101 required field missing, 102 data type, 103 value not in its table, 198 not
allowed here, 202 and 203 processing mode and version. A warning goes with AA.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or say which are stale; the exit code."""
    parser = argparse.ArgumentParser(prog="docs/build.py")
    parser.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    check = parser.parse_args(arguments).check
    stale = False
    pages = {
        "rules.md": rules_page(),
        "coverage.md": _coverage_page(),
        "insi-population.md": insi_population.page(),
    }
    for name, text in pages.items():
        page = REFERENCE / name
        if check and not (page.exists() and page.read_text("utf-8") == text):
            print(f"docs/reference/{name} is stale: run python docs/build.py")
            stale = True
        elif not check:
            page.write_text(text, "utf-8")
    return int(stale)


def rules_page() -> str:
    """The page of every rule."""
    _use_django()
    import access

    return "".join((RULES_HEAD, *_cda(), *_xds(), *_hl7(), *_others(), *access.sections()))


def _coverage_page() -> str:
    """The page of what is covered; it reads the doors, which need the settings of all parts."""
    _use_django()
    import covered

    return covered.page()


def _use_django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    sys.path.append(str(Path(__file__).parents[1]))
    django.setup()


def _cda() -> Iterator[str]:
    yield CDA_HEAD
    yield table(
        ("rule", "", "what is wrong", "what to do", "requirement"),
        [
            (f"`cda-{code.replace('_', '-')}`", "error", problem, remedy, "dmp §5.1")
            for code, (problem, remedy) in UNREADABLE.items()
        ],
    )
    for module in (document, patient, people, care, body):
        yield f"\n### {_title(module.__doc__)}\n"
        yield table(
            ("rule", "", "what is wrong", "what to do", "requirement"),
            [_cda_row(rule) for rule in module.RULES],
        )


def _title(docstring: str | None) -> str:
    """`Rules of the body: level 1 content…` -> `The body: level 1 content…`, without source."""
    text = (docstring or "").splitlines()[0].removeprefix("Rules of ").partition(" (spec")[0]
    return text[0].upper() + text[1:]


def _cda_row(rule: CdaRule) -> tuple[str, ...]:
    requirement = documents.REQUIREMENTS[rule.id]
    return f"`{rule.id}`", rule.severity, rule.problem, rule.remedy, requirement


def _xds() -> Iterator[str]:
    yield XDS_HEAD
    yield table(
        ("rule", "DMP", "IHE", "IHE registration", "what to do", "requirement"),
        [
            (
                f"`{rule.name}`",
                _demand(rule.demands.get(xds.FR_DMP)),
                _demand(rule.demands.get(xds.IHE)),
                _demand(rule.demands.get(xds.IHE_REGISTRATION)),
                remedies.attribute_remedy(rule),
                rule.source,
            )
            for rule in xds.ATTRIBUTES
        ],
    )
    yield table(
        ("rule", "", "what is wrong", "error", "what to do", "requirement"),
        [
            (
                f"`{remedies.relation_id(rule.name)}`",
                ", ".join(sorted(_PROFILES[profile] for profile in rule.profiles)),
                rule.problem,
                rule.code,
                remedies.relation_remedy(rule.name),
                rule.source,
            )
            for rule in xds.RELATIONS
        ],
    )


def _demand(demand: Demand | None) -> str:
    if demand is None:
        return ""
    told = [demand.cardinality]
    if demand.form is not None:
        told.append(demand.form.expected)
    if demand.values:
        told.append(nos.value_set(demand.values).source.removesuffix(". Source: ANS, NOS"))
    return "; ".join(told)


def _hl7() -> Iterator[str]:
    yield HL7_HEAD
    for title, rules in (
        ("Identities and movements (ADT, IHE PAM France 2.11)", hl7v2.ADT),
        ("Documents (MDM, ORU, volet CDA-HL7 2.1)", hl7v2.DOCUMENT),
        ("Acknowledgements", ACKNOWLEDGEMENT),
    ):
        yield f"\n### {title}\n"
        yield table(
            ("rule", "", "field", "expected", "when", "requirement"),
            [row for rule in rules for row in _hl7_rows(rule)],
        )
    yield "\nNo document is mailed to those from whom it is hidden (`OBX-5/207`, mssante §7):\n\n"
    yield "".join(f"- {leak.reason}\n" for leak in LEAKS)


def _hl7_rows(rule: hl7v2.Rule) -> Iterator[tuple[str, ...]]:
    field = f"{rule.segment}-{rule.field}" if rule.field else rule.segment
    when = []
    if rule.events:
        when.append(", ".join(sorted(rule.events)))
    if rule.when is not None:
        path, values = rule.when
        when.append(f"{path} in {', '.join(sorted(values))}")

    def row(condition: Condition, severity: str, expected: str) -> tuple[str, ...]:
        rule_id = f"`{field}/{condition.value}`"
        return rule_id, severity, rule.label, expected, "; ".join(when), rule.source

    if rule.usage is hl7v2.Usage.FORBIDDEN:
        condition = Condition.CARDINALITY
        yield row(condition, "warning", "absent: it is told and ignored")
    elif rule.usage is not hl7v2.Usage.OPTIONAL:
        condition = Condition.REQUIRED_FIELD_MISSING if rule.field else Condition.SEGMENT_SEQUENCE
        severity = "error" if rule.usage is hl7v2.Usage.REQUIRED else "warning"
        yield row(condition, severity, "present")
    if rule.values:
        yield row(rule.condition, "error", ", ".join(sorted(rule.values)))
    if rule.timestamp:
        yield row(Condition.DATA_TYPE, "error", "AAAAMMJJhhmmss")


def _others() -> Iterator[str]:
    for title, head, messages in (
        ("XDM packages", "`carnet.standards.mss.xdm`: mssante §5.", _prefixed("xdm", xdm.MESSAGES)),
        (
            "VIHF",
            "`carnet.standards.vihf`: dmp §4. `carnet validate` reads an assertion and verifies "
            "neither its signature nor its certificate; the services do.",
            {str(code): text for code, text in vihf.MESSAGES.items()},
        ),
        (
            "Signature of a lot",
            "`carnet.standards.dsg`: dmp §3.8. `carnet validate` verifies the signature and "
            "compares it with the lot; whether its certificate is trusted, the record says.",
            _prefixed("dsg", {str(fault): text for fault, text in dsg.MESSAGES.items()}),
        ),
        (
            "White list",
            "`carnet.standards.mss.whitelist`: mssante §2.",
            _prefixed("whitelist", whitelist.MESSAGES),
        ),
    ):
        yield f"\n## {title}\n\n{head}\n"
        rows = [(f"`{code}`", text) for code, text in messages.items()]
        yield table(("rule", "what is wrong"), rows)


def _prefixed(prefix: str, messages: dict[str, str]) -> dict[str, str]:
    return {f"{prefix}-{code.replace('_', '-')}": text for code, text in messages.items()}


if __name__ == "__main__":
    sys.exit(main())
