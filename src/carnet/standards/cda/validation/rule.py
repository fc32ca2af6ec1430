"""What a rule of a CDA document is, and what it finds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

Severity = Literal["error", "warning"]
#: Whether an element is right; it is given only elements without nullFlavor.
Check = Callable[[etree._Element], bool]


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that a document breaks: where, what is wrong, what to do (in French)."""

    rule: str
    place: str  #: XPath and line; empty when the file could not be read at all
    problem: str
    remedy: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Rule:
    """In each `context`, `element` is there `cardinality` times and each one passes `check`.

    Both are XPath expressions (prefixes of `document.NAMESPACES`): `context` from the
    ClinicalDocument, or absolute to speak of the file; `element` from the context. An element with
    a nullFlavor counts only when `null` says so, and is never checked.
    """

    id: str
    context: str
    element: str
    cardinality: str  #: `0..0`, `1..1`, `0..*`…
    problem: str
    remedy: str
    check: Check | None = None
    null: bool = False
    severity: Severity = "error"

    #: Least and greatest number of elements, read from the cardinality once.
    bounds: tuple[int, float] = field(init=False)

    def __post_init__(self) -> None:
        low, high = self.cardinality.split("..")
        object.__setattr__(self, "bounds", (int(low), math.inf if high == "*" else int(high)))
