"""The chain of a decision, step by step, for those to whom it must be explained: a table."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from carnet.national.record.rules.model import Decision, Reason

Outcome = Literal["passed", "refused", "not_reached"]


class Step(NamedTuple):
    """One link: what was looked at, and whether it let the caller go on."""

    name: str
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()


#: In the order of the decision, with the reasons that each may give.
CHAIN: Final[tuple[tuple[str, frozenset[Reason]], ...]] = (
    ("identity", frozenset({Reason.UNKNOWN_CALLER, Reason.NOT_THE_CALLER})),
    ("record", frozenset({Reason.RECORD_CLOSED, Reason.LINKED_TO_MES})),
    ("block", frozenset({Reason.BLOCKED})),
    ("emergency", frozenset({Reason.EMERGENCY_OPPOSED})),
    (
        "consent",
        frozenset(
            {
                Reason.NOT_AUTHORISED,
                Reason.AUTHORISATION_EXPIRED,
                Reason.NO_INITIAL_CONSENT,
                Reason.TEAM_REFUSED,
            }
        ),
    ),
    (
        "role",
        frozenset({Reason.NO_RIGHT, Reason.NOT_OWN, Reason.OCCUPATIONAL, Reason.OTHER_STRUCTURE}),
    ),
    ("matrix", frozenset({Reason.OUTSIDE_MATRIX})),
    (
        "confidentiality",
        frozenset(
            {
                Reason.MASKED,
                Reason.INVISIBLE_PATIENT,
                Reason.INVISIBLE_REPRESENTATIVES,
                Reason.SECRET_CONNECTION,
                Reason.NOT_A_MINOR,
            }
        ),
    ),
    ("state", frozenset({Reason.ARCHIVED, Reason.OBSOLETE, Reason.DELETED})),
)
#: Steps after which nothing more is looked at; the others are looked at together.
_GATES: Final = frozenset({"identity", "record", "block", "emergency", "consent"})


def steps(decision: Decision) -> tuple[Step, ...]:
    """The chain as this decision went through it."""
    found: list[Step] = []
    stopped = False
    for name, reasons in CHAIN:
        refused = tuple(each for each in decision.reasons if each in reasons)
        outcome: Outcome = "refused" if refused else "not_reached" if stopped else "passed"
        found.append(Step(name, outcome, refused))
        stopped = stopped or (bool(refused) and name in _GATES)
    return tuple(found)
