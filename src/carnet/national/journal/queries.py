"""Reading the trace of a record: who did what, when (CSP R.1111-43, L.1111-19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.national.journal.actors import Citizen


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
    reasons: tuple[str, ...]  #: why it was refused, in plain words
    is_emergency: bool  #: bris de glace or centre 15


def history(
    actor: Citizen,
    patient_id: UUID,
    *,
    before: datetime | None = None,
    limit: int = 50,
    document_id: UUID | None = None,
) -> Sequence[Trace]:
    """The acts on this record, newest first; `before` = `at` of the last one shown.

    Raises `PermissionError` when the actor is neither the holder nor a legal representative.
    """
    raise NotImplementedError
