"""The rules of "structuration minimale" (spec dmp §5.1, §5.2), as tables, and the one loop.

The tables are in `tables/`, one file per part of the document; a rule is added there and nowhere
else. They follow volet "structuration minimale des documents de santé" 1.16 and the schematron
that ANS publishes with it; a warning is what that schematron lets pass, but a registry or a reader
may not. Requirements: EX_2.1-1071, REC_2.1-1080, R-067, R-068.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from carnet.standards.cda.document import NAMESPACES, CdaError, Document, load, place_of
from carnet.standards.cda.validation.rule import Finding, Rule
from carnet.standards.cda.validation.tables import body, care, document, patient, people

__all__ = ["MAX_PLACES", "RULES", "UNREADABLE", "Finding", "Rule", "validate"]

RULES: Final[tuple[Rule, ...]] = (
    *document.RULES,
    *patient.RULES,
    *people.RULES,
    *care.RULES,
    *body.RULES,
)

#: Places told of one rule: enough to repair, and a hostile file does not make a huge report.
MAX_PLACES: Final = 20

#: What is said of a file that is not even a document, by code of `CdaError`.
UNREADABLE: Final = {
    "not_xml": (
        "Le fichier n'est pas un document XML lisible.",
        "Transmettre un document XML bien formé, sans déclaration DOCTYPE.",
    ),
    "not_cda": (
        "Le fichier ne contient pas de document CDA R2.",
        "Transmettre un élément ClinicalDocument de l'espace de noms urn:hl7-org:v3.",
    ),
    "ambiguous": (
        "Le fichier contient plusieurs documents CDA.",
        "Transmettre un seul ClinicalDocument par fichier.",
    ),
}


def validate(source: bytes | Document) -> tuple[Finding, ...]:
    """What is wrong in a document, in the order of the tables; nothing when it may be shared.

    A file that cannot be read gives one finding; nothing is raised.
    """
    try:
        root = load(source).root
    except CdaError as error:
        problem, remedy = UNREADABLE[error.code]
        return (Finding(f"cda-{error.code.replace('_', '-')}", error.place, problem, remedy),)
    # Many rules look at the same places: each is looked up once.
    contexts = {path: _nodes(xpath, root) for path, xpath in _CONTEXTS.items()}
    return tuple(
        Finding(rule.id, place_of(node), rule.problem, rule.remedy, rule.severity)
        for rule, element in _COMPILED
        if (starts := contexts[rule.context])
        for node in _broken_in(starts, rule, element)
    )


def _broken_in(
    starts: list[etree._Element], rule: Rule, element: etree.XPath
) -> list[etree._Element]:
    """The first `MAX_PLACES` places where the rule is broken."""
    found: list[etree._Element] = []
    low, high = rule.bounds
    for start in starts:
        elements = _nodes(element, start)
        said = [e for e in elements if e.get("nullFlavor") is None] if elements else elements
        counted = elements if rule.null else said
        if len(counted) < low:
            found.append(start)
        elif len(counted) > high:
            found += counted[int(high) :]
        elif said and rule.check:
            found += [e for e in said if not rule.check(e)]
        if len(found) >= MAX_PLACES:
            break
    return found[:MAX_PLACES]


def _nodes(xpath: etree.XPath, start: etree._Element) -> list[etree._Element]:
    found = xpath(start)
    return found if isinstance(found, list) else []


def _compiled(path: str) -> etree.XPath:
    # EXSLT's regular expressions are not made ready at each look-up: no rule has one.
    return etree.XPath(path, namespaces=NAMESPACES, regexp=False)


_CONTEXTS: Final = {rule.context: _compiled(rule.context) for rule in RULES}
_COMPILED: Final = tuple((rule, _compiled(rule.element)) for rule in RULES)
