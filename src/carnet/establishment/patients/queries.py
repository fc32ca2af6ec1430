"""Reads of the local identity, for the exchange and for the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from carnet.establishment.patients import rules
from carnet.establishment.patients.models import (
    Alert,
    Change,
    Identifier,
    InsHistory,
    Merge,
    Movement,
    Patient,
)
from carnet.establishment.patients.rules import Lack
from carnet.standards.hl7v2.messages import Consultation, Feeding, PatientIdentity
from carnet.standards.ids import Ins, Oid
from carnet.standards.ins import Status

_FIND: Final = """
SELECT p.id, p.status, p.attributes, p.birth_name, p.first_given_name, p.given_names,
       p.used_name, p.used_given_name, p.birth_date, p.sex, p.birth_place,
       p.ins_matricule, p.ins_oid, p.ins_refused, w.feeding, w.consultation,
       EXISTS (SELECT 1 FROM patients_patient o
                WHERE o.ins_matricule = p.ins_matricule AND o.ins_matricule <> '' AND o.id <> p.id
              ) AS disputed,
       ARRAY(SELECT ARRAY[i.domain, i.value, i.authority, i.type] FROM patients_identifier i
              WHERE i.patient_id = p.id ORDER BY i.id) AS local_ids
  FROM patients_patient p LEFT JOIN patients_wishes w ON w.patient_id = p.id
"""
#: One id is no array of them, whose length the planner guesses: it would plan at each call.
_OF_ID: Final = f"{_FIND} WHERE p.id = %(id)s"
_OF_IDS: Final = f"{_FIND} WHERE p.id = ANY(%(ids)s)"
#: By the first known of the identifiers, else by an INS that is *qualifiée*. LIMIT has each looked
#: up by the index: a join, planned while the table is small, reads it all from then on.
_DESIGNATED: Final = f"""{_FIND} WHERE p.id = coalesce(
    (SELECT i.patient_id
       FROM unnest(%(domains)s::text[], %(values)s::text[])
            WITH ORDINALITY AS k(domain, value, rank)
      CROSS JOIN LATERAL (SELECT patient_id FROM patients_identifier
                           WHERE domain = k.domain AND value = k.value LIMIT 1) i
      ORDER BY k.rank LIMIT 1),
    (SELECT q.id FROM patients_patient q
      WHERE q.ins_matricule = %(matricule)s AND q.ins_oid = %(oid)s AND q.status = 'qualifiée'))
"""  # noqa: S608 - made of constants only


@dataclass(frozen=True, slots=True)
class LocalIdentifier:
    """An identifier that the establishment, or another authority, gave to the patient."""

    domain: str
    value: str
    authority: str
    type: str


@dataclass(frozen=True, slots=True)
class LocalPatient:
    """A patient as the establishment knows them; `ins` is only set when it may leave."""

    id: UUID
    status: Status
    attributes: tuple[str, ...]
    birth_name: str
    first_given_name: str
    given_names: str
    used_name: str
    used_given_name: str
    birth_date: str
    sex: str
    birth_place: str
    ins: Ins | None
    local_ids: tuple[LocalIdentifier, ...]
    feeding: Feeding
    consultation: Consultation
    lack: Lack | None  #: why nothing may be sent for this identity


def find(patient: PatientIdentity) -> LocalPatient | None:
    """The patient that PID designates: by a local identifier, else by a *qualifiée* INS."""
    ins = patient.ins
    parameters = {
        "domains": [i.domain for i in patient.local_ids],
        "values": [i.value for i in patient.local_ids],
        "matricule": ins.matricule if ins else "",
        "oid": str(ins.oid) if ins else "",
    }
    return next(iter(_read(_DESIGNATED, parameters)), None)


def get(patient_id: UUID) -> LocalPatient | None:
    """The patient of this id."""
    return next(iter(_read(_OF_ID, {"id": patient_id})), None)


def get_many(patient_ids: Iterable[UUID]) -> dict[UUID, LocalPatient]:
    """The patients of these ids, in one statement."""
    return {p.id: p for p in _read(_OF_IDS, {"ids": list(patient_ids)})}


class _Row(NamedTuple):
    """The columns of `_FIND`."""

    id: UUID
    status: str
    attributes: list[str]
    birth_name: str
    first_given_name: str
    given_names: str
    used_name: str
    used_given_name: str
    birth_date: str
    sex: str
    birth_place: str
    ins_matricule: str
    ins_oid: str
    ins_refused: str
    feeding: str | None
    consultation: str | None
    disputed: bool
    local_ids: list[list[str]]


def _read(statement: str, parameters: Mapping[str, Any]) -> list[LocalPatient]:
    """In plain SQL: every document asks for its patient."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [_local(_Row(*row)) for row in cursor.fetchall()]


