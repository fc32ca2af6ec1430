"""TD3.2: documents are read by their uniqueId (ITI-43)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from carnet.national.clients.documents import store
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, Member
from carnet.national.record.access import write_access
from carnet.national.record.context import facts_of, situation
from carnet.national.record.entries import hidden_for
from carnet.national.record.law import matrix
from carnet.national.record.rules import (
    Act,
    Decision,
    DocumentFacts,
    Reason,
    decide,
    facet_sql,
    facet_values,
    facts_of_code,
)
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import ErrorCode, RegistryError, XdsRefused
from carnet.standards.xds.iti43 import DocumentRef, Retrieved

#: Documents of one request: an answer is made in memory.
MOST_DOCUMENTS: Final = 50

#: Takes `facet_values`, the uniqueIds, the values of the situation, those of `{whose}`. `{asked}`
#: has a place for each uniqueId: an array, whose length the planner guesses, would be planned anew
#: at each call, which costs more than running it.
_FIND: Final = f"""
SELECT asked.unique_id, document.patient_id, document.logical_id, document.title,
       document.mime_type, document.sha256, {facet_sql("document")}, {{columns}}
  FROM (VALUES {{asked}}) AS asked(unique_id)
  JOIN record_locator locator
    ON locator.unique_id = asked.unique_id AND locator.kind = 'document'
  JOIN record_document document
    ON document.patient_id = locator.patient_id AND document.id = locator.entry_uuid
  JOIN record_record record ON record.patient_id = document.patient_id{{joins}}
 WHERE {{whose}}
"""  # noqa: S608 - constants only
_OF_PATIENT: Final = f"document.patient_id = ({identity.PATIENT_OF})"
#: A member reaches the records of the domain: `situation` sees to it.
_OF_DOMAIN: Final = "true"


@dataclass(frozen=True, slots=True)
class _Found:
    unique_id: str
    patient_id: UUID
    id: UUID
    title: str
    mime_type: str
    sha256: str
    facts: DocumentFacts
    decision: Decision


def retrieve(
    actor: Actor,
    refs: Sequence[DocumentRef],
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> tuple[tuple[Retrieved, ...], tuple[RegistryError, ...]]:
    """The documents that may be read, and an error for each of the others.

    A document that the actor may not read is answered as one that does not exist
    (XDSDocumentUniqueIdError, spec dmp §3.12), as one whose bytes are not here; the journal knows
    which it was. `patient` is the INS of the VIHF: documents of another do not exist either.
    Raises `XdsRefused` when too many are asked, `DocumentStoreError` when bytes are lost.
    """
    if len(refs) > MOST_DOCUMENTS:
        raise XdsRefused(
            RegistryError(
                ErrorCode.REPOSITORY_OUT_OF_RESOURCES,
                f"at most {MOST_DOCUMENTS} documents in one request",
            )
        )
    ours = [ref for ref in refs if ref.repository_unique_id == settings.CARNET_REPOSITORY_OID]
    errors = [
        RegistryError(
            ErrorCode.UNKNOWN_REPOSITORY_ID,
            "this repository is not here",
            location=ref.unique_id,
        )
        for ref in refs
        if ref not in ours
    ]
    found = {
        each.unique_id: each for each in _find(actor, patient, [ref.unique_id for ref in ours], now)
    }
    documents = store(settings.CARNET_DOCUMENTS_URL, settings.CARNET_MASTER_KEY)
    retrieved = []
    for ref in ours:
        each = found.get(ref.unique_id)
        if each is None or not each.decision.allowed or not each.sha256:
            errors.append(_unknown(ref))
            continue
        data = documents.get(each.patient_id, each.sha256)
        retrieved.append(Retrieved(ref, each.mime_type, data))
    if found:
        traces = [_trace(actor, each, now, correlation) for each in found.values()]
        first, *_ = found.values()
        if retrieved:
            write_access(actor, first.patient_id, traces, now=now, correlation=correlation)
        else:
            journal.write(traces)
    return tuple(retrieved), tuple(errors)


def _unknown(ref: DocumentRef) -> RegistryError:
    return RegistryError(
        ErrorCode.DOCUMENT_UNIQUE_ID_ERROR,
        "no such document, or none that you may read",
        location=ref.unique_id,
    )


def _find(
    actor: Actor, patient: Ins | None, unique_ids: Sequence[str], now: datetime
) -> list[_Found]:
    """Those of these documents that are this patient's; of the domain's patients for a member."""
    if isinstance(actor, Member):
        whose, who = _OF_DOMAIN, []
    elif patient is not None:
        whose, who = _OF_PATIENT, [patient.matricule, str(patient.oid)]
    else:
        return []
    if not unique_ids:
        return []
    asked = dict.fromkeys(unique_ids)
    place = situation(actor, now)
    statement = _FIND.format(
        columns=place.columns,
        asked=", ".join(["(%s::text)"] * len(asked)),
        joins=place.joins,
        whose=whose,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            [
                *facet_values(actor, matrix(now)),
                *asked,
                *place.values,
                *who,
            ],
        )
        return [_found(actor, line, now) for line in cursor.fetchall()]


def _found(actor: Actor, line: tuple[Any, ...], now: datetime) -> _Found:
    unique_id, patient_id, identifier, title, mime_type, sha256, code = line[:7]
    facts = facts_of_code(code)
    decision = decide(actor, Act.READ, patient_id, facts_of(actor, line[7:], now), facts)
    return _Found(unique_id, patient_id, identifier, title, mime_type, sha256, facts, decision)


def _trace(actor: Actor, each: _Found, now: datetime, correlation: str) -> dict[str, Any]:
    reasons: Sequence[Reason] = each.decision.reasons
    return journal.row(
        actor,
        "document.read",
        at=now,
        patient_id=each.patient_id,
        outcome="allowed" if each.decision.allowed else "refused",
        reasons=reasons,
        object_type="document",
        object_id=str(each.id),
        details={
            "title": each.title,
            "hidden_for": hidden_for(each.facts),
            "basis": list(each.decision.grounds),
        },
        correlation=correlation,
    )
