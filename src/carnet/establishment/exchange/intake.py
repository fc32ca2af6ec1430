"""From a message that carries documents to rows: documents known once, one delivery a destination.

A document is known by its id, its setId and its version (spec dmp §5.3). Said again, it is the
same document: only the destinations that are new get a delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from carnet.establishment.exchange import identity, letters, outbox, rules, stored, successions
from carnet.establishment.exchange.carried import Carried, documents
from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.models import Attribution, Document
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.actors import Sender
from carnet.establishment.patients.locking import hold_identifiers, hold_patient
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.hl7v2.errors import Business, Condition, Hl7Error, erl
from carnet.standards.hl7v2.messages import Action, DocumentEvent, PatientIdentity

#: Look-ups apart: with OR, a plan made while the table is small reads it all from then on. Each is
#: by the index of what comes once.
_FAMILY: Final = """
SELECT id FROM exchange_document WHERE uid = %(uid)s AND NOT action = 'D'
 UNION
SELECT id FROM exchange_document WHERE uid = %(uid)s AND action = 'D'
 UNION
SELECT id FROM exchange_document
 WHERE set_id = %(set_id)s AND NOT action = 'D' AND NOT set_id = ''
 UNION
SELECT id FROM exchange_document
 WHERE parent_uid = %(uid)s AND parent_uid <> '' AND target_id IS NULL
"""


def take(
    sender: Sender,
    event: DocumentEvent,
    inbound_id: UUID,
    configuration: Configuration,
    *,
    now: datetime,
) -> UUID | None:
    """Store the documents of one message and their deliveries; the id of the patient when known.

    Raises `Hl7Error` when a document is not one, breaks a rule, or contradicts what is stored.
    """
    patient = _find(event.patient)
    for carried in documents(sender, event):
        _take(
            sender,
            event,
            carried,
            patient,
            inbound_id=inbound_id,
            configuration=configuration,
            now=now,
        )
    return patient.id if patient else None


def _find(named: PatientIdentity) -> LocalPatient | None:
    """The patient who is named, who stays who they are until the transaction ends."""
    hold_identifiers(named.local_ids)
    found, held = patients.find(named), None
    while found is not None and found.id != held and not _holds(found, named):
        hold_patient(held := found.id)
        found = patients.find(named)
    return found


def _holds(patient: LocalPatient, named: PatientIdentity) -> bool:
    ids = {(i.domain, i.value) for i in patient.local_ids}
    return any((i.domain, i.value) in ids for i in named.local_ids)


def _take(
    sender: Sender,
    event: DocumentEvent,
    carried: Carried,
    patient: LocalPatient | None,
    *,
    inbound_id: UUID,
    configuration: Configuration,
    now: datetime,
) -> None:
    family = _family(carried)
    document = _known(event, carried, family)
    fresh = document is None
    asked = False
    if document is None:
        document = _new(event, carried, patient, family, inbound_id=inbound_id, now=now)
    else:
        patient = _holder(document, event, patient, carried)
        asked = document.attributions.filter(state=Attribution.State.ASKED).exists()
    facts = rules.Facts(
        action=event.action,
        flags=event.flags,
        type_code=carried.type_code,
        uid=carried.uid,
        confidentiality=carried.confidentiality,
        has_sender=event.sender is not None,
        patient=patient,
    )
    wanted = rules.routes(event, facts, patient_domain=configuration.patient_domain)
    if patient and patient.ins and stored.to_build(document):
        document.built = letters.build(event, document, patient, configuration)
        if not fresh:
            document.save(update_fields=["built"])
    standing = identity.WHOSE if asked else identity.standing(patient, carried.header)
    outbox.open_deliveries(
        document,
        wanted,
        standing,
        address=outbox.patient_address(patient, configuration),
        fresh=fresh,
        actor=sender,
        now=now,
    )
    if event.action is Action.DELETE and document.target:
        outbox.withdraw(document.target, sender, now)
    elif fresh and event.action is not Action.DELETE:
        successions.take_up(document, successions.of(document, family), sender, now=now)


def _family(carried: Carried) -> list[Document]:
    """What was said of this id, the documents of its set, and those that came too early."""
    with connection.cursor() as cursor:
        cursor.execute(_FAMILY, {"uid": carried.uid, "set_id": carried.set_id})
        ids = [row[0] for row in cursor.fetchall()]
    return list(Document.objects.defer("built").filter(pk__in=ids)) if ids else []


def _known(event: DocumentEvent, carried: Carried, family: Sequence[Document]) -> Document | None:
    """The document said again; raises when the same id comes with other bytes (dmp §5.3)."""
    deletion = event.action is Action.DELETE
    document = next(
        (d for d in family if d.uid == carried.uid and (d.action == "D") is deletion), None
    )
    if document is None or deletion or document.sha256 == carried.sha256:
        return document
    reason = (
        "Un document de même identifiant est déjà enregistré avec un autre contenu : donner un "
        "nouvel identifiant à chaque version."
    )
    raise Hl7Error(Condition.APPLICATION, carried.place, reason, Business.OTHER)


def _new(
    event: DocumentEvent,
    carried: Carried,
    patient: LocalPatient | None,
    family: Sequence[Document],
    *,
    inbound_id: UUID,
    now: datetime,
) -> Document:
    """The document that is now known, not stored yet: what is built for it goes with it."""
    action = event.action
    target: Document | None = None
    if action is Action.DELETE:
        target = next((d for d in family if d.uid == carried.uid and d.action != "D"), None)
        target = _current(target)
        _check_patient(target, patient, carried)
        _check_latest(target, carried)
    elif action is Action.REPLACE or carried.parent_uid:
        action = Action.REPLACE
        target = _replaced(carried)
        if target is not None and stored.withdrawn(target):
            target = _current(target)
            if target is None:  # nothing of it is left: what replaces it comes first
                action = Action.NEW
            carried = replace(carried, parent_uid=target.uid if target else "")
        _check_patient(target, patient, carried)
        _check_latest(target, carried)
        if carried.header is None and target is not None:
            carried = replace(carried, set_id=target.set_id, version=target.version + 1)
    if carried.header is None and not carried.set_id:
        carried = replace(carried, set_id=carried.uid)
    _check_version(action, carried, family)
    return Document(
        inbound_id=inbound_id,
        received_at=now,
        patient_id=patient.id if patient else None,
        patient_keys=[] if patient else keys_of(event.patient),
        action=action.value,
        target=target,
        parent_uid=carried.uid if action is Action.DELETE else carried.parent_uid,
        uid=carried.uid,
        set_id=carried.set_id,
        version=carried.version,
        type_code=carried.type_code,
        type_display=carried.type_display,
        title=carried.title,
        sha256=carried.sha256,
        is_cda=carried.header is not None,
    )


def _replaced(carried: Carried) -> Document | None:
    """The document to replace: the one that is named, else the latest of the same setId."""
    versions = Document.objects.exclude(action="D")
    if carried.parent_uid:
        return versions.filter(uid=carried.parent_uid).first()
    latest = versions.exclude(set_id="").filter(set_id=carried.set_id).order_by("-version").first()
    if latest is None:
        reason = "Un remplacement doit citer le document remplacé : remplir TXA-13."
        raise Hl7Error(Condition.REQUIRED_FIELD_MISSING, erl("TXA", 13), reason)
    return latest


def _current(target: Document | None) -> Document | None:
    """What stands for a document that was withdrawn and sent again under another INS."""
    if target is None or not stored.withdrawn(target):
        return target
    return stored.resent(target)


def _check_patient(target: Document | None, patient: LocalPatient | None, carried: Carried) -> None:
    """What is replaced or deleted is the same patient's (ITI TF-3, XDSPatientIdDoesNotMatch)."""
    if target is not None and patient is not None and target.patient_id not in {None, patient.id}:
        raise _of_another(carried)


