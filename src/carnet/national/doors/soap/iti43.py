"""ITI-43 Retrieve Document Set: TD3.2, documents are read."""

from __future__ import annotations

from carnet.national.doors.soap.service import Answer, Call, Operation
from carnet.national.record import actions as record
from carnet.standards.xds import iti43
from carnet.standards.xds.errors import XdsRefused


def _handle(call: Call) -> Answer:
    try:
        retrieved, errors = record.retrieve(
            call.session.caller,
            iti43.read(call.payload),
            patient=call.session.patient,
            now=call.now,
            correlation=call.correlation,
        )
    except XdsRefused as refusal:
        return Answer(*iti43.write_response((), refusal.errors))
    return Answer(*iti43.write_response(retrieved, errors))


RETRIEVE = Operation(iti43.ACTION, iti43.RESPONSE_ACTION, _handle)
