"""The messages that came, their documents, and where each went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from carnet.establishment.exchange.models import Delivery, Document, Inbound, Opening
from carnet.establishment.exchange.reasons import REASONS, Reason
from carnet.establishment.exchange.rules import CANCEL_FROM, RETRY_FROM
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.actors import Operator
from carnet.establishment.patients.queries import LocalPatient

State = Delivery.State

#: The filters of the flow: a name and what it keeps.
FILTERS: Final[Mapping[str, Q | str]] = MappingProxyType(
    {
        "tous": Q(),
        "rejetes": Q(state="rejected"),
        "attente": State.WAITING.value,
        "bloques": State.STUCK.value,
        "envoi": State.READY.value,
        "refuses": State.REFUSED.value,
        "livres": State.DELIVERED.value,
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the history of a delivery."""

    at: datetime
    actor: str
    state: str
    state_label: str
    attempt: int
    reason: Reason | None
    detail: str


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One delivery, as an operator sees it."""

    id: UUID
    destination: str
    destination_label: str
    address: str  #: the matricule of a patient's mailbox is masked
    state: str
    state_label: str
    reason: Reason | None
    detail: str
    receipt: str
    attempts: int
    next_attempt_at: datetime | None  #: while it is to be sent
    waits_for_previous: bool
    may_retry: bool
    may_cancel: bool
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentView:
    """One document and where it goes."""

    id: UUID
    title: str
    type_display: str
    action: str
    action_label: str
    uid: str
    version: int
    deliveries: tuple[DeliveryView, ...]


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message of the flow."""

    id: UUID
    received_at: datetime
    type: str
    sender: str
    control_id: str
    rejected: bool
    repeats: int
    errors: tuple[Mapping[str, str], ...]
    patient: LocalPatient | None
    documents: tuple[DocumentView, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the flow, the latest first; `before` leads to the next part."""

    lines: tuple[MessageLine, ...]
    before: datetime | None


class MessageNotFound(LookupError):  # noqa: N818 - the name is the fact
    """No message has this id."""


def flow(
    _: Operator,
    *,
    kept: str = "tous",
    search: str = "",
    before: datetime | None = None,
    limit: int = 50,
) -> Page:
    """What came in, by filter and by what is sought: an identifier, a name, a control id."""
    rows = Inbound.objects.defer("raw", "ack").order_by("-received_at", "-id")
    chosen = FILTERS.get(kept, Q())
    if isinstance(chosen, Q):
        rows = rows.filter(chosen)
    else:
        rows = rows.filter(
            Exists(Delivery.objects.filter(document__inbound_id=OuterRef("pk"), state=chosen))
        )
    if search:
        rows = rows.filter(_sought(search))
    if before is not None:
        rows = rows.filter(received_at__lt=before)
    found = list(rows[: limit + 1])
    lines = _lines(found[:limit])
    return Page(lines, found[limit - 1].received_at if len(found) > limit else None)


def _sought(search: str) -> Q:
    people = patients.search(search)
    deletes = Q(action=Document.Action.DELETE)
    # An id is in one index or in the other: that of documents, that of what deletes them.
    called = Q(uid=search) & deletes | Q(uid=search) & ~deletes
    documents = Document.objects.filter(Q(patient_id__in=people) | called)
    return (
        Q(control_id=search) | Q(patient_id__in=people) | Q(pk__in=documents.values("inbound_id"))
    )


def message(_: Operator, message_id: UUID) -> MessageLine:
    """One message with the whole history of its deliveries. Raises `MessageNotFound`."""
    rows = list(Inbound.objects.defer("raw", "ack").filter(pk=message_id))
    if not rows:
        raise MessageNotFound(message_id)
    return _lines(rows, steps=True)[0]


def raw(_: Operator, message_id: UUID) -> tuple[bytes, bytes]:
    """The bytes of a message and of its answer. Raises `MessageNotFound`."""
    row = Inbound.objects.filter(pk=message_id).values_list("raw", "ack").first()
    if row is None:
        raise MessageNotFound(message_id)
    return bytes(row[0]), bytes(row[1])


def openings(_: Operator, message_id: UUID) -> tuple[tuple[datetime, str], ...]:
    """When the content of a message was shown, and to whom, the latest first."""
    rows = Opening.objects.filter(inbound_id=message_id).order_by("-at", "-id")
    return tuple(rows.values_list("at", "actor"))


def message_of(_: Operator, delivery_id: UUID) -> tuple[UUID, DeliveryView]:
    """The message that carried the document of a delivery, and the delivery itself.

    Raises `MessageNotFound`.
    """
    row = Delivery.objects.select_related("document", "after").filter(pk=delivery_id).first()
    if row is None:
        raise MessageNotFound(delivery_id)
    return row.document.inbound_id, _delivery(row)


def _lines(rows: Iterable[Inbound], *, steps: bool = False) -> tuple[MessageLine, ...]:
    rows = list(rows)
    documents = _documents(
        Document.objects.filter(inbound_id__in=[row.id for row in rows]), steps=steps
    )
    wanted = {row.patient_id for row in rows} | {
        d.patient_id for held in documents.values() for d, _ in held
    }
    known = patients.get_many(i for i in wanted if i is not None)
    return tuple(
        MessageLine(
            id=row.id,
            received_at=row.received_at,
            type=row.type,
            sender=" · ".join(filter(None, (row.application, row.facility))),
            control_id=row.control_id,
            rejected=row.state == Inbound.State.REJECTED,
            repeats=row.repeats,
            errors=tuple(row.errors),
            patient=_patient(row, documents[row.id], known),
            documents=tuple(view for _, view in documents[row.id]),
        )
        for row in rows
    )


Held = list[tuple[Document, DocumentView]]


def _patient(
    row: Inbound, documents: Held, known: Mapping[UUID, LocalPatient]
) -> LocalPatient | None:
    """The patient as known now: the one of the message, or the one its document found since."""
    ids = (*(d.patient_id for d, _ in documents), row.patient_id)
    return next((known[i] for i in ids if i is not None and i in known), None)


def _documents(rows: QuerySet[Document], *, steps: bool) -> Mapping[UUID, Held]:
    deliveries = Delivery.objects.select_related("after").order_by("id")
    if steps:
        deliveries = deliveries.prefetch_related("events")
    views: dict[UUID, list[DeliveryView]] = defaultdict(list)
    documents = list(rows.defer("built").order_by("id"))
    for row in deliveries.filter(document_id__in=[d.id for d in documents]):
        views[row.document_id].append(_delivery(row, steps=steps))
    held: dict[UUID, Held] = defaultdict(list)
    for document in documents:
        view = DocumentView(
            id=document.id,
            title=document.title,
            type_display=document.type_display,
            action=document.action,
            action_label=document.get_action_display(),
            uid=document.uid,
            version=document.version,
            deliveries=tuple(views[document.id]),
        )
        held[document.inbound_id].append((document, view))
    return held


def _delivery(row: Delivery, *, steps: bool = False) -> DeliveryView:
    waits = (
        row.state == State.READY
        and row.after is not None
        and row.after.state in {State.WAITING, State.READY, State.STUCK}
    )
    return DeliveryView(
        id=row.id,
        destination=row.destination,
        destination_label=row.get_destination_display(),
        address=_shown(row),
        state=row.state,
        state_label=row.get_state_display(),
        reason=REASONS.get("after" if waits and not row.reason else row.reason),
        detail=row.detail,
        receipt=row.receipt,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at if row.state == State.READY else None,
        waits_for_previous=waits,
        may_retry=row.state in RETRY_FROM,
        may_cancel=row.state in CANCEL_FROM,
        steps=tuple(
            Step(
                at=e.at,
                actor=e.actor,
                state=e.state,
                state_label=str(State(e.state).label),
                attempt=e.attempt,
                reason=REASONS.get(e.reason),
                detail=e.detail,
            )
            for e in sorted(row.events.all(), key=lambda e: (e.at, e.id), reverse=True)
        )
        if steps
        else (),
    )


def _shown(row: Delivery) -> str:
    """The address, without the matricule that a citizen's one is made of."""
    local, at, domain = row.address.partition("@")
    return f"{local[:3]}…{at}{domain}" if row.destination == "patient" and local else row.address


@dataclass(frozen=True, slots=True)
class PatientDocument:
    """A document of one patient."""

    message_id: UUID
    received_at: datetime
    view: DocumentView


def documents_of(_: Operator, patient_id: UUID, *, limit: int = 50) -> tuple[PatientDocument, ...]:
    """The latest documents of a patient."""
    rows = Document.objects.filter(patient_id=patient_id).order_by("-received_at", "-id")
    return patient_documents(rows.values_list("id", flat=True)[:limit])


def patient_documents(ids: Iterable[UUID]) -> tuple[PatientDocument, ...]:
    """These documents, the latest first."""
    held = _documents(Document.objects.filter(id__in=list(ids)), steps=False)
    found = [
        PatientDocument(document.inbound_id, document.received_at, view)
        for documents in held.values()
        for document, view in documents
    ]
    return tuple(sorted(found, key=lambda d: d.received_at, reverse=True))


def views_of(rows: QuerySet[Document]) -> list[DocumentView]:
    """These documents and where each went, in their order."""
    found = {
        document.id: view
        for held in _documents(rows, steps=False).values()
        for document, view in held
    }
    return [found[pk] for pk in rows.values_list("id", flat=True)]
