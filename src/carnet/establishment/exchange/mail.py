"""One document to one mailbox: an XDM package and its PDF, from the APP mailbox of the sender.

Source: spec mssante §4.1 (ECO.2.x), §5, §7. The Message-ID and every byte that the mailbox sees
are made of stored rows: a message sent twice after a cut is recognised as one. Requirements: R-078.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Final

import carnet
from carnet.establishment.clients.smtp import MssClient
from carnet.establishment.exchange import letters, record, rules
from carnet.establishment.exchange.attempts import Outcome
from carnet.establishment.exchange.checks import Sendable, sendable
from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.models import Delivery, Document
from carnet.establishment.patients.rules import instant
from carnet.standards.hl7v2.messages import Action
from carnet.standards.mss import message, xdm
from carnet.standards.mss.message import Attachment, OutgoingMessage, Party, Subject
from carnet.standards.xds import from_cda

State = Delivery.State

#: What the body says when the sender wrote none; a replacement or a deletion always says so (§7).
_BODIES: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.NEW: "Bonjour,\n\nVous trouverez ci-joint le document « {title} ».\n",
        Action.REPLACE: (
            "Bonjour,\n\nLe document « {title} » ci-joint annule et remplace celui que vous avez "
            "reçu précédemment.\n"
        ),
        Action.DELETE: (
            "Bonjour,\n\nLe document « {title} », que vous avez reçu précédemment, a été supprimé "
            "par son auteur. Merci de ne plus en tenir compte.\n"
        ),
    }
)
_NOTES: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.NEW: "",
        Action.REPLACE: "[Annule et remplace]",
        Action.DELETE: "[Suppression]",
    }
)
_PRODUCT: Final = f"Carnet-{carnet.__version__}"


def deliver(row: Delivery, *, client: MssClient, configuration: Configuration) -> Outcome:
    """Send one delivery of a lane of the mail. Raises a `CallError` as the client does."""
    if row.document.action == Document.Action.DELETE and _never_sent(row.after):
        return Outcome(State.CANCELLED, "nothing_to_delete", called=False)
    ready = sendable(row, configuration)
    if isinstance(ready, Outcome):
        return ready
    raw = build(ready, configuration)
    receipt = client.send(configuration.mailbox, row.address, raw, envelope_id=str(row.id))
    return Outcome(State.DELIVERED, receipt=f"{receipt.code} {receipt.text}")


def _never_sent(before: Delivery | None) -> bool:
    return before is None or (before.state != State.DELIVERED and not before.attempts)


def build(ready: Sendable, configuration: Configuration) -> bytes:
    """The message of one delivery."""
    row, event, header = ready.row, ready.event, ready.header
    sender = letters.sending(event.sender, configuration)
    title = header.title or header.code.display
    to_patient = row.destination == rules.PATIENT
    said = event.body_for_patient if to_patient else event.body_for_professionals
    body = _BODIES[event.action].format(title=title)
    if said:
        body = f"{said}\n" if event.action is Action.NEW else f"{body}\n{said}\n"
    embedded = ready.stored.embedded
    act = _act(ready)
    pdfs: tuple[Attachment, ...] = ()
    if embedded is not None and embedded[0] == "application/pdf":
        name = message.pdf_name(
            act, header.code.display, ready.patient.birth_name, ready.patient.first_given_name
        )
        pdfs = (Attachment(name, *embedded),)
    before = row.after
    return message.build(
        OutgoingMessage(
            message_id=message_id(row, configuration),
            date=ready.document.received_at,
            sender=Party(configuration.mailbox, sender.structure_name),
            recipients=(Party(row.address),),
            subject=Subject(
                header.code.display or title,
                ready.patient.birth_name,
                ready.patient.first_given_name,
                _day(ready.patient.birth_date),
                note=_NOTES[event.action],
            ),
            body_text=body,
            product=_PRODUCT,
            xdm=_package(ready, configuration, sender),
            pdfs=pdfs,
            reply_to=Party(event.reply_to.mail) if event.reply_to else None,
            final=to_patient and event.flags.patient_may_not_reply,
            read_receipt_to=configuration.mailbox if event.flags.ack_reading else "",
            in_reply_to=message_id(before, configuration) if before else "",
            cda_codes=(header.code.code,),
            ins_complete=True,
        )
    )


def message_id(row: Delivery, configuration: Configuration) -> str:
    """The Message-ID: one delivery, one message, however many attempts."""
    return f"<{row.id}@{configuration.mail_name}>"


def _package(ready: Sendable, configuration: Configuration, sender: letters.Sending) -> bytes:
    event = ready.event
    entry = from_cda.entry_from_cda(
        ready.header, entry_id=record.ENTRY, confidentiality=record.visibility(event.flags)
    )
    if event.action is not Action.NEW:
        entry = replace(entry, extra_slots=((xdm.ACTION_SLOT, (event.action.value,)),))
    lot = from_cda.submission_set(
        lot_id=record.LOT,
        unique_id=record.lot_id(ready.row),
        source_id=configuration.oid_root,
        patient_id=ready.ins.cx,
        author=from_cda.sender_author(sender.party),
        content_type=from_cda.content_type(event.patient_class),
        at=ready.document.received_at,
        title=ready.header.title,
    )
    return xdm.build(
        from_cda.submission(lot, [entry]),
        {record.ENTRY: ready.content},
        sender=xdm.Sender(sender.structure_name, sender.structure, mail=configuration.mailbox),
        application=xdm.Application(configuration.software.name, configuration.software.version),
    )


def _act(ready: Sendable) -> date:
    """The date of the act, for the name of the PDF (ECO.2.1.6)."""
    service = ready.header.services[0] if ready.header.services else None
    begun = instant(service.start) if service else None
    return (begun or ready.document.received_at).date()


def _day(text: str) -> date | None:
    """A birth date that is a day of the calendar; lunar and partial dates are left out."""
    moment = instant(text[:8]) if len(text) >= 8 else None
    return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if moment else None
