"""A message that comes: kept in each of its mailboxes, durably, or in none (spec mssante §6)."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from carnet.national.accounts import actions as accounts
from carnet.national.clients import clamd
from carnet.national.clients.documents import Stored, store
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import System
from carnet.national.messaging import rules
from carnet.national.messaging.parts import Part, parts_of
from carnet.national.record.arrays import placed
from carnet.standards.mss import message as mss

#: The open mailboxes among these, each with the conversation that one of these Message-ID belongs
#: to there, the most recent first.
_BOXES: Final = """
SELECT box.id, box.kind = 'CITIZEN',
       (SELECT held.conversation_id FROM messaging_message held
         WHERE held.mailbox_id = box.id AND held.message_id = ANY({references})
         ORDER BY held.received_at DESC LIMIT 1)
  FROM messaging_mailbox box
 WHERE box.address = ANY({addresses}) AND box.status = 'open'
 ORDER BY box.id
"""
#: Nothing is written when the mailbox already holds this Message-ID.
_RECEIVE: Final = f"""
WITH message AS (
    INSERT INTO messaging_message
    SELECT * FROM jsonb_populate_record(NULL::messaging_message, %s::jsonb)
    ON CONFLICT (mailbox_id, message_id) DO NOTHING
    RETURNING mailbox_id, id
), conversation AS (
    INSERT INTO messaging_conversation AS old
    SELECT * FROM jsonb_populate_record(NULL::messaging_conversation, %s::jsonb)
     WHERE EXISTS (SELECT FROM message)
    ON CONFLICT (mailbox_id, id) DO UPDATE SET
        last_at = greatest(old.last_at, EXCLUDED.last_at),
        messages = old.messages + 1,
        unread = old.unread + 1,
        has_attachments = old.has_attachments OR EXCLUDED.has_attachments
), attachments AS (
    INSERT INTO messaging_attachment
    SELECT * FROM jsonb_populate_recordset(NULL::messaging_attachment, %s::jsonb)
     WHERE EXISTS (SELECT FROM message)
), contact AS (
    INSERT INTO messaging_contact AS old
    SELECT * FROM jsonb_populate_recordset(NULL::messaging_contact, %s::jsonb)
     WHERE EXISTS (SELECT FROM message)
    ON CONFLICT (mailbox_id, address) DO UPDATE SET
        state = EXCLUDED.state, label = EXCLUDED.label, changed_at = EXCLUDED.changed_at
), trace AS (
    {journal.INSERT} WHERE EXISTS (SELECT FROM message)
)
SELECT count(*) FROM message
"""  # noqa: S608 - made of constants only


class _Box(NamedTuple):
    """A mailbox that a message is for; `thread` is the conversation it goes on, if any."""

    id: UUID
    is_citizen: bool
    thread: UUID | None


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
    boxes = _boxes(message, {address.lower() for address in recipients})
    documents = store(settings.CARNET_DOCUMENTS_URL, settings.CARNET_MASTER_KEY)
    for box in boxes:
        documents.put(box.id, raw, incoming.stored)
    with transaction.atomic():
        for box in boxes:
            _deliver(box, incoming, envelope_from=envelope_from, peer=peer)


def _boxes(message: mss.IncomingMessage, addresses: Collection[str]) -> list[_Box]:
    references, ids = placed([each for each in (message.in_reply_to, *message.references) if each])
    among, keys = placed(list(addresses))
    with connection.cursor() as cursor:
        cursor.execute(_BOXES.format(references=references, addresses=among), [*ids, *keys])
        boxes = [_Box(*found) for found in cursor.fetchall()]
    if len(boxes) != len(addresses):
        raise LookupError("a mailbox is unknown or closed")
    return boxes


def _deliver(box: _Box, incoming: _Incoming, *, envelope_from: str, peer: str) -> None:
    message, now = incoming.message, incoming.now
    sender = System(message.sender.label or message.sender.address)
    identifier, conversation_id = uuid7(), box.thread or uuid7()
    contacts = rules.contacts(message) if box.is_citizen else ()
    trace = journal.row(
        sender,
        "message.received",
        at=now,
        patient_id=box.id if box.is_citizen else None,
        outcome="allowed",
        object_type="message",
        object_id=str(identifier),
        details={"peer": peer, "envelope_from": envelope_from},
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _RECEIVE,
            [
                json.dumps(_message(box, incoming, identifier, conversation_id)),
                json.dumps(_conversation(box, incoming, conversation_id)),
                json.dumps(_attachments(box, incoming, identifier)),
                json.dumps(
                    [
                        {
                            "mailbox_id": str(box.id),
                            "address": address,
                            "label": message.sender.label,
                            "state": state,
                            "changed_at": now.isoformat(),
                        }
                        for address, state in contacts
                    ]
                ),
                json.dumps([trace]),
            ],
        )
        is_new = cursor.fetchone()[0]
    if is_new and box.is_citizen:
        accounts.notify(
            sender,
            box.id,
            "message.new",
            at=now,
            params={"actor": sender.label},
            target_id=str(conversation_id),
            key=f"message.new:{identifier}",
        )


def _message(
    box: _Box, incoming: _Incoming, identifier: UUID, conversation_id: UUID
) -> dict[str, Any]:
    message = incoming.message
    return {
        "mailbox_id": str(box.id),
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


def _conversation(box: _Box, incoming: _Incoming, conversation_id: UUID) -> dict[str, Any]:
    message = incoming.message
    return {
        "mailbox_id": str(box.id),
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


def _attachments(box: _Box, incoming: _Incoming, identifier: UUID) -> list[dict[str, Any]]:
    return [
        {
            "mailbox_id": str(box.id),
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
