"""Accounts of the space, whom they represent, and what they were told."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from uuid_utils.compat import uuid7


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts; Django's authentication reads them by `login`."""

    def create_user(
        self, login: str, password: str | None = None, *, patient_id: uuid.UUID, email: str = ""
    ) -> Account:
        """An active account for the space of `patient_id`; without password nobody signs in."""
        account = self.model(login=login, patient_id=patient_id, email=email)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """Somebody who signs in to the space; `patient_id` is their own record."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    login = models.CharField(max_length=150, unique=True)
    patient_id = models.UUIDField(unique=True)
    email = models.EmailField(blank=True)
    mail_kinds = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = AccountManager()

    def __str__(self) -> str:
        return str(self.id)


class SignInFailures(models.Model):
    """How often a login failed in a row, known or not: the wait grows with it."""

    login = models.CharField(max_length=150, primary_key=True)
    failures = models.IntegerField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.failures}"


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
    """An e-mail to send to a person's own address; it says that there is news, never which."""

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField(default=uuid7)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    kind = models.TextField()
    not_before = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    problem = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["not_before"], name="accounts_mail_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
