"""The one table of the exchange log."""

from __future__ import annotations

from django.db import models


class Exchange(models.Model):
    """One call of a service, as it was on the wire. `request` and `answer` are sealed.

    By its own id and not by a patient's: a message that cannot be read is about nobody known. What
    is not sealed names software and services, never a patient.
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    service = models.TextField()
    action = models.TextField()
    message_id = models.TextField()
    caller = models.TextField()  #: DN of the client certificate
    status = models.IntegerField()
    outcome = models.TextField()
    milliseconds = models.FloatField()
    correlation = models.TextField()
    request_type = models.TextField()
    request = models.BinaryField()
    answer_type = models.TextField()
    answer = models.BinaryField()
    size = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="exchanges_exchange_at")]

    def __str__(self) -> str:
        return str(self.id)
