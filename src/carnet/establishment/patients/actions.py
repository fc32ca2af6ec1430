"""What changes the local identity: one ADT message at a time, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from carnet.establishment.patients import (
    errands,
    identities,
    merging,
    movements,
    reception,
    rules,
)
from carnet.establishment.patients.actors import Actor
from carnet.establishment.patients.identities import Applied, Trace
from carnet.establishment.patients.locking import Known, lock
from carnet.establishment.patients.models import Identifier, Patient, Wishes
from carnet.establishment.patients.reception import Trust
from carnet.standards.hl7v2.errors import Business, Condition, Hl7Error, erl
from carnet.standards.hl7v2.messages import AdtEvent, LocalId
from carnet.standards.ins import Status


def apply_adt(
    actor: Actor,
    event: AdtEvent,
    *,
    now: datetime,
    trust: Trust = Trust.OWN,
    asks_insi: frozenset[Status] = frozenset(),
) -> Applied:
    """Apply one ADT message (IHE PAM France; spec identity §5.4, §5.5, §5.14, §1.6).

    `trust` is what binds us to the sender; an arrival of an identity whose status is one of
    `asks_insi` makes an errand to INSi. Repeated and out-of-order messages are safe: traits follow
    EVN-2, each movement its own. Joins the caller's transaction, which an error undoes whole.
    Raises `Hl7Error`; a database conflict with a message applied at the same moment comes out as
    `IntegrityError`: apply again.
    """
    recorded_at = rules.instant(event.recorded_at)
    if recorded_at is None:
        raise Hl7Error(Condition.DATA_TYPE, erl("EVN", 2), "EVN-2 n’est pas une date et heure.")
    with transaction.atomic(savepoint=False):
        known = lock(event)
        trace = Trace(actor.label, now, event.trigger, event.control_id)
        patient = _target(event, known)
        believed = reception.believed(event, Status(patient.status) if patient else None, trust)
        event = believed.event
        if patient is None:
            if event.trigger not in rules.MAY_CREATE:
                raise Hl7Error(
                    Condition.APPLICATION,
                    erl("PID", 3),
                    "Patient inconnu : envoyer d’abord son identité (A28).",
                    Business.PATIENT_UNKNOWN,
                )
            patient = identities.create(event, recorded_at, trace)
        merged: tuple[tuple[UUID, UUID], ...] = ()
        if event.trigger == "A40":
            merged = _merge(patient, event, known, trace)
        if event.trigger == "A47" and event.prior_ids:
            _rename(patient, event, known, trace)
        if recorded_at >= patient.traits_recorded_at and believed.identity:
            identities.update(patient, event, recorded_at, known, trace)
        if recorded_at >= patient.traits_recorded_at:
            _attach(patient, event.patient.local_ids, known, trace)
        if movements.keep(patient, event, recorded_at):
            trace.what.add("movement")
        if event.wishes is not None:
            _wish(patient, event, recorded_at, trace)
        errands.after_message(patient, event.trigger, believed.call, asks_insi, now=now)
        return trace.applied(patient, known, merged)


def _target(event: AdtEvent, known: Known) -> Patient | None:
    """The patient this message is about; an A47 finds it by what it replaces (PAM.FR 5.1.2)."""
    if event.trigger == "A47":
        if event.prior_ins and (holders := known.holders(event.prior_ins)):
            return next((p for p in holders if known.owns(p, event.patient.local_ids)), holders[0])
        return known.first(event.prior_ids) or known.first(event.patient.local_ids)
    return known.first(event.patient.local_ids)


def _attach(patient: Patient, ids: tuple[LocalId, ...], known: Known, trace: Trace) -> None:
    """Add the identifiers that nobody holds yet; one held by another patient needs a merge."""
    new = [i for i in ids if known.owner(i) is None]
    if not new:
        return
    Identifier.objects.bulk_create(
        Identifier(
            patient=patient, domain=i.domain, value=i.value, authority=i.authority, type=i.type
        )
        for i in new
    )
    known.attach(patient, new)
    trace.note(patient, "identifiers", after=", ".join(f"{i.value} ({i.domain})" for i in new))


def _merge(
    survivor: Patient, event: AdtEvent, known: Known, trace: Trace
) -> tuple[tuple[UUID, UUID], ...]:
    """A40: all that the patient of MRG-1 holds goes to the survivor; its INS stays behind."""
    merged = known.first(event.prior_ids)
    if merged is None:
        _attach(survivor, event.prior_ids, known, trace)
        return ()
    if merged.id == survivor.id:
        return ()
    return merging.join(survivor, merged, known, trace)


def _rename(patient: Patient, event: AdtEvent, known: Known, trace: Trace) -> None:
    """A47 on a local identifier: the value of MRG-1 becomes that of PID-3, in the same domain."""
    for old in event.prior_ids:
        new = next((i for i in event.patient.local_ids if i.domain == old.domain), None)
        if new is None or new.value == old.value or known.owner(old) is None:
            continue
        if known.owner(new) not in {None, patient.id}:
            raise Hl7Error(
                Condition.APPLICATION,
                erl("PID", 3),
                "Le nouvel identifiant est celui d’un autre patient : envoyer une fusion (A40).",
                Business.OTHER,
            )
        if known.owner(new) is None:
            Identifier.objects.filter(domain=old.domain, value=old.value).update(value=new.value)
        else:
            Identifier.objects.filter(domain=old.domain, value=old.value).delete()
        known.rename(patient, old, new)
        trace.note(patient, "identifiers", before=old.value, after=new.value)


def _wish(patient: Patient, event: AdtEvent, recorded_at: datetime, trace: Trace) -> None:
    """Keep the most recent wishes (ZFA; spec identity §5.7)."""
    wishes = event.wishes
    if wishes is None:
        return
    held = Wishes.objects.filter(patient=patient).first()
    said = (wishes.feeding.value, wishes.consultation.value)
    if held is None:
        Wishes.objects.create(
            patient=patient, feeding=said[0], consultation=said[1], recorded_at=recorded_at
        )
    elif held.recorded_at <= recorded_at:
        before = (held.feeding, held.consultation)
        held.feeding, held.consultation = said
        held.recorded_at = recorded_at
        held.save()
        if before == said:
            return
    else:
        return
    trace.note(patient, "wishes", after="/".join(said))
