"""What a person at the desk does to an identity: the statuses move by their table, nothing else.

Every deed names the version it was decided on (`seen`): of two people at once on one patient, the
second is told. Source: RNIV 1 §3.2, §3.3, §4.6 to §4.8, EXI SI 07 to 14, 22, 35 (spec identity
§1.5 to §1.8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from carnet.establishment.patients import identities, merges, merging
from carnet.establishment.patients.actors import Operator
from carnet.establishment.patients.identities import Applied, Trace
from carnet.establishment.patients.locking import Known, lock_patients
from carnet.establishment.patients.models import (
    Alert,
    Identifier,
    Inquiry,
    Merge,
    Patient,
    Proof,
    Wishes,
)
from carnet.establishment.patients.policy import Policy
from carnet.standards.hl7v2.messages import Consultation, Feeding, LocalId
from carnet.standards.ins import Attribute, StatusEvent, Traits
from carnet.standards.ins.devices import Origin, Situation, accepted
from carnet.standards.ins.devices import Proof as Shown


class UnknownPatient(LookupError):  # noqa: N818 - the name is the fact
    """Nobody has this id, or they were merged into somebody else."""


class Stale(Exception):  # noqa: N818 - the name is the fact
    """The identity changed since it was shown: look at it again."""


class NotHighTrust(ValueError):  # noqa: N818 - the name is the fact
    """What was shown is no high-trust device for this person, here (EXI SI 10, 23)."""


class NotPossible(ValueError):  # noqa: N818 - the name is the fact
    """This deed has no sense on these patients: the same twice, or a merge already undone."""


class MergedSince(NotPossible):
    """The survivor was itself merged into another: that merge is to be undone first."""


@dataclass(frozen=True, slots=True)
class Declared:
    """An identity as it is told at the desk."""

    traits: Traits
    used_name: str = ""
    used_given_name: str = ""
    address: str = ""
    phones: tuple[str, ...] = ()

    def columns(self) -> dict[str, object]:
        """The columns of `Patient`, in the forms of HL7."""
        traits = self.traits
        return {
            **strict_columns(traits),
            "used_name": self.used_name,
            "used_given_name": self.used_given_name,
            "address": self.address,
            "phones": list(self.phones),
        }


def strict_columns(traits: Traits) -> dict[str, object]:
    """The columns of the strict traits, in the forms of HL7."""
    return {
        "birth_name": traits.birth_name,
        "first_given_name": traits.first_given_name,
        "given_names": traits.given_names,
        "sex": {"I": "U"}.get(traits.sex.value, traits.sex.value),
        "birth_date": traits.birth_date.hl7,
        "birth_place": traits.birth_place,
    }


@dataclass(frozen=True, slots=True)
class Presented:
    """What a person showed to prove who they are."""

    proofs: frozenset[Shown]
    origin: Origin
    situations: frozenset[Situation] = frozenset()
    copies: frozenset[Shown] = field(default_factory=frozenset)
    expires_on: date | None = None  #: an expired document is taken


def register(actor: Operator, declared: Declared, local_id: LocalId, *, now: datetime) -> Applied:
    """A patient met for the first time: *provisoire*, under the identifier of this desk."""
    with transaction.atomic():
        trace = Trace(actor.label, now, "registered")
        patient = Patient(
            **declared.columns(),
            established_here=True,
            traits_recorded_at=now,
            created_at=now,
            updated_at=now,
        )
        patient.save(force_insert=True)
        Identifier.objects.create(
            patient=patient,
            domain=local_id.domain,
            value=local_id.value,
            authority=local_id.authority,
            type=local_id.type,
        )
        trace.note(patient, "created")
        trace.note(patient, "identifiers", after=f"{local_id.value} ({local_id.domain})")
        return trace.applied(patient, Known([], {}))


def change_traits(
    actor: Operator,
    patient_id: UUID,
    declared: Declared,
    *,
    policy: Policy,
    seen: datetime,
    now: datetime,
) -> Applied:
    """Correct an identity. A strict trait that changes takes status and INS back to *provisoire*.

    Raises `UnknownPatient`, `Stale` or `ForbiddenTransition` (a locked identity).
    """
    event = StatusEvent.STRICT_TRAIT_CHANGED
    with _opened(actor, patient_id, event, seen, now) as (patient, known, trace):
        if identities.set_traits(patient, declared.columns(), trace):
            _void(patient, trace)
            identities.move(patient, event, known, trace, strict=policy.strict)
        else:
            patient.updated_at = now
            patient.save()
        return trace.applied(patient, known)


def check_device(
    actor: Operator,
    patient_id: UUID,
    presented: Presented,
    *,
    policy: Policy,
    seen: datetime,
    now: datetime,
) -> Applied:
    """Record the device that was shown: *validée*, or *qualifiée* with the traits of INSi.

    Raises `NotHighTrust`, `UnknownPatient`, `Stale` or `ForbiddenTransition`.
    """
    devices = accepted(
        presented.proofs,
        origin=presented.origin,
        enabled=policy.devices,
        situations=presented.situations,
        copies=presented.copies,
    )
    if not devices:
        raise NotHighTrust
    with _opened(actor, patient_id, StatusEvent.DEVICE_CHECKED, seen, now) as opened:
        patient, known, trace = opened
        identities.move(patient, StatusEvent.DEVICE_CHECKED, known, trace)
        Proof.objects.create(
            patient=patient,
            device=devices[0].id,
            origin=presented.origin.value,
            expires_on=presented.expires_on,
            at=now,
            actor=actor.label,
        )
        trace.note(patient, "proof", after=devices[0].id)
        return trace.applied(patient, known)


def declare(
    actor: Operator,
    patient_id: UUID,
    event: StatusEvent,
    *,
    policy: Policy,
    seen: datetime,
    now: datetime,
) -> Applied:
    """A doubt, its end, a fictive identity, a document that contradicts the identity.

    Raises `UnknownPatient`, `Stale` or `ForbiddenTransition`.
    """
    with _opened(actor, patient_id, event, seen, now) as (patient, known, trace):
        _void(patient, trace)
        identities.move(patient, event, known, trace, strict=policy.strict)
        return trace.applied(patient, known)


def set_homonym(
    actor: Operator, patient_ids: Iterable[UUID], *, homonym: bool, now: datetime
) -> Applied:
    """Say that these people are homonyms, or no more; every status may be. Raises as `declare`."""
    ids = list(patient_ids)
    with transaction.atomic():
        known = lock_patients(ids)
        trace = Trace(actor.label, now, "homonym")
        for patient_id in ids:
            patient = _known(known, patient_id)
            before = (patient.status, list(patient.attributes))
            others = set(patient.attributes) - {Attribute.HOMONYME.value}
            patient.attributes = sorted(others | ({Attribute.HOMONYME.value} if homonym else set()))
            patient.updated_at = now
            patient.save()
            identities.note_state(patient, before, trace)
        return trace.applied(known.patients[ids[0]], known)


def wish(
    actor: Operator,
    patient_id: UUID,
    feeding: Feeding,
    consultation: Consultation,
    *,
    now: datetime,
) -> Applied:
    """What the patient says at the desk of the shared record. Raises `UnknownPatient`."""
    with transaction.atomic():
        known = lock_patients([patient_id])
        patient, trace = _known(known, patient_id), Trace(actor.label, now, "wish")
        Wishes.objects.update_or_create(
            patient=patient,
            defaults={
                "feeding": feeding.value,
                "consultation": consultation.value,
                "recorded_at": now,
            },
        )
        trace.note(patient, "wishes", after=f"{feeding.value}/{consultation.value}")
        return trace.applied(patient, known)


def merge(actor: Operator, survivor_id: UUID, merged_id: UUID, *, now: datetime) -> Applied:
    """Two files of one person: all goes to the survivor. Raises `UnknownPatient`, `NotPossible`."""
    if survivor_id == merged_id:
        raise NotPossible
    with transaction.atomic():
        known = lock_patients([survivor_id, merged_id])
        survivor, merged = _known(known, survivor_id), _known(known, merged_id)
        trace = Trace(actor.label, now, "A40")
        done = merging.join(survivor, merged, known, trace)
        return trace.applied(survivor, known, done)


def unmerge(actor: Operator, merge_id: UUID, *, now: datetime) -> Applied:
    """Undo a merge: each of the two files is what it was (`merging.part`).

    Raises `NotPossible` when it was undone, `MergedSince` when the survivor was merged since.
    """
    with transaction.atomic():
        row = Merge.objects.select_for_update().filter(pk=merge_id, undone_at=None).first()
        if row is None or row.merged_id is None:
            raise NotPossible
        known = lock_patients([row.survivor_id, row.merged_id], merging.restored_ins(row))
        survivor, merged = known.patients[row.survivor_id], known.patients[row.merged_id]
        if survivor.merged_into_id is not None or merged.merged_into_id != survivor.id:
            raise MergedSince
        trace = Trace(actor.label, now, "unmerged")
        parted = merging.part(row, survivor, merged, known, trace)
        return replace(trace.applied(survivor, known), parted=parted)


def give_stay(
    actor: Operator, merge_id: UUID, visit_domain: str, visit: str, *, now: datetime
) -> Applied:
    """A stay that began while two files were one was the other's.

    Raises `NotPossible` when no such stay began meanwhile, or the merge is not undone.
    """
    with transaction.atomic():
        row = Merge.objects.exclude(undone_at=None).filter(pk=merge_id).first()
        if row is None or row.merged_id is None:
            raise NotPossible
        known = lock_patients([row.survivor_id, row.merged_id])
        survivor, merged = _known(known, row.survivor_id), _known(known, row.merged_id)
        if (
            not merges.stays_since(row.id, survivor.id)
            .filter(visit_domain=visit_domain, visit=visit)
            .update(patient=merged)
        ):
            raise NotPossible
        trace = Trace(actor.label, now, "unmerged")
        trace.note(survivor, "stay", before=visit)
        trace.note(merged, "stay", after=visit)
        return trace.applied(survivor, known)


def distinct(actor: Operator, alert_id: UUID, *, now: datetime) -> Applied | None:
    """The people of an alert are not one: homonyms from now on. None when somebody settled it.

    A collision is settled so too: the file holds one person's data after all.
    """
    with transaction.atomic():
        alert = (
            Alert.objects.select_for_update()
            .filter(pk=alert_id, closed_at=None)
            .exclude(kind=Alert.Kind.SAME_INS)
            .first()
        )
        if alert is None:
            return None
        alert.closed_at, alert.closed_by = now, actor.label
        alert.outcome = Alert.Outcome.DISTINCT
        alert.save()
        if alert.kind == Alert.Kind.COLLISION:
            return None
        return set_homonym(actor, alert.patients, homonym=True, now=now)


@contextmanager
def _opened(
    actor: Operator, patient_id: UUID, event: StatusEvent, seen: datetime, now: datetime
) -> Iterator[tuple[Patient, Known, Trace]]:
    """The patient, locked, as they were when they were seen."""
    with transaction.atomic():
        known = lock_patients([patient_id])
        patient = _known(known, patient_id)
        if patient.updated_at != seen:
            raise Stale
        yield patient, known, Trace(actor.label, now, event.value)


def _known(known: Known, patient_id: UUID) -> Patient:
    patient = known.patients.get(patient_id)
    if patient is None or patient.merged_into_id is not None:
        raise UnknownPatient(patient_id)
    return patient


def _void(patient: Patient, trace: Trace) -> None:
    """The answers of INSi about the identity as it was are worth nothing any more."""
    Inquiry.objects.filter(patient=patient, decision="").update(
        decision=Inquiry.Decision.VOID, decided_at=trace.now, decided_by=trace.actor
    )
