"""Reading the trace of a record: who did what, when (CSP R.1111-43, L.1111-19)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext

from carnet.national.journal.actors import Actor, Citizen
from carnet.national.journal.sentences import EMERGENCIES, SENTENCES


@dataclass(frozen=True, slots=True)
class Trace:
    """One act on a record, told to its holder. `sentence` is whole and in the reader's language."""

    id: UUID
    at: datetime
    sentence: str
    action: str  #: stable code: "document.published", "document.read"…
    outcome: str  #: "allowed", "refused" or "failed"
    actor_kind: str  #: "citizen", "professional", "establishment" or "system"
    actor_label: str
    document_id: UUID | None  #: when the act was on one document
    document_title: str
    reasons: tuple[str, ...]  #: stable codes of why it was refused
    is_emergency: bool  #: bris de glace or centre 15


_HISTORY: Final = """
SELECT id, at, action, outcome, actor_kind, actor_id, actor_label, object_type, object_id,
       details, reasons, purpose
  FROM journal_trace
 WHERE patient_id = %s
   AND at < %s
   AND NOT details @> %s::jsonb
   AND NOT object_id = ANY(%s)
   AND (%s::text IS NULL OR object_id = %s)
   AND action = ANY(%s)
   AND (%s::text[] IS NULL OR actor_kind = ANY(%s::text[]))
   AND (%s::text IS NULL OR outcome = %s)
   AND (%s::text[] IS NULL OR purpose = ANY(%s::text[]))
 ORDER BY at DESC
 FETCH FIRST (%s) ROWS WITH TIES
"""
_END_OF_TIME: Final = "infinity"


def history(
    actor: Citizen,
    patient_id: UUID,
    *,
    before: datetime | None = None,
    limit: int = 50,
    document_id: UUID | None = None,
    actor_kinds: Sequence[str] = (),
    outcome: str = "",
    emergencies: bool = False,
    concealed: Sequence[str] = (),
) -> Sequence[Trace]:
    """The acts on this record, newest first; `before` = `at` of the last one shown.

    `actor_kinds` and `outcome` (as in `Trace`) keep only such acts, `emergencies` those of an
    emergency: a page of them is as full as any other. Acts of one instant come together, even
    beyond `limit`: none is lost between two pages. An act on a document that this reader may not
    yet know of is not shown (spec dmp §6.5), nor one on an object among `concealed`.
    Raises `PermissionError` when the actor is neither the holder nor a legal representative.
    """
    reader = check_space(actor, patient_id)
    document = str(document_id) if document_id else None
    kinds = list(actor_kinds) or None
    purposes = list(EMERGENCIES) if emergencies else None
    with connection.cursor() as cursor:
        cursor.execute(
            _HISTORY,
            [
                patient_id,
                before or _END_OF_TIME,
                json.dumps({"hidden_for": [reader]}),
                list(concealed),
                document,
                document,
                list(SENTENCES),
                kinds,
                kinds,
                outcome or None,
                outcome or None,
                purposes,
                purposes,
                limit,
            ],
        )
        lines = cursor.fetchall()
    lines.sort(key=lambda line: (line[1], line[0]), reverse=True)
    return [_trace(actor, line) for line in lines]


_LAST_READS: Final = """
SELECT patient_id, max(at) FROM journal_trace
 WHERE patient_id = ANY(%s) AND actor_id = %s AND outcome = 'allowed' AND action = ANY(%s)
 GROUP BY patient_id
"""
_READING: Final = ("documents.searched", "document.read")


def last_reads(actor: Actor, patient_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When this actor last searched or read each of these records."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_READS, [list(patient_ids), actor.id, list(_READING)])
        return dict(cursor.fetchall())


_VISITS: Final = """
SELECT DISTINCT ON (actor_id) actor_id, actor_label, at
  FROM journal_trace
 WHERE patient_id = %s AND actor_kind = 'professional' AND outcome = 'allowed'
   AND action = ANY(%s) AND NOT details @> %s::jsonb
 ORDER BY actor_id, at DESC
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """The last time that a professional searched or read a record, and as whom."""

    label: str
    at: datetime


def visits(actor: Citizen, patient_id: UUID) -> dict[str, Visit]:
    """Who came to this record, by PS_IdNat. Raises `PermissionError` as `history`."""
    reader = check_space(actor, patient_id)
    hidden = json.dumps({"hidden_for": [reader]})
    with connection.cursor() as cursor:
        cursor.execute(_VISITS, [patient_id, list(_READING), hidden])
        return {ps_idnat: Visit(label, at) for ps_idnat, label, at in cursor.fetchall()}


_TIMES: Final = """
SELECT count(*) FROM journal_trace
 WHERE patient_id = %s AND action = %s AND outcome = 'allowed' AND at > %s
"""


def times(patient_id: UUID, action: str, *, since: datetime) -> int:
    """How often this was done on this record."""
    with connection.cursor() as cursor:
        cursor.execute(_TIMES, [patient_id, action, since])
        return int(cursor.fetchone()[0])


def check_space(actor: Citizen, patient_id: UUID) -> str:
    """As whom the actor opens this space: "patient" or "representatives".

    Raises `PermissionError` when it is neither.
    """
    if actor.patient_id == patient_id:
        return "patient"
    if patient_id in actor.represents:
        return "representatives"
    raise PermissionError("this space is another person's")


def _trace(reader: Citizen, line: tuple[Any, ...]) -> Trace:
    identifier, at, action, outcome, actor_kind, actor_id, actor_label = line[:7]
    object_type, object_id, details, reasons, purpose = line[7:]
    facts = json.loads(details) if isinstance(details, str) else details
    said = SENTENCES[action]
    if "title" in facts:  # of whom, or of what, the state is
        said = SENTENCES.get(f"{action}:{facts.get('state')}", said)
    if outcome != "allowed":
        template = said.refused
    elif actor_kind == "citizen" and actor_id == reader.id:
        template = said.you
    else:
        template = said.other
    title = str(facts.get("title", "")) or gettext("sans titre")
    sentence = str(template) % {"actor": actor_label, "title": title}
    if purpose in EMERGENCIES:
        sentence = str(EMERGENCIES[purpose]) % {"sentence": sentence}
    return Trace(
        id=identifier,
        at=at,
        sentence=sentence,
        action=action,
        outcome=outcome,
        actor_kind=actor_kind,
        actor_label=actor_label,
        document_id=UUID(object_id) if object_type == "document" and object_id else None,
        document_title=str(facts.get("title", "")),
        reasons=tuple(reasons),
        is_emergency=purpose in EMERGENCIES,
    )
