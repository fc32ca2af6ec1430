"""Traits, status and INS of one patient, and the trace of every change (RNIV EXI SI 06, 14, 32)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from carnet.establishment.patients import rules
from carnet.establishment.patients.locking import Known
from carnet.establishment.patients.models import Alert, Change, InsHistory, Patient
from carnet.standards.hl7v2.messages import AdtEvent
from carnet.standards.ids import Ins, Oid
from carnet.standards.ins import Status


@dataclass(slots=True)
class Trace:
    """The changes of one message, written in one statement at its end."""

    actor: str
    event: AdtEvent
    now: datetime
    changes: list[Change] = field(default_factory=list)
    what: set[str] = field(default_factory=set)
    touched: set[UUID] = field(default_factory=set)

    def note(self, patient: Patient, what: str, *, before: str = "", after: str = "") -> None:
        """Remember one change."""
        self.what.add(what)
        self.touched.add(patient.id)
        self.changes.append(
            Change(
                patient=patient,
                at=self.now,
                actor=self.actor,
                what=what,
                before=before,
                after=after,
                trigger=self.event.trigger,
                control_id=self.event.control_id,
            )
        )

    def write(self) -> None:
        """Store the changes."""
        if self.changes:
            Change.objects.bulk_create(self.changes)


def create(event: AdtEvent, recorded_at: datetime, trace: Trace) -> Patient:
    """A patient never met before, provisional until `update` says otherwise."""
    patient = Patient(
        birth_name=event.patient.birth_name,
        first_given_name=event.patient.first_given_name,
        traits_recorded_at=recorded_at,
        created_at=trace.now,
        updated_at=trace.now,
    )
    patient.save(force_insert=True)
    trace.note(patient, "created")
    return patient


def update(
    patient: Patient, event: AdtEvent, recorded_at: datetime, known: Known, trace: Trace
) -> None:
    """Give `patient` the traits, the status and the INS that this message tells."""
    known.patients[patient.id] = patient
    _set_traits(patient, event, trace)
    verdict = rules.verdict(event)
    before = (patient.status, patient.attributes)
    contested: set[Ins] = set()
    new = event.patient.ins if verdict.status == Status.QUALIFIEE else None
    if (held := ins_of(patient)) != new and (new is not None or not verdict.keeps_ins):
        contested.update(i for i in (release_ins(patient, trace), new) if i is not None)
        if new is not None:
            _give_ins(patient, new, trace)
    elif held is not None and before[0] != Status.QUALIFIEE:
        contested.add(held)
    if verdict.attributes is not None:
        patient.attributes = list(verdict.attributes)
    patient.ins_refused = "" if ins_of(patient) else event.patient.ins_refused
    if ins_of(patient) is not None:
        patient.status = Status.VALIDEE if contested else patient.status
    elif verdict.status is not None and verdict.status != Status.QUALIFIEE:
        patient.status = verdict.status
    elif patient.status == Status.QUALIFIEE:
        patient.status = Status.VALIDEE
    patient.traits_recorded_at = recorded_at
    patient.updated_at = trace.now
    patient.save(force_update=True)
    settle(contested, known, trace, current=patient)
    if patient.status != before[0]:
        trace.note(patient, "status", before=before[0], after=patient.status)
    if patient.attributes != before[1]:
        trace.note(
            patient, "attributes", before=" ".join(before[1]), after=" ".join(patient.attributes)
        )


def _set_traits(patient: Patient, event: AdtEvent, trace: Trace) -> None:
    changed = {
        name: value
        for name, value in rules.traits(event).items()
        if getattr(patient, name) != value
    }
    strict = sorted(changed.keys() & rules.STRICT_TRAITS)
    if strict:
        trace.note(
            patient,
            "traits",
            before="; ".join(f"{name}={getattr(patient, name)}" for name in strict),
            after="; ".join(f"{name}={changed[name]}" for name in strict),
        )
    for name, value in changed.items():
        setattr(patient, name, value)


def ins_of(patient: Patient) -> Ins | None:
    """The INS said of this patient, whether or not it may be used."""
    if not patient.ins_matricule:
        return None
    return Ins(patient.ins_matricule, Oid(patient.ins_oid))


def _give_ins(patient: Patient, ins: Ins, trace: Trace) -> None:
    patient.ins_matricule, patient.ins_oid = ins.matricule, str(ins.oid)
    InsHistory.objects.create(
        patient=patient, matricule=ins.matricule, oid=ins.oid, since=trace.now
    )
    trace.note(patient, "ins", after=ins.masked)


def release_ins(patient: Patient, trace: Trace) -> Ins | None:
    """Take the INS away from `patient` (not saved), keep it in the history, and return it."""
    ins = ins_of(patient)
    if ins is None:
        return None
    patient.ins_matricule = patient.ins_oid = ""
    InsHistory.objects.filter(patient=patient, until=None).update(
        until=trace.now, ended_by=trace.event.trigger
    )
    trace.note(patient, "ins", before=ins.masked)
    return ins


def settle(
    contested: set[Ins], known: Known, trace: Trace, *, current: Patient | None = None
) -> None:
    """One holder of an INS is *qualifiée*; of several, none, and an alert stays open (EXI SI 32).

    The change of `current` is left to the caller to trace.
    """
    for ins in contested:
        holders = known.holders(ins)
        alone = len(holders) == 1
        status = Status.QUALIFIEE if alone else Status.VALIDEE
        for holder in holders:
            if holder.status != status:
                Patient.objects.filter(pk=holder.pk).update(status=status, updated_at=trace.now)
                if holder is not current:
                    trace.note(holder, "status", before=holder.status, after=status)
                holder.status = status
        open_alerts = Alert.objects.filter(
            kind=Alert.Kind.SAME_INS, matricule=ins.matricule, oid=ins.oid, closed_at=None
        )
        if len(holders) < 2:
            open_alerts.update(closed_at=trace.now)
            continue
        ids = sorted(holder.id for holder in holders)
        if not open_alerts.update(patients=ids):
            Alert.objects.create(
                kind=Alert.Kind.SAME_INS,
                patients=ids,
                matricule=ins.matricule,
                oid=ins.oid,
                opened_at=trace.now,
            )
        trace.what.add("alert")
