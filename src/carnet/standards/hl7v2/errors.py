"""What is wrong with a message, as an acknowledgement says it.

A `Problem` becomes one ERR segment: place (ERR-2), HL7 condition (ERR-3, table 0357), severity
(ERR-4), application condition (ERR-5, table 0533) and a French sentence that says what to do
(ERR-8). Source: spec identity §5.10, CISIS_CDA_HL7_V2. Sentences never repeat a patient's data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Condition(StrEnum):
    """Message error condition codes (HL7 table 0357)."""

    SEGMENT_SEQUENCE = "100"
    REQUIRED_FIELD_MISSING = "101"
    DATA_TYPE = "102"
    TABLE_VALUE_NOT_FOUND = "103"
    CARDINALITY = "198"
    OTHER = "199"
    UNSUPPORTED_MESSAGE_TYPE = "200"
    UNSUPPORTED_EVENT = "201"
    UNSUPPORTED_PROCESSING = "202"
    UNSUPPORTED_VERSION = "203"
    APPLICATION = "207"


class Business(StrEnum):
    """Application error codes of the volet CDA-HL7 (table 0533)."""

    NOT_LATEST_VERSION = "900"
    AUTHOR_NOT_ALLOWED = "901"
    PATIENT_UNKNOWN = "902"
    INS_ABSENT = "903"
    INS_DIFFERENT = "904"
    INS_INCOMPLETE = "905"
    OTHER = "906"


#: Labels as the volet publishes them (ERR-3.2, ERR-5.2).
LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Condition.SEGMENT_SEQUENCE: "Segment sequence error",
        Condition.REQUIRED_FIELD_MISSING: "Required field missing",
        Condition.DATA_TYPE: "Data type error",
        Condition.TABLE_VALUE_NOT_FOUND: "Table value not found",
        Condition.CARDINALITY: "Non-conformant cardinality",
        Condition.OTHER: "Other HL7 Error",
        Condition.UNSUPPORTED_MESSAGE_TYPE: "Unsupported message type",
        Condition.UNSUPPORTED_EVENT: "Unsupported event code",
        Condition.UNSUPPORTED_PROCESSING: "Unsupported processing",
        Condition.UNSUPPORTED_VERSION: "Unsupported version",
        Condition.APPLICATION: "Application error",
        Business.NOT_LATEST_VERSION: (
            "Version du document incorrecte lors d'une demande de remplacement/suppression"
        ),
        Business.AUTHOR_NOT_ALLOWED: ("Auteur non autorisé à remplacer ou supprimer un document"),
        Business.PATIENT_UNKNOWN: "Identifiant patient inconnu",
        Business.INS_ABSENT: "INS non présent dans le document",
        Business.INS_DIFFERENT: (
            "L'INS transmis ne correspond pas exactement à celui stocké dans la base "
            "du consommateur"
        ),
        Business.INS_INCOMPLETE: "L'INS transmis n'est pas complet",
        Business.OTHER: "Erreur 'Autre'",
    }
)


class Severity(StrEnum):
    """Error severity (HL7 table 0516)."""

    ERROR = "E"
    WARNING = "W"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `place` is an ERL, `PID^1^5`: segment, its rank, field…"""

    code: Condition
    place: str
    reason: str  #: French, what is wrong and what to do
    application: Business | None = None
    severity: Severity = Severity.ERROR

    @property
    def ack(self) -> str:
        """AR when the message is of a kind that is not taken here, or cannot be for now; else AE.

        Conditions 200 to 207 are rejections, except a business error, which a resend cannot cure.
        """
        return "AR" if self.code >= "200" and self.application is None else "AE"


class Hl7Error(Exception):
    """A message is refused; `problems` says why, for the ERR segments of its acknowledgement."""

    def __init__(
        self,
        code: Condition,
        place: str,
        reason: str,
        application: Business | None = None,
    ) -> None:
        super().__init__(f"{code} {place}: {reason}")
        self.problems: tuple[Problem, ...] = (Problem(code, place, reason, application),)

    @property
    def code(self) -> Condition:
        """ERR-3 of the first problem."""
        return self.problems[0].code

    @property
    def place(self) -> str:
        """ERR-2 of the first problem."""
        return self.problems[0].place

    @property
    def reason(self) -> str:
        """ERR-8 of the first problem."""
        return self.problems[0].reason

    @property
    def application(self) -> Business | None:
        """ERR-5 of the first problem that has one."""
        return next((p.application for p in self.problems if p.application), None)

    @property
    def ack(self) -> str:
        """MSA-1: AR when any problem is a rejection, else AE."""
        return "AR" if any(problem.ack == "AR" for problem in self.problems) else "AE"


class Hl7Errors(Hl7Error):  # noqa: N818 - several of the former
    """Several problems at once; at least one."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        super().__init__(first.code, first.place, first.reason, first.application)
        self.problems = problems


def erl(segment: str, field: int = 0, *, rank: int = 1, repetition: int = 0, part: int = 0) -> str:
    """An error location (HL7 ERL): `PID^1^5`, `PID^1^3^2^4`; numbers start at 1."""
    numbers = [rank, field, repetition, part]
    if part and not repetition:
        numbers[2] = 1
    while numbers and not numbers[-1]:
        numbers.pop()
    return "^".join([segment, *map(str, numbers)])
