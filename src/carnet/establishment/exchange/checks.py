"""What is looked at again just before sending: identity, opposition and flags may have changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from carnet.establishment.exchange import (
    identity,
    outbox,
    releasing,
    rules,
    stored,
    successions,
)
from carnet.establishment.exchange.attempts import Outcome
from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.models import Delivery, Document
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.cda import reading
from carnet.standards.cda.header import Header
from carnet.standards.hl7v2.messages import Action, DocumentEvent
from carnet.standards.ids import Ins, Oid

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Sendable:
    """A delivery that may go: all that is needed to send it."""

    row: Delivery
    document: Document
    event: DocumentEvent
    patient: LocalPatient
    ins: Ins
    header: Header
    content: bytes


def sendable(row: Delivery, configuration: Configuration) -> Sendable | Outcome:
    """What to send, or why it may not be sent now."""
    document = row.document
    deletion = document.action == Document.Action.DELETE
    if not deletion and document.successors.filter(action="D").exists():
        return Outcome(State.CANCELLED, "withdrawn", called=False)
    if successions.superseded(row):
        return Outcome(State.CANCELLED, "superseded", called=False)
    patient = patients.get(document.patient_id) if document.patient_id else None
    source = document.target if deletion and document.target else document
    if patient is not None and document.under_matricule:
        return _withdrawal(row, patient, source)
    if patient is None or patient.ins is None:
        standing = identity.standing(patient, None)
        return Outcome(State.WAITING, standing.reason, standing.detail, called=False)
    standing = releasing.standing_of(source, patient, configuration)
    if standing.state != State.READY:
        return Outcome(standing.state, standing.reason, standing.detail, called=False)
    content = stored.content(source)
    if content is None:
        return Outcome(State.CANCELLED, "nothing_to_delete", called=False)
    event = stored.event(document)
    header = reading.read(content)
    refusal = rules.block(
        row.destination,
        rules.Facts(
            action=event.action,
            flags=event.flags,
            type_code=header.code.code,
            uid=source.uid,
            confidentiality=header.confidentiality.code,
            has_sender=event.sender is not None,
            patient=patient,
        ),
    )
    if refusal:
        return Outcome(State.REFUSED, refusal, called=False)
    if row.destination == rules.PATIENT:  # of this patient, whoever it was made for
        row.address = outbox.patient_address(patient, configuration)
    return _sendable(row, event, patient, patient.ins, content)


def _withdrawal(row: Delivery, patient: LocalPatient, source: Document) -> Sendable | Outcome:
    """A correction withdraws under the INS of then, whatever the identity has become."""
    if row.destination == rules.PATIENT:
        return Outcome(State.REFUSED, "former_mailbox", called=False)
    content = stored.content(source)
    if content is None:
        return Outcome(State.CANCELLED, "nothing_to_delete", called=False)
    event = replace(stored.event(row.document), action=Action.DELETE)
    ins = Ins(row.document.under_matricule, Oid(row.document.under_oid))
    return _sendable(row, event, patient, ins, content)


def _sendable(
    row: Delivery, event: DocumentEvent, patient: LocalPatient, ins: Ins, content: bytes
) -> Sendable:
    """The row remembers under which INS it goes, for the day when that INS is another."""
    row.ins_matricule, row.ins_oid = ins.matricule, str(ins.oid)
    return Sendable(
        row=row,
        document=row.document,
        event=event,
        patient=patient,
        ins=ins,
        header=reading.read(content),
        content=content,
    )
