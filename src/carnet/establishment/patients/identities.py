"""Traits, status and INS of one patient, and the trace of every change (RNIV EXI SI 06, 14, 32)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from carnet.establishment.patients import doubles, rules
from carnet.establishment.patients.doubles import Likeness
from carnet.establishment.patients.locking import Known
from carnet.establishment.patients.models import Alert, Change, InsHistory, Patient, Proof
from carnet.standards.hl7v2.messages import AdtEvent
from carnet.standards.ids import Ins, Oid
from carnet.standards.ins import (
    Attribute,
    IdentityState,
    Status,
    StatusEvent,
    TraitError,
    Traits,
    compare,
    qualification_allowed,
    transition,
)


@dataclass(frozen=True, slots=True)
class Parted:
    """A merge that was undone: `merged` has its own file again.

    `own` holds the INS that each of the two has had by itself: nothing else may have left for them.
    The survivor is not in it when the merge did not keep them.
    """

    merge_id: UUID
    survivor: UUID
    merged: UUID
    own: Mapping[UUID, frozenset[Ins]]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a message or a deed did: the patient it is about, those it touched or merged.

    `changed` holds created, status, ins, traits, attributes, identifiers, merged, unmerged, wishes,
    movement, alert. `held` is the INS under which each could be named outside until then (none:
    they could not); a patient that is not there was not known. `cause` is the trigger of the
    message, or the status event.
    """

    patient_id: UUID
    touched: frozenset[UUID]
    merged: tuple[tuple[UUID, UUID], ...]  #: (merged, survivor)
    changed: frozenset[str]
    held: Mapping[UUID, Ins | None] = field(default_factory=dict)
    cause: str = ""
    parted: Parted | None = None  #: the merge that was undone


@dataclass(slots=True)
class Trace:
    """The changes of one message or deed, written in one statement at its end.

    `actor` is the label of who acts; `cause` the trigger of the message, or the status event;
    `control_id` that of the message.
    """

    actor: str
    now: datetime
    cause: str
    control_id: str = ""
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
                trigger=self.cause,
                control_id=self.control_id,
            )
        )

    def write(self) -> None:
        """Store the changes."""
        if self.changes:
            Change.objects.bulk_create(self.changes)

    def applied(
        self, patient: Patient, known: Known, merged: tuple[tuple[UUID, UUID], ...] = ()
    ) -> Applied:
        """Store the changes, and say what was done."""
        self.write()
        return Applied(
            patient_id=patient.id,
            touched=frozenset({*self.touched, patient.id}),
            merged=merged,
            changed=frozenset(self.what),
            held=known.held,
            cause=self.cause,
        )


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
    before = (patient.status, list(patient.attributes))
    stored = _columns(patient)
    verdict = rules.verdict(event)
    was = Likeness.of(patient)
    kept = _established(patient, event, verdict)
    _set_traits(patient, event, trace, keep=rules.STRICT_TRAITS if kept else frozenset())
    contested: set[Ins] = set()
    if kept:
        attributes = tuple(sorted({*patient.attributes, *(verdict.attributes or ())}))
        verdict = replace(verdict, status=None, keeps_ins=True, attributes=attributes)
        if kept is _Kept.CHECKED:
            contested.update(filter(None, [ins_of(patient)]))
    else:
        patient.established_here = False
    new = event.patient.ins if verdict.status == Status.QUALIFIEE else None
    if (held := ins_of(patient)) != new and (new is not None or not verdict.keeps_ins):
        contested.update(i for i in (release_ins(patient, trace), new) if i is not None)
        if new is not None:
            give_ins(patient, new, trace)
    elif held is not None and before[0] != Status.QUALIFIEE and not kept:
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
    changed = [name for name, value in _columns(patient).items() if stored[name] != value]
    patient.save(force_update=True, update_fields=changed)
    settle(contested, known, trace, current=patient)
    note_state(patient, before, trace)
    if trace.what & {"traits", "created"} == {"traits"}:
        doubles.collision(was, patient, now=trace.now)


def _columns(patient: Patient) -> dict[str, object]:
    """The columns of a patient; lists, which are replaced and never changed, as they are."""
    return {
        field.attname: getattr(patient, field.attname) for field in patient._meta.concrete_fields
    }


def note_state(patient: Patient, before: tuple[str, list[str]], trace: Trace) -> None:
    """Trace what changed of a status and its attributes."""
    if patient.status != before[0]:
        trace.note(patient, "status", before=before[0], after=patient.status)
    if patient.attributes != before[1]:
        trace.note(
            patient, "attributes", before=" ".join(before[1]), after=" ".join(patient.attributes)
        )


class _Kept(Enum):
    """How far a message leaves alone what the desk established."""

    AS_IT_IS = auto()
    CHECKED = auto()  #: the INS was retrieved here, the referential has checked a document


