"""What the three operations ask and answer. Times are YYYYMMDDhhmmss in UTC (spec dmp §2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: The status of an answer when it is done; any other is a code of the DMP.
OK: Final = "DMPOk"


class AuthorizationAction(StrEnum):
    """What the caller does of its own authorisation."""

    AJOUT = "AJOUT"
    SUPPRESSION = "SUPPRESSION"


class Role(StrEnum):
    """A right beside that of reading."""

    MEDECIN_TRAITANT = "MEDECIN_TRAITANT"


class AuthorizationMode(StrEnum):
    """Which authorisations are listed; `TOUTE` only in a request."""

    ACTIVE = "ACTIVE"
    INTERDITE = "INTERDITE"  #: blocked by the patient
    TOUTE = "TOUTE"


class DateType(StrEnum):
    """What `start_date` is compared with; the spelling is that of the DMP."""

    LASTAUTORIZATION = "LASTAUTORIZATION"
    LASTDOC = "LASTDOC"


@dataclass(frozen=True, slots=True)
class SetAuthorization:
    """TD0.3: the caller adds or removes its own authorisation on the patient of the VIHF."""

    action: AuthorizationAction
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class ListAuthorizations:
    """TD1.6: the professionals authorised or blocked by the patient of the VIHF."""

    mode: AuthorizationMode


@dataclass(frozen=True, slots=True)
class ListPatients:
    """TD0.4: the records that the caller, or `ps_owner_id`, may read, changed since a date."""

    start_date: str = ""
    date_type: DateType | None = None
    ps_owner_id: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of TD0.3: `status` is `OK` or a code of the DMP, `context` a sentence."""

    status: str = OK
    context: str = ""


@dataclass(frozen=True, slots=True)
class Authorization:
    """One professional or structure, and what it may."""

    national_id: str
    national_id_type: str = ""
    first_name: str = ""
    last_name: str = ""
    speciality_codes: tuple[str, ...] = ()  #: such as `G15_10/SM26`
    speciality_labels: tuple[str, ...] = ()
    start: str = ""
    last_action: str = ""
    mode: AuthorizationMode | None = None
    specific_rights: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Authorizations:
    """The answer of TD1.6."""

    authorizations: tuple[Authorization, ...] = ()
    status: str = OK
    context: str = ""


@dataclass(frozen=True, slots=True)
class PatientIdentifier:
    """An identifier of a patient and the OID of who gave it."""

    value: str
    oid: str


@dataclass(frozen=True, slots=True)
class Patient:
    """One record that the caller may read."""

    identifiers: tuple[PatientIdentifier, ...]
    used_name: str = ""
    birth_name: str = ""
    given: str = ""
    civility: str = ""
    birth_date: str = ""
    medecin_traitant: bool = False  #: the caller is
    message: bool = False
    last_access: str = ""
    last_update: str = ""
    last_addition: str = ""


@dataclass(frozen=True, slots=True)
class Patients:
    """The answer of TD0.4."""

    patients: tuple[Patient, ...] = ()
    status: str = OK
    context: str = ""


Request = SetAuthorization | ListAuthorizations | ListPatients
Answer = Result | Authorizations | Patients
