"""TD0.3, TD0.4 and TD1.6: who may read which record (spec dmp §2.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Literal, TypeVar

from carnet.national.doors.soap.service import Answer, Call, Operation
from carnet.national.record import actions, queries
from carnet.national.record.rules import Authorisation
from carnet.standards import habilitations, nos
from carnet.standards.habilitations import (
    Authorization,
    AuthorizationMode,
    Authorizations,
    DateType,
    ListAuthorizations,
    ListPatients,
    Patient,
    PatientIdentifier,
    Patients,
    Request,
    Result,
    Role,
    SetAuthorization,
)
from carnet.standards.soap.envelope import SoapFault
from carnet.standards.xds.errors import XdsRefused

_STATES: Final[Mapping[AuthorizationMode, tuple[Authorisation, ...]]] = MappingProxyType(
    {
        AuthorizationMode.ACTIVE: (Authorisation.VALID,),
        AuthorizationMode.INTERDITE: (Authorisation.BLOCKED,),
        AuthorizationMode.TOUTE: (Authorisation.VALID, Authorisation.BLOCKED),
    }
)
_MODES: Final[Mapping[Authorisation, AuthorizationMode]] = MappingProxyType(
    {states[0]: mode for mode, states in _STATES.items() if len(states) == 1}
)
_DATES: Final[Mapping[DateType, Literal["authorisation", "document"]]] = MappingProxyType(
    {DateType.LASTAUTORIZATION: "authorisation", DateType.LASTDOC: "document"}
)
#: The tables whose codes make a `codeSpeciality` such as G15_10/SM26, by their OID.
_TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {"1.2.250.1.71.1.2.7": "G15", "1.2.250.1.71.1.2.8": "G16"}
)

_Asked = TypeVar("_Asked", bound=Request)


def _read(call: Call, kind: type[_Asked]) -> _Asked:
    request = habilitations.read_request(call.payload)
    if not isinstance(request, kind):
        raise SoapFault("Sender", "the message is not the one that wsa:Action names")
    return request


def _set_authorisation(call: Call) -> Answer:
    asked = _read(call, SetAuthorization)
    try:
        told = actions.set_authorization(
            call.session.actor,
            asked,
            patient=call.session.patient,
            now=call.now,
            correlation=call.correlation,
        )
    except XdsRefused as refusal:
        error = refusal.errors[0]
        told = Result(status=error.code, context=error.context)
    return Answer(habilitations.write_answer(told))


def _list_authorisations(call: Call) -> Answer:
    asked = _read(call, ListAuthorizations)
    try:
        found = queries.list_authorisations(
            call.session.actor,
            patient=call.session.patient,
            states=_STATES[asked.mode],
            now=call.now,
            correlation=call.correlation,
        )
    except XdsRefused as refusal:
        error = refusal.errors[0]
        told = Authorizations(status=error.code, context=error.context)
    else:
        told = Authorizations(tuple(map(_authorization, found)))
    return Answer(habilitations.write_answer(told))


def _authorization(one: queries.Authorised) -> Authorization:
    known = one.known
    codes, labels = [], []
    if known is not None:
        table = _TABLES.get(known.profession.scheme, known.profession.scheme)
        codes = [f"{table}_{known.profession.code}"]
        labels = [nos.display(known.profession.scheme, known.profession.code)]
        if known.specialty is not None:
            codes = [f"{codes[0]}/{known.specialty.code}"]
            labels = [nos.display(known.specialty.scheme, known.specialty.code)]
    return Authorization(
        national_id=one.ps_idnat,
        national_id_type=one.ps_idnat[0],
        first_name=known.given_name if known else "",
        last_name=known.family_name if known else one.structure_name,
        speciality_codes=tuple(codes),
        speciality_labels=tuple(labels),
        start=_time(one.since),
        last_action=_time(one.since),
        mode=_MODES[one.state],
        specific_rights=(Role.MEDECIN_TRAITANT,) if one.is_medecin_traitant else (),
    )


def _list_records(call: Call) -> Answer:
    asked = _read(call, ListPatients)
    try:
        found = queries.list_records(
            call.session.actor,
            owner=asked.ps_owner_id,
            since=_since(asked),
            now=call.now,
            correlation=call.correlation,
        )
    except XdsRefused as refusal:
        error = refusal.errors[0]
        told = Patients(status=error.code, context=error.context)
    else:
        told = Patients(tuple(map(_patient, found)))
    return Answer(habilitations.write_answer(told))


def _since(asked: ListPatients) -> queries.Since | None:
    """What the list begins from; without `dateType` a date is that of the authorisation."""
    if not asked.start_date:
        return None
    try:
        moment = datetime.strptime(asked.start_date, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise SoapFault("Sender", "startDate is no moment of the calendar") from None
    return _DATES[asked.date_type or DateType.LASTAUTORIZATION], moment


def _patient(one: queries.Listed) -> Patient:
    person = one.person
    return Patient(
        (PatientIdentifier(person.ins.matricule, person.ins.oid),),
        used_name=person.used_name,
        birth_name=person.birth_name,
        given=person.first_given_name,
        civility=one.prefix,
        birth_date=person.birth_date_hl7,
        medecin_traitant=one.is_medecin_traitant,
        last_access=_time(one.last_access),
        last_update=_time(one.last_document),
        last_addition=_time(one.last_document),
    )


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y%m%d%H%M%S}"


def _operation(name: str, handle: Callable[[Call], Answer]) -> Operation:
    found = next(one for one in habilitations.OPERATIONS if one.name == name)
    return Operation(found.action, found.answer_action, handle, found.actions[1:])


AUTHORISE = _operation("setAuthorization", _set_authorisation)
AUTHORISATIONS = _operation("listAuthorizationByPatient", _list_authorisations)
RECORDS = _operation("patientList", _list_records)
