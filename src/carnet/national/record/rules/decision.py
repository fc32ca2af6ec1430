"""The decision: what closes the record, the consent that the act needs, each row called for.

decide(actor, act, patient, record, document)
    = decide_as(standing(actor, patient, record), act, document)

The second function is given nothing else: the tests try every standing, act and document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from carnet.national.journal.actors import Actor
from carnet.national.record.rules.model import (
    Act,
    Decision,
    DocumentFacts,
    Ground,
    Reason,
    RecordFacts,
)
from carnet.national.record.rules.rights import OCCUPATIONAL, Right, rights
from carnet.national.record.rules.standing import CITIZENS, Standing, standing
from carnet.standards.xds.metadata import Status

#: What a document may be that a row of the table is about.
FACETS: Final[tuple[tuple[str, Reason, Callable[[DocumentFacts], bool]], ...]] = (
    ("unlisted", Reason.OUTSIDE_MATRIX, lambda d: not d.listed),
    ("masked", Reason.MASKED, lambda d: d.masked),
    ("invisible_patient", Reason.INVISIBLE_PATIENT, lambda d: d.invisible_patient),
    (
        "invisible_representatives",
        Reason.INVISIBLE_REPRESENTATIVES,
        lambda d: d.invisible_representatives,
    ),
    ("archived", Reason.ARCHIVED, lambda d: d.status is Status.ARCHIVED),
    ("obsolete", Reason.OBSOLETE, lambda d: d.status is Status.DEPRECATED),
    ("deleted", Reason.DELETED, lambda d: d.status is Status.DELETED),
)
#: Acts on a document that who asks must be able to find first.
_ON_FOUND: Final = frozenset(
    {
        *(Act.MASK, Act.UNMASK, Act.REVEAL, Act.CONCEAL, Act.DISCLOSE),
        *(Act.ARCHIVE, Act.UNARCHIVE),
    }
)
_CONSULTING: Final = _ON_FOUND | {Act.SEARCH, Act.LOOK_UP, Act.READ}


def decide(
    actor: Actor,
    act: Act,
    patient_id: UUID,
    record: RecordFacts,
    document: DocumentFacts | None = None,
) -> Decision:
    """Whether `actor` may do `act` on this patient's record, or on one of its documents.

    Without `document` the question is about the record: a yes there does not open any document.
    """
    return decide_as(standing(actor, patient_id, record), act, document)


def decide_as(caller: Standing, act: Act, document: DocumentFacts | None = None) -> Decision:
    """The decision for whoever stands there before the record."""
    gate = _gate(caller, act, document)
    if gate:
        return Decision(False, (gate,))
    reasons = _refusals(caller, act, document)
    if reasons:
        return Decision(False, tuple(reasons))
    return Decision(True, grounds=(_ground(caller, act, document),))


def _gate(caller: Standing, act: Act, document: DocumentFacts | None) -> Reason | None:
    """What refuses alone, before any row is asked (spec dmp §4.4, 8 to 11)."""
    if caller.column not in rights():
        return Reason.OCCUPATIONAL if OCCUPATIONAL in caller.column else Reason.UNKNOWN_CALLER
    if caller.closed and act is not Act.EXISTENCE:
        return caller.closed
    if isinstance(caller.consent, Reason) and _needs_consent(act, document):
        return caller.consent
    return None


def _needs_consent(act: Act, document: DocumentFacts | None) -> bool:
    """To consult, and to act on what others wrote (spec dmp §6.2)."""
    own = document is not None and document.own
    if act is Act.LOOK_UP:
        return document is not None and not own
    return act in (Act.SEARCH, Act.READ) or (act in _ON_FOUND and not own)


def _refusals(caller: Standing, act: Act, document: DocumentFacts | None) -> list[Reason]:
    """What says no: the row of the act, a secret connection, the rows of what the document is."""
    cells = rights()[caller.column]
    base = ""
    if document is not None and document.from_patient and (act, "from_patient") in cells:
        base = "from_patient"
    right = cells[act, base]
    reasons = []
    if not _granted(right, caller, document):
        reasons.append(_no(caller, right))
    if caller.secret and act in (Act.FEED, Act.FEED_FOR):
        reasons += _secret(caller, document)
    if document is not None:
        for facet, reason, holds in FACETS:
            if not holds(document):
                continue
            cell = cells.get((act, facet))
            if cell is None and act in _ON_FOUND:
                cell = cells.get((Act.SEARCH, facet))
            if cell is not None and not _granted(cell, caller, document):
                reasons.append(reason)
    return reasons


def _granted(right: Right, caller: Standing, document: DocumentFacts | None) -> bool:
    """Whether a cell says yes. About a record, `OWN` says that there may be such documents."""
    match right:
        case Right.YES:
            return True
        case Right.OWN:
            return document is None or document.own
        case Right.DEPOSITED:
            return document is None or document.own or document.kin
        case Right.IF_ALLOWED:
            deposited = document is not None and (document.own or document.kin)
            return caller.masked_open or deposited
        case Right.NO:
            return False


def _no(caller: Standing, right: Right) -> Reason:
    if right is Right.OWN:
        return Reason.NOT_OWN
    return Reason.OCCUPATIONAL if OCCUPATIONAL in caller.column else Reason.NO_RIGHT


def _secret(caller: Standing, document: DocumentFacts | None) -> list[Reason]:
    """EX_0.1-1100: a secret connection, of a minor, deposits what representatives do not see."""
    if caller.adult:
        return [Reason.NOT_A_MINOR]
    hidden = document is None or document.invisible_representatives
    return [] if hidden else [Reason.SECRET_CONNECTION]


def _ground(caller: Standing, act: Act, document: DocumentFacts | None) -> Ground:
    if act not in _CONSULTING and caller.column not in CITIZENS:
        return Ground.FUNCTION
    if isinstance(caller.consent, Ground):
        return caller.consent
    return Ground.OWN_DOCUMENT if document is not None else Ground.FUNCTION
