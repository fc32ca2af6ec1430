"""Why somebody may, or may not: the decision itself, link by link and in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.national.directory import queries as directory
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, Citizen, Professional
from carnet.national.record.actions.refusals import audited
from carnet.national.record.context import context
from carnet.national.record.law import matrix
from carnet.national.record.models import Document
from carnet.national.record.queries.views import DocumentNotFound
from carnet.national.record.rules import (
    AccessRefused,
    Act,
    Decision,
    DocumentFacts,
    Reason,
    RecordFacts,
    decide,
    facts_for,
)
from carnet.national.record.rules.chain import Step, steps
from carnet.national.record.sentences import for_patient, for_professional
from carnet.standards.xds.metadata import Status


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, and what it was made of."""

    decision: Decision
    steps: tuple[Step, ...]
    policy: str  #: code of the policy on consent that was applied
    matrix: str  #: version of the matrix that was applied
    cell: str  #: what it says of this type and this profession: "oui", "non?"…; empty without
    for_patient: tuple[str, ...]
    for_professional: tuple[str, ...]


def explain(
    actor: Citizen | Professional,
    patient_id: UUID,
    reader: Actor,
    *,
    now: datetime,
    document_id: UUID | None = None,
    act: Act = Act.READ,
) -> Explanation:
    """Why `reader` may do `act` on this record, or on one of its documents, or why not.

    Who governs the record asks about anybody, of the documents they see; a professional asks about
    themselves, of the documents they may list, and it is written in the journal. It is the decision
    that the doors take, on the same facts. Raises `AccessRefused`, written in the journal;
    `DocumentNotFound`; `LookupError` when there is no record.
    """
    with audited(actor, "access.explained", now=now) as attempt:
        attempt.patient_id = patient_id
        if isinstance(actor, Professional) and reader != actor:
            raise AccessRefused(Decision(False, (Reason.NO_RIGHT,)))
        if isinstance(actor, Citizen):
            governs = decide(actor, Act.GOVERN, patient_id, RecordFacts())
            if not governs.allowed:
                raise AccessRefused(governs)
    found = context(reader, patient_id, now=now)
    if found is None:
        raise LookupError("there is no record")
    law = matrix(now)
    facts, type_code = None, ""
    if document_id is not None:
        line = Document.objects.filter(patient_id=patient_id, id=document_id).first()
        asker = found.facts if actor == reader else RecordFacts()
        if (
            line is None
            or not decide(actor, Act.SEARCH, patient_id, asker, _facts(actor, line, now)).allowed
        ):
            raise DocumentNotFound
        facts, type_code = _facts(reader, line, now), line.type_code
    decision = decide(reader, act, patient_id, found.facts, facts)
    if isinstance(actor, Professional):
        journal.record(
            actor,
            "access.explained",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            object_type="document" if document_id else "",
            object_id=str(document_id or ""),
        )
    return Explanation(
        decision=decision,
        steps=steps(decision),
        policy=found.facts.policy.code,
        matrix=law.version,
        cell=law.cell(law.profession_of(reader), type_code),
        for_patient=for_patient(decision),
        for_professional=for_professional(decision),
    )


def known_reader(ps_idnat: str, *, purpose: str = "normal") -> Professional:
    """A professional of the directory as a reader, in the first structure where they work.

    Raises `LookupError`.
    """
    known = directory.professional(ps_idnat)
    if known is None:
        raise LookupError("the directory does not know this professional")
    return Professional(
        ps_idnat=known.ps_idnat,
        name=known.name,
        profession=known.profession,
        specialty=known.specialty,
        structure=known.structures[0] if known.structures else "",
        mode="INDIRECTE_RENFORCEE" if known.structures else "DIRECTE",
        purpose=purpose,
    )


def _facts(actor: Actor, line: Document, now: datetime) -> DocumentFacts:
    return facts_for(
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
