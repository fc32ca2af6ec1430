"""Who may do what with a record: one pure decision over tables, used by every door.

The functional rights are in `rights.tsv`, as the sheets FI-526 and FI-606 give them. A decision
takes the column of the caller, passes the gates of the record in the order of spec dmp §4.4
(closed, blocked, opposed, not authorised), then asks each row that the document calls for.
What no table grants is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from itertools import product
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from carnet.national.journal.actors import Actor, Citizen, Establishment, Professional
from carnet.standards.xds.metadata import Status


class Act(StrEnum):
    """What is asked of a record."""

    EXISTENCE = "existence"  #: TD0.2
    AUTHORISE = "authorise"  #: TD0.3, oneself
    UNAUTHORISE = "unauthorise"  #: TD0.3
    LEAVE_MEDECIN_TRAITANT = "leave_medecin_traitant"  #: TD0.3
    LIST_RECORDS = "list_records"  #: TD0.4
    FIND_PATIENTS = "find_patients"  #: TD0.5
    WEB_ACCESS = "web_access"  #: TD0.9, TD0.10
    ADMINISTRATIVE = "administrative"  #: TD1.3a
    CHANGE_REGISTRATION = "change_registration"  #: TD1.2, TD1.3b, TD1.4
    LIST_AUTHORISATIONS = "list_authorisations"  #: TD1.6
    FEED = "feed"  #: TD2.1
    SEARCH = "search"  #: TD3.1, metadata
    LOOK_UP = "look_up"  #: TD3.1, the reference of a document
    READ = "read"  #: TD3.2
    DELETE = "delete"  #: TD3.3c


class Authorisation(StrEnum):
    """State of a professional's authorisation (1.2.250.1.213.4.1.2.6.2)."""

    VALID = "VALIDE"
    EXPIRED = "EXPIRE"
    BLOCKED = "INTERDIT"
    NONE = "NON_EXISTE"


class Reason(StrEnum):
    """Why a decision refuses; kept in the journal."""

    UNKNOWN_CALLER = "unknown_caller"
    RECORD_CLOSED = "record_closed"
    BLOCKED = "blocked"
    EMERGENCY_OPPOSED = "emergency_opposed"
    NOT_AUTHORISED = "not_authorised"
    NO_RIGHT = "no_right"
    NOT_OWN = "not_own"
    LINKED_TO_MES = "linked_to_mes"  #: governed by its holder in Mon espace santé
    NOT_THE_CALLER = "not_the_caller"  #: the author of the message is not who calls
    OTHER_STRUCTURE = "other_structure"
    SECRET_CONNECTION = "secret_connection"  # noqa: S105 - a mode of access, not a password
    MASKED = "masked"
    INVISIBLE_PATIENT = "invisible_patient"
    INVISIBLE_REPRESENTATIVES = "invisible_representatives"
    ARCHIVED = "archived"
    OBSOLETE = "obsolete"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What a decision needs of a record and of the caller's place in it."""

    active: bool = True
    authorisation: Authorisation = Authorisation.NONE
    is_medecin_traitant: bool = False
    opposes_bris_de_glace: bool = False
    opposes_centre_15: bool = False
    masked_in_emergency: bool = False  #: the holder lets emergencies read masked documents


class DocumentFacts(NamedTuple):
    """What a decision needs of a document; `own`: see `owns`."""

    status: Status = Status.APPROVED
    masked: bool = False
    invisible_patient: bool = False
    invisible_representatives: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes, or no and why."""

    allowed: bool
    reasons: tuple[Reason, ...] = ()


class AccessRefused(PermissionError):  # noqa: N818 - says what happened
    """The decision was no. `decision.reasons` says why."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(", ".join(decision.reasons))
        self.decision = decision


class _Right(StrEnum):
    NO = "no"
    YES = "yes"
    OWN = "own"
    IF_ALLOWED = "if_allowed"


