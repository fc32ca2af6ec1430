"""What must be known of a record before anything is decided: one statement on one patient."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection

from carnet.national.identity import queries as identity
from carnet.national.journal.actors import Actor, Professional
from carnet.national.record.rules import Authorisation, RecordFacts
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


_CONTEXT: Final = """
SELECT record.patient_id, record.status, record.medecin_traitant, record.opposes_bris_de_glace,
       record.opposes_centre_15, record.masked_in_emergency, said.state, said.until,
       (SELECT jsonb_agg(jsonb_build_array(unique_id, kind, digest, patient_id, entry_uuid))
          FROM record_locator WHERE unique_id = ANY(%s::text[]))
  FROM record_record record
  LEFT JOIN record_authorisation said
    ON said.patient_id = record.patient_id AND said.ps_idnat = %s
 WHERE record.patient_id = """
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
    ps_idnat = actor.ps_idnat if isinstance(actor, Professional) else ""
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(unique_ids), ps_idnat, *key])
        found = cursor.fetchone()
    if found is None:
        return None
    return Context(
        found[0],
        facts_of(ps_idnat, found[1:8], now),
        MappingProxyType(
            {
                unique_id: Known(kind, digest, UUID(patient), UUID(entry))
                for unique_id, kind, digest, patient, entry in json.loads(found[8] or "[]")
            }
        ),
    )


def facts_of(
    ps_idnat: str,
    line: tuple[str, str, bool, bool, bool, str | None, datetime | None],
    now: datetime,
) -> RecordFacts:
    """The facts of a record from its columns, in the order that `_CONTEXT` selects them."""
    status, medecin_traitant, no_ice, no_centre_15, masked_in_emergency, state, until = line
    return RecordFacts(
        active=status == "active",
        authorisation=_authorisation(state, until, now),
        is_medecin_traitant=bool(ps_idnat) and ps_idnat == medecin_traitant,
        opposes_bris_de_glace=no_ice,
        opposes_centre_15=no_centre_15,
        masked_in_emergency=masked_in_emergency,
    )


def _authorisation(state: str | None, until: datetime | None, now: datetime) -> Authorisation:
    if state is None:
        return Authorisation.NONE
    if state == Authorisation.VALID and until is not None and until <= now:
        return Authorisation.EXPIRED
    return Authorisation(state)
