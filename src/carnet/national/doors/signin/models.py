"""What the stand-ins remember. None of it is of a patient, none is keyed by one (DESIGN §4).

Codes and refresh tokens are kept as their SHA-256: they are long and drawn, nobody guesses them.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7


class SigningKey(models.Model):
    """A key that a provider signs with, or signed with until `retires_at` and still publishes."""

    kid = models.TextField(primary_key=True)
    provider = models.TextField()
    private = models.BinaryField()  #: JWK in JSON, sealed
    created_at = models.DateTimeField()
    retires_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="signin_one_key_signs", fields=["provider"], condition=Q(retires_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.kid


class Persona(models.Model):
    """Somebody one may sign in as. `claims` are those of the user information, `sub` apart."""

    provider = models.TextField()
    key = models.TextField()  #: what a client gives as `login_hint`: idNat_PS, or a login
    name = models.TextField()
    what = models.TextField()  #: profession and place, as the page shows them
    claims = models.JSONField()
    position = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="signin_persona_once", fields=["provider", "key"])
        ]

    def __str__(self) -> str:
        return self.key


class Session(models.Model):
    """A persona signed in for one client: every token of it ends with it."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    provider = models.TextField()
    client_id = models.TextField()
    persona = models.ForeignKey(Persona, on_delete=models.CASCADE)
    scope = models.TextField()
    acr = models.TextField()
    nonce = models.TextField(blank=True)
    trouble = models.TextField(blank=True)  #: one of `troubles.Trouble`
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="signin_session_expiry", fields=["expires_at"]),
            models.Index(name="signin_session_nonce", fields=["client_id", "nonce"]),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Code(models.Model):
    """An authorization code: taken once, else its session ends."""

    digest = models.TextField(primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE)
    redirect_uri = models.TextField()
    challenge = models.TextField(blank=True)  #: S256; empty for a client that need not
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.session_id)


class RefreshToken(models.Model):
    """One of the family of a session: each is taken once, else the session ends."""

    digest = models.TextField(primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.session_id)


class Request(models.Model):
    """A CIBA request: what a persona is asked, until they answer or it expires."""

    digest = models.TextField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid7)
    provider = models.TextField()
    client_id = models.TextField()
    persona = models.ForeignKey(Persona, on_delete=models.CASCADE)
    scope = models.TextField()
    acr = models.TextField()
    message = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    interval = models.IntegerField()  #: seconds
    polled_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)
    trouble = models.TextField(blank=True)
    taken_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class SeenAssertion(models.Model):
    """The `jti` of a client's assertion: none is taken twice (RFC 7523 §3)."""

    pk = models.CompositePrimaryKey("client_id", "jti")
    client_id = models.TextField()
    jti = models.TextField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.jti
