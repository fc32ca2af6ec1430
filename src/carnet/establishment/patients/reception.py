"""What is believed of an identity, by who sends it (RNIV 1 §4.9, EXI SI 13, 33, 34, 36, 37).

The establishment's own referential is taken at its word. An application of another domain is not:
what becomes of its identities is the matrix of `standards.ins.reception`, and it neither merges
nor removes anything here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from carnet.standards.hl7v2.errors import Business, Condition, Hl7Error, erl
from carnet.standards.hl7v2.messages import AdtEvent
from carnet.standards.ins import Status, state_of_hl7
from carnet.standards.ins.reception import Call, Received, reception

#: PID-32 of each status that the matrix may give.
_RELIABILITY: Final = {Status.PROVISOIRE: "PROV", Status.VALIDEE: "VALI", Status.QUALIFIEE: "VALI"}
#: Events that belong to the referential alone.
_RESERVED: Final = frozenset({"A40", "A47"})


class Trust(StrEnum):
    """What binds the establishment to the sender of an identity."""

    OWN = "own"  #: the identity referential of the establishment
    CONTRACT = "contract"  #: another domain, with a trust contract
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Believed:
    """The message as far as it is believed; `identity` tells whether it may change the identity.

    `call` says whether INSi is to be asked about the patient.
    """

    event: AdtEvent
    identity: bool = True
    call: Call = Call.NONE


def believed(event: AdtEvent, local: Status | None, trust: Trust) -> Believed:
    """What to take of a message; `local` is the status here, None for a patient not known.

    Raises `Hl7Error` for a merge or a change of identifier that is not the sender's to make.
    """
    if trust is Trust.OWN:
        return Believed(event)
    if event.trigger in _RESERVED:
        raise Hl7Error(
            Condition.APPLICATION,
            erl("MSH", 3),
            "Cette application n’est pas le référentiel d’identité : fusionner ou changer un "
            "identifiant se fait dans le référentiel.",
            Business.OTHER,
        )
    codes = event.patient.reliability
    status = state_of_hl7(codes, event.patient.ins).status
    cell = reception(Received(status.value), local, contract=trust is Trust.CONTRACT)
    # What this domain established is never lowered, nor are its traits replaced, by another one.
    changes = local is None or (local is Status.PROVISOIRE and cell.otherwise is not local)
    taken = cell.otherwise
    patient = replace(
        event.patient,
        reliability=(_RELIABILITY[taken] if changes else "PROV",),
        ins=event.patient.ins if taken is Status.QUALIFIEE else None,
        ins_refused="",
    )
    return Believed(replace(event, patient=patient), changes, cell.call)
