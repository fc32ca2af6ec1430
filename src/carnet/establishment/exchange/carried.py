"""The documents that a message carries, read and validated before its patient is looked for."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from typing import Final

from carnet.establishment.patients.actors import Sender
from carnet.standards import cda
from carnet.standards.cda import reading, validation
from carnet.standards.hl7v2.errors import Business, Condition, Hl7Error, Hl7Errors, Problem, erl
from carnet.standards.hl7v2.messages import Action, CarriedDocument, DocumentEvent
from carnet.standards.ids import IdentifierError, Oid

#: Findings told in one acknowledgement at most.
MOST_FINDINGS: Final = 20
#: Name space of the ids given to documents that come without one.
_DOCUMENTS: Final = uuid.UUID("5b0d5a52-3f0e-4b7a-9b39-6d1f0a8d5c11")


@dataclass(frozen=True, slots=True)
class Carried:
    """One document of a message, as far as it can be known before its patient is."""

    place: str  #: ERL of its OBX
    uid: str
    set_id: str
    version: int
    parent_uid: str
    type_code: str
    type_display: str
    title: str
    confidentiality: str
    sha256: str
    header: cda.header.Header | None  #: of the CDA; none when the message carried a PDF


def documents(sender: Sender, event: DocumentEvent) -> list[Carried]:
    """What the message carries, or names for want of carrying it.

    Raises `Hl7Error` for a document that is not one or breaks a rule.
    """
    places = [erl("OBX", 5, rank=rank + 1) for rank in range(len(event.documents))]
    found = [
        replace(_read(sender, event, document, place), place=place)
        for place, document in zip(places, event.documents, strict=True)
    ]
    if not found and event.action is Action.DELETE:
        found = [_bare(sender, event)]
    return found


def _read(sender: Sender, event: DocumentEvent, document: CarriedDocument, place: str) -> Carried:
    if event.action is Action.DELETE and not document.data:
        return _bare(sender, event)
    if document.media_type == "application/pdf":
        return _read_pdf(sender, event, document, place)
    try:
        loaded: cda.document.Document | bytes = cda.document.load(document.data)
    except cda.document.CdaError:
        loaded = document.data  # the validation says why, with its remedy
    findings = [f for f in validation.validate(loaded) if f.severity == "error"]
    if findings and event.action is not Action.DELETE:
        raise Hl7Errors(
            tuple(
                Problem(
                    Condition.DATA_TYPE,
                    place,
                    f"{f.problem} {f.remedy} [{f.rule}, {f.place}]",
                    Business.OTHER,
                )
                for f in findings[:MOST_FINDINGS]
            )
        )
    try:
        header = reading.read(loaded)
    except cda.document.CdaError as error:
        reason = f"Le document CDA ne peut pas être lu : {error.message}."
        raise Hl7Error(Condition.DATA_TYPE, place, reason, Business.OTHER) from None
    replaced = next((r.parent for r in header.related if r.type == "RPLC"), None)
    return Carried(
        place=place,
        uid=_uid(header.id),
        set_id=_uid(header.set_id) if header.set_id else "",
        version=int(header.version) if header.version.isdigit() else 1,
        parent_uid=event.parent_id or (_uid(replaced) if replaced else ""),
        type_code=header.code.code,
        type_display=header.code.display,
        title=header.title,
        confidentiality=header.confidentiality.code,
        sha256=hashlib.sha256(document.data).hexdigest(),
        header=header,
    )


def _read_pdf(
    sender: Sender, event: DocumentEvent, document: CarriedDocument, place: str
) -> Carried:
    if b"%PDF-" not in document.data[:1024]:
        reason = "Le contenu annoncé en PDF n’est pas un PDF : vérifier OBX-5."
        raise Hl7Error(Condition.DATA_TYPE, place, reason, Business.OTHER)
    bare = _bare(sender, event)
    return replace(bare, sha256=hashlib.sha256(document.data).hexdigest())


def _bare(sender: Sender, event: DocumentEvent) -> Carried:
    """What the message alone says of its document."""
    given = event.document_id or f"{sender.id}|{event.control_id}"
    try:
        uid = str(Oid(given))
    except IdentifierError:
        uid = given if event.action is Action.DELETE else _made_uid(f"{sender.id}|{given}")
    return Carried(
        place=erl("TXA", 12),
        uid=uid,
        set_id="",
        version=1,
        parent_uid=event.parent_id,
        type_code=event.type_code,
        type_display=event.type_display,
        title=event.title or event.type_display,
        confidentiality="N",
        sha256=hashlib.sha256(given.encode()).hexdigest(),
        header=None,
    )


def _made_uid(name: str) -> str:
    """The OID of a document that came without one: always the same for the same message."""
    return f"2.25.{uuid.uuid5(_DOCUMENTS, name).int}"


def _uid(identifier: cda.header.Id) -> str:
    return "^".join(filter(None, (identifier.root, identifier.extension)))
