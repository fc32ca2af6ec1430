"""TD1.3a: the administrative data of a record (reason CNSLT_DATA; spec dmp §2.2).

PRPA_IN201307UV02 asks, PRPA_IN201308UV02 answers, as for TD0.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from carnet.standards.gdp import patient_query
from carnet.standards.gdp.messages import Frame, Reason, RecordStatus, path, status_of
from carnet.standards.gdp.patient_query import PatientQuery
from carnet.standards.gdp.people import (
    Person,
    Representative,
    person,
    read_person,
    read_representatives,
)

#: The observation that each field of `AdministrativeData` holds.
_OBSERVATIONS: Final = (
    ("COMPTE_INTERNET_OUVERT", "internet_account"),
    ("RATTACHEMENT_ENS", "mes"),
    ("OPPOSITION_BRIS_DE_GLACE", "opposed_to_bris_de_glace"),
    ("OPPOSITION_ACCES_URGENCE", "opposed_to_centre_15"),
)


@dataclass(frozen=True, slots=True)
class AdministrativeData:
    """What the record says of its holder; without `status` there is no record."""

    status: RecordStatus | None
    person: Person | None = None
    representatives: tuple[Representative, ...] = ()
    internet_account: bool = False
    mes: bool = False  #: linked to Mon espace santé
    opposed_to_bris_de_glace: bool = False
    opposed_to_centre_15: bool = False


def read_query(payload: etree._Element) -> PatientQuery:
    """Read a question. Raises `SoapFault` (Sender) that says what is wrong."""
    return patient_query.read_query(payload, Reason.CNSLT_DATA)


def write_query(query: PatientQuery) -> bytes:
    """The question as PRPA_IN201307UV02."""
    return patient_query.write_query(query, Reason.CNSLT_DATA)


def write_answer(frame: Frame, query: PatientQuery, data: AdministrativeData) -> bytes:
    """The answer to `query` as PRPA_IN201308UV02."""
    return patient_query.write_answer(
        frame,
        query,
        Reason.CNSLT_DATA,
        status=data.status,
        person=person(data.person, data.representatives) if data.person else "",
        observations=[(code, getattr(data, field)) for code, field in _OBSERVATIONS],
    )


def write_refusal(frame: Frame, query: PatientQuery, *, code: str, reason: str) -> bytes:
    """The answer that refuses `query` with a code of the DMP (acknowledgement AE)."""
    return patient_query.write_refusal(frame, query, Reason.CNSLT_DATA, code=code, words=reason)


def read_answer(payload: etree._Element) -> AdministrativeData:
    """Read an answer. Raises `GdpRefused` when the DMP refuses, `SoapFault` on nonsense."""
    patient = patient_query.read_answer(payload)
    if patient is None:
        return AdministrativeData(None)
    observations = patient_query.read_observations(patient)
    who = patient.find(path("patientPerson"))
    return AdministrativeData(
        status_of(patient),
        read_person(who),
        read_representatives(who),
        **{field: observations.get(code, False) for code, field in _OBSERVATIONS},
    )
