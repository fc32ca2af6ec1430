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

from carnet.national.accounts import queries as accounts
from carnet.national.accounts.rules import USES, Status
from carnet.national.directory import queries as directory
from carnet.national.identity import queries as identity
from carnet.national.journal.actors import Actor, Member, Professional
from carnet.national.record.arrays import array, placed
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


#: What `facts_of` takes of a line of `record_record` under the name `record`.
_RECORD: Final = (
    "record.status, record.medecin_traitant, record.opposes_bris_de_glace,"
    " record.opposes_centre_15, record.masked_in_emergency, record.team_consent,"
    f" ({accounts.STATUS_OF} record.patient_id)"
)
#: Whose authorisations are the caller's; a structure that is only claimed must be known.
_KEYS: Final = "%s::text[]"
_CLAIMED_KEYS: Final = f"(%s::text[] || ARRAY({directory.EXERCISED}))"
#: What the holder said of the caller, or of their structure: a refusal first, then what lasts
#: longest. A structure that is only claimed can close the record, never open it.
_SAID: Final = """
  LEFT JOIN LATERAL (
       SELECT line.state, line.until FROM record_authorisation line
        WHERE line.patient_id = record.patient_id
          AND (line.ps_idnat = ANY({keys}) OR line.ps_idnat = %s AND line.state = 'INTERDIT')
        ORDER BY line.state = 'INTERDIT' DESC, line.until DESC NULLS FIRST
        LIMIT 1) said ON true"""
#: By which case the caller is of the care team.
_TEAM: Final = """
  LEFT JOIN LATERAL (
       SELECT line.legal_case FROM record_teammember line
        WHERE line.patient_id = record.patient_id
          AND line.since <= %s AND (line.until IS NULL OR line.until > %s)
          AND (line.member = ANY({keys})
               OR line.legal_case = 'organisation' AND line.member IN (
                  SELECT part.organisation FROM record_organisationmember part
                   WHERE part.member = ANY({keys})
                     AND part.since <= %s AND (part.until IS NULL OR part.until > %s)))
        ORDER BY line.legal_case = 'recognised' DESC
        LIMIT 1) team ON true"""
_BORN: Final = f"({identity.BIRTH_DATE_OF} record.patient_id)"


class Situation(NamedTuple):
    """For a statement on `record_record record`: columns and joins that `facts_of` needs.

    Only what the rules look at for this caller is asked for: this is on every request.
    """

    columns: str
    joins: str
    values: tuple[Any, ...]  #: of the joins


def situation(actor: Actor, now: datetime) -> Situation:
    """What to select to know the place of this actor in a record."""
    if isinstance(actor, Member):
        return Situation(f"{_RECORD}, NULL, NULL, NULL, NULL", _DOMAIN, ())
    born = _BORN if getattr(actor, "secret_connection", False) else "NULL"
    if not isinstance(actor, Professional):
        return Situation(f"{_RECORD}, NULL, NULL, NULL, {born}", "", ())
    columns = f"{_RECORD}, said.state, said.until, team.legal_case, {born}"
    proved = kin(actor)
    mine = array((actor.ps_idnat, *proved))
    if proved:
        keys: tuple[Any, ...] = (mine,)
        joins = _PROVED_JOINS
    else:
        keys = (mine, actor.ps_idnat, actor.structure)
        joins = _CLAIMED_JOINS
    values = (*keys, actor.structure, now, now, *keys, *keys, now, now)
    return Situation(columns, joins, values)


#: No other record than those of the affinity domain is there for its members.
_DOMAIN: Final = f"""
  JOIN LATERAL (
       SELECT FROM {identity.DOMAIN_PATIENTS} patient
        WHERE patient.patient_id = record.patient_id LIMIT 1) domain ON true"""
_PROVED_JOINS: Final = (_SAID + _TEAM).format(keys=_KEYS)
_CLAIMED_JOINS: Final = (_SAID + _TEAM).format(keys=_CLAIMED_KEYS)

_KNOWN: Final = """
       (SELECT jsonb_agg(jsonb_build_array(unique_id, kind, digest, patient_id, entry_uuid))
          FROM record_locator WHERE unique_id = ANY({asked}))"""
_CONTEXT: Final = """
SELECT {known}, record.patient_id, {columns}
  FROM record_record record{joins}
 WHERE record.patient_id = {key}"""


def context(
    actor: Actor, patient: UUID | Ins, *, now: datetime, unique_ids: Sequence[str] = ()
) -> Context | None:
    """The record of this patient as this actor meets it, or none when there is no record."""
    asked = situation(actor, now)
    key, who = (
        (f"({identity.PATIENT_OF})", [patient.matricule, str(patient.oid)])
        if isinstance(patient, Ins)
        else ("%s", [patient])
    )
    among, named = placed(unique_ids) if unique_ids else ("", ())
    statement = _CONTEXT.format(
        known=_KNOWN.format(asked=among) if unique_ids else "NULL",
        columns=asked.columns,
        joins=asked.joins,
        key=key,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*named, *asked.values, *who])
        found = cursor.fetchone()
    if found is None:
        return None
    held, patient_id, *line = found
    return Context(
        patient_id,
        facts_of(actor, line, now),
        MappingProxyType(
            {
                unique_id: Known(kind, digest, UUID(patient), UUID(entry))
                for unique_id, kind, digest, patient, entry in json.loads(held or "[]")
            }
        ),
    )


def facts_of(actor: Actor, line: Sequence[Any], now: datetime) -> RecordFacts:
    """The facts of a record from its columns, in the order of `situation`."""
    status, medecin_traitant, no_ice, no_centre_15, masked, consent, space, *place = line
    state, until, team, born = place
    return RecordFacts(
        active=status == "active" and USES[Status(space or Status.OPENED)].read_by_professionals,
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
