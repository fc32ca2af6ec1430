"""The decision: the column of the caller, the gates of the record, each row that is called for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from carnet.national.journal.actors import Actor, Establishment, Professional
from carnet.national.record.rules.model import (
    Act,
    Authorisation,
    Decision,
    DocumentFacts,
    Ground,
    Reason,
    RecordFacts,
    Team,
)
from carnet.national.record.rules.policies import Consent
from carnet.national.record.rules.rights import Right, column_of, is_occupational, rights
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
#: What refuses an occupational physician because of what they are: no cell, or no column at all.
_OCCUPATIONAL: Final = {
    Reason.NO_RIGHT: Reason.OCCUPATIONAL,
    Reason.UNKNOWN_CALLER: Reason.OCCUPATIONAL,
}

_TEAMS: Final = {
    Team.STRUCTURE: Ground.TEAM_STRUCTURE,
    Team.RECOGNISED: Ground.TEAM_RECOGNISED,
    Team.ORGANISATION: Ground.TEAM_ORGANISATION,
}
_CITIZENS: Final = {
    "citoyen_titulaire": Ground.HOLDER,
    "citoyen_representant": Ground.REPRESENTATIVE,
    "citoyen_aidant": Ground.CARER,
    "citoyen_aidant_gestion": Ground.CARER,
}


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
    decision = decide_in(column_of(actor, patient_id, record), act, record, document)
    reasons = decision.reasons
    if reasons and is_occupational(actor):
        reasons = tuple(_OCCUPATIONAL.get(each, each) for each in reasons)
    if isinstance(actor, Professional | Establishment) and actor.secret_connection:
        refused = _secret(act, record, document)
        reasons += (refused,) if refused else ()
    return decision if reasons == decision.reasons else Decision(False, reasons)


def decide_in(
    column: str, act: Act, record: RecordFacts, document: DocumentFacts | None
) -> Decision:
    """The decision for a column of the table."""
    cells = rights().get(column)
    if cells is None:
        return Decision(False, (Reason.UNKNOWN_CALLER,))
    gate = closed(column, act, record, document)
    if gate:
        return Decision(False, (gate,))
    reasons: list[Reason] = []
    base = ""
    if document is not None and document.from_patient and (act, "from_patient") in cells:
        base = "from_patient"
    right = cells[act, base]
    if not granted(right, record, document):
        reasons.append(Reason.NOT_OWN if right is Right.OWN else Reason.NO_RIGHT)
    if document is not None:
        for facet, reason, holds in FACETS:
            if not holds(document):
                continue
            cell = cells.get((act, facet))
            if cell is None and act in _ON_FOUND:
                cell = cells.get((Act.SEARCH, facet))
            if cell is not None and not granted(cell, record, document):
                reasons.append(reason)
    if reasons:
        return Decision(False, tuple(reasons))
    return Decision(True, grounds=(_ground(column, act, record, document),))


def closed(
    column: str, act: Act, record: RecordFacts, document: DocumentFacts | None
) -> Reason | None:
    """What closes the record to this caller whatever the document (spec dmp §4.4, 8 to 11)."""
    if act is Act.EXISTENCE or column in _CITIZENS:
        return None
    if not record.active:
        return Reason.RECORD_CLOSED
    person = _is_person(column)
    if person and record.authorisation is Authorisation.BLOCKED:
        return Reason.BLOCKED
    if column.endswith("bris_de_glace") and record.opposes_bris_de_glace:
        return Reason.EMERGENCY_OPPOSED
    if column.endswith("centre15") and record.opposes_centre_15:
        return Reason.EMERGENCY_OPPOSED
    if not (person and column.endswith("_normal")):
        return None
    return _not_consented(record) if _needs_consent(act, document) else None


def _needs_consent(act: Act, document: DocumentFacts | None) -> bool:
    """To consult, and to act on what others wrote (spec dmp §6.2)."""
    own = document is not None and document.own
    if act is Act.LOOK_UP:
        return document is not None and not own
    return act in (Act.SEARCH, Act.READ) or (act in _ON_FOUND and not own)


def _not_consented(record: RecordFacts) -> Reason | None:
    """Why the holder's consent is missing to a person in normal mode, by the policy in force."""
    if record.authorisation is Authorisation.VALID:
        return None
    if _team(record) is Team.NONE:
        expired = record.authorisation is Authorisation.EXPIRED
        return Reason.AUTHORISATION_EXPIRED if expired else Reason.NOT_AUTHORISED
    if record.consent in record.policy.presumes:
        return None
    if record.consent is Consent.REFUSED:
        return Reason.TEAM_REFUSED
    return Reason.NO_INITIAL_CONSENT if record.policy.presumes else Reason.NOT_AUTHORISED


def _team(record: RecordFacts) -> Team:
    """A médecin traitant is recognised by the patient who declared them."""
    if record.team is Team.NONE and record.is_medecin_traitant:
        return Team.RECOGNISED
    return record.team


def granted(right: Right, record: RecordFacts, document: DocumentFacts | None) -> bool:
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
            return record.masked_in_emergency or deposited
        case _:
            return False


def _secret(act: Act, record: RecordFacts, document: DocumentFacts | None) -> Reason | None:
    """EX_0.1-1100: a secret connection, of a minor, deposits what representatives do not see."""
    if act not in (Act.FEED, Act.FEED_FOR):
        return None
    if record.is_adult:
        return Reason.NOT_A_MINOR
    hidden = document is None or document.invisible_representatives
    return None if hidden else Reason.SECRET_CONNECTION


def _ground(column: str, act: Act, record: RecordFacts, document: DocumentFacts | None) -> Ground:
    if column in _CITIZENS:
        return _CITIZENS[column]
    if act not in _CONSULTING:
        return Ground.FUNCTION
    if column.endswith("bris_de_glace"):
        return Ground.BRIS_DE_GLACE
    if column.endswith("centre15"):
        return Ground.CENTRE_15
    if record.authorisation is Authorisation.VALID:
        return Ground.AUTHORISED
    if _is_person(column) and _not_consented(record) is None:
        return _TEAMS[_team(record)]
    return Ground.OWN_DOCUMENT if document is not None else Ground.FUNCTION


def _is_person(column: str) -> bool:
    return column.startswith(("direct_", "AIR_"))
