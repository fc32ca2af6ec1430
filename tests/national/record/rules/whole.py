"""The whole product, gone through once: where each caller stands in each situation, what they may.

A decision is decide_as(standing(actor, patient, record), act, document), and the oracle
may(tie(who, record), act, document). Every caller in every situation gives every pair of a
standing and a tie that can be; every standing is then tried on every act and every document. So
every caller, situation, act and document is covered, without billions of decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TypeVar

from carnet.national.journal.actors import Actor
from carnet.national.record.rules import Act, DocumentFacts
from carnet.national.record.rules.decision import decide_as
from carnet.national.record.rules.standing import Standing, standing
from tests.national.record.rules.oracle import Tie, may, tie, who
from tests.national.record.rules.people import CALLERS, DOCUMENTS, PATIENT, SITUATIONS

T = TypeVar("T")

#: Acts that are asked of one document too; the others are asked of a record alone.
ON_DOCUMENTS = (
    *(Act.FEED, Act.FEED_FOR, Act.SEARCH, Act.LOOK_UP, Act.READ, Act.MASK, Act.UNMASK),
    *(Act.REVEAL, Act.CONCEAL, Act.DISCLOSE, Act.ARCHIVE, Act.UNARCHIVE, Act.DELETE),
)
#: Every question: each act on the record, then each of these on each document.
QUESTIONS: tuple[tuple[Act, DocumentFacts | None], ...] = (
    *((act, None) for act in Act),
    *((act, document) for act in ON_DOCUMENTS for document in DOCUMENTS),
)


@cache
def stands() -> dict[Actor, list[Standing]]:
    """Where each caller stands, in the order of `SITUATIONS`."""
    return {actor: [standing(actor, PATIENT, record) for record in SITUATIONS] for actor in CALLERS}


def ties(actor: Actor) -> Iterable[Tie]:
    """The same, by the oracle."""
    known = {is_mt: who(actor, PATIENT, is_medecin_traitant=is_mt) for is_mt in (True, False)}
    secret = getattr(actor, "secret_connection", False)
    return (tie(known[each.is_medecin_traitant], each, secret=secret) for each in SITUATIONS)


@cache
def pairs() -> frozenset[tuple[Standing, Tie]]:
    """Every pair that can be."""
    return frozenset(
        pair for actor in CALLERS for pair in zip(stands()[actor], ties(actor), strict=True)
    )


#: The bit of each question in the number that says all answers.
BITS = {question: 1 << place for place, question in enumerate(reversed(QUESTIONS))}


def answers(ask: Callable[[Act, DocumentFacts | None], bool]) -> int:
    """What is answered to every one of `QUESTIONS`, as a number."""
    return int("".join("01"[ask(act, document)] for act, document in QUESTIONS), 2)


def expected(tied: Tie) -> int:
    """The answers of the oracle."""
    return answers(lambda act, document: may(tied, act, document))


@cache
def decided(caller: Standing) -> int:
    """The answers of the rules; no refusal without a reason, nor a yes without a ground."""

    def ask(act: Act, document: DocumentFacts | None) -> bool:
        decision = decide_as(caller, act, document)
        assert decision.allowed is bool(decision.grounds) is not bool(decision.reasons)
        return decision.allowed

    return answers(ask)
