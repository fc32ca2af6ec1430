"""Sessions of the desk, second factors, and which professional each operator is."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

#: The operators are in another room: named, so that one query reads a session and its holder.
_OPERATOR = "patients.Operator"


class Link(models.Model):
    """The professional that an operator is: who comes by Pro Santé Connect under this idNat_PS."""

    operator = models.OneToOneField(_OPERATOR, on_delete=models.CASCADE, primary_key=True)
    idnat = models.TextField(unique=True)

    def __str__(self) -> str:
        return self.idnat


class SecondFactor(models.Model):
    """An application on the operator's telephone (TOTP, RFC 6238), once it has shown a code."""

    operator = models.OneToOneField(_OPERATOR, on_delete=models.CASCADE, primary_key=True)
    secret = models.BinaryField()  #: sealed
    step = models.BigIntegerField()  #: of the last code taken: none is taken twice
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.operator_id)


class DeskSession(models.Model):
    """One sign-in at the desk, from its beginning to its end; the browser's session holds its id.

    Of Pro Santé Connect it keeps the provider's session and the refresh token, by which it is asked
    from time to time whether that session still lives (`checked_at`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    operator = models.ForeignKey(_OPERATOR, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField()  #: the operator's when it began: another one ends the session
    method = models.TextField()  #: one of `rules.Method`
    level = models.TextField(blank=True)  #: acr that the provider said
    idnat = models.TextField(blank=True)
    situations = models.JSONField(default=list)  #: the one they work in, once it is chosen
    provider_session = models.TextField(blank=True)  #: sid
    refresh = models.BinaryField(null=True)  #: sealed
    identity = models.BinaryField(null=True)  #: the identity token, sealed: it ends the session
    checked_at = models.DateTimeField()
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                name="desk_session_provider",
                fields=["provider_session"],
                condition=~Q(provider_session="") & Q(ended_at=None),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_waiting(self) -> bool:
        """Whether the professional must say first in which situation they work."""
        return len(self.situations) > 1
