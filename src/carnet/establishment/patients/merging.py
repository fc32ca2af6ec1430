"""Two patients who are one, and a merge that was wrong (RNIV 1 EXI SI 35; PAM.FR A40).

What a merge moves is kept with it, so that undoing it gives each file back what was its own: to the
one that was merged its identifiers, stays, wishes, alerts, status and INS; to the survivor the
wishes and the traits it had. What came since stays with the survivor, but for the movements of a
stay that was the other's. Had the identity changed meanwhile, nobody could say whose it has become:
both are to be proven again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q

from carnet.establishment.patients import identities, merges, rules
from carnet.establishment.patients.identities import Parted, Trace
from carnet.establishment.patients.locking import Known
from carnet.establishment.patients.models import (
    Alert,
    Errand,
    Identifier,
    Inquiry,
    InsHistory,
    Merge,
    Movement,
    Patient,
    Proof,
    Wishes,
)
from carnet.standards.hl7v2.messages import Consultation, Feeding
from carnet.standards.ids import Ins, Oid
from carnet.standards.ins import Attribute, Status


def join(
    survivor: Patient, merged: Patient, known: Known, trace: Trace
) -> tuple[tuple[UUID, UUID], ...]:
    """All that `merged` holds goes to `survivor`; its INS and its status stay behind.

    Both are locked, whatever their statuses. What was moved is kept, so that `part` can undo it.
    """
    moved = list(merged.identifiers.values_list("id", "domain", "value"))
    pair = Alert.objects.filter(
        kind__in=[Alert.Kind.DUPLICATE, Alert.Kind.HOMONYM],
        closed_at=None,
        patients__contains=[merged.id],
    )
    held: dict[str, Any] = {
        "status": merged.status,
        "attributes": merged.attributes,
        "ins": [merged.ins_matricule, merged.ins_oid],
        "identifiers": [str(pk) for pk, _, _ in moved],
        "movements": [str(m) for m in merged.movements.values_list("id", flat=True)],
        "merged": [str(p) for p in merged.merged_from.values_list("id", flat=True)],
        "alerts": [str(a) for a in pair.values_list("id", flat=True)],
        "known_ins": [
            list(ins)
            for ins in InsHistory.objects.filter(patient=survivor).values_list("matricule", "oid")
        ],
        **_join_wishes(survivor, merged),
    }
    merged.identifiers.update(patient=survivor)
    known.move(merged, survivor)
    merged.movements.update(patient=survivor)
    Patient.objects.filter(merged_into=merged).update(merged_into=survivor)
    Inquiry.objects.filter(patient=merged, decision="").update(
        decision=Inquiry.Decision.VOID, decided_at=trace.now, decided_by=trace.actor
    )
    ins = identities.release_ins(merged, trace)
    merged.status, merged.merged_into, merged.updated_at = (Status.PROVISOIRE, survivor, trace.now)
    merged.attributes = []
    merged.save()
    if ins is not None:
        identities.settle({ins}, known, trace)
    pair.update(closed_at=trace.now, closed_by=trace.actor, outcome=Alert.Outcome.MERGED)
    Merge.objects.create(
        survivor=survivor,
        merged=merged,
        identifiers=[[domain, value] for _, domain, value in moved],
        held={**held, "survivor": _portrait(survivor)},
        at=trace.now,
        control_id=trace.control_id,
        sender=trace.actor,
    )
    trace.note(merged, "merged", after=str(survivor.id))
    trace.note(survivor, "merged", before=str(merged.id))
    return ((merged.id, survivor.id),)


def part(merge: Merge, survivor: Patient, merged: Patient, known: Known, trace: Trace) -> Parted:
    """Give each of the two back what was its own before the merge. Both are locked."""
    held = merge.held
    was, now = held.get("survivor", {}), _portrait(survivor)
    changed = any(was.get(name) != said for name, said in now.items() if name != "others")
    own = merges.own_ins(merge)
    Identifier.objects.filter(_identifiers(merge), patient=survivor).update(patient=merged)
    Movement.objects.filter(_stays(held), patient=survivor).update(patient=merged)
    Patient.objects.filter(merged_into=survivor, pk__in=held.get("merged", [])).update(
        merged_into=merged
    )
    _part_wishes(held, survivor, merged, trace)
    Errand.objects.filter(
        patient=merged, state=Errand.State.DONE, reason="void", updated_at__gte=merge.at
    ).update(state=Errand.State.READY, reason="", next_attempt_at=trace.now)
    _reopen(held, survivor, merged, trace)
    merged.merged_into, merged.updated_at = None, trace.now
    merged.save()
    identities.set_traits(survivor, {**was.get("traits", {}), **was.get("others", {})}, trace)
    survivor.updated_at = trace.now
    survivor.save()
    known.patients[merged.id] = merged
    if changed:
        _doubt(held, survivor, merged, known, trace)
    else:
        _restore(held, merged, known, trace)
    merge.undone_at, merge.undone_by = trace.now, trace.actor
    merge.save()
    trace.note(merged, "unmerged", before=str(survivor.id))
    trace.note(survivor, "unmerged", after=str(merged.id))
    return Parted(merge.id, survivor.id, merged.id, own)


def restored_ins(merge: Merge) -> Ins | None:
    """The INS that the merged patient had."""
    matricule, oid = merge.held.get("ins", ["", ""])
    return Ins(matricule, Oid(oid)) if matricule else None


def _portrait(patient: Patient) -> dict[str, Any]:
    """Who the patient is, to give it back, and to see whether the identity has changed."""
    others = {*rules.TRAITS, "phones"} - rules.STRICT_TRAITS
    return {
        "status": patient.status,
        "attributes": sorted(set(patient.attributes) - {Attribute.HOMONYME.value}),
        "ins": [patient.ins_matricule, patient.ins_oid],
        "traits": {name: getattr(patient, name) for name in sorted(rules.STRICT_TRAITS)},
        "others": {name: getattr(patient, name) for name in sorted(others)},
    }


def _identifiers(merge: Merge) -> Q:
    """Those that were moved, even if one was renamed since (A47)."""
    if "identifiers" in merge.held:
        return Q(pk__in=merge.held["identifiers"])
    named = Q(pk__in=[])
    for domain, value in merge.identifiers:
        named |= Q(domain=domain, value=value)
    return named


def _stays(held: Mapping[str, Any]) -> Q:
    """The movements that were moved, and those that came since for the same stays."""
    moved = Q(pk__in=held.get("movements", []))
    stays = Movement.objects.filter(moved).exclude(visit="").values_list("visit_domain", "visit")
    for domain, visit in set(stays):
        moved |= Q(visit_domain=domain, visit=visit)
    return moved


def _restore(held: Mapping[str, Any], merged: Patient, known: Known, trace: Trace) -> None:
    """The status and the INS of then: nothing was said of either identity since."""
    before = (merged.status, list(merged.attributes))
    matricule, oid = held["ins"]
    merged.status, merged.attributes = held["status"], list(held["attributes"])
    if matricule:
        merged.status = Status.VALIDEE if merged.status == Status.QUALIFIEE else merged.status
        identities.give_ins(merged, Ins(matricule, Oid(oid)), trace)
    merged.save()
    if matricule:
        identities.settle({Ins(matricule, Oid(oid))}, known, trace, current=merged)
    identities.note_state(merged, before, trace)


def _doubt(
    held: Mapping[str, Any], survivor: Patient, merged: Patient, known: Known, trace: Trace
) -> None:
    """Both are *provisoires*: what was said meanwhile may have been of the one or of the other.

    The merged one is *douteuse*, *fictive* or *homonyme* again: nobody has said that it is not.
    """
    bare = (merged.status, list(merged.attributes))
    merged.attributes = list(held.get("attributes", []))
    merged.save()
    identities.note_state(merged, bare, trace)
    Proof.objects.filter(patient__in=[survivor, merged], ended_at=None).update(ended_at=trace.now)
    before = (survivor.status, list(survivor.attributes))
    ins = identities.release_ins(survivor, trace)
    survivor.status = Status.PROVISOIRE
    survivor.save()
    identities.note_state(survivor, before, trace)
    if ins is not None:
        identities.settle({ins}, known, trace)


def _reopen(held: Mapping[str, Any], survivor: Patient, merged: Patient, trace: Trace) -> None:
    """The two are not one, somebody has said so; the other pairs are to be looked at again."""
    closed = Alert.objects.filter(pk__in=held.get("alerts", []), outcome=Alert.Outcome.MERGED)
    both = closed.filter(patients=sorted([survivor.id, merged.id]))
    both.update(outcome=Alert.Outcome.DISTINCT, closed_at=trace.now, closed_by=trace.actor)
    closed.update(outcome="", closed_at=None, closed_by="")


def _join_wishes(survivor: Patient, merged: Patient) -> dict[str, Any]:
    """The more recent wishes of the two are those of the survivor; gives what each had said."""
    ours, theirs = (Wishes.objects.filter(patient=p).first() for p in (survivor, merged))
    latest = max(filter(None, (ours, theirs)), key=lambda row: row.recorded_at, default=None)
    if theirs is not None and latest is theirs:
        Wishes.objects.filter(patient=survivor).delete()
        Wishes.objects.filter(patient=merged).update(patient=survivor)
    else:
        Wishes.objects.filter(patient=merged).delete()
    return {
        "wishes": _said(theirs),
        "survivor_wishes": _said(ours),
        "joined_wishes": _said(latest),
    }


def _part_wishes(held: Mapping[str, Any], survivor: Patient, merged: Patient, trace: Trace) -> None:
    """Each has again what they said; what was said since stays with the survivor.

    An opposition or a refusal said since may be that of either: it holds for both. A consent said
    since may be the other's: it lifts nothing that the survivor had refused.
    """
    now = _said(Wishes.objects.filter(patient=survivor).first())
    before = held.get("survivor_wishes")
    given = {merged: held.get("wishes")}
    if now == held.get("joined_wishes"):
        given[survivor] = before
    elif _refuses(now):
        given[merged] = now
    elif _refuses(before):
        given[survivor] = before
    for patient, said in given.items():
        Wishes.objects.filter(patient=patient).delete()
        if said:
            Wishes.objects.create(patient=patient, **said)
            trace.note(patient, "wishes", after=f"{said['feeding']}/{said['consultation']}")


def _refuses(said: Mapping[str, str] | None) -> bool:
    return said is not None and (
        said["feeding"] == Feeding.OPPOSED or said["consultation"] == Consultation.REFUSED
    )


def _said(row: Wishes | None) -> dict[str, str] | None:
    if row is None:
        return None
    return {
        "feeding": row.feeding,
        "consultation": row.consultation,
        "recorded_at": row.recorded_at.isoformat(),
    }
