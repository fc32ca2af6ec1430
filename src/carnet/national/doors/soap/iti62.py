"""ITI-62 Remove Metadata: objects leave the registry (profile `ihe`)."""

from __future__ import annotations

from carnet.national.doors.soap.deeds import deed
from carnet.national.doors.soap.service import Call, Operation
from carnet.national.record import actions as record
from carnet.standards.xds import iti62


@deed
def _handle(call: Call) -> None:
    record.remove_metadata(
        call.session.member,
        iti62.read(call.payload),
        now=call.now,
        correlation=call.correlation,
    )


REMOVE_METADATA = Operation(iti62.ACTION, iti62.RESPONSE_ACTION, _handle)
