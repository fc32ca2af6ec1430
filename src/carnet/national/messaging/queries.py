"""Reads of the citizen's mailbox, always for an actor (spec mssante §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.national.journal.actors import Citizen


class MessageNotFound(LookupError):
    """No such conversation, message or attachment in this mailbox."""


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """One line of the inbox."""

    id: UUID
    subject: str  #: without the XDM/1.0/DDM+ marker
    correspondent: str  #: the label of the sender, else the address
    correspondent_address: str
    at: datetime  #: of the last message
    unread: int
    messages: int
    has_attachments: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of the inbox, newest first. `next_before` goes back into `before`; empty at the end."""

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


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message of a conversation."""

    id: UUID
    at: datetime
    sender: str
    sender_address: str
    sender_kind: str  #: "professional" or "establishment" (C19)
    subject: str
    body: str  #: plain text
    attachments: tuple[AttachmentView, ...]
    is_read: bool
    can_reply: bool
    reply_state: str  #: "open", "ended" (C9: by [FIN]) or "blocked" (C10: X-MSS-MES: FIN)


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation, oldest message first."""

    id: UUID
    subject: str
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
    raise NotImplementedError


def unread_count(actor: Citizen, patient_id: UUID) -> int:
    """How many messages are unread."""
    raise NotImplementedError


def conversation(actor: Citizen, patient_id: UUID, conversation_id: UUID) -> ConversationView:
    """One conversation. Raises `MessageNotFound`, `PermissionError`.

    Call `actions.mark_read(actor, patient_id, conversation_id, now=…)` when it is shown.
    """
    raise NotImplementedError


def attachment(actor: Citizen, patient_id: UUID, message_id: UUID, index: int) -> AttachmentContent:
    """One attachment. Raises `MessageNotFound`, `PermissionError`."""
    raise NotImplementedError