#: The cells of the sheets, whose notes are told on the first line of `rights.tsv`.
_CELLS: Final[Mapping[str, _Right]] = MappingProxyType(
    {
        "non": _Right.NO,
        "oui": _Right.YES,
        "oui(1)": _Right.YES,
        "oui(2)": _Right.YES,
        "oui(3)": _Right.YES,
        "oui(4)": _Right.YES,
        "oui(5)": _Right.OWN,
        "oui(6)": _Right.OWN,
        "oui(7)": _Right.IF_ALLOWED,
        "oui(8)": _Right.OWN,
        "oui(9)": _Right.OWN,
    }
)

_FAMILIES: Final[Mapping[str, str]] = MappingProxyType(
    {"DIRECTE": "direct", "INDIRECTE_RENFORCEE": "AIR"}
)
_PURPOSES: Final[Mapping[str, str]] = MappingProxyType(
    {"normal": "normal", "centre_15": "centre15", "bris_de_glace": "bris_de_glace"}
)
#: Professions of health: G15 and students in training, G16.
_HEALTH_PROFESSIONS: Final = frozenset({"1.2.250.1.71.1.2.7", "1.2.250.1.71.1.2.8"})
_PHYSICIAN: Final = "10"
#: Savoir-faire of occupational medicine (R01): they feed and list, and read nothing (§6.3).
_OCCUPATIONAL: Final = frozenset({"SM25", "SCH35", "C41", "CAPA11"})

