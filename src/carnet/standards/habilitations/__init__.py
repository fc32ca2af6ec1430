"""Who may read which record: TD0.3, TD0.4 and TD1.6, three operations of the DMP itself.

`model` says what they ask and answer, `forms` how it is written: reading, writing and the schema of
the WSDL follow that one table. Source: spec dmp §2.3.
"""

from carnet.standards.habilitations.forms import OPERATIONS, Operation
from carnet.standards.habilitations.messages import (
    read_answer,
    read_request,
    write_answer,
    write_request,
)
from carnet.standards.habilitations.model import (
    OK,
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

__all__ = [
    "OK",
    "OPERATIONS",
    "Answer",
    "Authorization",
    "AuthorizationAction",
    "AuthorizationMode",
    "Authorizations",
    "DateType",
    "ListAuthorizations",
    "ListPatients",
    "Operation",
    "Patient",
    "PatientIdentifier",
    "Patients",
    "Request",
    "Result",
    "Role",
    "SetAuthorization",
    "read_answer",
    "read_request",
    "write_answer",
    "write_request",
]
