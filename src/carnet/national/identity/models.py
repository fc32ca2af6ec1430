"""Persons, what they were before, the INS that lead to them; the batches of the INSi service."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Left


class Person(models.Model):
    """A person known by an INS, with the strict traits of the INSi teleservice."""

    patient_id = models.UUIDField(primary_key=True)
    matricule = models.TextField()
    oid = models.TextField()
    birth_name = models.TextField()
    birth_given_names = models.TextField()
    first_given_name = models.TextField()
    used_name = models.TextField(blank=True)
    used_given_name = models.TextField(blank=True)
    sex = models.TextField()
    birth_date = models.TextField()  #: YYYYMMDD, cut before the first unknown part
    birth_place = models.TextField(blank=True)
    registered_at = models.DateTimeField()
    deceased_on = models.TextField(blank=True, db_default="")  #: YYYYMMDD, cut as `birth_date`
    #: Number (13 characters) of who opens the rights of this person, and rank among twins.
    insured_number = models.TextField(blank=True, db_default="")
    birth_rank = models.TextField(blank=True, db_default="")

    class Meta:
        indexes = [
            # Of the INSi service, the one search that does not know the patient by an INS.
            models.Index(fields=["birth_name", "birth_date", "sex"], name="identity_person_traits"),
            models.Index(
                fields=["insured_number"],
                name="identity_person_insured",
                condition=~models.Q(insured_number=""),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="identity_person_sex", condition=models.Q(sex__in=["M", "F", "I"])
            ),
        ]

    def __str__(self) -> str:
        return str(self.patient_id)


class FormerIns(models.Model):
    """An INS that a person had before, oldest first by id; `since` and `until` are YYYY-MM-DD.

    The period is kept as the national base tells it: often empty, sometimes inconsistent.
    """

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField()
    matricule = models.TextField()
    oid = models.TextField()
    kind = models.TextField(blank=True)  #: NIR or NIA, when it is told
    since = models.TextField(blank=True)
    until = models.TextField(blank=True)

    def __str__(self) -> str:
        return str(self.id)


class FormerTraits(models.Model):
    """The strict traits that a person had until `replaced_at`, and why they changed."""

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField()
    birth_name = models.TextField()
    birth_given_names = models.TextField()
    first_given_name = models.TextField()
    sex = models.TextField()
    birth_date = models.TextField()
    birth_place = models.TextField(blank=True)
    reason = models.TextField()
    replaced_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class Script(models.Model):
    """How INSi answers about somebody of its test population; nobody else has one.

    `names` are the given names that are answered (`list`, `first` or `both`: answers of several
    ages are published), `fault` the error that whoever asks for this person meets.
    """

    patient_id = models.UUIDField(primary_key=True)
    names = models.TextField()
    fault = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="identity_script_names",
                condition=models.Q(names__in=["list", "first", "both"]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.patient_id)


class InsLocator(models.Model):
    """Which person an INS leads to: the lookup of all messages that come with an INS alone.

    A former INS still leads to the person.
    """

    pk = models.CompositePrimaryKey("matricule", "oid")
    matricule = models.TextField()
    oid = models.TextField()
    patient_id = models.UUIDField()

    class Meta:
        indexes = [
            models.Index(fields=["patient_id"], name="identity_ins_patient"),
            models.Index(Left("matricule", 13), name="identity_ins_number"),
        ]

    def __str__(self) -> str:
        return str(self.patient_id)


class DomainPatient(models.Model):
    """A patient of an affinity domain (profile `ihe`), by an identifier that a feed gave.

    Nothing else is known of them: they are in neither the INS base nor `Person`.
    """

    pk = models.CompositePrimaryKey("identifier", "authority")
    identifier = models.TextField()
    authority = models.TextField()
    patient_id = models.UUIDField()
    known_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["patient_id"], name="identity_domain_patient")]

    def __str__(self) -> str:
        return str(self.patient_id)


class Batch(models.Model):
    """A deposit of identities to verify. By its own id, not a patient's: it is about many.

    `caller` is the structure that deposited it and alone may collect it; `message_id` lets a
    deposit be sent again. All of it is deleted at `expires_at`.
    """

    id = models.UUIDField(primary_key=True)
    caller = models.TextField()
    message_id = models.TextField()
    deposited_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "message_id"], name="identity_batch_message"),
        ]
        indexes = [
            models.Index(
                fields=["deposited_at"],
                name="identity_batch_pending",
                condition=models.Q(done_at=None),
            ),
            models.Index(fields=["expires_at"], name="identity_batch_expiry"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class BatchLine(models.Model):
    """One identity of a batch as it was deposited; `code` is empty until it is verified."""

    pk = models.CompositePrimaryKey("batch_id", "place")
    batch_id = models.UUIDField()
    place = models.IntegerField()
    reference = models.TextField()
    question = models.JSONField()
    code = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["batch_id", "place"],
                name="identity_batchline_pending",
                condition=models.Q(code=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.place}"


class Quota(models.Model):
    """How often a structure called INSi in the minute that began at `minute`."""

    caller = models.TextField(primary_key=True)
    minute = models.DateTimeField()
    calls = models.IntegerField()

    def __str__(self) -> str:
        return self.caller
