"""What other rooms ask of messaging after their commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import System
from carnet.national.messaging import actions
from carnet.national.messaging.models import Mailbox
from carnet.national.record.tasks import Event
from carnet.standards.mss.message import OutgoingMessage, Party, build

_PRODUCT: Final = "CARNET"
_SUBJECT: Final = "Accès en urgence au dossier d'un de vos patients"
_BODY: Final = """\
Bonjour,

{actor} a consulté en urgence ({purpose}) le dossier médical partagé de {person}, dont vous êtes le
médecin traitant, le {day:%d/%m/%Y} à {day:%H:%M}.

La personne en a été prévenue. Ce message est envoyé par Carnet ; il n'attend pas de réponse.
"""
_PURPOSES: Final[Mapping[str, str]] = MappingProxyType(
    {"bris_de_glace": "bris de glace", "centre_15": "régulation du 15"}
)


def _tell_medecin_traitant(event: Event) -> None:
    """Tell the médecin traitant of an access in an emergency, in each of their mailboxes here
    (CSP R.1111-48, spec dmp §6.6). That there is none is written in the record's history."""
    ps_idnat = str(event.payload["medecin_traitant"])
    boxes = Mailbox.objects.filter(ps_idnat=ps_idnat, kind="PER", status="open")
    addresses = sorted(boxes.values_list("address", flat=True))
    if addresses:
        sender = f"ne-pas-repondre@{settings.CARNET_PATIENT_DOMAIN}"
        raw = _message(event, Party(sender, "Carnet"), [Party(address) for address in addresses])
        actions.receive(raw, sender, addresses, peer="", now=event.at)
    journal.record(
        System("messaging"),
        "medecin_traitant.told",
        at=event.at,
        patient_id=event.patient_id,
        outcome="allowed" if addresses else "failed",
        reasons=() if addresses else ("no_mailbox",),
        object_type="professional",
        object_id=ps_idnat,
        correlation=event.correlation,
    )


def _message(event: Event, sender: Party, recipients: list[Party]) -> bytes:
    return build(
        OutgoingMessage(
            # Of the event: done again, it is the same message.
            message_id=f"<{event.id}@{sender.address.partition('@')[2]}>",
            date=event.at,
            sender=sender,
            recipients=tuple(recipients),
            subject=_SUBJECT,
            body_text=_BODY.format(
                actor=event.payload["actor"],
                purpose=_PURPOSES[event.payload["purpose"]],
                person=_name(event.patient_id),
                day=timezone.localtime(event.at),
            ),
            product=_PRODUCT,
            final=True,
        )
    )


def _name(patient_id: UUID) -> str:
    person = identity.person(patient_id)
    if person is None:
        raise ValueError("the patient of the event is unknown")
    return person.name


def _space_changed(event: Event) -> None:
    """The mailbox is open as long as the space is; mail to a closed one is refused (C1)."""
    status = "open" if event.kind == "space.opened" else "closed"
    moved = Mailbox.objects.filter(id=event.patient_id, kind="CITIZEN").exclude(status=status)
    if moved.update(status=status):
        journal.record(
            System("messaging"),
            "mailbox.opened" if status == "open" else "mailbox.closed",
            at=event.at,
            patient_id=event.patient_id,
            outcome="allowed",
            object_type="mailbox",
            object_id=str(event.patient_id),
        )


#: What the worker of the record does not do itself, by kind of event.
EVENTS: Final[Mapping[str, Callable[[Event], None]]] = MappingProxyType(
    {
        "medecin_traitant.emergency": _tell_medecin_traitant,
        "space.opened": _space_changed,
        "space.closed": _space_changed,
    }
)
