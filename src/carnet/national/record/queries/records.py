"""TD0.4: the records that a professional may read (spec dmp §2.3, FI-526 notes 2 and 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from django.db import connection

from carnet.national.directory import queries as directory
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal import queries as traces
from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record.actions.refusals import told
from carnet.national.record.models import Administrative
from carnet.national.record.rules import AccessRefused, Act, Decision, Reason, RecordFacts, decide
from carnet.national.record.rules.rights import HEALTH_PROFESSIONS

#: Records told in one answer, the latest authorised first.
MOST: Final = 1000

Since = tuple[Literal["authorisation", "document"], datetime]

_EVER: Final = datetime.min.replace(tzinfo=UTC)

#: A masked document is nobody's news: who may not list it must not learn that it came.
_LISTED: Final = """
SELECT said.patient_id, max(said.since), bool_or(record.medecin_traitant = %(caller)s),
       max(last.at)
  FROM record_authorisation said
  JOIN record_record record ON record.patient_id = said.patient_id AND record.status = 'active'
  LEFT JOIN LATERAL (
       SELECT max(received_at) AS at FROM record_document document
        WHERE document.patient_id = said.patient_id AND document.status = 'APPROVED'
          AND NOT document.masked) last ON true
 WHERE said.ps_idnat = ANY(%(owners)s) AND said.state = 'VALIDE'
   AND (said.until IS NULL OR said.until > %(now)s)
   AND said.since >= %(authorised)s
   AND (%(added)s::timestamptz IS NULL OR last.at >= %(added)s)
 GROUP BY said.patient_id
 ORDER BY max(said.since) DESC, said.patient_id
 LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """A record that may be read."""

    person: identity.Person
    authorised_at: datetime
    is_medecin_traitant: bool  #: the caller is
    last_access: datetime | None  #: of the caller
    last_document: datetime | None
    prefix: str  #: civilité


def list_records(
    actor: Professional | Establishment,
    *,
    owner: str = "",
    since: Since | None = None,
    now: datetime,
    correlation: str = "",
) -> Sequence[Listed]:
    """The open records with a valid authorisation of the caller, or of the professional `owner`.

    A member of health professions lists their own; other staff, and a structure by its certificate,
    those of the professionals of the structure. A structure says since when they were authorised.
    Raises `XdsRefused` (DMPAccessDeniedByRightsService).
    """
    with told(actor, "records.listed", now=now, correlation=correlation):
        decision = decide(actor, Act.LIST_RECORDS, journal.NO_PATIENT, RecordFacts())
        if not decision.allowed:
            raise AccessRefused(decision)
        owners = _owners(actor, owner, since)
        by, moment = since or ("authorisation", _EVER)
        with connection.cursor() as cursor:
            cursor.execute(
                _LISTED,
                {
                    "caller": actor.id,
                    "owners": list(owners),
                    "now": now,
                    "authorised": moment if by == "authorisation" else _EVER,
                    "added": moment if by == "document" else None,
                    "most": MOST,
                },
            )
            found = cursor.fetchall()
        ids = [line[0] for line in found]
        people = identity.people(ids)
        accesses = traces.last_reads(actor, ids)
        prefixes = dict(
            Administrative.objects.filter(patient_id__in=ids).values_list("patient_id", "prefix")
        )
        journal.record(
            actor,
            "records.listed",
            at=now,
            patient_id=None,
            outcome="allowed",
            correlation=correlation,
        )
    return [
        Listed(
            people[id_],
            authorised_at,
            bool(mine),
            accesses.get(id_),
            last_document,
            prefixes.get(id_, ""),
        )
        for id_, authorised_at, mine, last_document in found
    ]


def _owners(actor: Professional | Establishment, owner: str, since: Since | None) -> Sequence[str]:
    """Whose authorisations are looked at. Raises `AccessRefused`."""
    match actor:
        case Professional(profession=profession) if profession.scheme in HEALTH_PROFESSIONS:
            if owner not in ("", actor.ps_idnat):
                raise AccessRefused(Decision(False, (Reason.NOT_OWN,)))
            return [actor.ps_idnat]
        case Professional(structure=structure):
            pass
        case Establishment(struct_idnat=structure):
            if since is None or since[0] != "authorisation":
                raise AccessRefused(Decision(False, (Reason.NO_RIGHT,)))
    colleagues = directory.professionals_of(structure)
    if owner and owner not in colleagues:
        raise AccessRefused(Decision(False, (Reason.OTHER_STRUCTURE,)))
    return [owner] if owner else [structure, *colleagues]
