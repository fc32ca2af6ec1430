"""The rules of "structuration minimale" (spec dmp §5.1, §5.2), as tables, and the one loop.

The tables are in `tables/`, one file per part of the document; a rule is added there and nowhere
else. They follow volet "structuration minimale des documents de santé" 1.16 and the schematron
that ANS publishes with it; a warning is what that schematron lets pass, but a registry or a reader
may not. Requirements: EX_2.1-1071, REC_2.1-1080, R-067, R-068.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
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
        for node in islice(_broken_in(contexts[rule.context], rule, element), MAX_PLACES)
    )


def _broken_in(
    starts: Iterable[etree._Element], rule: Rule, element: etree.XPath
) -> Iterator[etree._Element]:
    for start in starts:
        yield from _broken(rule, start, _nodes(element, start))


def _broken(
    rule: Rule, context: etree._Element, elements: list[etree._Element]
) -> list[etree._Element]:
    said = [e for e in elements if e.get("nullFlavor") is None]
    counted = elements if rule.null else said
    low, high = rule.bounds
    if len(counted) < low:
        return [context]
    if len(counted) > high:
        return counted[int(high) :]
    check = rule.check
    return [e for e in said if not check(e)] if check else []


def _nodes(xpath: etree.XPath, start: etree._Element) -> list[etree._Element]:
    found = xpath(start)
    return found if isinstance(found, list) else []


_CONTEXTS: Final = {
    rule.context: etree.XPath(rule.context, namespaces=NAMESPACES) for rule in RULES
}
_COMPILED: Final = tuple((rule, etree.XPath(rule.element, namespaces=NAMESPACES)) for rule in RULES)
