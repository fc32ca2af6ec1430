"""Documents that left under an INS that is no longer the patient's: withdrawn, then sent again.

The withdrawal is made under the former INS, whatever the identity has become, and never waits for
it. What was built here around a PDF is built again under the new INS as a document of its own; a
CDA that came as such carries the former INS and is its author's to send again.
Source: RNIV 1 EXI PP 14; PAM.FR 5.1.2 (spec identity §1.5, §1.8, §5.4).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from carnet.establishment.exchange import outbox, releasing, rules
from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.identity import Standing
from carnet.establishment.exchange.models import Attribution, Correction, Delivery, Document
from carnet.establishment.exchange.stored import Stored
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.actors import Actor, Operator
from carnet.establishment.patients.identities import Applied, Parted
from carnet.establishment.patients.queries import EndedIns, LocalPatient
from carnet.standards.ids import Ins, Oid
from carnet.standards.ins import StatusEvent

State = Delivery.State

#: What took an INS away that was attributed wrongly: no need to ask anybody.
_WRONG: Final = frozenset({"A47", "unmerged"})
#: Answers after which the other side surely has nothing.
_ANSWERED: Final = ("smtp", "too_large", "registry", "fault", "900")
#: An INS that may have been anybody's.
_UNCERTAIN: Final = StatusEvent.DISCORDANCE.value
#: Name space of the ids of documents that are sent again.
_AGAIN: Final = uuid.UUID("d9c3f7f0-6a3e-4f43-8a44-0a4f6f0f7c1a")


class NotProposed(Exception):  # noqa: N818 - the name is the fact
    """This correction does not wait for a decision, or no longer."""


def after(applied: Applied, configuration: Configuration, *, now: datetime) -> None:
    """Open, or drop, the corrections that this change of identity calls for."""
    if not applied.changed & {"ins", "status", "merged", "unmerged"}:
        return
    known = patients.get_many(applied.touched)
    if applied.parted is not None:
        both = [known[applied.parted.survivor], known[applied.parted.merged]]
        after_parting(applied.parted, both, configuration, now=now)
    gone = dict(applied.merged)
    for patient_id, before in applied.held.items():
        holder = known.get(gone.get(patient_id, patient_id))
        if holder is None:
            continue
        if holder.ins is not None:
            _drop(holder, now)
        if before is not None and before != holder.ins:
            cause = _UNCERTAIN if applied.parted is not None else applied.cause
            open_for(holder, before, cause, configuration, now=now)


def after_parting(
    parted: Parted,
    holders: Iterable[LocalPatient],
    configuration: Configuration,
    *,
    only: Iterable[UUID] | None = None,
    now: datetime,
) -> None:
    """Correct what left for the other of two files that were one; of `only` these documents.

    At once when it left under the other's INS; when nobody knows whose that INS was, a person
    decides.
    """
    for holder in holders:
        own = parted.own.get(holder.id, frozenset())
        known = frozenset[Ins]().union(*parted.own.values()) - own
        others = known if holder.id in parted.own else frozenset()
        rows = _left(holder.id)
        rows = rows if only is None else rows.filter(document__in=list(only))
        left = rows.values_list("ins_matricule", "ins_oid")
        for former in {Ins(matricule, Oid(oid)) for matricule, oid in left.distinct()} - own:
            cause = "unmerged" if former in others else _UNCERTAIN
            open_for(holder, former, cause, configuration, now=now)


def move_proposals(
    source: UUID, holder: UUID, *, only: Iterable[Ins] | None = None, now: datetime
) -> None:
    """What is to be decided for a file is to be decided for the one that has its documents."""
    rows = Correction.objects.filter(patient_id=source, state=Correction.State.PROPOSED)
    for row in rows:
        if only is not None and Ins(row.matricule, Oid(row.oid)) not in only:
            continue
        if rows.model.objects.filter(
            patient_id=holder,
            matricule=row.matricule,
            oid=row.oid,
            state=Correction.State.PROPOSED,
        ).exists():
            _decide(row, Correction.State.DROPPED, outbox.GATEWAY, now)
        else:
            row.patient_id = holder
            row.save(update_fields=["patient_id"])


def open_for(
    patient: LocalPatient, former: Ins, cause: str, configuration: Configuration, *, now: datetime
) -> None:
    """Correct what left under `former`: at once when it is replaced or was wrong, else propose."""
    if former == patient.ins or not _sent(patient.id, former):
        return
    starts = patient.ins is not None or cause in _WRONG
    row = Correction.objects.filter(
        patient_id=patient.id,
        matricule=former.matricule,
        oid=former.oid,
        state=Correction.State.PROPOSED,
    ).first()
    if row is None:
        row = Correction(
            patient_id=patient.id,
            matricule=former.matricule,
            oid=former.oid,
            cause=cause,
            state=Correction.State.PROPOSED,
            opened_at=now,
        )
        row.save(force_insert=True)
    if starts:
        _start(_Act(row, patient, outbox.GATEWAY, configuration, now))


def late(
    ended: EndedIns, patient: LocalPatient, configuration: Configuration, *, now: datetime
) -> None:
    """Correct what was on its way when its INS went, and was delivered since."""
    with transaction.atomic():
        decided = (
            Correction.objects.filter(
                patient_id=patient.id, matricule=ended.ins.matricule, oid=ended.ins.oid
            )
            .order_by("-opened_at")
            .values_list("decided_at", flat=True)
            .first()
        )
        since = max(filter(None, [ended.until, decided]))
        if any(row.updated_at >= since for row in _sent(patient.id, ended.ins)):
            open_for(patient, ended.ins, ended.cause, configuration, now=now)


def start(
    actor: Operator, correction_id: UUID, configuration: Configuration, *, now: datetime
) -> None:
    """Withdraw what was proposed to be. Raises `NotProposed`."""
    with transaction.atomic():
        row = _proposed(correction_id)
        patient = patients.get(row.patient_id)
        if patient is None:
            raise NotProposed
        _start(_Act(row, patient, actor, configuration, now))


def drop(actor: Operator, correction_id: UUID, *, now: datetime) -> None:
    """Leave the documents where they are: the INS was theirs. Raises `NotProposed`."""
    with transaction.atomic():
        _decide(_proposed(correction_id), Correction.State.DROPPED, actor, now)


def _sent(patient_id: UUID, former: Ins) -> list[Delivery]:
    """What left for this patient under that INS, and is not withdrawn.

    A row that a worker holds is looked at when it has done (`late`).
    """
    rows = (
        _left(patient_id)
        .filter(ins_matricule=former.matricule, ins_oid=former.oid)
        .select_related("document__inbound")
        .select_for_update(of=("self",), skip_locked=True)
    )
    return list(rows.order_by("document__received_at", "id"))


def _left(patient_id: UUID) -> QuerySet[Delivery]:
    """What was delivered for this patient, or may have been for want of an answer, and is not
    withdrawn. A document about which nobody has said yet whose it is, is left where it is.
    """
    unsure = (
        Q(attempts__gt=0) & ~Q(state=State.REFUSED) & ~Q(state=State.STUCK, reason__in=_ANSWERED)
    )
    return (
        Delivery.objects.filter(Q(state=State.DELIVERED) | unsure)
        .filter(document__patient_id=patient_id)
        .exclude(ins_matricule="")
        .exclude(document__action="D")
        .exclude(document__successors__action="D")
        .exclude(document__attributions__state=Attribution.State.ASKED)
    )


@dataclass(frozen=True, slots=True)
class _Act:
    """One correction being made: of what, for whom, by whom."""

    row: Correction
    patient: LocalPatient
    actor: Actor
    configuration: Configuration
    now: datetime

    def withdraw(self, document: Document, deliveries: Sequence[Delivery]) -> None:
        """Delete a document wherever it was delivered, under the former INS."""
        for row in deliveries:
            if row.state not in {State.DELIVERED, State.CANCELLED}:
                outbox.settle(row, State.CANCELLED, self.actor, self.now, reason="withdrawn")
        withdrawal = Document(
            **_as(document),
            received_at=self.now,
            action=Document.Action.DELETE.value,
            target=document,
            parent_uid=document.uid,
            uid=document.uid,
            set_id=document.set_id,
            version=document.version,
            sha256=document.sha256,
            is_cda=document.is_cda,
            under_matricule=self.row.matricule,
            under_oid=self.row.oid,
            correction=self.row,
        )
        # A mailbox made of the former INS may be somebody else's: nothing more is sent there.
        routes = [
            rules.Route(
                d.destination,
                d.address,
                "former_mailbox" if d.destination == rules.PATIENT else "",
            )
            for d in deliveries
        ]
        former = next((d.address for d in deliveries if d.destination == rules.PATIENT), "")
        self._open(withdrawal, routes, Standing(State.READY), former)

    def give_up(self, document: Document) -> list[Delivery]:
        """Nothing more of a withdrawn document leaves; gives what had not."""
        rows = document.deliveries.select_for_update(skip_locked=True).filter(
            state__in=[State.WAITING, State.READY, State.STUCK]
        )
        given_up = list(rows)
        for row in given_up:
            outbox.settle(row, State.CANCELLED, self.actor, self.now, reason="withdrawn")
        return given_up

    def send_again(self, document: Document, deliveries: Sequence[Delivery]) -> None:
        """Build a PDF's document again, as a new one, for the same destinations."""
        uid = f"2.25.{uuid.uuid5(_AGAIN, f'{document.uid}|{self.row.id}').int}"
        again = Document(
            **_as(document),
            received_at=self.now,
            action=Document.Action.NEW.value,
            parent_uid=document.uid,
            uid=uid,
            set_id=uid,
            version=1,
            sha256=document.sha256,
            correction=self.row,
        )
        standing = releasing.standing_of(
            Stored(again), self.patient, self.configuration, save=False
        )
        routes = [rules.Route(d.destination, d.address) for d in deliveries]
        address = outbox.patient_address(self.patient, self.configuration)
        self._open(again, routes, standing, address)

    def _open(
        self, document: Document, routes: list[rules.Route], standing: Standing, address: str
    ) -> None:
        outbox.open_deliveries(
            document,
            routes,
            standing,
            address=address,
            fresh=True,
            actor=self.actor,
            now=self.now,
        )


