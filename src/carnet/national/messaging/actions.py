"""Deeds on mailboxes: opening, receiving, reading (spec mssante §6)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, cast
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from carnet.national.accounts import actions as accounts
from carnet.national.clients import clamd
from carnet.national.clients.documents import Stored, store
from carnet.national.directory import actions as directory
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, Citizen, System
from carnet.national.journal.queries import check_space
from carnet.national.messaging import rules
from carnet.national.messaging.models import Conversation, Mailbox, Message
from carnet.national.messaging.parts import Part, parts_of
from carnet.standards.ids import PsIdNat, StructIdNat
from carnet.standards.mss import message as mss
from carnet.standards.mss.addresses import Address, patient_address

RecipientStatus = Literal["accepted", "unknown", "closed"]


def open_citizen_mailbox(actor: Actor, patient_id: UUID, *, now: datetime) -> str:
    """Open the mailbox of a person, or open it again; give its address (spec mssante C1).

    Raises `LookupError` when there is no such person.
    """
    person = identity.person(patient_id)
    if person is None:
        raise LookupError("there is no such person")
    address = patient_address(person.ins, domain=settings.CARNET_PATIENT_DOMAIN).key
    with transaction.atomic():
        Mailbox.objects.update_or_create(
            id=patient_id,
            defaults={"status": "open"},
            create_defaults={
                "address": address,
                "domain": address.rpartition("@")[2],
                "kind": "CITIZEN",
                "label": person.name,
                "status": "open",
                "opened_at": now,
            },
        )
        journal.record(actor, "mailbox.opened", at=now, patient_id=patient_id, outcome="allowed")
    return address


def open_professional_mailbox(
    actor: Actor,
    address: str,
    *,
    kind: Literal["PER", "ORG", "APP"],
    now: datetime,
    label: str = "",
    structure: str = "",
    ps_idnat: str = "",
) -> UUID:
    """Open a mailbox of a professional, a service or a software; give its id.

    Raises `AddressError` when the address is not one.
    """
    key = Address.parse(address).key
    with transaction.atomic():
        mailbox, _created = Mailbox.objects.update_or_create(
            address=key,
            defaults={
                "kind": kind,
                "label": label,
                "structure": structure,
                "ps_idnat": ps_idnat,
                "status": "open",
            },
            create_defaults={
                "id": uuid7(),
                "domain": key.rpartition("@")[2],
                "kind": kind,
                "label": label,
                "structure": structure,
                "ps_idnat": ps_idnat,
                "status": "open",
                "opened_at": now,
            },
        )
        journal.record(
            actor,
            "mailbox.opened",
            at=now,
            patient_id=None,
            outcome="allowed",
            object_type="mailbox",
            object_id=str(mailbox.id),
        )
    return mailbox.id


def publish_mailbox(
    actor: Actor,
    address: str,
    *,
    now: datetime,
    description: str = "",
    service: str = "",
    unlisted: bool = False,
) -> None:
    """Publish an open mailbox of a professional or a structure in the directory (mssante §9).

    Raises `LookupError` when there is none, or the directory does not know its holder.
    """
    with transaction.atomic():
        mailbox = (
            Mailbox.objects.select_for_update()
            .filter(address=address.lower(), status="open")
            .exclude(kind="CITIZEN")
            .first()
        )
        if mailbox is None:
            raise LookupError("there is no such mailbox")
        directory.publish_mailbox(
            actor,
            mailbox.address,
            kind=cast(Literal["PER", "ORG", "APP"], mailbox.kind),
            professional=PsIdNat(mailbox.ps_idnat) if mailbox.ps_idnat else None,
            structure=StructIdNat(mailbox.structure) if mailbox.structure else None,
            description=description,
            service=service,
            unlisted=unlisted,
            now=now,
        )


def close_mailbox(actor: Actor, address: str, *, now: datetime) -> None:
    """Close a mailbox: mail for it is refused for good (C1), the directory shows it no more.

    Raises `LookupError` when unknown.
    """
    with transaction.atomic():
        mailbox = Mailbox.objects.filter(address=address.lower()).first()
        if mailbox is None:
            raise LookupError("there is no such mailbox")
        Mailbox.objects.filter(id=mailbox.id).update(status="closed")
        if mailbox.kind != "CITIZEN":
            directory.withdraw_mailbox(actor, mailbox.address, now=now)
        journal.record(
            actor,
            "mailbox.closed",
            at=now,
            patient_id=mailbox.id if mailbox.kind == "CITIZEN" else None,
            outcome="allowed",
            object_type="mailbox",
            object_id=str(mailbox.id),
        )


def recipient_status(address: str) -> RecipientStatus:
    """Whether mail for this address is taken; asked before DATA (spec mssante §3.1)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM messaging_mailbox WHERE address = %s", [address.lower()])
        found = cursor.fetchone()
    if found is None:
        return "unknown"
    return "accepted" if found[0] == "open" else "closed"


