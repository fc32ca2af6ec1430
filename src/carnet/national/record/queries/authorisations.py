"""TD1.6: the professionals that may read a record, or may not at all (spec dmp §2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carnet.national.directory import queries as directory
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record.actions.refusals import told
from carnet.national.record.context import context
from carnet.national.record.models import Authorisation as Line
from carnet.national.record.models import Record
from carnet.national.record.rules import AccessRefused, Act, Authorisation, decide
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import ErrorCode, refused


@dataclass(frozen=True, slots=True)
class Authorised:
    """A professional, or a structure, and what the holder said of them.

    `known` is none for a structure, and for who is not in the directory.
    """

    ps_idnat: str
    state: Authorisation  #: VALID or BLOCKED
    since: datetime
    is_medecin_traitant: bool
    known: directory.Professional | None
    structure_name: str


def list_authorisations(
    actor: Actor,
    *,
    patient: Ins | None,
    states: Sequence[Authorisation],
    now: datetime,
    correlation: str = "",
) -> Sequence[Authorised]:
    """Who is in one of these states on the record of `patient`, the latest first.

    What has expired is not told. Raises `XdsRefused` (XDSUnknownPatientId, DMPClosed,
    DMPAccessDeniedByRightsService).
    """
    with told(actor, "authorisations.listed", now=now, correlation=correlation) as attempt:
        if patient is None:
            raise refused(ErrorCode.UNKNOWN_PATIENT_ID, "the VIHF names no patient (resource-id)")
        attempt.patient_id = patient_id = identity.patient_of(patient)
        found = context(actor, patient_id, now=now) if patient_id else None
        if patient_id is None or found is None:
            raise refused(ErrorCode.UNKNOWN_PATIENT_ID, "there is no record for this patient")
        decision = decide(actor, Act.LIST_AUTHORISATIONS, patient_id, found.facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        lines = [
            line
            for line in Line.objects.filter(patient_id=patient_id, state__in=states)
            if line.until is None or line.until > now
        ]
        known = directory.professionals([line.ps_idnat for line in lines])
        medecin_traitant = Record.objects.values_list("medecin_traitant", flat=True).get(
            patient_id=patient_id
        )
        journal.record(
            actor,
            "authorisations.listed",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            correlation=correlation,
        )
    return [
        Authorised(
            line.ps_idnat,
            Authorisation(line.state),
            line.since,
            line.ps_idnat == medecin_traitant,
            known.get(line.ps_idnat),
            "" if line.ps_idnat in known else _structure_name(line.ps_idnat),
        )
        for line in sorted(lines, key=lambda line: line.since, reverse=True)
    ]


def _structure_name(struct_idnat: str) -> str:
    structure = directory.structure(struct_idnat)
    return structure.name if structure else ""