def _holder(
    document: Document, event: DocumentEvent, patient: LocalPatient | None, carried: Carried
) -> LocalPatient | None:
    """Whose a document that is said again is now: the same patient's, or it is an error.

    Files may have been merged or parted since: whoever names the patient as the first message did
    says it again.
    """
    if patient is not None and document.patient_id == patient.id:
        return patient
    if not _names_same(stored.event(document).patient, event.patient):
        raise _of_another(carried)
    return patient if document.patient_id is None else patients.get(document.patient_id)


def _names_same(one: PatientIdentity, other: PatientIdentity) -> bool:
    """Whether both name one patient: by a local identifier, or by the INS when one has none."""
    if one.local_ids and other.local_ids:
        named = {(i.domain, i.value) for i in one.local_ids}
        return any((i.domain, i.value) in named for i in other.local_ids)
    return not {*keys_of(one)}.isdisjoint(keys_of(other))


def _of_another(carried: Carried) -> Hl7Error:
    reason = (
        "Le document cité est celui d’un autre patient : vérifier l’identifiant du patient et "
        "celui du document."
    )
    return Hl7Error(Condition.APPLICATION, carried.place, reason, Business.OTHER)


def _check_latest(target: Document | None, carried: Carried) -> None:
    """Only the latest version may be replaced or deleted (table 0533, 900)."""
    if target is not None and target.successors.exists():
        reason = "La version citée a déjà été remplacée ou supprimée : citer la dernière version."
        raise Hl7Error(Condition.APPLICATION, carried.place, reason, Business.NOT_LATEST_VERSION)


def _check_version(action: Action, carried: Carried, family: Sequence[Document]) -> None:
    """A version comes once, and never under a higher one (spec dmp §5.3) but one that awaits it."""
    if action is Action.DELETE or not carried.set_id:
        return
    early = successions.descendants([d for d in family if _awaits(d, carried)], family)
    held = [
        d.version
        for d in family
        if d.set_id == carried.set_id
        and d.action != "D"
        and not (d in early and d.version > carried.version)
    ]
    if held and carried.version <= max(held):
        reason = (
            f"La version {max(held)} de cet ensemble (setId) est déjà enregistrée : augmenter "
            "versionNumber à chaque version."
        )
        raise Hl7Error(Condition.APPLICATION, carried.place, reason, Business.NOT_LATEST_VERSION)


def _awaits(document: Document, carried: Carried) -> bool:
    return document.target_id is None and document.parent_uid == carried.uid


def keys_of(patient: PatientIdentity) -> list[str]:
    """What will recognise this patient when an identity message tells who it is."""
    keys = [f"{i.domain}|{i.value}" for i in patient.local_ids]
    if patient.ins is not None:
        keys.append(f"{patient.ins.oid}|{patient.ins.matricule}")
    return keys


def keys_of_local(patient: LocalPatient) -> list[str]:
    """The same keys, from the patient's side."""
    keys = [f"{i.domain}|{i.value}" for i in patient.local_ids]
    if patient.ins is not None:
        keys.append(f"{patient.ins.oid}|{patient.ins.matricule}")
    return keys
