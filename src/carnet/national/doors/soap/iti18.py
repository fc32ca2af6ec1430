"""ITI-18 Registry Stored Query: TD3.1, all queries about one patient."""

from __future__ import annotations

from carnet.national.doors.soap.service import Answer, Call, Operation
from carnet.national.record import queries as record
from carnet.standards.ids import EntryUuid
from carnet.standards.xds import iti18
from carnet.standards.xds.errors import XdsRefused


def _handle(call: Call) -> Answer:
    try:
        query = iti18.read_query(call.payload)
        found = record.find(
            call.session.caller,
            query,
            patient=call.session.patient,
            now=call.now,
            correlation=call.correlation,
        )
    except XdsRefused as refusal:
        return Answer(iti18.write_response((), errors=refusal.errors))
    if query.return_type == "ObjectRef":
        return Answer(
            iti18.write_response((), object_refs=(EntryUuid.of(each.id) for each in found))
        )
    return Answer(iti18.write_response(each.text for each in found))


QUERY = Operation(iti18.ACTION, iti18.RESPONSE_ACTION, _handle)
