"""Persons, and the INS that lead to them."""

from __future__ import annotations

from django.db import models


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

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="identity_person_sex", condition=models.Q(sex__in=["M", "F", "I"])
            ),
        ]

    def __str__(self) -> str:
        return str(self.patient_id)


class InsLocator(models.Model):
    """Which person an INS leads to: the lookup of all messages that come with an INS alone."""

    pk = models.CompositePrimaryKey("matricule", "oid")
    matricule = models.TextField()
    oid = models.TextField()
    patient_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["patient_id"], name="identity_ins_patient")]

    def __str__(self) -> str:
        return str(self.patient_id)
