"""A document that its patient does not see yet is shown to them on a day that was set (§6.5).

Until then an announcement is awaited; who announces earlier makes it visible by TD3.3b.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Professional, System
from carnet.national.record import entries, fragments, outbox
from carnet.national.record.actions.governing import lock_record
from carnet.national.record.actions.refusals import audited
from carnet.national.record.context import context
from carnet.national.record.law import matrix
from carnet.national.record.models import Document, Release
from carnet.national.record.rules import AccessRefused, Act, decide, facts_for
from carnet.standards.xds.ebrim import entry_fragment
from carnet.standards.xds.rules.signatures import is_signature

#: What was replaced or deleted before its day is not news.
_SHOWN: Final = ("APPROVED", "ARCHIVED")
#: Documents released at once, each in its own transaction.
BATCH: Final = 50
_HIDING: Final = "INVISIBLE_PATIENT"
_RELEASER: Final = System("release")

_SHOW: Final = f"""
WITH shown AS (
    UPDATE record_document SET invisible_patient = false, confidentiality = %s, fragment = %s
     WHERE patient_id = %s AND id = %s
), others AS (
    UPDATE record_document SET invisible_patient = false
     WHERE patient_id = %s AND unique_id = %s AND id <> %s
), traces AS (
    {journal.INSERT}
)
{outbox.INSERT}
"""  # noqa: S608 - constants only


def schedule_release(
    actor: Professional, patient_id: UUID, document_id: UUID, due_at: datetime, *, now: datetime
) -> None:
    """Set the day on which a document will be shown to its patient; another day replaces it.

    Whoever may make it visible at once may set the day. Raises `AccessRefused`, written in the
    journal; `LookupError` when there is no such document; `ValueError` for a day that is past, a
    document that the patient sees already, or the signature of a lot.
    """
    with audited(actor, "document.revealed", now=now) as attempt, transaction.atomic():
        attempt.patient_id = patient_id
        lock_record(patient_id)
        found = context(actor, patient_id, now=now)
        line = Document.objects.filter(patient_id=patient_id, id=document_id).first()
        if found is None or line is None:
            raise LookupError("there is no such document")
        entry = fragments.entry_of(line.fragment, line.status)
        facts = facts_for(
            actor,
            entries.facts_of(entry),
            author_ids=frozenset(line.author_ids),
            structures=frozenset(line.structures),
            type_code=line.type_code,
            matrix=matrix(now),
        )
        decision = decide(actor, Act.REVEAL, patient_id, found.facts, facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        if due_at <= now or not line.invisible_patient or is_signature(entry):
            raise ValueError("the day is past, or the patient sees it already, or never will")
        Release.objects.update_or_create(
            patient_id=patient_id,
            document_id=document_id,
            defaults={"due_at": due_at, "set_by": actor.ps_idnat},
        )
        journal.record(
            actor,
            "document.release_set",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            object_type="document",
            object_id=str(document_id),
            details={"title": line.title, "hidden_for": entries.hidden_for(facts)},
        )


def release_due(*, now: datetime, batch: int = BATCH) -> int:
    """Show what is due, at most `batch` documents; give how many were taken.

    The patient is told of it as of a new document. What was announced, replaced or deleted
    meanwhile is left as it is.
    """
    taken = 0
    while taken < batch and _release_one(now):
        taken += 1
    return taken


def _release_one(now: datetime) -> bool:
    with transaction.atomic():
        due = (
            Release.objects.select_for_update(skip_locked=True)
            .filter(due_at__lte=now)
            .order_by("due_at")
            .first()
        )
        if due is None:
            return False
        known = Document.objects.filter(patient_id=due.patient_id, id=due.document_id).first()
        last = known and (
            Document.objects.select_for_update()
            .filter(patient_id=due.patient_id, unique_id=known.unique_id)
            .order_by("-version")
            .first()
        )
        if last and last.invisible_patient and last.status in _SHOWN:
            _show(last, now)
        Release.objects.filter(patient_id=due.patient_id, document_id=due.document_id).delete()
    return True


def _show(line: Document, now: datetime) -> None:
    """The entry without its code, in the same version: the record itself did it, nobody else."""
    entry = fragments.entry_of(line.fragment, line.status)
    entry = replace(
        entry,
        confidentiality=tuple(code for code in entry.confidentiality if code.code != _HIDING),
    )
    hidden_for = entries.hidden_for(entries.facts_of(entry))
    details = {"title": entry.title, "hidden_for": hidden_for}
    trace = journal.row(
        _RELEASER,
        "document.revealed",
        at=now,
        patient_id=line.patient_id,
        outcome="allowed",
        object_type="document",
        object_id=str(line.logical_id),
        details=details,
    )
    news = outbox.row(
        line.patient_id,
        "document.published",
        {**details, "document": str(line.id), "actor": _author(line), "replaces": ""},
        at=now,
        correlation="",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _SHOW,
            [
                [entries.coded(code) for code in entry.confidentiality],
                fragments.pack(entry_fragment(entry)),
                *(line.patient_id, line.id),
                *(line.patient_id, line.unique_id, line.id),
                json.dumps([trace]),
                json.dumps([news]),
            ],
        )


def _author(line: Document) -> str:
    return entries.person_name(line.author_persons[0]) if line.author_persons else ""
