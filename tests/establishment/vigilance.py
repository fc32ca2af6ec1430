"""What the tests of identity vigilance do at the desk."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from carnet.establishment.patients import (
    errands,
    identities,
    inquiries,
    policy,
    vigilance,
)
from carnet.establishment.patients.actors import Operator, Sender, System
from carnet.establishment.patients.models import (
    Patient,
)
from carnet.establishment.patients.vigilance import Declared, Presented
from carnet.standards.hl7v2.messages import LocalId
from carnet.standards.ins import Status, StatusEvent, Traits
from carnet.standards.ins.devices import Origin
from carnet.standards.ins.devices import Proof as Shown
from carnet.standards.ins.insi import first_query
from tests.establishment.insi import Scripted
from tests.establishment.people import NOW

CLAIRE = Operator(UUID(int=1), "claire", "Claire Martin")

GAM = Sender("GAM", "CH-AUBRE")

CARD = Presented(frozenset({Shown.CNI}), Origin.FRENCH)

PAT_TROIS = Traits.of("PAT-TROIS", "DOMINIQUE", "F", "19790328", birth_place="63220")


def chosen(**changes: Any) -> policy.Policy:
    return replace(policy.policy(), **changes)


def registered(traits: Traits = PAT_TROIS, value: str = "C1") -> UUID:
    declared = Declared(traits)
    local_id = LocalId(value, "Carnet", "1.2.250.1.999.7")
    return vigilance.register(CLAIRE, declared, local_id, now=NOW).patient_id


def seen(patient_id: UUID) -> datetime:
    return Patient.objects.get(pk=patient_id).updated_at


def proven(patient_id: UUID, presented: Presented = CARD, at: datetime = NOW) -> None:
    vigilance.check_device(
        CLAIRE, patient_id, presented, policy=chosen(), seen=seen(patient_id), now=at
    )


def asked(patient_id: UUID, client: Scripted | None = None) -> inquiries.Answer:
    patient = Patient.objects.get(pk=patient_id)
    return inquiries.ask(
        CLAIRE,
        patient_id,
        first_query(identities.local_traits(patient)),
        client=client or Scripted(),
        policy=chosen(),
        clock=lambda: NOW,
    )


def retrieved(patient_id: UUID) -> None:
    inquiries.accept(CLAIRE, asked(patient_id).id, policy=chosen(), now=NOW)


def declared(patient_id: UUID, event: StatusEvent, at: datetime = NOW) -> None:
    vigilance.declare(CLAIRE, patient_id, event, policy=chosen(), seen=seen(patient_id), now=at)


def status(patient_id: UUID) -> Status:
    return Status(Patient.objects.get(pk=patient_id).status)


def qualified(traits: Traits = PAT_TROIS, value: str = "C1") -> UUID:
    patient_id = registered(traits, value)
    proven(patient_id)
    retrieved(patient_id)
    return patient_id


def asking(client: Scripted, follow: Callable[..., None] = lambda _: None) -> errands.Asking:
    return errands.Asking(
        actor=System("passerelle"),
        client=client,
        policy=chosen(),
        clock=lambda: NOW + timedelta(hours=1),
        later=lambda attempts: timedelta(minutes=attempts),
        follow=follow,
    )
