"""What a person must see of an answer before accepting it for a local identity.

Source: RNIV 1 EXI SI 06, 12, 28, 29, 31, 32, EXI PP 20, §4.5.4 (spec identity §1.4, §1.11).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from carnet.standards.ids import INS_NIA, IdentifierError, Ins
from carnet.standards.ins.comparison import Difference, compare, qualification_allowed
from carnet.standards.ins.insi.results import Individual
from carnet.standards.ins.status import StatusEvent
from carnet.standards.ins.traits import UNKNOWN_PLACE, Traits


class Notice(StrEnum):
    """What else to tell, that does not forbid to accept."""

    WRONG_KEY = "wrong_key"  #: INSi gave a matricule whose key is wrong: it is kept
    NIA = "nia"  #: a number that waits, to verify at each visit
    MATRICULE_CHANGED = "matricule_changed"  #: the local matricule is an old one of the person
    MATRICULE_UNRELATED = "matricule_unrelated"  #: the local matricule is not one of the person
    FIRST_GIVEN_NAME_CHOSEN = "first_given_name_chosen"  #: from the list; to be confirmed
    BIRTH_DATE_INCOMPLETE = "birth_date_incomplete"
    BIRTH_DATE_LUNAR = "birth_date_lunar"
    BIRTH_PLACE_UNKNOWN = "birth_place_unknown"


@dataclass(frozen=True, slots=True)
class Review:
    """An answer beside a local identity: `ins` and `traits` are those of INSi.

    `traits` replace the strict traits of the identity once accepted (EXI SI 12). `differences` are
    shown one by one; `event` is what the status table is told of if the person accepts, and
    INSI_INCONSISTENT if a difference forbids it.
    """

    ins: Ins
    traits: Traits
    differences: tuple[Difference, ...]
    notices: tuple[Notice, ...]

    @property
    def acceptable(self) -> bool:
        """Whether no difference forbids to accept."""
        return qualification_allowed(self.differences)

    @property
    def event(self) -> StatusEvent:
        """What happens to the identity if the person accepts."""
        return StatusEvent.INSI_ACCEPTED if self.acceptable else StatusEvent.INSI_INCONSISTENT


def review(individual: Individual, local: Traits, *, known: Ins | None = None) -> Review:
    """Set an answer beside the `local` traits and the INS `known` until now.

    Raises `TraitError` or `IdentifierError` when the answer cannot make an identity: nothing of
    it may be accepted then, and the raw answer goes to who looks after identities.
    """
    ins = individual.active.ins
    traits = individual.traits.traits(first_given_name=local.first_given_name)
    replaced = known is not None and known != ins
    told = {
        Notice.WRONG_KEY: not ins.key_valid,
        Notice.NIA: ins.oid == INS_NIA,
        Notice.MATRICULE_CHANGED: replaced and known in _past(individual),
        Notice.MATRICULE_UNRELATED: replaced and known not in _past(individual),
        Notice.FIRST_GIVEN_NAME_CHOSEN: traits.first_given_name
        not in (local.first_given_name, individual.traits.first_given_name),
        Notice.BIRTH_DATE_INCOMPLETE: not traits.birth_date.complete,
        Notice.BIRTH_DATE_LUNAR: traits.birth_date.lunar,
        Notice.BIRTH_PLACE_UNKNOWN: traits.birth_place in ("", UNKNOWN_PLACE),
    }
    return Review(
        ins,
        traits,
        compare(local, traits),
        tuple(notice for notice, true in told.items() if true),
    )


def _past(individual: Individual) -> tuple[Ins, ...]:
    """The former INS; one that is no INS (an old INS-C) is nobody's current matricule."""
    found = []
    for identifier in individual.history:
        try:
            found.append(identifier.ins)
        except IdentifierError:
            continue
    return tuple(found)
