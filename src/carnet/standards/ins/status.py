"""Statuses of an identity, and what moves it from one to another, as a table.

Source: RNIV 1 §3.2, §3.3.3.8, §4.5 to §4.8 and annex III; EXI SI 07 to 09, 12, 22 (spec identity
§1.5). HL7 v2 codes: IHE PAM France 6.6.15. Requirements: R-006.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from carnet.standards.ids import Ins


class Status(StrEnum):
    """How far an identity may be trusted; only `QUALIFIEE` lets the matricule out."""

    PROVISOIRE = "provisoire"
    RECUPEREE = "récupérée"
    VALIDEE = "validée"
    QUALIFIEE = "qualifiée"

    @property
    def from_insi(self) -> bool:
        """Whether the strict traits are those of INSi (axis I)."""
        return self in (Status.RECUPEREE, Status.QUALIFIEE)

    @property
    def checked(self) -> bool:
        """Whether the identity was checked against a high-trust device (axis C)."""
        return self in (Status.VALIDEE, Status.QUALIFIEE)


class Attribute(StrEnum):
    """What else is known of an identity, by its HL7 v2 code (PID-32)."""

    HOMONYME = "HOMA"
    DOUTEUSE = "DOUT"
    FICTIVE = "FICT"


class StatusEvent(StrEnum):
    """What may happen to an identity."""

    DEVICE_CHECKED = "device_checked"  #: traits checked on a high-trust identity device
    INSI_ACCEPTED = "insi_accepted"  #: INSi answered 00, consistent, accepted by the user
    INSI_INCONSISTENT = "insi_inconsistent"  #: INSi answered 00, but its traits differ
    INSI_VERIFICATION_FAILED = "insi_verification_failed"
    DOUBT = "doubt"  #: fraud or doubt
    DECLARED_FICTIVE = "declared_fictive"  #: anonymous care, training
    DISCORDANCE = "discordance"  #: a document seen later contradicts the identity
    STRICT_TRAIT_CHANGED = "strict_trait_changed"
    CLEARED = "cleared"  #: the doubt is lifted, the person is no longer fictive


class ForbiddenTransition(Exception):  # noqa: N818 - the name is the fact
    """This event may not happen to an identity in this state; `state` and `event` say which."""

    def __init__(self, state: IdentityState, event: StatusEvent) -> None:
        super().__init__(f"{event} is not allowed on an identity that is {state.status}")
        self.state = state
        self.event = event


@dataclass(frozen=True, slots=True)
class IdentityState:
    """A status and its attributes. `keeps_ins` tells whether the matricule stays attached.

    Raises `ValueError` for a combination that RNIV forbids (EXI SI 09, 22): douteuse and fictive
    exist on a provisoire identity only, and never together.
    """

    status: Status
    attributes: frozenset[Attribute] = frozenset()

    def __post_init__(self) -> None:
        locks = self.attributes & {Attribute.DOUTEUSE, Attribute.FICTIVE}
        if len(locks) > 1 or (locks and self.status is not Status.PROVISOIRE):
            raise ValueError("douteuse or fictive, not both, and on a provisoire identity only")

    @property
    def locked(self) -> bool:
        """Whether status changes and INSi calls are forbidden (douteuse, fictive)."""
        return bool(self.attributes & {Attribute.DOUTEUSE, Attribute.FICTIVE})

    @property
    def keeps_ins(self) -> bool:
        """Whether a matricule may be attached to the identity."""
        return self.status.from_insi

    @property
    def may_leave(self) -> bool:
        """Whether matricule and documents may go to record or patient (spec identity §1.10)."""
        return self.status is Status.QUALIFIEE


_S, _E = Status, StatusEvent

#: (status, event) -> new status, and the stricter one that a structure may choose instead.
TRANSITIONS: Final[Mapping[tuple[Status, StatusEvent], tuple[Status, Status]]] = MappingProxyType(
    {
        (_S.PROVISOIRE, _E.DEVICE_CHECKED): (_S.VALIDEE, _S.VALIDEE),
        (_S.PROVISOIRE, _E.INSI_ACCEPTED): (_S.RECUPEREE, _S.RECUPEREE),
        (_S.PROVISOIRE, _E.INSI_INCONSISTENT): (_S.PROVISOIRE, _S.PROVISOIRE),
        (_S.PROVISOIRE, _E.STRICT_TRAIT_CHANGED): (_S.PROVISOIRE, _S.PROVISOIRE),
        (_S.RECUPEREE, _E.DEVICE_CHECKED): (_S.QUALIFIEE, _S.QUALIFIEE),
        (_S.RECUPEREE, _E.INSI_ACCEPTED): (_S.RECUPEREE, _S.RECUPEREE),
        (_S.RECUPEREE, _E.INSI_VERIFICATION_FAILED): (_S.PROVISOIRE, _S.PROVISOIRE),
        (_S.RECUPEREE, _E.DISCORDANCE): (_S.PROVISOIRE, _S.PROVISOIRE),
        (_S.RECUPEREE, _E.STRICT_TRAIT_CHANGED): (_S.PROVISOIRE, _S.PROVISOIRE),
        (_S.VALIDEE, _E.DEVICE_CHECKED): (_S.VALIDEE, _S.VALIDEE),
        (_S.VALIDEE, _E.INSI_ACCEPTED): (_S.QUALIFIEE, _S.QUALIFIEE),
        (_S.VALIDEE, _E.INSI_INCONSISTENT): (_S.VALIDEE, _S.PROVISOIRE),
        (_S.VALIDEE, _E.DISCORDANCE): (_S.PROVISOIRE, _S.PROVISOIRE),
        (_S.VALIDEE, _E.STRICT_TRAIT_CHANGED): (_S.PROVISOIRE, _S.PROVISOIRE),
        (_S.QUALIFIEE, _E.DEVICE_CHECKED): (_S.QUALIFIEE, _S.QUALIFIEE),
        (_S.QUALIFIEE, _E.INSI_ACCEPTED): (_S.QUALIFIEE, _S.QUALIFIEE),
        (_S.QUALIFIEE, _E.INSI_VERIFICATION_FAILED): (_S.VALIDEE, _S.PROVISOIRE),
        (_S.QUALIFIEE, _E.DISCORDANCE): (_S.PROVISOIRE, _S.PROVISOIRE),
        (_S.QUALIFIEE, _E.STRICT_TRAIT_CHANGED): (_S.PROVISOIRE, _S.PROVISOIRE),
    }
)

#: Events about attributes; both fall back to provisoire, whatever the status.
_LOCKS: Final[Mapping[StatusEvent, Attribute]] = MappingProxyType(
    {_E.DOUBT: Attribute.DOUTEUSE, _E.DECLARED_FICTIVE: Attribute.FICTIVE}
)


def transition(state: IdentityState, event: StatusEvent, *, strict: bool = False) -> IdentityState:
    """The state after `event`. Raises `ForbiddenTransition` for what RNIV does not allow.

    `strict` is the structure's choice where RNIV leaves one (fall back to provisoire rather than
    validée). When the new state has not `keeps_ins`, the matricule must be removed, and partners
    told (EXI PP 14). `homonyme` survives every change of status.
    """
    lasting = state.attributes & {Attribute.HOMONYME}
    if event is StatusEvent.CLEARED and state.locked:
        return IdentityState(state.status, lasting)
    lock = _LOCKS.get(event)
    if lock and not (state.locked and lock not in state.attributes):
        return IdentityState(Status.PROVISOIRE, lasting | {lock})
    moves = TRANSITIONS.get((state.status, event))
    if moves is None or state.locked:
        raise ForbiddenTransition(state, event)
    return IdentityState(moves[strict], lasting)


def state_of_hl7(reliability: Iterable[str], ins: Ins | None) -> IdentityState:
    """The state that a PAM message gives to an identity (PID-32 and the INS that was accepted).

    VALI with an INS is qualifiée, VALI alone validée, anything else provisoire: récupérée does not
    travel in HL7 v2 (spec identity §1.5). DOUT and FICT win over VALI.
    """
    codes = set(reliability)
    attributes = frozenset(attribute for attribute in Attribute if attribute.value in codes)
    if Attribute.DOUTEUSE in attributes:
        return IdentityState(Status.PROVISOIRE, attributes - {Attribute.FICTIVE})
    if Attribute.FICTIVE in attributes or "VALI" not in codes:
        return IdentityState(Status.PROVISOIRE, attributes)
    return IdentityState(Status.QUALIFIEE if ins else Status.VALIDEE, attributes)
