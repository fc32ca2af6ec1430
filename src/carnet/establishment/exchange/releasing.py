"""What an identity message releases: the documents of its patient, in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from carnet.establishment.exchange import identity, intake, letters, outbox, stored
from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.identity import Standing
from carnet.establishment.exchange.models import Delivery, Document
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.identities import Applied
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.hl7v2.errors import Hl7Error

#: Changes of an identity after which a document may go, or must wait for another reason.
_MATTERS: Final = frozenset(
    {"created", "identifiers", "status", "ins", "traits", "attributes", "merged", "alert"}
)


def after(applied: Applied, configuration: Configuration, *, now: datetime) -> None:
    """Follow the merges, recognise the patients of documents that had none, release what may go."""
    for merged, survivor in applied.merged:
        Document.objects.filter(patient_id=merged).update(patient_id=survivor)
    if not applied.changed & _MATTERS:
        return
    known = patients.get_many(applied.touched)
    for patient in known.values():
        _recognise(patient)
    for row in outbox.waiting_of(known):
        document = row.document
        holder = known.get(document.patient_id) if document.patient_id else None
        if holder is not None:
            outbox.release(
                [row],
                standing_of(document, holder, configuration),
                address=outbox.patient_address(holder, configuration),
                now=now,
            )


def _recognise(patient: LocalPatient) -> None:
    Document.objects.filter(
        patient_id=None, patient_keys__overlap=intake.keys_of_local(patient)
    ).update(patient_id=patient.id, patient_keys=[])


def standing_of(
    document: Document, patient: LocalPatient, configuration: Configuration, *, save: bool = True
) -> Standing:
    """How this document stands with its patient; a PDF gets its CDA as soon as it may leave.

    Without `save` the document is not stored yet: whoever made it does.
    """
    found = identity.standing(patient, stored.header_made_by_sender(document))
    if found.state != Delivery.State.READY or not stored.to_build(document):
        return found
    try:
        event = stored.event(document)
        document.built = letters.build(event, document, patient, configuration)
    except Hl7Error as error:
        return Standing(Delivery.State.STUCK, "document_invalid", error.reason)
    if save:
        document.save(update_fields=["built"])
    return found
