"""The rules of access again, slowly and in other words: what the tables are compared with.

Written from spec dmp §6 as sentences about people, without the sheets: no table, no column, none
of the code that is tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from carnet.national.record.rules import Act, Authorisation, Consent, Team
from carnet.standards.xds.metadata import Status

CITIZENS = ("holder", "representative", "carer", "managing_carer")
CAREGIVERS = ("physician", "mt", "occupational", "ps")


@dataclass(frozen=True)
class Who:
    """A caller in the words of the law: who they are, how they were proved, why they come."""

    who: str  #: holder, representative, physician, mt, occupational, ps, staff, structure
    how: str = ""  #: card, air, certificate
    why: str = "normal"


def may(caller: Who, act: Act, record: Any, document: Any = None) -> bool:
    """Whether the act is allowed."""
    if caller.who in CITIZENS:
        return citizen_may(caller.who, act, document)
    if not exists(caller):
        return False
    if act is Act.EXISTENCE:
        return True
    if not record.active or refused_by_patient(caller, record):
        return False
    if caller.who == "structure":
        return structure_may(caller, act, document)
    if caller.who == "staff":
        return staff_may(caller, act, document)
    return caregiver_may(caller, act, record, document)


def exists(caller: Who) -> bool:
    """Who the sheets know at all."""
    if caller.who in ("staff", "occupational"):
        only_card = caller.how == "card" or caller.who == "staff"
        return caller.why == "normal" and only_card
    if caller.who == "mt":
        return caller.why != "centre_15"  # the regulator is not there as médecin traitant
    if caller.who == "structure":
        return caller.why != "bris_de_glace"  # nobody is there to break anything
    return True


def refused_by_patient(caller: Who, record: Any) -> bool:
    if caller.why == "bris_de_glace" and record.opposes_bris_de_glace:
        return True
    if caller.why == "centre_15" and record.opposes_centre_15:
        return True
    return caller.who != "structure" and record.authorisation is Authorisation.BLOCKED


def citizen_may(who: str, act: Act, document: Any) -> bool:
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


def structure_may(caller: Who, act: Act, document: Any) -> bool:
    """A certificate feeds, counts, and finds again what the structure deposited."""
    if act in (Act.FEED, Act.ADMINISTRATIVE):
        return True
    if act in (Act.LIST_RECORDS, Act.CHANGE_REGISTRATION, Act.FOLLOW):
        return caller.why == "normal"
    if act is Act.FIND_PATIENTS:
        return caller.why == "centre_15"
    return finds_or_deletes_own(act, document)


def staff_may(caller: Who, act: Act, document: Any) -> bool:
    """A secretary acts for the structure, and reads nothing."""
    if act in (Act.AUTHORISE, Act.LIST_RECORDS, Act.WEB_ACCESS, Act.ADMINISTRATIVE):
        return True
    if act in (Act.FEED_FOR, Act.CHANGE_REGISTRATION):
        return caller.how == "card"
    if act is Act.FOLLOW:
        return caller.how == "air"
    return finds_or_deletes_own(act, document)


def finds_or_deletes_own(act: Act, document: Any) -> bool:
    if act is Act.LOOK_UP:
        return document is None or (document.own and document.status is not Status.DELETED)
    if act is Act.DELETE:
        return document is None or (document.own and not document.from_patient)
    return False


def caregiver_may(caller: Who, act: Act, record: Any, document: Any) -> bool:
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
            return own or (not hidden and has_consent(caller, record))
        case Act.SEARCH | Act.READ:
            if act is Act.READ and occupational:
                return False
            if not has_consent(caller, record):
                return False
            if document is None:
                return True
            if act is Act.SEARCH and document.status is Status.DELETED:
                return False
            return sees(caller, record, document)
    # What remains is done to a document: whoever did not write it must be let in, and see it.
    if not own and not has_consent(caller, record):
        return False
    if document is not None and (
        document.status is Status.DELETED or not sees(caller, record, document)
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


def has_consent(caller: Who, record: Any) -> bool:
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


def sees(caller: Who, record: Any, document: Any) -> bool:
    """What was deposited by the caller or their structure stays readable by them (R.1111-49)."""
    if document.own or document.kin:
        return True
    if not document.listed:
        return False
    if not document.masked:
        return True
    if caller.why == "normal":
        return caller.who == "mt"
    return bool(record.masked_in_emergency)