_FACETS: Final[tuple[tuple[str, Reason, Callable[[DocumentFacts], bool]], ...]] = (
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
    secret = isinstance(actor, Professional | Establishment) and actor.secret_connection
    column = _column(actor, patient_id, record)
    return _decide(column, act, record, document, secret_connection=secret)


def visible(actor: Actor, act: Act, patient_id: UUID, record: RecordFacts) -> tuple[int, ...]:
    """The `facet_code`s of the documents on which `decide` says yes: what SQL filters by."""
    return _visible(_column(actor, patient_id, record), act, record)


def facet_code(document: DocumentFacts) -> int:
    """The facts of a document as a small number, computed alike by `FACET_CODE` in SQL."""
    flags = (document.masked, document.invisible_patient, document.invisible_representatives)
    bits = sum(1 << place for place, flag in enumerate((*flags, document.own)) if flag)
    return bits + 16 * tuple(Status).index(document.status)


#: `facet_code` of a line of `record_document`; takes the Struct_IdNat then the PS_IdNat that own.
FACET_CODE: Final = (
    "(masked::int + 2 * invisible_patient::int + 4 * invisible_representatives::int"
    " + 8 * (structures && %s::text[] OR author_ids && %s::text[])::int + 16 * CASE status "
    + " ".join(f"WHEN '{status.name}' THEN {place}" for place, status in enumerate(Status))
    + " END)"
)


def owners(actor: Actor) -> tuple[list[str], list[str]]:
    """The Struct_IdNat and the PS_IdNat whose documents are this actor's own, for `FACET_CODE`."""
    match actor:
        case Professional():
            return [], [actor.ps_idnat]
        case Establishment():
            return [each for each in (actor.struct_idnat, actor.holder) if each], []
        case _:
            return [], []


def _column(actor: Actor, patient_id: UUID, record: RecordFacts) -> str:
    """The column of `rights.tsv` for this caller; empty when there is none."""
    match actor:
        case Citizen(patient_id=own) if own == patient_id:
            return "citoyen_titulaire"
        case Citizen(represents=represented) if patient_id in represented:
            return "citoyen_representant"
        case Establishment(purpose=purpose):
            return f"indirect_certificat_ES_{_PURPOSES.get(purpose, '')}"
        case Professional():
            family = _FAMILIES.get(actor.mode, "")
            return f"{family}_{_role(actor, record)}_{_PURPOSES.get(actor.purpose, '')}"
        case _:
            return ""


def _role(actor: Professional, record: RecordFacts) -> str:
    if actor.profession.scheme not in _HEALTH_PROFESSIONS:
        return "CPE_non_PS" if actor.mode == "DIRECTE" else "PE_non_PS"
    if record.is_medecin_traitant and actor.purpose != "centre_15":
        return "MT"
    if actor.profession.code != _PHYSICIAN:
        return "PS_non_medecin"
    if actor.specialty and actor.specialty.code in _OCCUPATIONAL:
        return "medecin_du_travail"
    return "medecin_non_MT"


def _decide(
    column: str,
    act: Act,
    record: RecordFacts,
    document: DocumentFacts | None,
    *,
    secret_connection: bool = False,
) -> Decision:
    rights = _rights().get(column)
    if rights is None:
        return Decision(False, (Reason.UNKNOWN_CALLER,))
    gate = _gate(column, act, record, document)
    if gate:
        return Decision(False, (gate,))
    asked: list[tuple[str, Reason]] = [("", Reason.NO_RIGHT)]
    if document is not None:
        asked += [(facet, reason) for facet, reason, of in _FACETS if of(document)]
    reasons = tuple(
        Reason.NOT_OWN if right is _Right.OWN and not facet else reason
        for facet, reason in asked
        if (right := rights.get((act, facet))) is not None and not _granted(right, record, document)
    )
    if secret_connection and act is Act.FEED and document is not None:
        # EX_0.1-1100: a secret connection only deposits what representatives do not see.
        hidden = document.invisible_representatives
        reasons += () if hidden else (Reason.SECRET_CONNECTION,)
    return Decision(not reasons, reasons)


def _gate(
    column: str, act: Act, record: RecordFacts, document: DocumentFacts | None
) -> Reason | None:
    """What closes the record to this caller whatever the document (spec dmp §4.4, 8 to 11)."""
    if act is Act.EXISTENCE:
        return None
    if not record.active and not column.startswith("citoyen"):
        return Reason.RECORD_CLOSED
    person = column.startswith(("direct_", "AIR_"))
    if person and record.authorisation is Authorisation.BLOCKED:
        return Reason.BLOCKED
    if column.endswith("bris_de_glace") and record.opposes_bris_de_glace:
        return Reason.EMERGENCY_OPPOSED
    if column.endswith("centre15") and record.opposes_centre_15:
        return Reason.EMERGENCY_OPPOSED
    needs = act in (Act.SEARCH, Act.READ) or (
        act is Act.LOOK_UP and document is not None and not document.own
    )
    consent = person and column.endswith("_normal")
    if needs and consent and record.authorisation is not Authorisation.VALID:
        return Reason.NOT_AUTHORISED
    return None


def _granted(right: _Right, record: RecordFacts, document: DocumentFacts | None) -> bool:
    match right:
        case _Right.YES:
            return True
        case _Right.OWN:
            return document is None or document.own
        case _Right.IF_ALLOWED:
            return record.masked_in_emergency or (document is not None and document.own)
        case _:
            return False


@lru_cache(maxsize=1024)
def _visible(column: str, act: Act, record: RecordFacts) -> tuple[int, ...]:
    return tuple(
        sorted(
            facet_code(facts)
            for facts in every_document()
            if _decide(column, act, record, facts).allowed
        )
    )


def every_document() -> tuple[DocumentFacts, ...]:
    """Every document that the rules can tell apart: the product of what they look at."""
    flags = tuple(product((False, True), repeat=4))
    return tuple(DocumentFacts(status, *each) for status in Status for each in flags)


@cache
def _rights() -> Mapping[str, Mapping[tuple[str, str], _Right]]:
    """`rights.tsv` by column, then by (act, facet)."""
    text = resources.files(__package__).joinpath("rights.tsv").read_text(encoding="utf-8")
    head, *lines = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return MappingProxyType(
        {
            column: MappingProxyType({(line[0], line[1]): _CELLS[line[place]] for line in lines})
            for place, column in enumerate(head)
            if place > 2
        }
    )


def columns() -> tuple[str, ...]:
    """The callers that the table knows."""
    return tuple(_rights())
