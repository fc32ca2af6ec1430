"""Structures, professionals and where they work: small tables, the same on every node."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class Structure(models.Model):
    """A structure. A geographic establishment (EG) has its legal entity (EJ) as `parent`."""

    struct_idnat = models.CharField(max_length=20, primary_key=True)
    name = models.TextField()
    kind = models.TextField()
    sector = models.TextField(blank=True)
    address = models.TextField(blank=True)
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="establishments"
    )
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Professional(models.Model):
    """A professional, with profession and specialty as codes (G15, R01)."""

    ps_idnat = models.CharField(max_length=80, primary_key=True)
    family_name = models.TextField()
    given_name = models.TextField()
    title = models.TextField(blank=True)
    profession_code = models.TextField()
    profession_system = models.TextField()
    specialty_code = models.TextField(blank=True)
    specialty_system = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.title} {self.given_name} {self.family_name}".strip()


class Exercise(models.Model):
    """A professional working in a structure."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE)
    structure = models.ForeignKey(Structure, on_delete=models.CASCADE)
    role = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["professional", "structure"], name="directory_exercise_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.professional_id} in {self.structure_id}"
