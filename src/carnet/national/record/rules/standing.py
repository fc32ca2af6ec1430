"""Where a caller stands before a record: all that acts and documents are judged by.

Who calls, how and why, the state of the record, the block, the authorisation, the care team, the
consent and the law of the day come down to one small value. There are a few hundred of them, so
that every one is tried on every act and every document.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from carnet.national.journal.actors import Actor
from carnet.national.record.rules.model import Authorisation, Ground, Reason, RecordFacts, Team
from carnet.national.record.rules.policies import Consent
from carnet.national.record.rules.rights import column_of, rights

#: The columns of those whom nothing closes the record to, with what lets them in.
CITIZENS: Final = {
    "citoyen_titulaire": Ground.HOLDER,
    "citoyen_representant": Ground.REPRESENTATIVE,
    "citoyen_aidant": Ground.CARER,
    "citoyen_aidant_gestion": Ground.CARER,
}
_TEAMS: Final = {
    Team.STRUCTURE: Ground.TEAM_STRUCTURE,
    Team.RECOGNISED: Ground.TEAM_RECOGNISED,
    Team.ORGANISATION: Ground.TEAM_ORGANISATION,
}


class Standing(NamedTuple):
    """What a decision needs of the caller and of the situation.

    `column` is theirs in `rights.tsv`, or none of it. `consent` is what lets them consult, or why
    they may not; nothing for a system, which is asked for none.
    """

    column: str
    closed: Reason | None = None  #: what closes the record, whatever the document
    consent: Ground | Reason | None = None
    masked_open: bool = False  #: an emergency, in which the holder lets masked documents be read
    secret: bool = False  #: a secret connection
    adult: bool = False  #: the holder, where the connection is secret


def standing(actor: Actor, patient_id: UUID, record: RecordFacts) -> Standing:
    """Where this caller stands before this patient's record."""
    column = column_of(actor, patient_id, record)
    if column in CITIZENS:
        return Standing(column, consent=CITIZENS[column])
    if column not in rights():
        return Standing(column)
    person, emergency = _mode(column)
    closed = _closed(record, emergency, person=person)
    if closed:
        return Standing(column, closed)
    consent = emergency or (_consent(record) if person else None)
    masked_open = emergency is not None and record.masked_in_emergency
    if getattr(actor, "secret_connection", False):
        return Standing(column, None, consent, masked_open, True, bool(record.is_adult))
    return Standing(column, None, consent, masked_open)


@cache
def _mode(column: str) -> tuple[bool, Ground | None]:
    """Whether a person calls, and the emergency that stands for consent."""
    person = column.startswith(("direct_", "AIR_"))
    if column.endswith("bris_de_glace"):
        return person, Ground.BRIS_DE_GLACE
    return person, Ground.CENTRE_15 if column.endswith("centre15") else None


def _closed(record: RecordFacts, emergency: Ground | None, *, person: bool) -> Reason | None:
    """What closes the record to who is not of the family (spec dmp §4.4, 8 to 10)."""
    if not record.active:
        return Reason.RECORD_CLOSED
    if person and record.authorisation is Authorisation.BLOCKED:
        return Reason.BLOCKED
    if emergency is Ground.BRIS_DE_GLACE and record.opposes_bris_de_glace:
        return Reason.EMERGENCY_OPPOSED
    if emergency is Ground.CENTRE_15 and record.opposes_centre_15:
        return Reason.EMERGENCY_OPPOSED
    return None


def _consent(record: RecordFacts) -> Ground | Reason:
    """What lets a person consult in normal mode by the policy in force, or what is missing."""
    if record.authorisation is Authorisation.VALID:
        return Ground.AUTHORISED
    team = record.team
    if team is Team.NONE and record.is_medecin_traitant:
        team = Team.RECOGNISED  # by the patient who declared them
    if team is Team.NONE:
        expired = record.authorisation is Authorisation.EXPIRED
        return Reason.AUTHORISATION_EXPIRED if expired else Reason.NOT_AUTHORISED
    if record.consent in record.policy.presumes:
        return _TEAMS[team]
    if record.consent is Consent.REFUSED:
        return Reason.TEAM_REFUSED
    return Reason.NO_INITIAL_CONSENT if record.policy.presumes else Reason.NOT_AUTHORISED
