"""Two patients who are one, and a merge that was wrong (RNIV 1 EXI SI 35; PAM.FR A40)."""

from __future__ import annotations

from uuid import UUID

from carnet.establishment.patients import identities
from carnet.establishment.patients.identities import Trace
from carnet.establishment.patients.locking import Known
from carnet.establishment.patients.models import (
    Alert,
    Identifier,
    Inquiry,
    Merge,
    Movement,
    Patient,
    Wishes,
)
from carnet.standards.ids import Ins, Oid
from carnet.standards.ins import Status


def join(
    survivor: Patient, merged: Patient, known: Known, trace: Trace
) -> tuple[tuple[UUID, UUID], ...]:
    """All that `merged` holds goes to `survivor`; its INS and its status stay behind.

    Both are locked, whatever their statuses. What was moved is kept, so that `part` can undo it.
    """
    ids = list(merged.identifiers.values_list("domain", "value"))
    held = {
        "status": merged.status,
        "attributes": merged.attributes,
        "ins": [merged.ins_matricule, merged.ins_oid],
        "movements": [str(m) for m in merged.movements.values_list("id", flat=True)],
        "merged": [str(p) for p in merged.merged_from.values_list("id", flat=True)],
        "wishes": _inherit_wishes(merged, survivor),
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
    Merge.objects.create(
        survivor=survivor,
        merged=merged,
        identifiers=ids,
        held=held,
        at=trace.now,
        control_id=trace.control_id,
        sender=trace.actor,
    )
    Alert.objects.filter(
        kind__in=[Alert.Kind.DUPLICATE, Alert.Kind.HOMONYM],
        closed_at=None,
        patients__contains=[merged.id],
    ).update(closed_at=trace.now, closed_by=trace.actor, outcome=Alert.Outcome.MERGED)
    trace.note(merged, "merged", after=str(survivor.id))
    trace.note(survivor, "merged", before=str(merged.id))
    return ((merged.id, survivor.id),)


def part(merge: Merge, survivor: Patient, merged: Patient, known: Known, trace: Trace) -> None:
    """Give back to `merged` what the merge took, but for its status: it is proven again.

    An identifier or a movement that came since stays with the survivor. The identity comes back
    *provisoire* and without INS: whoever merged the two took them for one person.
    """
    for domain, value in merge.identifiers:
        Identifier.objects.filter(patient=survivor, domain=domain, value=value).update(
            patient=merged
        )
    Movement.objects.filter(patient=survivor, pk__in=merge.held.get("movements", [])).update(
        patient=merged
    )
    Patient.objects.filter(merged_into=survivor, pk__in=merge.held.get("merged", [])).update(
        merged_into=merged
    )
    if wishes := merge.held.get("wishes"):
        Wishes.objects.update_or_create(patient=merged, defaults=wishes)
    merged.merged_into, merged.updated_at = None, trace.now
    merged.save()
    survivor.updated_at = trace.now
    survivor.save()
    known.patients[merged.id] = merged
    merge.undone_at, merge.undone_by = trace.now, trace.actor
    merge.save()
    trace.note(merged, "unmerged", before=str(survivor.id))
    trace.note(survivor, "unmerged", after=str(merged.id))


def restored_ins(merge: Merge) -> Ins | None:
    """The INS that the merged patient had: what to ask INSi about first."""
    matricule, oid = merge.held.get("ins", ["", ""])
    return Ins(matricule, Oid(oid)) if matricule else None


def _inherit_wishes(merged: Patient, survivor: Patient) -> dict[str, str] | None:
    """The more recent wishes of the two are those of the survivor; gives what `merged` said."""
    theirs = Wishes.objects.filter(patient=merged).first()
    if theirs is None:
        return None
    Wishes.objects.filter(patient=survivor, recorded_at__lt=theirs.recorded_at).delete()
    if Wishes.objects.filter(patient=survivor).exists():
        theirs.delete()
    else:
        Wishes.objects.filter(patient=merged).update(patient=survivor)
    return {
        "feeding": theirs.feeding,
        "consultation": theirs.consultation,
        "recorded_at": theirs.recorded_at.isoformat(),
    }
