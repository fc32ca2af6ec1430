"""The tables of the exchange: what came in, the documents it carried, where each must go.

A message keeps its bytes for ever as they came: whatever is decided later is read from them again.
A delivery is one row of the outbox and one job. Its lock is held while it is attempted, so a
killed worker frees it at once and no state has to be repaired. A foreign key has no index of its
own where another one begins with it, or where nothing is looked up by it.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class Inbound(models.Model):
    """One message as it was received, and the acknowledgement it got."""

    class State(models.TextChoices):
        ACCEPTED = "accepted", _("Accepté")
        REJECTED = "rejected", _("Rejeté")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    received_at = models.DateTimeField()
    peer = models.TextField(blank=True)
    application = models.TextField(blank=True)  # MSH-3
    facility = models.TextField(blank=True)  # MSH-4
    control_id = models.TextField(blank=True)  # MSH-10
    sha256 = models.CharField(max_length=64)
    raw = models.BinaryField()
    type = models.TextField(blank=True)  # MSH-9, ADT^A01
    state = models.CharField(max_length=8, choices=State.choices)
    ack = models.BinaryField(default=b"")
    errors = models.JSONField(default=list)  # [{code, place, reason}]
    patient_id = models.UUIDField(null=True)
    repeats = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="inbound_once", fields=["control_id", "application", "facility", "sha256"]
            ),
        ]
        indexes = [
            models.Index(name="inbound_latest", fields=["-received_at"]),
            models.Index(
                name="inbound_rejected", fields=["-received_at"], condition=Q(state="rejected")
            ),
        ]


class Opening(models.Model):
    """Who asked to see the whole content of a message, and when. Append only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    inbound = models.ForeignKey(
        Inbound, on_delete=models.PROTECT, related_name="openings", db_index=False
    )
    at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        indexes = [models.Index(name="opening_by_message", fields=["inbound", "-at"])]


class Document(models.Model):
    """What one message asks: to send a document, to replace one, or to delete one."""

    class Action(models.TextChoices):
        NEW = "F", _("Nouveau")
        REPLACE = "C", _("Remplacement")
        DELETE = "D", _("Suppression")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    inbound = models.ForeignKey(Inbound, on_delete=models.PROTECT, related_name="documents")
    received_at = models.DateTimeField()
    patient_id = models.UUIDField(null=True)
    patient_keys = ArrayField(models.TextField(), default=list)  # while the patient is unknown
    action = models.CharField(max_length=1, choices=Action.choices)
    target = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="successors", db_index=False
    )
    parent_uid = models.TextField(blank=True)  # what it replaces or deletes, known here or not
    uid = models.TextField()
    set_id = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    type_code = models.TextField()
    type_display = models.TextField(blank=True)
    title = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)  # of the bytes carried by the message
    is_cda = models.BooleanField(default=False)  # as carried; otherwise a PDF, or nothing
    # The CDA made here around a PDF, once it may leave; the PDF itself is in the message alone.
    built = models.BinaryField(null=True)
    entry_uuid = models.TextField(blank=True)  # in the record, once it was asked
    # The INS under which a withdrawal is made, when it is no longer that of the patient.
    under_matricule = models.CharField(max_length=15, blank=True)
    under_oid = models.CharField(max_length=64, blank=True)
    correction = models.ForeignKey(
        "Correction",
        null=True,
        on_delete=models.PROTECT,
        related_name="documents",
        db_index=False,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="document_once", fields=["uid"], condition=~Q(action="D")),
            models.UniqueConstraint(
                name="document_deleted_once", fields=["uid"], condition=Q(action="D")
            ),
            models.UniqueConstraint(
                name="document_version_once",
                fields=["set_id", "version"],
                condition=~Q(action="D") & ~Q(set_id=""),
            ),
        ]
        indexes = [
            models.Index(name="document_by_patient", fields=["patient_id", "-received_at"]),
            models.Index(name="document_successors", fields=["target"], condition=~Q(target=None)),
            models.Index(
                name="document_of_correction", fields=["correction"], condition=~Q(correction=None)
            ),
            models.Index(
                name="document_early",
                fields=["parent_uid"],
                condition=Q(target=None) & ~Q(parent_uid=""),
            ),
            GinIndex(
                name="document_of_unknown", fields=["patient_keys"], condition=Q(patient_id=None)
            ),
        ]


