"""Mailboxes and what they hold. A citizen's mailbox has the id of the patient (DESIGN §4)."""

from __future__ import annotations

from django.db import models


class Mailbox(models.Model):
    """A mailbox (BAL). For a citizen `id` is the patient's: all of one person is together."""

    id = models.UUIDField(primary_key=True)
    address = models.TextField(unique=True)
    domain = models.TextField(db_index=True)
    kind = models.TextField()  #: CITIZEN, PER, ORG or APP
    label = models.TextField(blank=True)
    structure = models.TextField(blank=True)
    ps_idnat = models.TextField(blank=True)
    status = models.TextField(default="open")
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="messaging_mailbox_kind",
                condition=models.Q(kind__in=["CITIZEN", "PER", "ORG", "APP"]),
            ),
            models.CheckConstraint(
                name="messaging_mailbox_status", condition=models.Q(status__in=["open", "closed"])
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Conversation(models.Model):
    """Messages that answer one another, with one correspondent.

    `subject` is what it is about (`rules.about`); the subjects as written are in the messages.
    """

    pk = models.CompositePrimaryKey("mailbox_id", "id")
    mailbox_id = models.UUIDField()
    id = models.UUIDField()
    subject = models.TextField()
    correspondent_address = models.TextField()
    correspondent_label = models.TextField()
    last_at = models.DateTimeField()
    messages = models.IntegerField()
    unread = models.IntegerField()
    has_attachments = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(fields=["mailbox_id", "-last_at", "-id"], name="messaging_conversation_at")
        ]

    def __str__(self) -> str:
        return str(self.id)


class Message(models.Model):
    """One message as received: its raw form is in the document store under `raw_sha256`."""

    pk = models.CompositePrimaryKey("mailbox_id", "id")
    mailbox_id = models.UUIDField()
    id = models.UUIDField()
    conversation_id = models.UUIDField()
    message_id = models.TextField()
    in_reply_to = models.TextField(blank=True)
    sent_at = models.DateTimeField()
    received_at = models.DateTimeField()
    sender_address = models.TextField()
    sender_label = models.TextField()
    reply_address = models.TextField()
    subject = models.TextField()
    subject_shown = models.TextField()
    body = models.TextField()
    reply_blocked = models.BooleanField()
    receipt_address = models.TextField(blank=True)
    read_at = models.DateTimeField(null=True)
    raw_sha256 = models.TextField()
    raw_size = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox_id", "message_id"], name="messaging_message_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["mailbox_id", "conversation_id"], name="messaging_message_conversation"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Attachment(models.Model):
    """A file of a message, attached or inside its XDM package; its bytes are in the raw form.

    `title` and `unique_id` are those of the document that it is, or is the PDF of; else empty.
    """

    pk = models.CompositePrimaryKey("mailbox_id", "message_id", "place")
    mailbox_id = models.UUIDField()
    message_id = models.UUIDField()
    place = models.IntegerField()
    filename = models.TextField()
    media_type = models.TextField()
    size = models.BigIntegerField()
    is_document = models.BooleanField()
    title = models.TextField(default="")
    unique_id = models.TextField(default="")

    def __str__(self) -> str:
        return f"{self.message_id} {self.place}"


class Contact(models.Model):
    """State of the exchange with one professional address (spec mssante §6.2)."""

    pk = models.CompositePrimaryKey("mailbox_id", "address")
    mailbox_id = models.UUIDField()
    address = models.TextField()
    label = models.TextField()
    state = models.TextField()  #: "open" or "ended"
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.state}"
