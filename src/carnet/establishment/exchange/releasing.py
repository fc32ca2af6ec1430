"""What an identity message releases: the documents of its patient, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from carnet.establishment.exchange import identity, intake, letters, outbox
from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.identity import Standing
from carnet.establishment.exchange.models import Attribution, Delivery, Document
from carnet.establishment.exchange.stored import Stored, to_build
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.identities import Applied
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.hl7v2.errors import Hl7Error

#: Changes of an identity after which a document may go, or must wait for another reason.
_MATTERS: Final = frozenset(
    {
        "created", "identifiers", "status", "ins", "traits", "attributes", "merged", "unmerged",
        "alert",
    }
)  # fmt: skip
#: What the identity alone holds back, or not yet.
_UNSENT: Final = Q(state__in=[Delivery.State.WAITING, Delivery.State.READY]) | Q(
    state=Delivery.State.STUCK, reason__in=["903", "904", "905", "document_invalid"]
)


def after(applied: Applied, configuration: Configuration, *, now: datetime) -> None:
    """Recognise the patients of documents that had none, release what may go."""
    if not applied.changed & _MATTERS:
        return
    known = patients.get_many(applied.touched)
    for patient in known.values():
        _recognise(patient)
    if applied.parted is not None:
        given = Document.objects.filter(patient_id=applied.parted.merged)
        stand_again(
            given.values_list("id", flat=True), known[applied.parted.merged], configuration, now=now
        )
    for row in outbox.waiting_of(known):
        document = row.document
        holder = known.get(document.patient_id) if document.patient_id else None
        if holder is not None:
            _stand(row, holder, configuration, now)


def stand_again(
    document_ids: Iterable[UUID],
    holder: LocalPatient,
    configuration: Configuration,
    *,
    now: datetime,
) -> None:
    """What has not left of these documents goes, or waits, as it does for whose they are now."""
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("document")
    rows = rows.filter(_UNSENT, document_id__in=list(document_ids), document__under_matricule="")
    for row in rows.order_by("id"):
        _stand(row, holder, configuration, now)


def hold(document_ids: Iterable[UUID], *, now: datetime) -> None:
    """Nothing of these documents leaves until somebody has said whose they are."""
    rows = Delivery.objects.select_for_update().filter(_UNSENT, document_id__in=list(document_ids))
    outbox.release(list(rows.order_by("id")), identity.WHOSE, address="", now=now)


def _stand(
    row: Delivery, holder: LocalPatient, configuration: Configuration, now: datetime
) -> None:
    outbox.release(
        [row],
        standing_of(Stored(row.document), holder, configuration),
        address=outbox.patient_address(holder, configuration),
        now=now,
    )


def _recognise(patient: LocalPatient) -> None:
    Document.objects.filter(
        patient_id=None, patient_keys__overlap=intake.keys_of_local(patient)
    ).update(patient_id=patient.id, patient_keys=[])


def standing_of(
    stored: Stored, patient: LocalPatient, configuration: Configuration, *, save: bool = True
) -> Standing:
    """How this document stands with its patient; a PDF gets its CDA as soon as it may leave.

    Without `save` the document is not stored yet: whoever made it does.
    """
    if stored.document.attributions.filter(state=Attribution.State.ASKED).exists():
        return identity.WHOSE
    return standing_with(stored, patient, configuration, save=save)


def standing_with(
    stored: Stored, patient: LocalPatient, configuration: Configuration, *, save: bool = True
) -> Standing:
    """The same, when it is known whose the document is."""
    document = stored.document
    found = identity.standing(patient, stored.header_made_by_sender)
    if found.state == Delivery.State.READY and document.built is not None:
        found = _still_theirs(stored, patient)
    if found.state != Delivery.State.READY or not to_build(document):
        return found
    try:
        stored.build(letters.build(stored.event, document, patient, configuration))
    except Hl7Error as error:
        return Standing(Delivery.State.STUCK, "document_invalid", error.reason)
    if save:
        document.save(update_fields=["built"])
    return found


def _still_theirs(stored: Stored, patient: LocalPatient) -> Standing:
    """A CDA that was built here for who the patient was is built again, unless it has left.

    It may be leaving when a worker holds one of its deliveries.
    """
    document, header = stored.document, stored.header
    found = identity.standing(patient, header)
    if header is None or found.state == Delivery.State.READY:
        return found
    attempted = document.deliveries.filter(attempts__gt=0).exclude(ins_matricule="")
    if outbox.being_sent(document) or attempted.exists():
        same = identity.bears_ins_of(patient, header)
        return Standing(Delivery.State.READY) if same else found
    stored.build(None)
    return Standing(Delivery.State.READY)
