"""Deeds on the directory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from carnet.national.directory import models, queries
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.standards.ids import PsIdNat, StructIdNat
from carnet.standards.xds.metadata import Code


def register_structure(
    actor: Actor,
    struct_idnat: StructIdNat,
    *,
    name: str,
    kind: str,
    now: datetime,
    sector: str = "",
    address: str = "",
    parent: StructIdNat | None = None,
) -> None:
    """Make a structure known, or bring what is known of it up to date."""
    with transaction.atomic():
        models.Structure.objects.update_or_create(
            struct_idnat=struct_idnat,
            defaults={
                "name": name,
                "kind": kind,
                "sector": sector,
                "address": address,
                "parent_id": parent,
                "is_active": True,
            },
        )
        _trace(actor, "structure.registered", struct_idnat, now)
        transaction.on_commit(queries.forget)


def register_professional(
    actor: Actor,
    ps_idnat: PsIdNat,
    *,
    family_name: str,
    given_name: str,
    profession: Code,
    now: datetime,
    specialty: Code | None = None,
    title: str = "",
    structures: Sequence[StructIdNat] = (),
) -> None:
    """Make a professional known with the structures they work in, or bring it up to date."""
    with transaction.atomic():
        professional, _created = models.Professional.objects.update_or_create(
            ps_idnat=ps_idnat,
            defaults={
                "family_name": family_name,
                "given_name": given_name,
                "title": title,
                "profession_code": profession.code,
                "profession_system": profession.scheme,
                "specialty_code": specialty.code if specialty else "",
                "specialty_system": specialty.scheme if specialty else "",
                "is_active": True,
            },
        )
        models.Exercise.objects.filter(professional=professional).exclude(
            structure_id__in=structures
        ).delete()
        for structure in structures:
            models.Exercise.objects.get_or_create(professional=professional, structure_id=structure)
        _trace(actor, "professional.registered", ps_idnat, now)


def _trace(actor: Actor, action: str, identifier: str, now: datetime) -> None:
    journal.record(
        actor,
        action,
        at=now,
        patient_id=None,
        outcome="allowed",
        object_type="directory",
        object_id=identifier,
    )
