"""The rules of access again, slowly and in other words: what the tables are compared with.

Written from spec dmp §6 as sentences about people, without the sheets: no table, no column, none
of the code that is tested. What a situation comes to is a `Tie`; acts and documents are judged by
it alone, so that every situation and every document can be gone through apart.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from carnet.national.journal.actors import Actor, Citizen, Establishment, Professional
from carnet.national.record.rules import (
    Act,
    Authorisation,
    Consent,
    DocumentFacts,
    RecordFacts,
    Team,
)
from carnet.standards.xds.metadata import Status

CITIZENS = ("holder", "representative", "carer", "managing_carer")


class Who(NamedTuple):
    """A caller in the words of the law: who they are, how they were proved, why they come."""

    who: str  #: holder, representative, physician, mt, occupational, ps, staff, structure
    how: str = ""  #: card, air, certificate
    why: str = "normal"


class Tie(NamedTuple):
    """A caller before a record, in one situation."""

    caller: Who | None  #: nobody that the sheets know: none
    shut: bool = False
    let_in: bool = False  #: they may consult: consent, or an emergency
    masked_too: bool = False  #: the patient lets emergencies read what is masked
    secret: str = ""  #: a secret connection: of a "minor", of an "adult"


def who(actor: Actor, patient_id: UUID, *, is_medecin_traitant: bool) -> Who | None:
    """Who calls, if it is anybody that the law or the sheets know."""
    if isinstance(actor, Citizen):
        if actor.patient_id == patient_id:
            return Who("holder")
        if patient_id in actor.mandates:
            return Who("managing_carer" if "manage" in actor.mandates[patient_id] else "carer")
        return Who("representative") if patient_id in actor.represents else None
    if isinstance(actor, Establishment):
        known = actor.purpose in ("normal", "centre_15")  # nobody is there to break anything
        return Who("structure", "certificate", actor.purpose) if known else None
    if not isinstance(actor, Professional):
        return None
    how = {"DIRECTE": "card", "INDIRECTE_RENFORCEE": "air", "DELEGUEE": "air"}.get(actor.mode)
    if how is None or actor.purpose not in ("normal", "centre_15", "bris_de_glace"):
        return None
    if actor.mode == "DELEGUEE" and actor.purpose != "normal":
        return None
    calm = actor.purpose == "normal"
    of_health = actor.profession.scheme in ("1.2.250.1.71.1.2.7", "1.2.250.1.71.1.2.8")
    if not of_health:
        return Who("staff", how) if calm else None
    if actor.profession.code != "10":
        return Who("ps", how, actor.purpose)
    if actor.specialty and actor.specialty.code in ("SM25", "SCH35", "C41", "CAPA11"):
        return Who("occupational", how) if calm and how == "card" else None
    if is_medecin_traitant and actor.purpose != "centre_15":  # the regulator is not theirs
        return Who("mt", how, actor.purpose)
    return Who("physician", how, actor.purpose)


def tie(caller: Who | None, record: RecordFacts, *, secret: bool = False) -> Tie:
    """What the situation comes to for this caller."""
    if caller is None or caller.who in CITIZENS:
        return Tie(caller)
    if not record.active or refused_by_patient(caller, record):
        return Tie(caller, shut=True)
    masked_too = caller.why != "normal" and record.masked_in_emergency
    age = "adult" if record.is_adult else "minor"
    return Tie(caller, False, has_consent(caller, record), masked_too, age if secret else "")


def may(tied: Tie, act: Act, document: DocumentFacts | None = None) -> bool:
    """Whether the act is allowed."""
    caller = tied.caller
    if caller is None:
        return False
    if caller.who in CITIZENS:
        return citizen_may(caller.who, act, document)
    if act is Act.EXISTENCE:
        return True
    if tied.shut:
        return False
    if tied.secret and act in (Act.FEED, Act.FEED_FOR):
        hidden = document is None or document.invisible_representatives
        if tied.secret == "adult" or not hidden:
            return False
    if caller.who == "structure":
        return structure_may(caller, act, document)
    if caller.who == "staff":
        return staff_may(caller, act, document)
    return caregiver_may(tied, caller, act, document)


def refused_by_patient(caller: Who, record: RecordFacts) -> bool:
    if caller.why == "bris_de_glace" and record.opposes_bris_de_glace:
        return True
    if caller.why == "centre_15" and record.opposes_centre_15:
        return True
    return caller.who != "structure" and record.authorisation is Authorisation.BLOCKED


def citizen_may(who: str, act: Act, document: DocumentFacts | None) -> bool:
    if who == "carer" and act not in (Act.EXISTENCE, Act.SEARCH, Act.READ):
        return False
    if act in (Act.EXISTENCE, Act.GOVERN, Act.BLOCK):
        return True
    if act is Act.DELETE:
        return document is not None and document.from_patient
    if act in (Act.CONCEAL, Act.DISCLOSE) and who != "holder":
        return False
    if act not in (
        *(Act.SEARCH, Act.READ, Act.MASK, Act.UNMASK, Act.CONCEAL, Act.DISCLOSE),
        *(Act.ARCHIVE, Act.UNARCHIVE),
    ):
        return False
    if document is None:
        return True
    if document.invisible_patient or document.status is Status.DELETED:
        return False
    return who == "holder" or not document.invisible_representatives


def structure_may(caller: Who, act: Act, document: DocumentFacts | None) -> bool:
    """A certificate feeds, counts, and finds again what the structure deposited."""
    if act in (Act.FEED, Act.ADMINISTRATIVE):
        return True
    if act in (Act.LIST_RECORDS, Act.CHANGE_REGISTRATION, Act.FOLLOW):
        return caller.why == "normal"
    if act is Act.FIND_PATIENTS:
        return caller.why == "centre_15"
    return finds_or_deletes_own(act, document)


def staff_may(caller: Who, act: Act, document: DocumentFacts | None) -> bool:
    """A secretary acts for the structure, and reads nothing."""
    if act in (Act.AUTHORISE, Act.LIST_RECORDS, Act.WEB_ACCESS, Act.ADMINISTRATIVE):
        return True
    if act in (Act.FEED_FOR, Act.CHANGE_REGISTRATION):
        return caller.how == "card"
    if act is Act.FOLLOW:
        return caller.how == "air"
    return finds_or_deletes_own(act, document)


def finds_or_deletes_own(act: Act, document: DocumentFacts | None) -> bool:
    if act is Act.LOOK_UP:
        return document is None or (document.own and document.status is not Status.DELETED)
    if act is Act.DELETE:
        return document is None or (document.own and not document.from_patient)
    return False


def caregiver_may(tied: Tie, caller: Who, act: Act, document: DocumentFacts | None) -> bool:
    calm = caller.why == "normal"
    physician = caller.who in ("physician", "mt")
    by_card = caller.how == "card"
    occupational = caller.who == "occupational"
    own = document is not None and document.own
    patients_own = document is not None and document.from_patient
    match act:
        case Act.CONCEAL | Act.DISCLOSE:
            return False  # between the holder and those who help them
        case Act.AUTHORISE | Act.UNAUTHORISE | Act.COLLECT_CONSENT:
            return calm and not occupational
        case Act.DECLARE_MEDECIN_TRAITANT:
            return calm and physician and by_card
        case Act.LEAVE_MEDECIN_TRAITANT:
            return calm and caller.who == "mt" and by_card
        case Act.BLOCK:
            return calm and caller.who == "mt"
        case Act.FOLLOW:
            return calm and not by_card and not occupational
        case Act.LIST_RECORDS | Act.WEB_ACCESS | Act.ADMINISTRATIVE:
            return True
        case Act.LIST_AUTHORISATIONS:
            return calm
        case Act.FIND_PATIENTS:
            return caller.why == "centre_15"
        case Act.CHANGE_REGISTRATION:
            return calm and by_card and not occupational
        case Act.FEED:
            return by_card
        case Act.GOVERN | Act.FEED_FOR:
            return False
        case Act.DELETE:
            if patients_own:
                return caller.who == "mt"
            return document is None or own
        case Act.LOOK_UP:
            if document is None:
                return True
            if document.status is Status.DELETED:
                return False
            hidden = document.masked or not document.listed
            return own or (not hidden and tied.let_in)
        case Act.SEARCH | Act.READ:
            if act is Act.READ and occupational:
                return False
            if not tied.let_in:
                return False
            if document is None:
                return True
            if act is Act.SEARCH and document.status is Status.DELETED:
                return False
            return sees(tied, caller, document)
    # What remains is done to a document: whoever did not write it must be let in, and see it.
    if not own and not tied.let_in:
        return False
    if document is not None and (
        document.status is Status.DELETED or not sees(tied, caller, document)
    ):
        return False
    match act:
        case Act.MASK | Act.REVEAL:
            return calm
        case Act.UNMASK:
            return calm and (caller.who == "mt" or own or document is None)
        case Act.ARCHIVE | Act.UNARCHIVE:
            if patients_own:
                return caller.who == "mt"
            if not calm or not by_card:  # FI-606, unlike FI-526, lets any physician archive
                return physician or (calm and (own or document is None))
            return caller.who == "mt" or own or document is None
    raise AssertionError(act)


def has_consent(caller: Who, record: RecordFacts) -> bool:
    """Emergencies need none; else it was given, or the law presumes it of the care team."""
    if caller.why != "normal" or record.authorisation is Authorisation.VALID:
        return True
    in_team = record.team is not Team.NONE or record.is_medecin_traitant
    match record.policy.code:
        case "2022-non-opposition":
            return in_team and record.consent is not Consent.REFUSED
        case "2024-consent":
            return False
        case "2025-initial-consent":
            return in_team and record.consent is Consent.GIVEN
    raise AssertionError(record.policy)


def sees(tied: Tie, caller: Who, document: DocumentFacts) -> bool:
    """What was deposited by the caller or their structure stays readable by them (R.1111-49)."""
    if document.own or document.kin:
        return True
    if not document.listed:
        return False
    if not document.masked:
        return True
    if caller.why == "normal":
        return caller.who == "mt"
    return tied.masked_too
