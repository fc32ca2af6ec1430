"""ITI-57 Update Document Set: TD3.3, what is registered is masked, archived, deleted."""

from __future__ import annotations

from carnet.national.doors.soap.deeds import deed
from carnet.national.doors.soap.service import Call, Operation
from carnet.national.record import actions as record
from carnet.standards.xds import iti57


@deed
def _handle(call: Call) -> None:
    record.update(
        call.session.caller,
        iti57.read_update(call.payload),
        patient=call.session.patient,
        now=call.now,
        correlation=call.correlation,
    )


UPDATE = Operation(iti57.ACTION, iti57.RESPONSE_ACTION, _handle)
