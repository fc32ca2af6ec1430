"""Movements of a stay: the last thing said of each, by order of EVN-2 (PAM.FR 5.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection
from uuid_utils.compat import uuid7

from carnet.establishment.patients import rules
from carnet.establishment.patients.models import Patient
from carnet.standards.hl7v2.errors import Condition, Hl7Error, erl
from carnet.standards.hl7v2.messages import AdtEvent

_COLUMNS: Final = (
    "patient_id",
    "visit_domain",
    "visit",
    "trigger",
    "patient_class",
    "at",
    "nature",
    "medical_unit",
    "nursing_unit",
    "historic",
    "recorded_at",
)
_INSERT: Final = f"""
INSERT INTO patients_movement AS held (id, domain, value, cancelled, {", ".join(_COLUMNS)})
VALUES (%s, %s, %s, %s, {", ".join(["%s"] * len(_COLUMNS))})
    ON CONFLICT (domain, value) DO UPDATE SET
"""  # noqa: S608 - constants only
#: What was said later, or cancelled, stays.
_SAY: Final = f"""{_INSERT} {", ".join(f"{name} = EXCLUDED.{name}" for name in _COLUMNS)}
 WHERE NOT held.cancelled AND held.recorded_at <= EXCLUDED.recorded_at
"""
#: A movement that is cancelled before it is told never comes.
_CANCEL: Final = f"""{_INSERT} cancelled = true, recorded_at = EXCLUDED.recorded_at
 WHERE NOT held.cancelled
"""


def keep(patient: Patient, event: AdtEvent, recorded_at: datetime) -> bool:
    """Keep what a message says of a movement; whether it names one. Raises `Hl7Error`."""
    movement = event.movement
    if movement is None or not movement.ids:
        return False
    at = rules.instant(movement.at)
    if at is None:
        raise Hl7Error(Condition.DATA_TYPE, erl("ZBE", 2), "ZBE-2 n’est pas une date et heure.")
    key = movement.ids[0]
    cancels = movement.action == "CANCEL"
    with connection.cursor() as cursor:
        cursor.execute(
            _CANCEL if cancels else _SAY,
            [
                uuid7(),
                key.domain,
                key.value,
                cancels,
                patient.id,
                event.visit.domain if event.visit else "",
                event.visit.value if event.visit else "",
                movement.original_event or event.trigger,
                event.patient_class,
                at,
                movement.nature,
                movement.medical_unit,
                movement.nursing_unit,
                movement.historic,
                recorded_at,
            ],
        )
    return True
