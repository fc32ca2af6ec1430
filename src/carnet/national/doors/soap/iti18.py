"""ITI-18 Registry Stored Query: TD3.1, all queries about one patient.

ITI-51, queries about several, is of profile `ihe` alone: the VIHF of the DMP names one patient.
"""

from __future__ import annotations

from collections.abc import Sequence

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
        return _refused(refusal)
    return _answer(query, found)


def _handle_several(call: Call) -> Answer:
    try:
        query = iti18.read_query(call.payload, action=iti18.MULTI_PATIENT_ACTION)
        found = record.find_across(
            call.session.member, query, now=call.now, correlation=call.correlation
        )
    except XdsRefused as refusal:
        return _refused(refusal)
    return _answer(query, found)


def _refused(refusal: XdsRefused) -> Answer:
    return Answer(iti18.write_response((), errors=refusal.errors))


def _answer(query: iti18.StoredQuery, found: Sequence[record.Fragment]) -> Answer:
    if query.return_type == "ObjectRef":
        return Answer(
            iti18.write_response((), object_refs=(EntryUuid.of(each.id) for each in found))
        )
    return Answer(iti18.write_response(each.text for each in found))


QUERY = Operation(iti18.ACTION, iti18.RESPONSE_ACTION, _handle)
QUERY_SEVERAL = Operation(
    iti18.MULTI_PATIENT_ACTION, iti18.MULTI_PATIENT_RESPONSE_ACTION, _handle_several
)
