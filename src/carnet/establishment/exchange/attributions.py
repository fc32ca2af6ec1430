"""Whose each document is, when two files were taken for one and are two again.

A document goes with all that replaces it, deletes it or was sent in its place by a correction: a
family is never shared between two patients. What came while the two were one stays with the
survivor, and waits for a person to say whose it is unless its message named the survivor alone.
Source: RNIV 1 EXI SI 35; spec identity §1.5, §5.14.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from carnet.establishment.exchange import corrections, outbox, releasing, stored
from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.models import Attribution, Document
from carnet.establishment.patients import merges
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.actors import Operator
from carnet.establishment.patients.identities import Applied, Parted
from carnet.establishment.patients.locking import lock_patients
from carnet.establishment.patients.queries import LocalPatient

State = Attribution.State
#: What a person may have decided, and may decide otherwise.
_DECIDED: Final = (State.ASKED, State.KEPT, State.GIVEN)


class NotToAttribute(Exception):  # noqa: N818 - the name is the fact
    """This document is not, or no longer, between these two files."""


def after(applied: Applied, *, now: datetime) -> None:
    """The documents follow their patient into a merge, and out of one that is undone."""
    for merged, survivor in applied.merged:
        _move(merged, survivor, now)
    if applied.parted is not None:
        _give_back(applied.parted, now)


def _move(merged: UUID, survivor: UUID, now: datetime) -> None:
    merge_id = merges.open_merge(merged)
    moved = Document.objects.filter(patient_id=merged)
    Attribution.objects.bulk_create(
        Attribution(merge_id=merge_id, document_id=pk, state=State.MOVED, at=now)
        for pk in moved.values_list("id", flat=True)
    )
    moved.update(patient_id=survivor)
    Attribution.objects.filter(merge_id__in=merges.one_again(survivor), state=State.ASKED).update(
        state=State.KEPT, at=now, actor=outbox.GATEWAY.label
    )
    corrections.move_proposals(merged, survivor, now=now)


def _give_back(parted: Parted, now: datetime) -> None:
    of_merge = Attribution.objects.filter(merge_id=parted.merge_id)
    moved = set(
        of_merge.filter(state=State.MOVED, document__patient_id=parted.survivor).values_list(
            "document_id", flat=True
        )
    )
    family = _hand_over(moved, parted.survivor, parted.merged)
    of_merge.filter(document_id__in=moved).update(state=State.RETURNED, at=now)
    rows: list[tuple[UUID, str]] = [(pk, State.RETURNED) for pk in family - moved]
    rows += [(document.id, state) for document, state in _since(parted)]
    Attribution.objects.bulk_create(
        Attribution(merge_id=parted.merge_id, document_id=pk, state=state, at=now)
        for pk, state in rows
    )
    releasing.hold([pk for pk, state in rows if state == State.ASKED], now=now)
    theirs = parted.own[parted.merged] - parted.own.get(parted.survivor, frozenset())
    corrections.move_proposals(parted.survivor, parted.merged, only=theirs, now=now)


def _since(parted: Parted) -> list[tuple[Document, str]]:
    """What came for the survivor since the merge, and whose it seems to be.

    So did what had come before for nobody known, and names nothing that is the survivor's: it was
    recognised meanwhile. A family that began before the merge is whose it was.
    """
    both = patients.get_many((parted.survivor, parted.merged))
    ours, theirs = (_identifiers(both[pk]) for pk in (parted.survivor, parted.merged))
    known = {document.id: document for document in _received(parted, ours)}
    by_uid = {d.uid: d for d in known.values() if d.action != Document.Action.DELETE}
    found: list[tuple[Document, str]] = []
    for document in known.values():
        first = _begins(document, known, by_uid)
        if first is not None:
            told = {(i.domain, i.value) for i in stored.event(first).patient.local_ids}
            kept = told & ours and not told & theirs
            found.append((document, State.KEPT if kept else State.ASKED))
    return found


def _received(parted: Parted, ours: set[tuple[str, str]]) -> Iterator[Document]:
    """A document's id is made when it comes, so that ids tell what came first."""
    rows = (
        Document.objects.filter(patient_id=parted.survivor, under_matricule="")
        .exclude(attributions__state=State.MOVED)
        .select_related("inbound")
        .defer("built")
        .order_by("id")
    )
    known = parted.own.get(parted.survivor, frozenset())
    before = rows.filter(pk__lt=parted.merge_id, inbound__patient_id=None, attributions=None)
    for document in before:
        named = stored.event(document).patient
        if named.ins not in known and not {(i.domain, i.value) for i in named.local_ids} & ours:
            yield document
    yield from rows.filter(pk__gt=parted.merge_id)


