"""One perfect discharge letter, and the other forms of a CDA document, for each test to break."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from carnet.standards.cda import level1
from carnet.standards.cda.header import Coded, Id, Name, Organization, Participant, Patient
from carnet.standards.ids import (
    INS_NIR_TEST,
    PS_AUTHORITY,
    STRUCT_AUTHORITY,
    Oid,
    matricule_key,
)

PARIS = timezone(timedelta(hours=1))
PDF = b"%PDF-1.4\n% a synthetic letter \xe2\xe3\xcf\xd3\n%%EOF\n"
BODY = "2790351215189"
MATRICULE = BODY + matricule_key(BODY)

HOSPITAL = Organization(
    ids=(Id(STRUCT_AUTHORITY, "1750803447"),),
    name="CH de l'Exemple",
    telecoms=("tel:0100000000",),
    address="1 rue de l'Essai, 75015 PARIS",
)
DOCTOR = Participant(
    ids=(Id(PS_AUTHORITY, "899900063480"),),
    name=Name(families=(("", "MAX"),), givens=(("", "Libre"),), prefix="M", suffix="DR"),
    code=level1.coded("author_specialties", "G15_10/SM26"),
    organization=replace(HOSPITAL, industry=level1.coded("practice_settings", "ETABLISSEMENT")),
    telecoms=("tel:0100000001",),
)
PATIENT = Patient(
    ids=(Id(INS_NIR_TEST, MATRICULE), Id("1.2.3.4.567.8.9.10", "1234567890121")),
    name=level1.patient_name(
        birth_family="PAT-TROIS",
        birth_givens="DOMINIQUE MARIE-LOUISE",
        used_family="D'EXEMPLE",
        used_given="DOMINIQUE",
    ),
    gender="F",
    birth_time="19790328",
    birth_place="51215",
    telecoms=("tel:0144534551",),
    address="28 avenue de l'Essai, 75007 PARIS",
)


def perfect_letter(**changes: Any) -> level1.Letter:
    """A letter without a fault, with every part that a rule looks at."""
    letter = level1.Letter(
        id=Oid("1.2.250.1.213.1.1.9.2024.1.2"),
        set_id=Id("1.2.250.1.213.1.1.9.2024.1"),
        version=2,
        code=level1.coded("type_codes", "11490-0"),
        title="Lettre de liaison à la sortie",
        created_at=datetime(2024, 3, 8, 16, 30, 5, tzinfo=PARIS),
        patient=PATIENT,
        author=replace(DOCTOR, function=level1.coded("author_roles", "CORRE")),
        authored_at=datetime(2024, 3, 8, 16, 30, tzinfo=PARIS),
        custodian=HOSPITAL,
        legal_authenticator=DOCTOR,
        authenticated_at=datetime(2024, 3, 8, 16, 31, tzinfo=PARIS),
        performer=DOCTOR,
        service_start=datetime(2024, 3, 4, 8, tzinfo=PARIS),
        service_stop=datetime(2024, 3, 8, 16, tzinfo=PARIS),
        service_code=Coded("IMP", "2.16.840.1.113883.5.4", "Hospitalisation"),
        facility=level1.coded("facility_types", "SA01"),
        encounter_ids=(Id("1.2.3.4.567.8.9.11", "SEJOUR-1"),),
        encounter_code=level1.coded("encounter_types", "IMP"),
        encounter_start=datetime(2024, 3, 4, 8, tzinfo=PARIS),
        encounter_stop=datetime(2024, 3, 8, 16, tzinfo=PARIS),
        facility_name="Médecine polyvalente",
        recipients=(
            Participant(
                ids=(Id(PS_AUTHORITY, "899900063481"),),
                name=Name(families=(("", "ESSAI"),), givens=(("", "Alix"),)),
                telecoms=("mailto:alix.essai@medecin.formation.mssante.fr",),
            ),
        ),
        orders=(Id("1.2.3.4.567.8.9.12", "DEMANDE-1"),),
        replaces=Id("1.2.250.1.213.1.1.9.2024.1.1"),
    )
    return replace(letter, **changes)


def perfect() -> bytes:
    """The perfect letter as a level 1 document."""
    return level1.build(perfect_letter(), PDF)
