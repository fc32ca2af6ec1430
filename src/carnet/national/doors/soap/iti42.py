"""ITI-42 Register Document Set-b: a repository says what it holds (profile `ihe`)."""

from __future__ import annotations

from carnet.national.doors.soap.deeds import deed
from carnet.national.doors.soap.service import Call, Operation
from carnet.national.record import actions as record
from carnet.standards.xds import iti42


@deed
def _handle(call: Call) -> None:
    record.register(
        call.session.caller,
        iti42.read(call.payload),
        patient=call.session.patient,
        now=call.now,
        correlation=call.correlation,
    )


REGISTER = Operation(iti42.ACTION, iti42.RESPONSE_ACTION, _handle)
