"""Deeds on the directory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from django.db import transaction

from carnet.national.directory import models
from carnet.national.directory.remembered import forget
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.standards.directory import folded, split_address, words_of
from carnet.standards.ids import PsIdNat, StructIdNat
from carnet.standards.mss.addresses import Address
from carnet.standards.xds.metadata import Code

#: Category of a civil professional (TRE_R09), and type of a specialty (TRE_R04).
_CIVIL: Final = "C"
_SPECIALTY: Final = "S"


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
    ght: str = "",
) -> None:
    """Make a structure known, or bring what is known of it up to date."""
    street, postal_code, city = split_address(address)
    with transaction.atomic():
        models.Structure.objects.update_or_create(
            struct_idnat=struct_idnat,
            defaults={
                "name": name,
                "name_key": folded(name),
                "kind": kind,
                "sector": sector,
                "address": address,
                "street": street,
                "postal_code": postal_code,
                "city": city,
                "city_key": folded(city),
                "parent_id": parent,
                "ght": ght,
                "is_active": True,
                "fed_by": "",
                "last_updated": now,
            },
        )
        _trace(actor, "structure.registered", struct_idnat, now)
        transaction.on_commit(forget)


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
    qualified = [("profession", _CIVIL, profession.code)]
    qualified += [("savoir_faire", _SPECIALTY, specialty.code)] if specialty else []
    with transaction.atomic():
        professional, _created = models.Professional.objects.update_or_create(
            ps_idnat=ps_idnat,
            defaults={
                "family_name": family_name,
                "given_name": given_name,
                "family_key": folded(family_name),
                "given_key": folded(given_name),
                "names": words_of(family_name, given_name),
                "title": title,
                "profession_code": profession.code,
                "profession_system": profession.scheme,
                "specialty_code": specialty.code if specialty else "",
                "specialty_system": specialty.scheme if specialty else "",
                "is_active": True,
                "fed_by": "",
                "last_updated": now,
            },
        )
        models.Qualification.objects.filter(professional=professional).update(is_active=False)
        for kind, type_code, code in qualified:
            models.Qualification.objects.update_or_create(
                professional=professional,
                kind=kind,
                type_code=type_code,
                code=code,
                defaults={"is_active": True, "fed_by": ""},
            )
        models.Exercise.objects.filter(professional=professional, is_active=True).exclude(
            structure_id__in=structures
        ).update(is_active=False, last_updated=now)
        for structure in structures:
            models.Exercise.objects.update_or_create(
                professional=professional,
                key=structure,
                defaults={
                    "structure_id": structure,
                    "profession": profession.code,
                    "is_active": True,
                    "last_updated": now,
                },
            )
        _trace(actor, "professional.registered", ps_idnat, now)
        transaction.on_commit(forget)


def register_service(
    actor: Actor,
    structure: StructIdNat,
    *,
    kind: Literal["care", "social"],
    code: str,
    now: datetime,
    authorisation: str = "",
    modality: str = "",
    form: str = "",
    label: str = "",
) -> None:
    """Make known what a structure is authorised to do: activity of care or social equipment.

    Raises `LookupError` when the structure is not known.
    """
    with transaction.atomic():
        _known(structure)
        key = "|".join((structure, kind, code, modality, form))
        models.Service.objects.update_or_create(
            key=key,
            defaults={
                "structure_id": structure,
                "kind": kind,
                "authorisation": authorisation,
                "code": code,
                "modality": modality,
                "form": form,
                "label": label,
                "is_active": True,
                "fed_by": "",
                "last_updated": now,
            },
        )
        _trace(actor, "service.registered", key, now)


def register_device(
    actor: Actor,
    structure: StructIdNat,
    *,
    code: str,
    authorisation: str,
    now: datetime,
    label: str = "",
    manufacturer: str = "",
    model: str = "",
    serial: str = "",
) -> None:
    """Make a heavy equipment known. Raises `LookupError` when its structure is not."""
    with transaction.atomic():
        _known(structure)
        key = "|".join((structure, code, authorisation))
        models.Device.objects.update_or_create(
            key=key,
            defaults={
                "structure_id": structure,
                "authorisation": authorisation,
                "code": code,
                "label": label,
                "manufacturer": manufacturer,
                "model": model,
                "serial": serial,
                "is_active": True,
                "fed_by": "",
                "last_updated": now,
            },
        )
        _trace(actor, "device.registered", key, now)


def publish_mailbox(
    actor: Actor,
    address: str,
    *,
    kind: Literal["PER", "ORG", "APP", "CAB"],
    now: datetime,
    professional: PsIdNat | None = None,
    structure: StructIdNat | None = None,
    description: str = "",
    service: str = "",
    unlisted: bool = False,
) -> None:
    """Make a mailbox known in the directory, or bring it up to date: an operator's request.

    A mailbox PER or CAB is a professional's, in a structure where they work or not; ORG or APP a
    structure's. One that is `unlisted` (liste rouge) is kept, and shown to nobody.

    Raises `AddressError`; `LookupError` when the directory does not know the holder, or the
    professional does not work there. Source: spec mssante §9.
    """
    key = Address.parse(address).key
    personal = kind in ("PER", "CAB")
    holder = professional if personal else None
    with transaction.atomic():
        if personal and not models.Professional.objects.filter(ps_idnat=holder or "").exists():
            raise LookupError("the directory does not know this professional")
        if structure or not personal:
            _known(structure)
        if (
            personal
            and structure
            and not models.Exercise.objects.filter(
                professional_id=holder, structure_id=structure, is_active=True
            ).exists()
        ):
            raise LookupError("the professional does not work in this structure")
        models.Mailbox.objects.update_or_create(
            address=key,
            professional_id=holder,
            structure_id=structure,
            defaults={
                "kind": kind,
                "description": description,
                "service": service,
                "is_unlisted": unlisted,
                "is_active": True,
                "fed_by": "",
                "last_updated": now,
            },
        )
        _touch_holders(key, now)
        _trace(actor, "mailbox.published", key, now)


def withdraw_mailbox(actor: Actor, address: str, *, now: datetime) -> bool:
    """Take a mailbox out of the directory, for all its holders; whether it was there.

    Raises `AddressError`.
    """
    key = Address.parse(address).key
    with transaction.atomic():
        _touch_holders(key, now)
        withdrawn = models.Mailbox.objects.filter(address=key, is_active=True).update(
            is_active=False, last_updated=now
        )
        if withdrawn:
            _trace(actor, "mailbox.withdrawn", key, now)
    return bool(withdrawn)


def _known(structure: str | None) -> None:
    if not models.Structure.objects.filter(struct_idnat=structure or "").exists():
        raise LookupError("the directory does not know this structure")


def _touch_holders(address: str, now: datetime) -> None:
    """The resources that show the mailbox have changed."""
    for one in models.Mailbox.objects.filter(address=address, is_active=True):
        if one.professional_id is None:
            models.Structure.objects.filter(struct_idnat=one.structure_id).update(last_updated=now)
        elif one.structure_id is None:
            models.Professional.objects.filter(ps_idnat=one.professional_id).update(
                last_updated=now
            )
        else:
            models.Exercise.objects.filter(
                professional_id=one.professional_id, structure_id=one.structure_id
            ).update(last_updated=now)


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