def serves(domain: str) -> bool:
    """Whether some mailbox of ours is in this domain: mail for others is never relayed."""
    return Mailbox.objects.filter(domain=domain).exists()


#: The conversation that one of these Message-ID belongs to, the most recent first.
_THREAD: Final = """
SELECT conversation_id FROM messaging_message
 WHERE mailbox_id = %s AND message_id = ANY(%s::text[])
 ORDER BY received_at DESC LIMIT 1
"""
#: Nothing is written when the mailbox already holds this Message-ID.
_RECEIVE: Final = """
WITH message AS (
    INSERT INTO messaging_message
    SELECT * FROM jsonb_populate_record(NULL::messaging_message, %(message)s::jsonb)
    ON CONFLICT (mailbox_id, message_id) DO NOTHING
    RETURNING mailbox_id, id
), conversation AS (
    INSERT INTO messaging_conversation AS old
    SELECT * FROM jsonb_populate_record(NULL::messaging_conversation, %(conversation)s::jsonb)
     WHERE EXISTS (SELECT FROM message)
    ON CONFLICT (mailbox_id, id) DO UPDATE SET
        last_at = greatest(old.last_at, EXCLUDED.last_at),
        messages = old.messages + 1,
        unread = old.unread + 1,
        has_attachments = old.has_attachments OR EXCLUDED.has_attachments
), attachments AS (
    INSERT INTO messaging_attachment
    SELECT * FROM jsonb_populate_recordset(NULL::messaging_attachment, %(attachments)s::jsonb)
     WHERE EXISTS (SELECT FROM message)
), contact AS (
    INSERT INTO messaging_contact AS old
    SELECT * FROM jsonb_populate_recordset(NULL::messaging_contact, %(contacts)s::jsonb)
     WHERE EXISTS (SELECT FROM message)
    ON CONFLICT (mailbox_id, address) DO UPDATE SET
        state = EXCLUDED.state, label = EXCLUDED.label, changed_at = EXCLUDED.changed_at
)
SELECT count(*) FROM message
"""


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A message on its way into mailboxes, read once."""

    message: mss.IncomingMessage
    parts: tuple[Part, ...]
    stored: Stored
    now: datetime


def receive(
    raw: bytes, envelope_from: str, recipients: Sequence[str], *, peer: str, now: datetime
) -> None:
    """Keep a message in each of these mailboxes; when this returns it is durable.

    The same Message-ID again in a mailbox changes nothing. `peer` is the DN of the certificate
    that brought it. Raises `mss.MessageError` when the message cannot be read or the antivirus
    knows it, `LookupError` when a mailbox is unknown or closed, `OSError` when the antivirus cannot
    judge: then no mailbox has it.
    """
    message = mss.read(raw)
    try:
        clamd.check(settings.CARNET_CLAMD, raw)
    except clamd.InfectedError:
        raise mss.MessageError(554, "5.7.1", "Message refuse par l'antivirus") from None
    incoming = _Incoming(message, parts_of(message), Stored.of(raw), now)
    mailboxes = {
        each.address: each
        for each in Mailbox.objects.filter(
            address__in=[address.lower() for address in recipients], status="open"
        )
    }
    if len(mailboxes) != len({address.lower() for address in recipients}):
        raise LookupError("a mailbox is unknown or closed")
    documents = store(settings.CARNET_DOCUMENTS_URL, settings.CARNET_MASTER_KEY)
    for mailbox in mailboxes.values():
        documents.put(mailbox.id, raw, incoming.stored)
    with transaction.atomic():
        for mailbox in sorted(mailboxes.values(), key=lambda each: each.id):
            _deliver(mailbox, incoming, envelope_from=envelope_from, peer=peer)


def _deliver(mailbox: Mailbox, incoming: _Incoming, *, envelope_from: str, peer: str) -> None:
    message, now = incoming.message, incoming.now
    sender = System(message.sender.label or message.sender.address)
    references = [each for each in (message.in_reply_to, *message.references) if each]
    identifier = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(_THREAD, [mailbox.id, references])
        thread = cursor.fetchone()
        conversation_id = thread[0] if thread else uuid7()
        contacts = rules.contacts(message) if mailbox.kind == "CITIZEN" else ()
        cursor.execute(
            _RECEIVE,
            {
                "message": json.dumps(_message(mailbox, incoming, identifier, conversation_id)),
                "conversation": json.dumps(
                    _conversation(mailbox, incoming, conversation_id), default=str
                ),
                "attachments": json.dumps(
                    [
                        {
                            "mailbox_id": str(mailbox.id),
                            "message_id": str(identifier),
                            "place": place,
                            "filename": part.filename,
                            "media_type": part.media_type,
                            "size": len(part.data),
                            "is_document": part.is_document,
                            "title": part.title,
                            "unique_id": part.unique_id,
                        }
                        for place, part in enumerate(incoming.parts)
                    ]
                ),
                "contacts": json.dumps(
                    [
                        {
                            "mailbox_id": str(mailbox.id),
                            "address": address,
                            "label": message.sender.label,
                            "state": state,
                            "changed_at": now.isoformat(),
                        }
                        for address, state in contacts
                    ]
                ),
            },
        )
        if not cursor.fetchone()[0]:
            return
    citizen = mailbox.kind == "CITIZEN"
    journal.record(
        sender,
        "message.received",
        at=now,
        patient_id=mailbox.id if citizen else None,
        outcome="allowed",
        object_type="message",
        object_id=str(identifier),
        details={"peer": peer, "envelope_from": envelope_from},
    )
    if citizen:
        accounts.notify(
            sender,
            mailbox.id,
            "message.new",
            at=now,
            params={"actor": sender.label},
            target_id=str(conversation_id),
            key=f"message.new:{identifier}",
        )


def _message(
    mailbox: Mailbox, incoming: _Incoming, identifier: UUID, conversation_id: UUID
) -> dict[str, Any]:
    message = incoming.message
    return {
        "mailbox_id": str(mailbox.id),
        "id": str(identifier),
        "conversation_id": str(conversation_id),
        # A message without Message-ID is told apart by its bytes.
        "message_id": message.message_id or f"sha256:{incoming.stored.sha256}",
        "in_reply_to": message.in_reply_to,
        "sent_at": (message.date or incoming.now).isoformat(),
        "received_at": incoming.now.isoformat(),
        "sender_address": message.sender.address.lower(),
        "sender_label": message.sender.label,
        "reply_address": rules.reply_address(message),
        "subject": message.subject,
        "subject_shown": message.subject_shown,
        "body": message.body_text,
        "reply_blocked": message.final,
        "receipt_address": message.wants_read_receipt,
        "read_at": None,
        "raw_sha256": incoming.stored.sha256,
        "raw_size": incoming.stored.size,
    }


def _conversation(mailbox: Mailbox, incoming: _Incoming, conversation_id: UUID) -> dict[str, Any]:
    message = incoming.message
    return {
        "mailbox_id": str(mailbox.id),
        "id": str(conversation_id),
        "subject": rules.about(
            message.subject_shown, [part.title for part in incoming.parts if part.is_document]
        ),
        "correspondent_address": message.sender.address.lower(),
        "correspondent_label": message.sender.label,
        "last_at": incoming.now.isoformat(),
        "messages": 1,
        "unread": 1,
        "has_attachments": bool(incoming.parts),
    }


def mark_read(actor: Citizen, patient_id: UUID, conversation_id: UUID, *, now: datetime) -> None:
    """Remember that the messages of this conversation were seen.

    Raises `PermissionError` for another's mailbox. The read receipts that were asked for (C11)
    are those lines whose `receipt_address` is filled and `read_at` set.
    """
    check_space(actor, patient_id)
    with transaction.atomic():
        seen = Message.objects.filter(
            mailbox_id=patient_id, conversation_id=conversation_id, read_at__isnull=True
        ).update(read_at=now)
        if not seen:
            return
        Conversation.objects.filter(mailbox_id=patient_id, id=conversation_id).update(unread=0)
        journal.record(
            actor,
            "message.read",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            object_type="conversation",
            object_id=str(conversation_id),
        )
