"""ITI-86 Remove Documents: the repository forgets bytes (profile `ihe`)."""

from __future__ import annotations

from carnet.national.doors.soap.service import Answer, Call, Operation
from carnet.national.record import actions as record
from carnet.standards.xds import iti86, registry_response
from carnet.standards.xds.errors import XdsRefused


def _handle(call: Call) -> Answer:
    try:
        refs = iti86.read(call.payload)
        errors = record.remove_documents(
            call.session.member, refs, now=call.now, correlation=call.correlation
        )
    except XdsRefused as refusal:
        return Answer(registry_response.write(refusal.errors))
    return Answer(registry_response.write(errors, partial=len(errors) < len(refs)))


REMOVE_DOCUMENTS = Operation(iti86.ACTION, iti86.RESPONSE_ACTION, _handle)
