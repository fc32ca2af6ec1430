"""Where a document goes, and what forbids it: one table and one loop.

Sources: volet "Transmission d'un document CDA-R2 en HL7v2" 2.1.3 (flags), IHE PAM France 6.14
(wishes), JDV_J66 (types of the record); spec identity §5.7, §5.9, mssante §7, dmp §3.11. Of the
published matrix of flags only what would leak is refused: the matrix contradicts its own examples.
Requirements: EX_GEN-1060, EX_GEN-1070, REC_GEN-1070, R-059, R-082, R-122, R-125.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from carnet.establishment.exchange.models import Delivery
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards import nos
from carnet.standards.hl7v2.messages import Action, DocumentEvent, Feeding, Flags
from carnet.standards.ids import IdentifierError, Oid
from carnet.standards.mss.addresses import Address, AddressError

RECORD: Final = Delivery.Destination.RECORD.value
PROFESSIONAL: Final = Delivery.Destination.PROFESSIONAL.value
PATIENT: Final = Delivery.Destination.PATIENT.value

State = Delivery.State
#: What an operator may do in which state.
RETRY_FROM: Final = frozenset({State.STUCK, State.READY, State.REFUSED, State.CANCELLED})
CANCEL_FROM: Final = frozenset({State.STUCK, State.READY, State.WAITING})


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at; `patient` is `None` while the patient is unknown here."""

    action: Action
    flags: Flags
    type_code: str
    uid: str
    confidentiality: str  #: N, R or V
    has_sender: bool
    patient: LocalPatient | None


@dataclass(frozen=True, slots=True)
class Route:
    """One destination that the message asks for; `refusal` is the code of what forbids it."""

    destination: str
    address: str
    refusal: str = ""


def _not_for_record(facts: Facts) -> bool:
    try:
        return not nos.document_type(facts.type_code).dmp
    except nos.UnknownCode:
        return True


def _opposed(facts: Facts) -> bool:
    return facts.patient is not None and facts.patient.feeding is Feeding.OPPOSED


def _not_an_oid(facts: Facts) -> bool:
    try:
        Oid(facts.uid)
    except IdentifierError:
        return True
    return False


Forbids = Callable[[Facts], bool]

#: (destination, applies to a deletion too, code of the reason, condition). The first that holds.
BLOCKS: Final[tuple[tuple[str, bool, str, Forbids], ...]] = (
    (RECORD, True, "sender_missing", lambda f: not f.has_sender),
    (RECORD, False, "type_not_for_record", _not_for_record),
    (RECORD, False, "unique_id", _not_an_oid),
    (RECORD, False, "restricted", lambda f: f.confidentiality in {"R", "V"}),
    (RECORD, False, "opposed", _opposed),
    (PROFESSIONAL, True, "masked_to_professionals", lambda f: f.flags.masked_to_professionals),
    (PATIENT, True, "hidden_from_patient", lambda f: f.flags.hidden_from_patient),
)


def block(destination: str, facts: Facts) -> str:
    """The code of what forbids this destination; empty when nothing does."""
    return next(
        (
            code
            for place, deletions, code, forbids in BLOCKS
            if place == destination
            and (deletions or facts.action is not Action.DELETE)
            and forbids(facts)
        ),
        "",
    )


def _not_an_address(text: str) -> str:
    try:
        Address.parse(text)
    except AddressError:
        return "recipient_not_mss"
    return ""


def routes(event: DocumentEvent, facts: Facts, *, patient_domain: str) -> tuple[Route, ...]:
    """Every destination that the message asks for (spec identity §5.9).

    The address of the patient is never taken from the message: it is made of the *qualifiée* INS
    when the delivery is released (ECO.2.2.6).
    """
    flags = event.flags
    found: list[Route] = []
    if flags.to_record:
        found.append(Route(RECORD, "", block(RECORD, facts)))
    if flags.to_professionals:
        blocked = block(PROFESSIONAL, facts)
        addresses = dict.fromkeys(
            party.mail.strip().lower()
            for party in event.recipients
            if party.mail
            and not party.is_patient
            and not party.mail.strip().lower().endswith(f"@{patient_domain}")
        )
        found += [
            Route(PROFESSIONAL, address, blocked or _not_an_address(address))
            for address in addresses
        ]
        if not addresses:
            found.append(Route(PROFESSIONAL, "", blocked or "no_recipient"))
    if flags.to_patient:
        found.append(Route(PATIENT, "", block(PATIENT, facts)))
    return tuple(found)
