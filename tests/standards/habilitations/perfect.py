"""One good message of each kind. Tests break copies."""

from __future__ import annotations

from carnet.standards.habilitations import (
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

TIME = "20260305143000"
ADD = SetAuthorization(AuthorizationAction.AJOUT, Role.MEDECIN_TRAITANT)
WHOLE_LIST = Authorizations(
    (
        Authorization(
            "899700218896",
            "8",
            "Claire",
            "MARTIN",
            ("G15_10/SM26",),
            ("Médecine générale",),
            TIME,
            TIME,
            AuthorizationMode.ACTIVE,
            (Role.MEDECIN_TRAITANT,),
        ),
        Authorization("31690000011/12", mode=AuthorizationMode.INTERDITE),
    ),
    context="2 autorisations",
)
PATIENTS = Patients(
    (
        Patient(
            (PatientIdentifier("279035121518989", "1.2.250.1.213.1.4.10"),),
            "MARTIN",
            "DURAND",
            "ANNE",
            "MME",
            "19790312",
            medecin_traitant=True,
            message=True,
            last_access=TIME,
            last_update=TIME,
            last_addition=TIME,
        ),
    )
)
REQUESTS: tuple[Request, ...] = (
    ADD,
    ListAuthorizations(AuthorizationMode.TOUTE),
    ListPatients(TIME, DateType.LASTDOC, "899700218896"),
    ListPatients(),
)
ANSWERS: tuple[Answer, ...] = (
    Result(context="Déjà présent & inchangé"),
    WHOLE_LIST,
    PATIENTS,
    Patients(status="DMPAccessDeniedByRightsService", context="Non"),
)
