"""Reads of the citizen's mailbox, always for an actor (spec mssante §6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils.text import get_valid_filename

from carnet.national.clients.documents import store
from carnet.national.journal.actors import Citizen
from carnet.national.journal.queries import check_space
from carnet.national.messaging import models, rules
from carnet.national.messaging.parts import parts_of
from carnet.national.record import queries as record
from carnet.standards.mss import message as mss


class MessageNotFound(LookupError):  # noqa: N818 - says what happened
    """No such conversation, message or attachment in this mailbox."""


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """One line of the inbox."""

    id: UUID
    subject: str  #: what it is about: the title of its document, else the subject
    correspondent: str  #: the label of the sender, else the address
    correspondent_address: str
    at: datetime  #: of the last message
    unread: int
    messages: int
    has_attachments: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of the inbox, newest first. `next_before` goes back into `before`; "" at the end."""

    address: str
    status: str  #: "open" or "closed"
    conversations: tuple[ConversationSummary, ...]
    unread: int
    next_before: str


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """An attached file. The IHE_XDM.zip itself is not shown: its documents are."""

    index: int
    filename: str
    media_type: str
    size: int  #: bytes
    is_document: bool  #: comes from the XDM package (a CDA)
    title: str  #: of the document that it is, or is the PDF of; "" for any other file
    in_record: UUID | None  #: that document in the record, when this reader may see it there


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message of a conversation."""

    id: UUID
    at: datetime
    sender: str
    sender_address: str
    sender_kind: str  #: "professional" or "establishment" (C19)
    subject: str  #: as written, without the XDM/1.0/DDM+ marker
    body: str  #: plain text
    attachments: tuple[AttachmentView, ...]
    is_read: bool
    can_reply: bool
    reply_state: str  #: "open", "ended" (C9: by [FIN]) or "blocked" (C10: X-MSS-MES: FIN)


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation, oldest message first."""

    id: UUID
    subject: str  #: what it is about: the title of its document, else the subject
    correspondent: str
    correspondent_address: str
    ended_by: str  #: who put an end to the exchange (C9), or ""
    messages: tuple[MessageView, ...]


@dataclass(frozen=True, slots=True)
class AttachmentContent:
    """The bytes of one attachment. `filename` is safe for a Content-Disposition."""

    filename: str
    media_type: str
    data: bytes


def inbox(actor: Citizen, patient_id: UUID, *, before: str = "", limit: int = 50) -> Inbox:
    """The conversations of this mailbox. Raises `PermissionError` for another's mailbox."""
    check_space(actor, patient_id)
    mailbox = models.Mailbox.objects.filter(id=patient_id).first()
    if mailbox is None:
        return Inbox("", "closed", (), 0, "")
    lines = models.Conversation.objects.filter(mailbox_id=patient_id)
    at, _tilde, identifier = before.partition("~")
    if identifier:
        try:
            last = (datetime.fromisoformat(at), UUID(identifier))
        except ValueError:
            last = None  # not a cursor of ours: the first page
        if last:
            lines = lines.filter(Q(last_at__lt=last[0]) | Q(last_at=last[0], id__lt=last[1]))
    found = list(lines.order_by("-last_at", "-id")[: limit + 1])
    shown = found[:limit]
    more = len(found) > limit
    return Inbox(
        address=mailbox.address,
        status=mailbox.status,
        conversations=tuple(
            ConversationSummary(
                id=line.id,
                subject=line.subject,
                correspondent=line.correspondent_label or line.correspondent_address,
                correspondent_address=line.correspondent_address,
                at=line.last_at,
                unread=line.unread,
                messages=line.messages,
                has_attachments=line.has_attachments,
            )
            for line in shown
        ),
        unread=unread_count(actor, patient_id),
        next_before=f"{shown[-1].last_at.isoformat()}~{shown[-1].id}" if more else "",
    )


def unread_count(actor: Citizen, patient_id: UUID) -> int:
    """How many messages are unread. Raises `PermissionError` for another's mailbox."""
    check_space(actor, patient_id)
    return models.Message.objects.filter(mailbox_id=patient_id, read_at__isnull=True).count()


