"""Accounts of the space, whom they represent, and what they were told."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from uuid_utils.compat import uuid7


class Account(AbstractBaseUser):
    """Somebody who signs in to the space; `patient_id` is their own record.

    A closed account is not active and has `closed_at`; its holder may open it again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    login = models.CharField(max_length=150, unique=True)
    patient_id = models.UUIDField(unique=True)
    email = models.EmailField(blank=True)  #: one that was confirmed, by a code or by who opened
    mail_kinds = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)
    closed_at = models.DateTimeField(null=True)
    totp_secret = models.BinaryField(null=True)  #: sealed; none until a first code confirmed it
    totp_step = models.BigIntegerField(default=0)  #: of the last code taken: none is taken twice
    france_connect_sub = models.TextField(null=True, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = BaseUserManager["Account"]()

    def __str__(self) -> str:
        return str(self.id)


class Attempts(models.Model):
    """How often something failed in a row, by whom or on what: the wait grows with it.

    `key` is a keyed hash (`attempts.key`): what was typed, or where it came from, is not kept.
    """

    key = models.TextField(primary_key=True)
    failures = models.FloatField()  #: at `last_at`; some limits let them fade since
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.failures:.1f}"


class OneTimeCode(models.Model):
    """The one live code for a purpose and a subject; only its keyed hash is kept.

    Not keyed by patient: a code may be asked before it is known who asks (activation).
    """

    pk = models.CompositePrimaryKey("purpose", "subject")
    purpose = models.TextField()
    subject = models.TextField()
    code_hash = models.TextField()
    expires_at = models.DateTimeField()
    failures = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.purpose


class Device(models.Model):
    """A browser that its owner trusts: no code is asked there. The cookie holds the secret.

    Keyed by itself, as accounts are (DESIGN §4, users): the cookie comes before anybody is known.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="devices")
    secret_hash = models.TextField()
    name = models.TextField()
    trusted_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class SpaceSession(models.Model):
    """One sign-in, from its beginning to its end; the browser's session holds its id.

    Keyed by itself, as accounts are (DESIGN §4, users): asked for at each request.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sessions")
    device = models.ForeignKey(Device, on_delete=models.SET_NULL, null=True)
    method = models.TextField()  #: one of `rules.Method`
    name = models.TextField()  #: of the browser, as its owner would call it
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    proved_at = models.DateTimeField()  #: when the person last proved who they are
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["account", "started_at"],
                name="accounts_session_open",
                condition=models.Q(ended_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Passkey(models.Model):
    """A public key of the person (WebAuthn level 2, §4 "credential record").

    Keyed by itself, as accounts are: an answer names the key before anybody is known.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="passkeys")
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField()
    name = models.TextField()
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class HealthCard(models.Model):
    """A person named on a carte Vitale: several may be on one card, twins with one number.

    Keyed by the card: whoever types it is not known yet.
    """

    pk = models.CompositePrimaryKey("number", "serial", "patient_id")
    number = models.TextField()  #: NIR of the insured with its key, 15 characters
    serial = models.TextField()
    patient_id = models.UUIDField()
    email = models.EmailField(blank=True)  #: what the insurance knows, where a code may be sent

    class Meta:
        indexes = [models.Index(fields=["patient_id"], name="accounts_card_patient")]

    def __str__(self) -> str:
        return str(self.patient_id)


class Invitation(models.Model):
    """A provisional code with which a person activates their space; only its hash is kept.

    Keyed by that hash: whoever types the code is not known yet.
    """

    code_hash = models.TextField(primary_key=True)
    patient_id = models.UUIDField()
    channel = models.TextField()  #: "letter" or "email"
    sealed_code = models.BinaryField(null=True)  #: of a letter, until it is written
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["patient_id"], name="accounts_invitation_patient")]

    def __str__(self) -> str:
        return str(self.patient_id)


class SpaceStatus(models.Model):
    """What a person decided about their space; no line: opened and not activated (R-149)."""

    patient_id = models.UUIDField(primary_key=True)
    status = models.TextField()  #: one of `rules.Status`
    since = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  #: when record and mailbox followed

    class Meta:
        indexes = [
            models.Index(
                fields=["since"],
                name="accounts_status_untold",
                condition=models.Q(told_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.status


class Mandate(models.Model):
    """Somebody helps a person in their space: invited, then accepted, then ended or outdated."""

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField(default=uuid7)
    carer_patient_id = models.UUIDField(null=True)  #: none until accepted
    carer_birth_name = models.TextField()
    carer_email = models.EmailField()
    scopes = ArrayField(models.TextField())
    code_hash = models.TextField()
    invited_at = models.DateTimeField()
    answer_before = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id", "code_hash"], name="accounts_mandate_code"
            )
        ]
        indexes = [
            models.Index(fields=["carer_patient_id"], name="accounts_mandate_carer"),
            models.Index(fields=["code_hash"], name="accounts_mandate_hash"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Representation(models.Model):
    """A legal representative of a minor, from a date to another (the majority, a judgment)."""

    pk = models.CompositePrimaryKey("child_patient_id", "parent_patient_id")
    child_patient_id = models.UUIDField()
    parent_patient_id = models.UUIDField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["parent_patient_id"], name="accounts_representation_parent")
        ]

    def __str__(self) -> str:
        return f"{self.parent_patient_id} for {self.child_patient_id}"


class Notification(models.Model):
    """Something told in a space, once for each `key`."""

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField(default=uuid7)
    key = models.TextField()
    kind = models.TextField()
    at = models.DateTimeField()
    params = models.JSONField()
    target_id = models.TextField(blank=True)
    for_representatives = models.BooleanField(default=True)
    correlation = models.TextField(blank=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id", "key"], name="accounts_notification_once"
            ),
        ]
        indexes = [
            models.Index(fields=["patient_id", "-at"], name="accounts_notification_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Mail(models.Model):
    """An e-mail to send to a person's own address; it says that there is news, never which.

    `address` is empty for that of the account. `params` (a code, a name) is sealed.
    """

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField(default=uuid7)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True)
    address = models.EmailField(blank=True, db_default="")
    kind = models.TextField()
    params = models.BinaryField(null=True)
    not_before = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    problem = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["not_before"], name="accounts_mail_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
