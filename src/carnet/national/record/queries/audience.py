"""Who may see a document: the decision of the doors, for each kind of reader (R-148)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carnet.national.journal.actors import Actor, Citizen
from carnet.national.record.actions.refusals import audited
from carnet.national.record.context import context
from carnet.national.record.law import matrix
from carnet.national.record.models import Document
from carnet.national.record.queries.views import DocumentNotFound
from carnet.national.record.readers import IMAGINED, Imagined
from carnet.national.record.rules import (
    AccessRefused,
    Act,
    Authorisation,
    Decision,
    DocumentFacts,
    RecordFacts,
    decide,
    facts_for,
)
from carnet.national.record.sentences import for_patient
from carnet.standards.xds.metadata import Status

#: Whom the holder let in writes for themselves; without accord nobody sees anything.
_ASKED: Final = [each for name, each in IMAGINED.items() if name != "inconnu"]
_AUTHOR: Final = replace(IMAGINED["medecin"], label=_("Son auteur"))


@dataclass(frozen=True, slots=True)
class Seer:
    """A kind of reader, and whether they would open the document once let into the record."""

    label: str | Promise
    allowed: bool
    why: tuple[str, ...]  #: why not, said to the holder; empty when they would


def audience(
    actor: Citizen, patient_id: UUID, document_id: UUID, *, now: datetime
) -> tuple[Seer, ...]:
    """What each kind of reader would do with this document, its author last.

    The readers are imagined, all else is real: the document, the choices of the holder, the law in
    force. Raises `AccessRefused`, written in the journal, for who does not govern the record;
    `DocumentNotFound`; `LookupError` without record.
    """
    with audited(actor, "access.explained", now=now) as attempt:
        attempt.patient_id = patient_id
        governs = decide(actor, Act.GOVERN, patient_id, RecordFacts())
        if not governs.allowed:
            raise AccessRefused(governs)
    found = context(actor, patient_id, now=now)
    if found is None:
        raise LookupError("there is no record")
    named = Document.objects.filter(patient_id=patient_id, id=document_id).values("unique_id")
    versions = Document.objects.filter(patient_id=patient_id, unique_id__in=named)
    line = versions.order_by("-version").first()
    if line is None or not _decide(actor, Act.SEARCH, line, found.facts, now).allowed:
        raise DocumentNotFound
    return tuple(_seers(line, found.facts, now))


def _seers(line: Document, record: RecordFacts, now: datetime) -> Iterator[Seer]:
    for imagined in _ASKED:
        facts = situation(imagined, record)
        yield _seer(imagined, _decide(imagined.actor, Act.READ, line, facts, now))
    yield _seer(
        _AUTHOR, _decide(_AUTHOR.actor, Act.READ, line, situation(_AUTHOR, record), now, own=True)
    )


def situation(imagined: Imagined, record: RecordFacts) -> RecordFacts:
    """The record as such a reader would meet it."""
    return replace(
        record,
        authorisation=Authorisation.VALID if imagined.consented else Authorisation.NONE,
        is_medecin_traitant=imagined.is_medecin_traitant,
    )


def _seer(imagined: Imagined, decision: Decision) -> Seer:
    return Seer(imagined.label, decision.allowed, () if decision.allowed else for_patient(decision))


def _decide(
    actor: Actor,
    act: Act,
    line: Document,
    record: RecordFacts,
    now: datetime,
    *,
    own: bool = False,
) -> Decision:
    facts = facts_for(
        actor,
        DocumentFacts(
            Status[line.status],
            line.masked,
            line.invisible_patient,
            line.invisible_representatives,
            from_patient=line.from_patient,
        ),
        author_ids=frozenset(line.author_ids),
        structures=frozenset(line.structures),
        type_code=line.type_code,
        matrix=matrix(now),
    )
    return decide(actor, act, line.patient_id, record, facts._replace(own=own or facts.own))
