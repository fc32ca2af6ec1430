"""Deeds on mailboxes: opening, receiving, reading (spec mssante §6)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from carnet.national.directory import actions as directory
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, Citizen
from carnet.national.journal.queries import check_space
from carnet.national.messaging.models import Conversation, Mailbox, Message
from carnet.national.messaging.receiving import receive
from carnet.standards.ids import PsIdNat, StructIdNat
from carnet.standards.mss.addresses import Address, patient_address

__all__ = [
    "close_mailbox",
    "mark_read",
    "open_citizen_mailbox",
    "open_professional_mailbox",
    "publish_mailbox",
    "receive",
    "recipient_status",
    "serves",
]

RecipientStatus = Literal["accepted", "unknown", "closed"]


def open_citizen_mailbox(actor: Actor, patient_id: UUID, *, now: datetime) -> str:
    """Open the mailbox of a person, or open it again; give its address (spec mssante C1).

    Raises `LookupError` when there is no such person.
    """
    person = identity.person(patient_id)
    if person is None:
        raise LookupError("there is no such person")
    address = patient_address(person.ins, domain=settings.CARNET_PATIENT_DOMAIN).key
    with transaction.atomic():
        Mailbox.objects.update_or_create(
            id=patient_id,
            defaults={"status": "open"},
            create_defaults={
                "address": address,
                "domain": address.rpartition("@")[2],
                "kind": "CITIZEN",
                "label": person.name,
                "status": "open",
                "opened_at": now,
            },
        )
        journal.record(actor, "mailbox.opened", at=now, patient_id=patient_id, outcome="allowed")
    return address


def open_professional_mailbox(
    actor: Actor,
    address: str,
    *,
    kind: Literal["PER", "ORG", "APP"],
    now: datetime,
    label: str = "",
    structure: str = "",
    ps_idnat: str = "",
) -> UUID:
    """Open a mailbox of a professional, a service or a software; give its id.

    Raises `AddressError` when the address is not one.
    """
    key = Address.parse(address).key
    with transaction.atomic():
        mailbox, _created = Mailbox.objects.update_or_create(
            address=key,
            defaults={
                "kind": kind,
                "label": label,
                "structure": structure,
                "ps_idnat": ps_idnat,
                "status": "open",
            },
            create_defaults={
                "id": uuid7(),
                "domain": key.rpartition("@")[2],
                "kind": kind,
                "label": label,
                "structure": structure,
                "ps_idnat": ps_idnat,
                "status": "open",
                "opened_at": now,
            },
        )
        journal.record(
            actor,
            "mailbox.opened",
            at=now,
            patient_id=None,
            outcome="allowed",
            object_type="mailbox",
            object_id=str(mailbox.id),
        )
    return mailbox.id


def publish_mailbox(
    actor: Actor,
    address: str,
    *,
    now: datetime,
    description: str = "",
    service: str = "",
    unlisted: bool = False,
) -> None:
    """Publish an open mailbox of a professional or a structure in the directory (mssante §9).

    Raises `LookupError` when there is none, or the directory does not know its holder.
    """
    with transaction.atomic():
        mailbox = (
            Mailbox.objects.select_for_update()
            .filter(address=address.lower(), status="open")
            .exclude(kind="CITIZEN")
            .first()
        )
        if mailbox is None:
            raise LookupError("there is no such mailbox")
        directory.publish_mailbox(
            actor,
            mailbox.address,
            kind=cast(Literal["PER", "ORG", "APP"], mailbox.kind),
            professional=PsIdNat(mailbox.ps_idnat) if mailbox.ps_idnat else None,
            structure=StructIdNat(mailbox.structure) if mailbox.structure else None,
            description=description,
            service=service,
            unlisted=unlisted,
            now=now,
        )


def close_mailbox(actor: Actor, address: str, *, now: datetime) -> None:
    """Close a mailbox: mail for it is refused for good (C1), the directory shows it no more.

    Raises `LookupError` when unknown.
    """
    with transaction.atomic():
        mailbox = Mailbox.objects.filter(address=address.lower()).first()
        if mailbox is None:
            raise LookupError("there is no such mailbox")
        Mailbox.objects.filter(id=mailbox.id).update(status="closed")
        if mailbox.kind != "CITIZEN":
            directory.withdraw_mailbox(actor, mailbox.address, now=now)
        journal.record(
            actor,
            "mailbox.closed",
            at=now,
            patient_id=mailbox.id if mailbox.kind == "CITIZEN" else None,
            outcome="allowed",
            object_type="mailbox",
            object_id=str(mailbox.id),
        )


def recipient_status(address: str) -> RecipientStatus:
    """Whether mail for this address is taken; asked before DATA (spec mssante §3.1)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM messaging_mailbox WHERE address = %s", [address.lower()])
        found = cursor.fetchone()
    if found is None:
        return "unknown"
    return "accepted" if found[0] == "open" else "closed"


def serves(domain: str) -> bool:
    """Whether some mailbox of ours is in this domain: mail for others is never relayed."""
    return Mailbox.objects.filter(domain=domain).exists()


def mark_read(actor: Citizen, patient_id: UUID, conversation_id: UUID, *, now: datetime) -> None:
    """Remember that the messages of this conversation were seen.

    Raises `PermissionError` for another's mailbox. The read receipts that were asked for (C11)
    are those lines whose `receipt_address` is filled and `read_at` set.
    """
    check_space(actor, patient_id)
    with transaction.atomic():
        seen = Message.objects.filter(
            mailbox_id=patient_id, conversation_id=conversation_id, read_at__isnull=True
        ).update(read_at=now)
        if not seen:
            return
        Conversation.objects.filter(mailbox_id=patient_id, id=conversation_id).update(unread=0)
        journal.record(
            actor,
            "message.read",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            object_type="conversation",
            object_id=str(conversation_id),
        )
