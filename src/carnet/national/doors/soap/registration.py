"""TD1.1 to TD1.4: a record is created, opened again, changed or closed (spec dmp §2.1, §2.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from carnet.national.doors.soap.gdp import answering
from carnet.national.doors.soap.service import Answer, Call
from carnet.national.record import actions as record
from carnet.standards.gdp import registration
from carnet.standards.gdp.messages import Reason
from carnet.standards.xds.errors import XdsRefused

#: What is done, by what the message is sent for.
DEEDS: Final[Mapping[Reason, Callable[..., None]]] = MappingProxyType(
    {
        Reason.CREA_RD: record.create_record,
        Reason.REAC: record.reopen_record,
        Reason.MODIF_DATA: record.update_administrative,
        Reason.FERM: record.close_record,
    }
)


def register(call: Call) -> Answer:
    """Do what the message asks of a record, and say whether it is done."""
    request = registration.read(call.payload)
    frame = answering(call, request.frame)
    try:
        DEEDS[request.reason](
            call.session.actor,
            request,
            patient=call.session.patient,
            now=call.now,
            correlation=call.correlation,
        )
    except XdsRefused as refusal:
        error = refusal.errors[0]
        return Answer(
            registration.write_refusal(frame, request, code=error.code, reason=error.context),
            action=registration.action(request.interactions.refused),
        )
    return Answer(registration.write_accepted(frame, request))