def _established(patient: Patient, event: AdtEvent, verdict: rules.Verdict) -> _Kept | None:
    """Whether the status given at this desk outlives the message.

    It does when the message merely does not know it yet: it is about the same person, doubts
    nothing, removes nothing, and says less. The referential is told by a message of ours.
    """
    attributes = set(verdict.attributes or ())
    if (
        not patient.established_here
        or verdict.status in {None, Status.QUALIFIEE}
        or event.trigger == "A47"
        or attributes & {Attribute.DOUTEUSE.value, Attribute.FICTIVE.value}
    ):
        return None
    try:
        differences = compare(rules.told_traits(event.patient), local_traits(patient))
    except TraitError:
        return None
    if not qualification_allowed(differences):
        return None
    checked = verdict.status == Status.VALIDEE and patient.status == Status.RECUPEREE
    if checked:
        return _Kept.CHECKED
    same = verdict.status == Status.VALIDEE and patient.status == Status.PROVISOIRE
    return None if same else _Kept.AS_IT_IS


def _set_traits(
    patient: Patient, event: AdtEvent, trace: Trace, *, keep: frozenset[str] = frozenset()
) -> None:
    set_traits(patient, {n: v for n, v in rules.traits(event).items() if n not in keep}, trace)


def set_traits(patient: Patient, traits: Mapping[str, object], trace: Trace) -> bool:
    """Give columns of `patient` (not saved) these values; true when a strict trait changed."""
    changed = {name: value for name, value in traits.items() if getattr(patient, name) != value}
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
    return bool(strict)


def local_traits(patient: Patient) -> Traits:
    """The strict traits of a patient. Raises `TraitError` for one that is missing or ill formed."""
    return Traits.of(
        patient.birth_name,
        patient.first_given_name,
        patient.sex or "U",
        patient.birth_date,
        given_names=patient.given_names,
        birth_place=patient.birth_place,
    )


def state_of(patient: Patient) -> IdentityState:
    """The status and the attributes of a patient.

    *Validée* with an INS is *qualifiée* with an INS that somebody else holds too.
    """
    known = {a.value for a in Attribute}
    disputed = patient.status == Status.VALIDEE and patient.ins_matricule
    return IdentityState(
        Status.QUALIFIEE if disputed else Status(patient.status),
        frozenset(Attribute(a) for a in patient.attributes if a in known),
    )


def move(
    patient: Patient,
    event: StatusEvent,
    known: Known,
    trace: Trace,
    *,
    strict: bool = False,
    ins: Ins | None = None,
) -> None:
    """Save what `event` makes of a locked patient: status, attributes, INS.

    The INS goes when the new status keeps none; `ins` takes its place when INSi gave one. Raises
    `ForbiddenTransition` for what the table of statuses does not allow, and then nothing has
    changed.
    """
    before = (patient.status, list(patient.attributes))
    after = transition(state_of(patient), event, strict=strict)
    contested = set(filter(None, [ins_of(patient), ins]))
    if not after.keeps_ins or ins not in {None, ins_of(patient)}:
        release_ins(patient, trace)
        if ins is not None and after.keeps_ins:
            give_ins(patient, ins, trace)
    patient.status, patient.established_here = after.status, True
    patient.attributes = sorted(a.value for a in after.attributes)
    patient.updated_at = patient.traits_recorded_at = trace.now
    if after.status is Status.QUALIFIEE:
        patient.status = Status.VALIDEE  # until `settle` has looked at who else holds the INS
    if after.status is Status.PROVISOIRE:
        Proof.objects.filter(patient=patient, ended_at=None).update(ended_at=trace.now)
    patient.save()
    known.patients[patient.id] = patient
    settle(contested, known, trace, current=patient)
    note_state(patient, before, trace)


def ins_of(patient: Patient) -> Ins | None:
    """The INS said of this patient, whether or not it may be used."""
    if not patient.ins_matricule:
        return None
    return Ins(patient.ins_matricule, Oid(patient.ins_oid))


def give_ins(patient: Patient, ins: Ins, trace: Trace) -> None:
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
        until=trace.now, ended_by=trace.cause
    )
    trace.note(patient, "ins", before=ins.masked)
    return ins


def settle(
    contested: set[Ins], known: Known, trace: Trace, *, current: Patient | None = None
) -> None:
    """One holder of an INS is *qualifiée*; of several, none, and an alert stays open (EXI SI 32).

    An INS that was retrieved and not checked stays *récupérée*, alone or not. The change of
    `current` is left to the caller to trace.
    """
    for ins in contested:
        holders = known.holders(ins)
        alone = len(holders) == 1
        for holder in holders:
            status = Status.QUALIFIEE if alone else Status.VALIDEE
            if holder.status not in {Status.RECUPEREE, status}:
                Patient.objects.filter(pk=holder.pk).update(status=status, updated_at=trace.now)
                if holder is not current:
                    trace.note(holder, "status", before=holder.status, after=status)
                holder.status = status
        open_alerts = Alert.objects.filter(
            kind=Alert.Kind.SAME_INS, matricule=ins.matricule, oid=ins.oid, closed_at=None
        )
        if len(holders) < 2:
            open_alerts.update(
                closed_at=trace.now, closed_by=trace.actor, outcome=Alert.Outcome.CORRECTED
            )
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