class Delivery(models.Model):
    """One document to one destination: a row of the outbox."""

    class Destination(models.TextChoices):
        RECORD = "record", _("Dossier partagé (DMP)")
        PROFESSIONAL = "professional", _("Professionnel (MSSanté)")
        PATIENT = "patient", _("Patient (messagerie citoyenne)")

    class State(models.TextChoices):
        WAITING = "waiting", _("En attente d’identité")
        READY = "ready", _("À envoyer")
        DELIVERED = "delivered", _("Livré")
        REFUSED = "refused", _("Non envoyé par règle")
        STUCK = "stuck", _("Bloqué")
        CANCELLED = "cancelled", _("Annulé")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    destination = models.CharField(max_length=12, choices=Destination.choices)
    address = models.TextField(blank=True)
    state = models.CharField(max_length=9, choices=State.choices)
    after = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    reason = models.TextField(blank=True)  # a code of `reasons`
    detail = models.TextField(blank=True)  # what the other side said, technical
    receipt = models.TextField(blank=True)
    # Under which INS it was last attempted.
    ins_matricule = models.CharField(max_length=15, blank=True, db_default="")
    ins_oid = models.CharField(max_length=64, blank=True, db_default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="delivery_once", fields=["document", "destination", "address"]
            ),
        ]
        indexes = [
            models.Index(
                name="delivery_due",
                fields=["destination", "next_attempt_at"],
                condition=Q(state="ready"),
            ),
            models.Index(
                name="delivery_open",
                fields=["state", "-updated_at"],
                condition=Q(state__in=["waiting", "ready", "stuck"]),
            ),
        ]


class DeliveryEvent(models.Model):
    """A line of the history of a delivery: who did what, when, with what result. Append only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    at = models.DateTimeField()
    actor = models.TextField()
    state = models.CharField(max_length=9)  # the state it gave to the delivery
    attempt = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(name="event_by_delivery", fields=["delivery", "at"])]


class Circuit(models.Model):
    """Whether a destination answers: open means that nothing is sent but probes."""

    class State(models.TextChoices):
        CLOSED = "closed", _("Joignable")
        OPEN = "open", _("Injoignable")
        HALF_OPEN = "half_open", _("À l’essai")

    name = models.CharField(max_length=12, primary_key=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.CLOSED)
    failures = models.PositiveIntegerField(default=0)  # in a row
    openings = models.PositiveIntegerField(default=0)  # in a row
    next_probe_at = models.DateTimeField(null=True)
    since = models.DateTimeField()
    last_error = models.TextField(blank=True)


class Correction(models.Model):
    """Documents that left under an INS that is no longer the patient's: withdrawn, sent again.

    *Proposed* when the INS merely went; it may come back, so a person decides.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("À décider")
        STARTED = "started", _("En cours")
        DROPPED = "dropped", _("Sans suite")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient_id = models.UUIDField()
    matricule = models.CharField(max_length=15)
    oid = models.CharField(max_length=64)
    cause = models.CharField(max_length=32)  # trigger of the message, or status event
    state = models.CharField(max_length=8, choices=State.choices)
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="correction_open_once",
                fields=["patient_id", "matricule", "oid"],
                condition=Q(state="proposed"),
            ),
        ]
        indexes = [models.Index(name="correction_latest", fields=["-opened_at"])]


class Attribution(models.Model):
    """Whose a document is, of two files that were taken for one: a row a document and a merge.

    *Moved* with the merge, *returned* when it is undone. About what came meanwhile a person is
    *asked*, unless it named the survivor alone: it is *kept* by the survivor, or *given* to the
    other. Nothing of it leaves while it is asked about.
    """

    class State(models.TextChoices):
        MOVED = "moved", _("Passé au dossier gardé")
        RETURNED = "returned", _("Rendu")
        ASKED = "asked", _("À attribuer")
        KEPT = "kept", _("Resté au dossier gardé")
        GIVEN = "given", _("Rendu à l’autre dossier")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    merge_id = models.UUIDField()
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="attributions")
    state = models.CharField(max_length=8, choices=State.choices)
    at = models.DateTimeField()
    actor = models.TextField(blank=True)  # who decided; for what the merge did, empty

    class Meta:
        constraints = [
            models.UniqueConstraint(name="attribution_once", fields=["merge_id", "document"]),
        ]
        indexes = [
            models.Index(name="attribution_asked", fields=["merge_id"], condition=Q(state="asked")),
        ]


class Feed(models.Model):
    """One identity message to one subscribed application: a row of the outbox.

    Of one patient, an application is told the rows in the order of their ids; a row that it
    refuses holds back the later ones. `matricule` is the INS that the application holds once it
    has taken the row, empty for none.
    """

    class State(models.TextChoices):
        READY = "ready", _("À envoyer")
        DELIVERED = "delivered", _("Livré")
        STUCK = "stuck", _("Bloqué")
        CANCELLED = "cancelled", _("Annulé")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscriber = models.TextField()
    patient_id = models.UUIDField()
    merged_id = models.UUIDField(null=True)  # the other patient of an A40
    trigger = models.CharField(max_length=3)
    control_id = models.CharField(max_length=20)
    raw = models.BinaryField()
    matricule = models.CharField(max_length=15, blank=True)
    oid = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.READY)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    reason = models.TextField(blank=True)  # a code of `reasons`
    detail = models.TextField(blank=True)  # what the application said
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                name="feed_due",
                fields=["subscriber", "next_attempt_at"],
                condition=Q(state="ready"),
            ),
            models.Index(name="feed_in_order", fields=["subscriber", "patient_id", "id"]),
            models.Index(name="feed_by_patient", fields=["patient_id", "id"]),
            models.Index(name="feed_stuck", fields=["updated_at"], condition=Q(state="stuck")),
        ]
