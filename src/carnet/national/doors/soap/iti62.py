"""ITI-62 Remove Metadata: objects leave the registry (profile `ihe`)."""

from __future__ import annotations

from carnet.national.doors.soap.service import Answer, Call, Operation
from carnet.national.record import actions as record
from carnet.standards.xds import iti62, registry_response
from carnet.standards.xds.errors import XdsRefused


def _handle(call: Call) -> Answer:
    try:
        record.remove_metadata(
            call.session.member,
            iti62.read(call.payload),
            now=call.now,
            correlation=call.correlation,
        )
    except XdsRefused as refusal:
        return Answer(registry_response.write(refusal.errors))
    return Answer(registry_response.write())


REMOVE_METADATA = Operation(iti62.ACTION, iti62.RESPONSE_ACTION, _handle)
