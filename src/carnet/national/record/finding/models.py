"""What a search reads, all keyed by patient; made from documents, and can be made again from them.

Nothing here decides who may see: a search joins the lines of the documents, as they are now.
"""

from __future__ import annotations

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now


class Reading(models.Model):
    """A document that is to be read (again), or to leave the index; the worker removes the line."""

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField(db_default=models.Func(function="gen_random_uuid"))
    document_id = models.UUIDField()
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(db_default=0)
    problem = models.TextField(db_default="")

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="record_reading_due")]

    def __str__(self) -> str:
        return f"{self.document_id} {self.problem}"


class Text(models.Model):
    """The text of a stored content: `parts` is [[heading, page, text], …] in order.

    `state`: "whole", "partial" (cut, or some pages are pictures) or the code of a `TextError`.
    `likeness` is the digest of what two copies have in common (`folding`).
    """

    pk = models.CompositePrimaryKey("patient_id", "sha256")
    patient_id = models.UUIDField()
    sha256 = models.TextField()
    parts = models.JSONField()
    state = models.TextField()
    likeness = models.TextField()
    revision = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["patient_id", "likeness"], name="record_text_likeness")]

    def __str__(self) -> str:
        return f"{self.sha256} {self.state}"


class Indexed(models.Model):
    """A document as it is searched. `id` is that of its line in `Document`.

    The lexemes of `words` begin with a key of the patient, so that the index holds the words of
    one record side by side: a common word costs what it costs in this record, not in the country.
    `head` is what of them is not text: title, headings, and who wrote what where.
    Copies share `fold`. The rest is what facets count, in words.
    """

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField()
    sha256 = models.TextField()
    words = SearchVectorField()
    head = models.GeneratedField(
        expression=models.Func("words", models.Value("{a,b,c}"), function="ts_filter"),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    fold = models.UUIDField()
    type_label = models.TextField()
    author = models.TextField()
    structure = models.TextField()
    specialty = models.TextField()
    revision = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["patient_id", "sha256"], name="record_indexed_sha256")]

    def __str__(self) -> str:
        return str(self.id)


class Vocabulary(models.Model):
    """The different words of a record, one a line: to complete and to correct questions."""

    patient_id = models.UUIDField(primary_key=True)
    plain = models.TextField()
    written = models.TextField()

    def __str__(self) -> str:
        return str(self.patient_id)