def _local(row: _Row) -> LocalPatient:
    qualified = row.status == Status.QUALIFIEE
    return LocalPatient(
        id=row.id,
        status=Status(row.status),
        attributes=tuple(row.attributes),
        birth_name=row.birth_name,
        first_given_name=row.first_given_name,
        given_names=row.given_names,
        used_name=row.used_name,
        used_given_name=row.used_given_name,
        birth_date=row.birth_date,
        sex=row.sex,
        birth_place=row.birth_place,
        ins=Ins(row.ins_matricule, Oid(row.ins_oid)) if qualified else None,
        local_ids=tuple(LocalIdentifier(*i) for i in row.local_ids),
        feeding=Feeding(row.feeding or Feeding.NOT_COLLECTED),
        consultation=Consultation(row.consultation or Consultation.NOT_COLLECTED),
        lack=rules.lack(row.status, row.attributes, row.ins_refused, disputed=row.disputed),
    )


def search(text: str, *, limit: int = 50) -> list[UUID]:
    """The ids of the patients whose identifier is `text`, or whose birth or used name begins so."""
    ids = Identifier.objects.filter(value=text).values("patient_id")
    return list(
        Patient.objects.filter(
            Q(pk__in=ids) | Q(birth_name__istartswith=text) | Q(used_name__istartswith=text),
            merged_into=None,
        )
        .order_by("-updated_at")
        .values_list("id", flat=True)[:limit]
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the history of an identity."""

    at: datetime
    actor: str
    what: str
    before: str
    after: str
    trigger: str


def history(patient_id: UUID, *, limit: int = 100) -> list[Step]:
    """What changed of this identity, the latest first."""
    rows = Change.objects.filter(patient_id=patient_id).order_by("-at", "-id")[:limit]
    return [Step(r.at, r.actor, r.what, r.before, r.after, r.trigger) for r in rows]


@dataclass(frozen=True, slots=True)
class PastIns:
    """An INS that a patient held; `until` is `None` while it is held."""

    ins: str  #: masked
    since: datetime
    until: datetime | None
    ended_by: str


def ins_history(patient_id: UUID) -> list[PastIns]:
    """The INS this patient has had, the latest first."""
    rows = InsHistory.objects.filter(patient_id=patient_id).order_by("-since", "-id")
    return [PastIns(f"{r.matricule[:3]}…", r.since, r.until, r.ended_by) for r in rows]


@dataclass(frozen=True, slots=True)
class StayMovement:
    """One movement of a stay."""

    visit: str
    trigger: str
    at: datetime
    medical_unit: str
    nature: str
    cancelled: bool


def movements(patient_id: UUID, *, limit: int = 100) -> list[StayMovement]:
    """The movements of this patient by the order of their time (ZBE-2), cancelled ones included."""
    rows = Movement.objects.filter(patient_id=patient_id).order_by("at", "id")[:limit]
    return [
        StayMovement(r.visit, r.trigger, r.at, r.medical_unit, r.nature, r.cancelled) for r in rows
    ]


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert for the identity vigilance cell."""

    id: UUID
    kind: str
    patients: tuple[LocalPatient, ...]
    opened_at: datetime


def open_alerts(*, limit: int = 100) -> list[OpenAlert]:
    """The INS that several patients hold, the oldest alert first."""
    rows = Alert.objects.filter(closed_at=None, kind=Alert.Kind.SAME_INS)
    alerts = list(rows.order_by("opened_at")[:limit])
    known = get_many({i for alert in alerts for i in alert.patients})
    return [
        OpenAlert(
            alert.id,
            alert.get_kind_display(),
            tuple(known[i] for i in alert.patients if i in known),
            alert.opened_at,
        )
        for alert in alerts
    ]


@dataclass(frozen=True, slots=True)
class MergeDone:
    """A merge of two patients; `apart` when both are known, so that it could or can be undone."""

    id: UUID
    at: datetime
    survivor: LocalPatient | None
    identifiers: tuple[str, ...]
    control_id: str
    sender: str
    apart: bool
    undone_at: datetime | None


def merges(*, limit: int = 50) -> list[MergeDone]:
    """The latest merges."""
    rows = list(Merge.objects.order_by("-at", "-id")[:limit])
    known = get_many({row.survivor_id for row in rows})
    return [
        MergeDone(
            row.id,
            row.at,
            known.get(row.survivor_id),
            tuple(value for _, value in row.identifiers),
            row.control_id,
            row.sender,
            row.merged_id is not None,
            row.undone_at,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class EndedIns:
    """An INS that went from a patient: `cause` is the trigger or the status event that took it."""

    patient_id: UUID
    ins: Ins
    cause: str
    until: datetime


def ended_ins(*, since: datetime) -> list[EndedIns]:
    """The INS that went since that moment, whoever holds their documents now."""
    rows = InsHistory.objects.filter(until__gte=since).select_related("patient")
    return [
        EndedIns(
            row.patient.merged_into_id or row.patient_id,
            Ins(row.matricule, Oid(row.oid)),
            row.ended_by,
            row.until,
        )
        for row in rows
        if row.until is not None
    ]