def conversation(actor: Citizen, patient_id: UUID, conversation_id: UUID) -> ConversationView:
    """One conversation. Raises `MessageNotFound`, `PermissionError`.

    Call `actions.mark_read(actor, patient_id, conversation_id, now=…)` when it is shown.
    """
    check_space(actor, patient_id)
    line = models.Conversation.objects.filter(mailbox_id=patient_id, id=conversation_id).first()
    if line is None:
        raise MessageNotFound
    messages = list(
        models.Message.objects.filter(
            mailbox_id=patient_id, conversation_id=conversation_id
        ).order_by("received_at", "id")
    )
    attachments = _attachments(actor, patient_id, [message.id for message in messages])
    addresses = {
        each for message in messages for each in (message.reply_address, message.sender_address)
    }
    contacts = {
        contact.address: contact
        for contact in models.Contact.objects.filter(mailbox_id=patient_id, address__in=addresses)
    }
    kinds = {
        mailbox.address: "establishment" if mailbox.kind in ("ORG", "APP") else "professional"
        for mailbox in models.Mailbox.objects.filter(address__in=addresses)
    }
    ended = [contact for contact in contacts.values() if contact.state == "ended"]
    return ConversationView(
        id=line.id,
        subject=line.subject,
        correspondent=line.correspondent_label or line.correspondent_address,
        correspondent_address=line.correspondent_address,
        ended_by=ended[0].label or ended[0].address if ended else "",
        messages=tuple(
            _view(message, contacts, kinds, tuple(attachments.get(message.id, ())))
            for message in messages
        ),
    )


def _attachments(
    actor: Citizen, patient_id: UUID, messages: Sequence[UUID]
) -> dict[UUID, list[AttachmentView]]:
    """The files of these messages, by message: documents first."""
    lines = list(
        models.Attachment.objects.filter(mailbox_id=patient_id, message_id__in=messages).order_by(
            "-is_document", "place"
        )
    )
    wanted = {line.unique_id for line in lines if line.unique_id}
    kept = record.documents_of(actor, patient_id, wanted) if wanted else {}
    found: dict[UUID, list[AttachmentView]] = {}
    for line in lines:
        found.setdefault(line.message_id, []).append(
            AttachmentView(
                index=line.place,
                filename=line.filename,
                media_type=line.media_type,
                size=line.size,
                is_document=line.is_document,
                title=line.title,
                in_record=kept.get(line.unique_id),
            )
        )
    return found


def _view(
    message: models.Message,
    contacts: dict[str, models.Contact],
    kinds: dict[str, str],
    attachments: tuple[AttachmentView, ...],
) -> MessageView:
    contact = contacts.get(message.reply_address) or contacts.get(message.sender_address)
    state = rules.reply_state(
        blocked=message.reply_blocked, contact=contact.state if contact else None
    )
    return MessageView(
        id=message.id,
        at=message.received_at,
        sender=message.sender_label or message.sender_address,
        sender_address=message.sender_address,
        sender_kind=kinds.get(message.sender_address, "professional"),
        subject=message.subject_shown,
        body=message.body,
        attachments=attachments,
        is_read=message.read_at is not None,
        can_reply=state == "open",
        reply_state=state,
    )


def attachment(actor: Citizen, patient_id: UUID, message_id: UUID, index: int) -> AttachmentContent:
    """One attachment. Raises `MessageNotFound`, `PermissionError`."""
    check_space(actor, patient_id)
    message = models.Message.objects.filter(mailbox_id=patient_id, id=message_id).first()
    if message is None:
        raise MessageNotFound
    documents = store(settings.CARNET_DOCUMENTS_URL, settings.CARNET_MASTER_KEY)
    parts = parts_of(mss.read(documents.get(patient_id, message.raw_sha256)))
    if not 0 <= index < len(parts):
        raise MessageNotFound
    part = parts[index]
    return AttachmentContent(get_valid_filename(part.filename), part.media_type, part.data)
