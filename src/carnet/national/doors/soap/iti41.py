"""ITI-41 Provide and Register Document Set-b: TD2.1, TD2.2, a lot enters the record."""

from __future__ import annotations

from carnet.national.doors.soap.deeds import deed
from carnet.national.doors.soap.service import Call, Operation
from carnet.national.record import actions as record
from carnet.standards.xds import iti41


@deed
def _handle(call: Call) -> None:
    record.publish(
        call.session.caller,
        iti41.read(call.payload, call.attachments),
        patient=call.session.patient,
        now=call.now,
        correlation=call.correlation,
    )


PROVIDE = Operation(iti41.ACTION, iti41.RESPONSE_ACTION, _handle)
