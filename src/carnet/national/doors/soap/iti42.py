"""ITI-42 Register Document Set-b: a repository says what it holds (profile `ihe`)."""

from __future__ import annotations

from carnet.national.doors.soap.service import Answer, Call, Operation
from carnet.national.record import actions as record
from carnet.standards.xds import iti42, registry_response
from carnet.standards.xds.errors import XdsRefused


def _handle(call: Call) -> Answer:
    try:
        record.register(
            call.session.caller,
            iti42.read(call.payload),
            patient=call.session.patient,
            now=call.now,
            correlation=call.correlation,
        )
    except XdsRefused as refusal:
        return Answer(registry_response.write(refusal.errors))
    return Answer(registry_response.write())


REGISTER = Operation(iti42.ACTION, iti42.RESPONSE_ACTION, _handle)
