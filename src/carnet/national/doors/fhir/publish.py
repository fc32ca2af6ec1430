"""Publication: the transaction of ITI-65 and the DocumentReference of ITI-105."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from carnet.national.doors.fhir.held import headers, named, written
from carnet.national.doors.fhir.service import Call, Reply, json_types
from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record import actions as record
from carnet.national.record.queries.search import registered_ids
from carnet.standards.fhir import bundle, outcome, provide, reading
from carnet.standards.fhir import simplified as simplified_publish
from carnet.standards.fhir.lot import Provided
from carnet.standards.fhir.outcome import refused
from carnet.standards.hl7v2.messages import Party
from carnet.standards.xds import from_cda
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.metadata import Author


def transaction(call: Call) -> Reply:
    """ITI-65: all of the Bundle, or nothing."""
    data, _type = call.body(*json_types())
    received = reading.parse(data)
    if received.path != "Bundle":
        raise refused(422, "value", "a Bundle is expected at this address")
    provided = provide.read(received, limit=settings.CARNET_MAX_DOCUMENT_BYTES)
    ids = _publish(call, provided)
    return Reply(bundle.write_provided(provided.parts, ids, at=call.now))


def simplified(call: Call, data: bytes) -> Reply:
    """ITI-105: the lot is made here, in the name of the caller."""
    received = reading.parse(data)
    if received.path != "DocumentReference":
        raise refused(422, "value", "a DocumentReference is expected at this address")
    provided = simplified_publish.read(
        received,
        sender=sender(call.session.actor),
        source_id=settings.CARNET_REPOSITORY_OID,
        content_type=from_cda.content_type(""),
        now=f"{call.now:%Y%m%d%H%M%S}",
        limit=settings.CARNET_MAX_DOCUMENT_BYTES,
    )
    (part,) = provided.parts
    id_ = _publish(call, provided)[part.name]
    location = {"Location": f"{call.base}/DocumentReference/{id_}"}
    match call.prefers("return"):
        case "minimal":
            return Reply(status=201, headers=location)
        case "OperationOutcome":
            return Reply(outcome.write((outcome.DONE, *bundle.not_kept(part))), 201, location)
    # A caller that may only feed still knows of its own documents.
    found = named(call, UUID(id_))
    if not found:
        return Reply(status=201, headers=location)
    return Reply(written(call, found[0]), 201, {**location, **headers(found[0])})


def sender(actor: Professional | Establishment) -> Author:
    """Who sends a lot that the caller did not make: the professional, or the structure's system."""
    if isinstance(actor, Professional):
        party = Party(
            person_id=actor.ps_idnat,
            person_id_type="IDNPS",
            family=actor.name,
            structure_id=actor.structure,
            structure_id_type="IDNST",
            structure_name=actor.structure_name,
        )
    else:
        party = Party(
            person_id=actor.responsible,
            person_id_type="IDNPS",
            structure_id=actor.struct_idnat,
            structure_id_type="IDNST",
            structure_name=actor.name,
        )
    return from_cda.sender_author(party)


def _publish(call: Call, provided: Provided) -> dict[str, str]:
    """The ids of what was registered, by uniqueId. Raises `FhirRefused`."""
    try:
        record.publish(call.session.actor, provided.request, **call.context)
    except XdsRefused as refusal:
        raise outcome.of_xds(refusal.errors, provided.places) from None
    return registered_ids(provided.patient, [part.name for part in provided.parts])
