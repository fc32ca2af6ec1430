"""What must be known of a record before anything is decided: one statement on one patient."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from carnet.national.directory import queries as directory
from carnet.national.identity import queries as identity
from carnet.national.journal.actors import Actor, Professional
from carnet.national.record.law import PARIS, policy
from carnet.national.record.rules import Authorisation, Consent, RecordFacts, Team
from carnet.national.record.rules.facets import kin
from carnet.standards.ids import Ins


class Known(NamedTuple):
    """An object already registered under a uniqueId; `digest` as in the table of locators."""

    kind: str
    digest: str
    patient_id: UUID
    entry_uuid: UUID


@dataclass(frozen=True, slots=True)
class Context:
    """A record that exists, and the objects asked for that are known, by uniqueId."""

    patient_id: UUID
    facts: RecordFacts
    known: Mapping[str, Known]


#: What `facts_of` takes, of a line of `record_record` under the name `record`, beside `CALLER`.
SITUATION: Final = (
    "record.status, record.medecin_traitant, record.opposes_bris_de_glace,"
    " record.opposes_centre_15, record.masked_in_emergency, record.team_consent,"
    " said.state, said.until, team.legal_case, holder.birth_date"
)

#: The place of a caller in the record; takes `caller_values`. What the holder said of the caller
#: or of their structure (a refusal first, then what lasts longest); by which case the caller is of
#: the care team; the holder's age, where a rule asks for it. A structure that is only claimed can
#: close the record, never open it.
CALLER: Final = f"""
  CROSS JOIN LATERAL (
       SELECT %s::text[] || ARRAY({directory.EXERCISED}) AS keys) caller
  LEFT JOIN LATERAL (
       SELECT line.state, line.until FROM record_authorisation line
        WHERE line.patient_id = record.patient_id
          AND (line.ps_idnat = ANY(caller.keys)
               OR line.ps_idnat = %s AND line.state = 'INTERDIT')
        ORDER BY line.state = 'INTERDIT' DESC, line.until DESC NULLS FIRST
        LIMIT 1) said ON true
  LEFT JOIN LATERAL (
       SELECT line.legal_case FROM record_teammember line
        WHERE line.patient_id = record.patient_id
          AND line.since <= %s AND (line.until IS NULL OR line.until > %s)
          AND (line.member = ANY(caller.keys)
               OR line.legal_case = 'organisation' AND line.member IN (
                  SELECT part.organisation FROM record_organisationmember part
                   WHERE part.member = ANY(caller.keys)
                     AND part.since <= %s AND (part.until IS NULL OR part.until > %s)))
        ORDER BY line.legal_case = 'recognised' DESC
        LIMIT 1) team ON true
  LEFT JOIN LATERAL ({identity.BIRTH_DATE_OF} record.patient_id AND %s::boolean) holder ON true
"""  # noqa: S608 - constants only

_CONTEXT: Final = f"""
SELECT record.patient_id, {SITUATION},
       (SELECT jsonb_agg(jsonb_build_array(unique_id, kind, digest, patient_id, entry_uuid))
          FROM record_locator WHERE unique_id = ANY(%s::text[]))
  FROM record_record record
  {CALLER}
 WHERE record.patient_id = """  # noqa: S608 - constants only
_OF_PATIENT: Final = f"{_CONTEXT} %s"
_OF_INS: Final = f"{_CONTEXT} ({identity.PATIENT_OF})"


def context(
    actor: Actor, patient: UUID | Ins, *, now: datetime, unique_ids: Sequence[str] = ()
) -> Context | None:
    """The record of this patient as this actor meets it, or none when there is no record."""
    statement, key = (
        (_OF_INS, [patient.matricule, str(patient.oid)])
        if isinstance(patient, Ins)
        else (_OF_PATIENT, [patient])
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(unique_ids), *caller_values(actor, now), *key])
        found = cursor.fetchone()
    if found is None:
        return None
    return Context(
        found[0],
        facts_of(actor, found[1:-1], now),
        MappingProxyType(
            {
                unique_id: Known(kind, digest, UUID(patient), UUID(entry))
                for unique_id, kind, digest, patient, entry in json.loads(found[-1] or "[]")
            }
        ),
    )


def caller_values(actor: Actor, now: datetime) -> list[Any]:
    """The parameters of `CALLER`."""
    secret = getattr(actor, "secret_connection", False)
    person = isinstance(actor, Professional)
    ps_idnat = actor.ps_idnat if isinstance(actor, Professional) else ""
    claimed = actor.structure if isinstance(actor, Professional) else ""
    proved = kin(actor)
    return [
        [ps_idnat, *proved] if person else [],
        *(("", "") if proved else (ps_idnat, claimed)),
        claimed,
        *[now] * 4,
        secret,
    ]


def facts_of(actor: Actor, line: Sequence[Any], now: datetime) -> RecordFacts:
    """The facts of a record from its columns, in the order of `SITUATION`."""
    status, medecin_traitant, no_ice, no_centre_15, masked, consent, state, until, team, born = line
    return RecordFacts(
        active=status == "active",
        authorisation=_authorisation(state, until, now),
        is_medecin_traitant=isinstance(actor, Professional)
        and bool(medecin_traitant)
        and actor.ps_idnat == medecin_traitant,
        opposes_bris_de_glace=no_ice,
        opposes_centre_15=no_centre_15,
        masked_in_emergency=masked,
        team=Team(team or "none"),
        consent=Consent(consent),
        is_adult=None if born is None else identity.is_adult(born, now.astimezone(PARIS).date()),
        policy=policy(now),
    )


def _authorisation(state: str | None, until: datetime | None, now: datetime) -> Authorisation:
    if state is None:
        return Authorisation.NONE
    if state == Authorisation.VALID and until is not None and until <= now:
        return Authorisation.EXPIRED
    return Authorisation(state)
