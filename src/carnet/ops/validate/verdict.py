"""What is said of a file: its kind, and each rule that it breaks, by place and remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

_MATRICULE: Final = re.compile(r"(?<![0-9])([0-9]{3})[0-9]{3}[0-9ABab][0-9]{8}(?![0-9])")
_LONGEST_TEXT: Final = 600


class Kind(StrEnum):
    """What a file is."""

    CDA = "cda"
    XDM = "xdm"
    MAIL = "mail"
    SOAP = "soap"
    XDS = "xds"
    VIHF = "vihf"
    SIGNATURE = "signature"
    HL7 = "hl7v2"
    WHITELIST = "whitelist"
    UNKNOWN = "unknown"  #: cannot be read, or is none of these


class Severity(StrEnum):
    """An error is a requirement broken; a warning is what some readers let pass."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that is broken. `rule` is stable; `requirement` is a section of the specification.

    `remedy` is empty where `problem`, the sentence of a standard's own answer, says it.
    """

    rule: str
    place: str
    problem: str
    remedy: str = ""
    severity: Severity = Severity.ERROR
    requirement: str = ""

    def inside(self, place: str) -> Finding:
        """The same finding, about something that `place` holds."""
        return replace(self, place=f"{place} › {self.place}" if self.place else place)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a file is, in a few words, and what is wrong with it."""

    kind: Kind
    title: str
    findings: tuple[Finding, ...] = field(default=())

    def count(self, severity: Severity) -> int:
        """How many findings of that severity."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0 nothing worse than warnings, 1 errors, 2 not a file that can be judged."""
        if self.kind is Kind.UNKNOWN:
            return 2
        return 1 if self.count(Severity.ERROR) else 0


def shown(text: str) -> str:
    """`text` as it may be printed: no matricule, no control character, not endless.

    Texts of a file end up here: a terminal would obey some of their characters.
    """
    cut = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    masked = _MATRICULE.sub(r"\1…", cut)
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in masked)