def _begins(
    document: Document, known: Mapping[UUID, Document], by_uid: Mapping[str, Document]
) -> Document | None:
    """The first of the family, which says whose it is; none when it came before the merge."""
    first: Document | None = document
    while first is not None:
        if first.correction_id is not None:  # sent in place of another
            first = by_uid.get(first.parent_uid)
        elif first.target_id is not None:
            first = known.get(first.target_id)
        else:
            return first
    return None


def _identifiers(patient: LocalPatient) -> set[tuple[str, str]]:
    return {(i.domain, i.value) for i in patient.local_ids}


def _hand_over(documents: Iterable[UUID], source: UUID, holder: UUID) -> set[UUID]:
    """Give these documents and their families to `holder`, once nothing of them is being sent."""
    family = found = set(documents)
    while found:
        uids = Document.objects.filter(pk__in=found).values("uid")
        next_of = Q(target_id__in=found) | Q(parent_uid__in=uids, correction__isnull=False)
        rows = Document.objects.filter(next_of, patient_id=source)
        found = set(rows.values_list("id", flat=True)) - family
        family = family | found
    outbox.lock(family)
    Document.objects.filter(pk__in=family).update(patient_id=holder)
    return family


def _first(row: Attribution) -> UUID:
    """The document with which the family of this one began to be asked about."""
    document = row.document
    asked = Document.objects.filter(
        patient_id=document.patient_id,
        attributions__merge_id=row.merge_id,
        attributions__state__in=_DECIDED,
    )
    while True:
        before = Q(pk=document.target_id)
        if document.correction_id is not None:
            before |= Q(uid=document.parent_uid) & ~Q(action=Document.Action.DELETE)
        found = asked.filter(before).first()
        if found is None:
            return document.id
        document = found


def decide(
    actor: Operator,
    attribution_id: UUID,
    configuration: Configuration,
    *,
    gives: bool,
    now: datetime,
) -> None:
    """Say whose a document is, and its family: `gives` it to the other file, or leaves it.

    What had left for the wrong one of the two is withdrawn and sent again; what waited for an
    answer goes. A file that was merged since is the one it was merged into. Raises
    `NotToAttribute`, and `outbox.BeingSent` while a worker sends what is asked about.
    """
    with outbox.briefly():
        row = Attribution.objects.filter(pk=attribution_id).first()
        parted = merges.parted(row.merge_id) if row else None
        if row is None or parted is None:
            raise NotToAttribute
        lock_patients((parted.survivor, parted.merged))
        if merges.parted(parted.merge_id) != parted:  # merged before they were locked
            raise NotToAttribute
        state = State.GIVEN if gives else State.KEPT
        row = (
            Attribution.objects.select_for_update(of=("self",))
            .select_related("document")
            .filter(pk=row.pk, state__in=_DECIDED)
            .exclude(state=state)
            .first()
        )
        source = parted.merged if row and row.state == State.GIVEN else parted.survivor
        if row is None or row.document.patient_id != source:
            raise NotToAttribute
        holder = parted.merged if gives else parted.survivor
        family = _hand_over([_first(row)], source, holder)
        Attribution.objects.filter(
            merge_id=row.merge_id, document_id__in=family, state__in=_DECIDED
        ).update(state=state, at=now, actor=actor.label)
        if gives:  # nobody else is asked whether it is the survivor's
            Attribution.objects.filter(document_id__in=family, state=State.ASKED).delete()
        known = patients.get(holder)
        if known is None:
            raise NotToAttribute
        corrections.after_parting(parted, [known], configuration, only=family, now=now)
        releasing.stand_again(family, known, configuration, now=now)
