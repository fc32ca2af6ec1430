"""What the rules of access speak of: acts, facts of a record and of a document, the answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from carnet.national.record.rules.policies import LATEST, Consent, Policy
from carnet.standards.xds.metadata import Status


class Act(StrEnum):
    """What is asked of a record."""

    EXISTENCE = "existence"  #: TD0.2
    AUTHORISE = "authorise"  #: TD0.3, oneself
    UNAUTHORISE = "unauthorise"  #: TD0.3
    DECLARE_MEDECIN_TRAITANT = "declare_medecin_traitant"  #: TD0.3, oneself
    LEAVE_MEDECIN_TRAITANT = "leave_medecin_traitant"  #: TD0.3
    GOVERN = "govern"  #: the choices of the holder (L.1111-19)
    COLLECT_CONSENT = "collect_consent"  #: a member of the care team hears the holder's consent
    FOLLOW = "follow"  #: open or close a care episode
    BLOCK = "block"  #: block or unblock a professional (holder; médecin traitant by Web-PS)
    LIST_RECORDS = "list_records"  #: TD0.4
    FIND_PATIENTS = "find_patients"  #: TD0.5
    WEB_ACCESS = "web_access"  #: TD0.9, TD0.10
    ADMINISTRATIVE = "administrative"  #: TD1.3a
    CHANGE_REGISTRATION = "change_registration"  #: TD1.2, TD1.3b, TD1.4
    LIST_AUTHORISATIONS = "list_authorisations"  #: TD1.6
    FEED = "feed"  #: TD2.1
    FEED_FOR = "feed_for"  #: TD2.2, a secretary for their structure
    SEARCH = "search"  #: TD3.1, metadata
    LOOK_UP = "look_up"  #: TD3.1, the reference of a document
    READ = "read"  #: TD3.2
    MASK = "mask"  #: TD3.3a
    UNMASK = "unmask"  #: TD3.3a
    REVEAL = "reveal"  #: TD3.3b, to the patient or to representatives
    CONCEAL = "conceal"  #: the holder hides a document from representatives and carers
    DISCLOSE = "disclose"  #: and shows it to them again
    ARCHIVE = "archive"  #: TD3.3d
    UNARCHIVE = "unarchive"  #: TD3.3d
    DELETE = "delete"  #: TD3.3c


class Authorisation(StrEnum):
    """State of a professional's authorisation (1.2.250.1.213.4.1.2.6.2)."""

    VALID = "VALIDE"
    EXPIRED = "EXPIRE"
    BLOCKED = "INTERDIT"
    NONE = "NON_EXISTE"


class Team(StrEnum):
    """By which case of L.1110-12 the caller is of the care team today (R-141 to R-144)."""

    NONE = "none"
    STRUCTURE = "structure"  #: 1°: same structure, during its care episode
    RECOGNISED = "recognised"  #: 2°: recognised by the patient
    ORGANISATION = "organisation"  #: 3°: a formal organisation, during its care episode


class Reason(StrEnum):
    """Why a decision refuses; kept in the journal."""

    UNKNOWN_CALLER = "unknown_caller"
    RECORD_CLOSED = "record_closed"
    BLOCKED = "blocked"
    EMERGENCY_OPPOSED = "emergency_opposed"
    NOT_AUTHORISED = "not_authorised"
    AUTHORISATION_EXPIRED = "authorisation_expired"
    NO_INITIAL_CONSENT = "no_initial_consent"
    TEAM_REFUSED = "team_refused"
    NO_RIGHT = "no_right"
    NOT_OWN = "not_own"
    OCCUPATIONAL = "occupational"
    OUTSIDE_MATRIX = "outside_matrix"
    LINKED_TO_MES = "linked_to_mes"  #: governed by its holder in Mon espace santé
    NOT_THE_CALLER = "not_the_caller"  #: the author of the message is not who calls
    OTHER_STRUCTURE = "other_structure"
    SECRET_CONNECTION = "secret_connection"  # noqa: S105 - a mode of access, not a password
    NOT_A_MINOR = "not_a_minor"
    MASKED = "masked"
    INVISIBLE_PATIENT = "invisible_patient"
    INVISIBLE_REPRESENTATIVES = "invisible_representatives"
    ARCHIVED = "archived"
    OBSOLETE = "obsolete"
    DELETED = "deleted"


class Ground(StrEnum):
    """On what an access rests (R-132): what lets the caller in when the answer is yes."""

    HOLDER = "holder"
    REPRESENTATIVE = "representative"
    CARER = "carer"  #: whom the holder gave a mandate
    AUTHORISED = "authorised"
    TEAM_STRUCTURE = "team_structure"
    TEAM_RECOGNISED = "team_recognised"
    TEAM_ORGANISATION = "team_organisation"
    BRIS_DE_GLACE = "bris_de_glace"
    CENTRE_15 = "centre_15"
    OWN_DOCUMENT = "own_document"
    FUNCTION = "function"  #: the act needs no consent: feeding, asking whether a record exists


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """The situation: what a decision needs of a record and of the caller's place in it today.

    `authorisation` is the best that the caller holds, in person or through their structure; a
    refusal of either comes before. `majority` is known only where a rule asks for it.
    """

    active: bool = True
    authorisation: Authorisation = Authorisation.NONE
    is_medecin_traitant: bool = False
    opposes_bris_de_glace: bool = False
    opposes_centre_15: bool = False
    masked_in_emergency: bool = False  #: the holder lets emergencies read masked documents
    team: Team = Team.NONE
    consent: Consent = Consent.NOT_ASKED
    is_adult: bool | None = None  #: of the holder; asked for when a connection is secret
    policy: Policy = LATEST


class DocumentFacts(NamedTuple):
    """What a decision needs of a document and of the caller's tie to it.

    `own` and `kin`: see `facets.owners`. `listed`: the matrix opens this type to the caller's
    profession; who forgets to say it is refused.
    """

    status: Status = Status.APPROVED
    masked: bool = False
    invisible_patient: bool = False
    invisible_representatives: bool = False
    own: bool = False
    kin: bool = False
    listed: bool = False
    from_patient: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes and on what it rests, or no and why; one of the two is empty."""

    allowed: bool
    reasons: tuple[Reason, ...] = ()
    grounds: tuple[Ground, ...] = ()


class AccessRefused(PermissionError):  # noqa: N818 - says what happened
    """The decision was no. `decision.reasons` says why."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(", ".join(decision.reasons))
        self.decision = decision
