"""What is looked at again just before sending: identity, opposition and flags may have changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from django.db import connection

from carnet.establishment.exchange import (
    identity,
    outbox,
    releasing,
    rules,
)
from carnet.establishment.exchange.attempts import Outcome
from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.models import Delivery, Document
from carnet.establishment.exchange.stored import Stored
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.cda.header import Header
from carnet.standards.hl7v2.messages import Action, DocumentEvent
from carnet.standards.ids import Ins, Oid

State = Delivery.State


#: Whether a document is deleted, whether its place has a newer version of it already, and whether
#: somebody must say first whose the source is.
_FACTS: Final = """
SELECT coalesce(bool_or(n.action = 'D'), false),
       coalesce(bool_or(n.action = 'C' AND EXISTS (
           SELECT 1 FROM exchange_delivery d
            WHERE d.document_id = n.id AND d.destination = %(destination)s
              AND d.address = %(address)s AND d.state = 'delivered')), false),
       EXISTS (SELECT 1 FROM exchange_attribution
                WHERE document_id = %(source)s AND state = 'asked')
  FROM exchange_document n WHERE n.target_id = %(document)s
"""


@dataclass(frozen=True, slots=True)
class Sendable:
    """A delivery that may go: all that is needed to send it."""

    row: Delivery
    document: Document
    event: DocumentEvent
    patient: LocalPatient
    ins: Ins
    stored: Stored  #: of what is sent; of a deletion, of what is deleted
    header: Header
    content: bytes


def sendable(row: Delivery, configuration: Configuration) -> Sendable | Outcome:
    """What to send, or why it may not be sent now."""
    document = row.document
    deletion = document.action == Document.Action.DELETE
    source = document.target if deletion and document.target else document
    deleted, superseded, asked = _facts(row, source)
    if deleted and not deletion:
        return Outcome(State.CANCELLED, "withdrawn", called=False)
    if superseded:
        return Outcome(State.CANCELLED, "superseded", called=False)
    patient = patients.get(document.patient_id) if document.patient_id else None
    stored = Stored(source)
    if patient is not None and document.under_matricule:
        return _withdrawal(row, patient, stored)
    if patient is None or patient.ins is None:
        standing = identity.standing(patient, None)
        return Outcome(State.WAITING, standing.reason, standing.detail, called=False)
    standing = identity.WHOSE if asked else releasing.standing_with(stored, patient, configuration)
    if standing.state != State.READY:
        return Outcome(standing.state, standing.reason, standing.detail, called=False)
    event = stored.event if source is document else Stored(document).event
    ready = _ready(row, event, patient, patient.ins, stored)
    if isinstance(ready, Outcome):
        return ready
    refusal = rules.block(
        row.destination,
        rules.Facts(
            action=event.action,
            flags=event.flags,
            type_code=ready.header.code.code,
            uid=source.uid,
            confidentiality=ready.header.confidentiality.code,
            has_sender=event.sender is not None,
            patient=patient,
        ),
    )
    if refusal:
        return Outcome(State.REFUSED, refusal, called=False)
    if row.destination == rules.PATIENT:  # of this patient, whoever it was made for
        row.address = outbox.patient_address(patient, configuration)
    return _remembered(ready)


def _facts(row: Delivery, source: Document) -> tuple[bool, bool, bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            _FACTS,
            {
                "document": row.document_id,
                "source": source.id,
                "destination": row.destination,
                "address": row.address,
            },
        )
        deleted, superseded, asked = cursor.fetchone()
    return deleted, superseded, asked


def _withdrawal(row: Delivery, patient: LocalPatient, stored: Stored) -> Sendable | Outcome:
    """A correction withdraws under the INS of then, whatever the identity has become."""
    if row.destination == rules.PATIENT:
        return Outcome(State.REFUSED, "former_mailbox", called=False)
    event = replace(Stored(row.document).event, action=Action.DELETE)
    ins = Ins(row.document.under_matricule, Oid(row.document.under_oid))
    ready = _ready(row, event, patient, ins, stored)
    return ready if isinstance(ready, Outcome) else _remembered(ready)


def _ready(
    row: Delivery, event: DocumentEvent, patient: LocalPatient, ins: Ins, stored: Stored
) -> Sendable | Outcome:
    content, header = stored.content, stored.header
    if content is None or header is None:
        return Outcome(State.CANCELLED, "nothing_to_delete", called=False)
    return Sendable(row, row.document, event, patient, ins, stored, header, content)


def _remembered(ready: Sendable) -> Sendable:
    """The row remembers under which INS it goes, for the day when that INS is another."""
    ready.row.ins_matricule, ready.row.ins_oid = ready.ins.matricule, str(ready.ins.oid)
    return ready
