"""How each object is written: its elements in order, as data (spec dmp §1.1, §2.1, §2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from carnet.standards.habilitations.model import (
    Answer,
    Authorization,
    AuthorizationAction,
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

HABILITATIONS: Final = "urn:si-dmp-habilitations"
PATIENTS: Final = "urn:si-dmp-patients"


class Time(str):
    """The type of an element that holds YYYYMMDDhhmmss."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Element:
    """The element that holds a field: str, bool, `Time`, a StrEnum or a type of `FORMS`."""

    name: str
    field: str
    type: type[Any] = str
    many: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: what it takes and gives, and by which `wsa:Action` it may be called.

    The first action is that of the published messages, the other that of the WSDL of the DMP.
    """

    name: str
    namespace: str
    request: type[Request]
    answer: type[Answer]
    actions: tuple[str, ...]

    @property
    def action(self) -> str:
        """The action that we send."""
        return self.actions[0]

    @property
    def answer_action(self) -> str:
        """The action of the answer."""
        return f"{self.action}Response"


_STATUS: Final = (Element("status", "status", required=True), Element("context", "context"))

FORMS: Final[Mapping[type[Any], tuple[Element, ...]]] = MappingProxyType(
    {
        SetAuthorization: (
            Element("action", "action", AuthorizationAction, required=True),
            Element("role", "role", Role),
        ),
        Result: _STATUS,
        ListAuthorizations: (Element("mode", "mode", AuthorizationMode, required=True),),
        Authorizations: (
            Element("listOfAuthorizationByPatient", "authorizations", Authorization, many=True),
            *_STATUS,
        ),
        Authorization: (
            Element("nationalId", "national_id", required=True),
            Element("nationalIdType", "national_id_type"),
            Element("firstName", "first_name"),
            Element("lastName", "last_name"),
            Element("codeSpeciality", "speciality_codes", many=True),
            Element("libSpeciality", "speciality_labels", many=True),
            Element("startOfAuthorization", "start", Time),
            Element("lastActionDate", "last_action", Time),
            Element("mode", "mode", AuthorizationMode),
            Element("specificRight", "specific_rights", Role, many=True),
        ),
        ListPatients: (
            Element("startDate", "start_date", Time),
            Element("dateType", "date_type", DateType),
            Element("psOwnerId", "ps_owner_id"),
        ),
        Patients: (Element("patientlistData", "patients", Patient, many=True), *_STATUS),
        Patient: (
            Element("patientIdentifier", "identifiers", PatientIdentifier, many=True),
            Element("lastName", "used_name"),
            Element("patronymicalName", "birth_name"),
            Element("firstName", "given"),
            Element("civility", "civility"),
            Element("dateOfBirth", "birth_date"),
            Element("MT", "medecin_traitant", bool, required=True),
            Element("message", "message", bool, required=True),
            Element("lastAccessDate", "last_access", Time),
            Element("lastUpdateDate", "last_update", Time),
            Element("lastAddDate", "last_addition", Time),
        ),
        PatientIdentifier: (
            Element("nationalId", "value", required=True),
            Element("nationalIdType", "oid", required=True),
        ),
    }
)

OPERATIONS: Final = (
    Operation(
        "setAuthorization",
        HABILITATIONS,
        SetAuthorization,
        Result,
        (
            f"{HABILITATIONS}:HabilitationsEndPoint:setAuthorization",
            "urn:hl7-org:v3:setAuthorization",
        ),
    ),
    Operation(
        "listAuthorizationByPatient",
        HABILITATIONS,
        ListAuthorizations,
        Authorizations,
        (
            f"{HABILITATIONS}:HabilitationsEndPoint:listAuthorizationByPatient",
            "urn:hl7-org:v3:listAuthorizationByPatient",
        ),
    ),
    Operation(
        "patientList",
        PATIENTS,
        ListPatients,
        Patients,
        (f"{PATIENTS}:PatientSpecificEndPoint:patientList",),
    ),
)
