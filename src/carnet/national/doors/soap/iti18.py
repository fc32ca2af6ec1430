"""ITI-18 Registry Stored Query: TD3.1, FindDocuments and GetDocuments."""

from __future__ import annotations

from carnet.national.doors.soap.service import Answer, Call, Operation
from carnet.national.record import queries as record
from carnet.standards.ids import EntryUuid
from carnet.standards.xds import iti18
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti18 import FindDocuments, GetDocuments


def _handle(call: Call) -> Answer:
    try:
        query = iti18.read(call.payload)
        found = _find(call, query)
    except XdsRefused as refusal:
        return Answer(iti18.write_response((), errors=refusal.errors))
    if query.return_type == "ObjectRef":
        return Answer(
            iti18.write_response((), object_refs=(EntryUuid.of(id_) for id_, _fragment in found))
        )
    return Answer(iti18.write_response(fragment for _id, fragment in found))


def _find(call: Call, query: FindDocuments | GetDocuments) -> list[record.Fragment]:
    actor, patient = call.session.actor, call.session.patient
    now, correlation = call.now, call.correlation
    if isinstance(query, FindDocuments):
        return record.find_documents(
            actor, query, patient=patient, now=now, correlation=correlation
        )
    return record.get_documents(actor, query, patient=patient, now=now, correlation=correlation)


QUERY = Operation(iti18.ACTION, iti18.RESPONSE_ACTION, _handle)