def _start(act: _Act) -> None:
    by_document: dict[UUID, list[Delivery]] = {}
    for delivery in _sent(act.row.patient_id, Ins(act.row.matricule, Oid(act.row.oid))):
        by_document.setdefault(delivery.document_id, []).append(delivery)
    for deliveries in by_document.values():
        document = deliveries[0].document
        latest = not document.successors.exists()
        act.withdraw(document, deliveries)
        others = act.give_up(document)
        if latest and not document.is_cda:
            act.send_again(document, [*deliveries, *others])
    _decide(act.row, Correction.State.STARTED, act.actor, act.now)


def _as(document: Document) -> dict[str, Any]:
    return {
        "inbound": document.inbound,
        "patient_id": document.patient_id,
        "type_code": document.type_code,
        "type_display": document.type_display,
        "title": document.title,
    }


def _drop(patient: LocalPatient, now: datetime) -> None:
    """The INS came back: what was proposed because it went has no object."""
    if patient.ins is not None:
        Correction.objects.filter(
            patient_id=patient.id,
            matricule=patient.ins.matricule,
            oid=patient.ins.oid,
            state=Correction.State.PROPOSED,
        ).update(state=Correction.State.DROPPED, decided_at=now, decided_by=outbox.GATEWAY.label)


def _proposed(correction_id: UUID) -> Correction:
    row = (
        Correction.objects.select_for_update()
        .filter(pk=correction_id, state=Correction.State.PROPOSED)
        .first()
    )
    if row is None:
        raise NotProposed
    return row


def _decide(row: Correction, state: str, actor: Actor, now: datetime) -> None:
    row.state, row.decided_at, row.decided_by = state, now, actor.label
    row.save()
