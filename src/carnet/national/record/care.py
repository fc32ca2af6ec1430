"""Tables of the care team: who takes part in the care of a patient, why, and for how long.

A member is of the team by one of the cases of CSP L.1110-12 (R-141 to R-144): their structure,
during one of its care episodes (R-147); the patient, who recognises them; an organisation that
several structures and professionals declared. Requirements: R-142.
"""

from __future__ import annotations

from django.db import models


class Episode(models.Model):
    """A care episode of a patient in a structure or an organisation; one that lasts has no end."""

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField()
    member = models.TextField()  #: Struct_IdNat, or id of the organisation
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id", "member"],
                condition=models.Q(closed_at__isnull=True),
                name="record_episode_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.opened_at:%Y-%m-%d}"


class TeamMember(models.Model):
    """Whose members are of the care team of a patient, by which case, from when to when.

    `member` is a PS_IdNat (recognised by the patient), a Struct_IdNat (structure) or the id of an
    `Organisation`; the two last come from an `Episode`.
    """

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField()
    legal_case = models.TextField()  #: a `rules.Team`
    member = models.TextField()
    episode_id = models.UUIDField(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="record_teammember_case",
                condition=models.Q(legal_case__in=["structure", "recognised", "organisation"]),
            ),
            models.UniqueConstraint(
                fields=["patient_id", "member"],
                condition=models.Q(legal_case="recognised"),
                name="record_teammember_recognised_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.legal_case} {self.member}"


class Organisation(models.Model):
    """A formal organisation of care that was declared (CSP L.1110-12, 3°): no patient's data."""

    id = models.TextField(primary_key=True)
    name = models.TextField()
    declared_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class OrganisationMember(models.Model):
    """A professional (PS_IdNat) or a structure (Struct_IdNat) of an organisation."""

    pk = models.CompositePrimaryKey("organisation", "member")
    organisation = models.TextField()
    member = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["member"], name="record_organisation_member")]

    def __str__(self) -> str:
        return f"{self.member} in {self.organisation}"


class Release(models.Model):
    """A document that is not yet shown to its patient, and the day on which it will be."""

    pk = models.CompositePrimaryKey("patient_id", "document_id")
    patient_id = models.UUIDField()
    document_id = models.UUIDField()
    due_at = models.DateTimeField()
    set_by = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="record_release_due")]

    def __str__(self) -> str:
        return f"{self.document_id} {self.due_at:%Y-%m-%d}"
