"""Reads of the merges: which may be undone, what each moved, what came since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from carnet.establishment.patients import queries
from carnet.establishment.patients.identities import Parted
from carnet.establishment.patients.models import InsHistory, Merge, Movement
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.ids import Ins, Oid


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay, with how many movements, and when the first and the last were."""

    domain: str
    visit: str
    movements: int
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class MergeTold:
    """A merge, done or undone, as a person decides on it."""

    id: UUID
    survivor: LocalPatient
    merged: LocalPatient
    at: datetime
    by: str
    identifiers: tuple[str, ...]
    undone_at: datetime | None
    undone_by: str
    stays: tuple[Stay, ...]  #: those that were moved
    stays_since: tuple[Stay, ...]  #: those that began since, and stay with the survivor
    merged_since: LocalPatient | None  #: into whom the survivor was merged in its turn


def told(merge_id: UUID) -> MergeTold | None:
    """One merge; none when nobody was merged by it, or it does not exist."""
    row = Merge.objects.filter(pk=merge_id).exclude(merged=None).select_related("survivor").first()
    if row is None or row.merged_id is None:
        return None
    into = row.survivor.merged_into_id
    known = queries.get_many({row.survivor_id, row.merged_id, into or row.survivor_id})
    moved = Movement.objects.filter(pk__in=row.held.get("movements", []))
    return MergeTold(
        id=row.id,
        survivor=known[row.survivor_id],
        merged=known[row.merged_id],
        at=row.at,
        by=row.sender,
        identifiers=tuple(value for _, value in row.identifiers),
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        stays=_stays(moved),
        stays_since=_stays(stays_since(row.id, row.survivor_id)),
        merged_since=known[into] if into else None,
    )


def stays_since(merge_id: UUID, survivor_id: UUID) -> QuerySet[Movement]:
    """The movements of the stays that began after this merge, now in the file of the survivor.

    A movement's id is made when it comes, so that ids tell what came first.
    """
    merge = Merge.objects.get(pk=merge_id)
    before = Movement.objects.filter(
        patient=survivor_id,
        visit_domain=OuterRef("visit_domain"),
        visit=OuterRef("visit"),
        pk__lt=merge_id,
    )
    others = [
        movement
        for row in Merge.objects.filter(survivor=survivor_id, undone_at=None)
        for movement in row.held.get("movements", [])
    ]
    return (
        Movement.objects.filter(patient=survivor_id, pk__gt=merge_id)
        .exclude(visit="")
        .exclude(Exists(before))
        .exclude(pk__in=[*others, *merge.held.get("movements", [])])
    )


def _stays(rows: QuerySet[Movement]) -> tuple[Stay, ...]:
    movements: dict[tuple[str, str], list[datetime]] = {}
    for domain, visit, at in rows.order_by("at", "id").values_list("visit_domain", "visit", "at"):
        movements.setdefault((domain, visit), []).append(at)
    return tuple(Stay(*stay, len(at), at[0], at[-1]) for stay, at in movements.items())


def open_merge(merged_id: UUID) -> UUID:
    """The merge by which this patient, who was merged, is in the file of another."""
    return Merge.objects.filter(merged_id=merged_id, undone_at=None).latest("at", "id").id


def one_again(holder: UUID) -> list[UUID]:
    """The undone merges whose two files are both in the file of `holder` now."""
    rows = Merge.objects.filter(
        Q(survivor=holder) | Q(survivor__merged_into=holder),
        Q(merged=holder) | Q(merged__merged_into=holder),
    )
    return list(rows.exclude(undone_at=None).values_list("id", flat=True))


def parted(merge_id: UUID) -> Parted | None:
    """The two files of an undone merge, each where it is now; none when they are one again."""
    row = (
        Merge.objects.filter(pk=merge_id)
        .exclude(undone_at=None)
        .select_related("survivor", "merged")
        .first()
    )
    if row is None or row.merged is None:
        return None
    survivor, merged = (p.merged_into_id or p.id for p in (row.survivor, row.merged))
    if survivor == merged:
        return None
    own = own_ins(row)
    for holder in (survivor, merged):
        if holder not in (row.survivor_id, row.merged_id):
            own[holder] = _had(holder)
    return Parted(row.id, survivor, merged, own)


def own_ins(merge: Merge) -> dict[UUID, frozenset[Ins]]:
    """The INS that each of the two has had by itself, apart from the time when they were one.

    Those of the survivor are not known of the first merges, which did not keep them.
    """
    own = {}
    if merge.merged_id is not None:
        own[merge.merged_id] = _had(merge.merged_id)
    if "known_ins" in merge.held:
        known = frozenset(Ins(matricule, Oid(oid)) for matricule, oid in merge.held["known_ins"])
        if merge.undone_at is not None:
            known |= _had(merge.survivor_id, since__gt=merge.undone_at)
        own[merge.survivor_id] = known
    return own


def _had(patient_id: UUID, **since: datetime) -> frozenset[Ins]:
    rows = InsHistory.objects.filter(patient=patient_id, **since)
    return frozenset(Ins(m, Oid(oid)) for m, oid in rows.values_list("matricule", "oid"))
