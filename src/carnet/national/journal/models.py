"""The table of traces: append-only, one partition a month (made by the migration and by tasks)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Trace(models.Model):
    """One act: who, what, on whose record, with what outcome (CSP R.1111-43, spec dmp §6.7).

    The table is made by SQL: it is partitioned by month and a trigger refuses to change or remove
    a line. `patient_id` is the nil UUID when the act is about no known person.
    """

    pk = models.CompositePrimaryKey("patient_id", "at", "id")
    patient_id = models.UUIDField()
    at = models.DateTimeField()
    id = models.UUIDField()
    action = models.TextField()
    outcome = models.TextField()
    actor_kind = models.TextField()
    actor_id = models.TextField()
    actor_label = models.TextField()
    structure = models.TextField()
    purpose = models.TextField()
    reasons = ArrayField(models.TextField())
    object_type = models.TextField()
    object_id = models.TextField()
    details = models.JSONField()
    correlation = models.TextField()

    class Meta:
        managed = False
        db_table = "journal_trace"
