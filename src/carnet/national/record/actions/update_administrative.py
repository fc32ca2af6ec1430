"""TD1.3b: the administrative data of a record are changed (spec dmp §2.1, §2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from carnet.national.identity import actions as identities
from carnet.national.identity import queries as identity
from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record.actions.registration import changed
from carnet.national.record.models import Administrative, Record
from carnet.standards.gdp.people import GENDERS, Person
from carnet.standards.gdp.registration import RegistrationRequest
from carnet.standards.ids import Ins
from carnet.standards.ins.lexical import Trait, TraitError, normalise, same_name
from carnet.standards.xds.errors import ErrorCode, refused

#: The observations that say a choice of the holder, by the column that keeps it.
_CHOICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "OPPOSITION_BRIS_DE_GLACE": "opposes_bris_de_glace",
        "OPPOSITION_ACCES_URGENCE": "opposes_centre_15",
    }
)


def update_administrative(
    actor: Professional | Establishment,
    request: RegistrationRequest,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> None:
    """Keep what `request` says of the holder: usual name, civilité, contacts, address, choices.

    The strict traits are those of the INS: a message that says others is refused, since only INSi
    changes them. Raises `XdsRefused` as `changed`.
    """
    if request.person is None:
        raise ValueError("a change says what is changed")
    with changed(
        actor,
        "record.administrative_changed",
        request,
        patient=patient,
        status="active",
        now=now,
        correlation=correlation,
    ) as patient_id:
        _keep(actor, patient_id, request.person, now)
        choices = {
            column: request.observations[code]
            for code, column in _CHOICES.items()
            if code in request.observations
        }
        if choices:
            Record.objects.filter(patient_id=patient_id).update(**choices)


def _keep(
    actor: Professional | Establishment, patient_id: UUID, told: Person, now: datetime
) -> None:
    known = identity.person(patient_id)
    try:
        same = known is not None and _same_traits(known, told)
        used_name = normalise(told.traits.usual_name)
    except TraitError as error:
        raise refused(ErrorCode.DMP_ACCESS_DENIED, str(error)) from None
    if known is None or not same:
        raise refused(
            ErrorCode.DMP_ACCESS_DENIED,
            "the traits of the message are not those of the INS, which only INSi changes",
        )
    if used_name != known.used_name:
        identities.change_used_name(actor, patient_id, used_name, now=now)
    Administrative.objects.filter(patient_id=patient_id).update(
        prefix=told.traits.prefix,
        telecoms=[asdict(one) for one in told.telecoms],
        address=asdict(told.address) if told.address else {},
        changed_at=now,
    )


def _same_traits(known: identity.Person, told: Person) -> bool:
    traits = told.traits
    return (
        same_name(known.birth_name, normalise(traits.birth_name))
        and same_name(known.first_given_name, normalise(traits.given, Trait.FIRST_GIVEN_NAME))
        and GENDERS[known.sex] == traits.gender
        and known.birth_date_hl7 == traits.birth_date
    )
