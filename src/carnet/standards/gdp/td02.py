"""TD0.2: does this patient have a shared record, and may the caller read it?

PRPA_IN201307UV02 asks, PRPA_IN201308UV02 answers. Source: spec dmp §2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

from carnet.standards.gdp import patient_query
from carnet.standards.gdp.messages import (
    DMP_SERVER,
    HL7,
    Frame,
    GdpRefused,
    MessageId,
    Reason,
    RecordStatus,
    attribute,
    boolean,
    is_true,
    path,
    status_of,
)
from carnet.standards.gdp.patient_query import ACTION, RESPONSE_ACTION
from carnet.standards.gdp.patient_query import PatientQuery as ExistenceQuery
from carnet.standards.gdp.people import Person, Traits, person, read_traits
from carnet.standards.soap.envelope import SoapFault

__all__ = [
    "ACTION",
    "DMP_SERVER",
    "HL7",
    "RESPONSE_ACTION",
    "Authorisation",
    "Existence",
    "ExistenceQuery",
    "Frame",
    "GdpRefused",
    "MessageId",
    "RecordStatus",
    "Traits",
    "read_answer",
    "read_query",
    "write_answer",
    "write_query",
    "write_refusal",
]

_AUTHORISATION: Final = "1.2.250.1.213.4.1.2.6.1"
_AUTHORISATION_VALUES: Final = "1.2.250.1.213.4.1.2.6.2"
_MT: Final = "1.2.250.1.213.4.1.2.6.3"


class Authorisation(StrEnum):
    """The caller's right to read the record."""

    VALIDE = "VALIDE"
    EXPIRE = "EXPIRE"
    INTERDIT = "INTERDIT"  #: blocked by the patient
    NON_EXISTE = "NON_EXISTE"


@dataclass(frozen=True, slots=True)
class Existence:
    """The answer: `status` is None when there is no record, and then nothing else is said of it."""

    status: RecordStatus | None
    authorisation: Authorisation = Authorisation.NON_EXISTE
    medecin_traitant: bool = False
    mes: bool = False  #: linked to Mon espace santé
    traits: Traits | None = None


def read_query(payload: etree._Element) -> ExistenceQuery:
    """Read a question. Raises `SoapFault` (Sender) that says what is wrong."""
    return patient_query.read_query(payload, Reason.TEST_EXST)


def write_query(query: ExistenceQuery) -> bytes:
    """The question as PRPA_IN201307UV02."""
    return patient_query.write_query(query, Reason.TEST_EXST)


def write_answer(frame: Frame, query: ExistenceQuery, existence: Existence) -> bytes:
    """The answer to `query` as PRPA_IN201308UV02."""
    authorisation = (
        f'xsi:type="CV" code="{existence.authorisation}" codeSystem="{_AUTHORISATION_VALUES}"'
    )
    return patient_query.write_answer(
        frame,
        query,
        Reason.TEST_EXST,
        status=existence.status,
        lines=_attention("AUTORISATION", _AUTHORISATION, authorisation)
        + _attention("STATUT_MT", _MT, boolean(existence.medecin_traitant)),
        person=person(Person(existence.traits)) if existence.traits else "",
        observations=(("RATTACHEMENT_ENS", existence.mes),),
    )


def write_refusal(frame: Frame, query: ExistenceQuery, *, code: str, reason: str) -> bytes:
    """The answer that refuses `query` with a code of the DMP (acknowledgement AE)."""
    return patient_query.write_refusal(frame, query, Reason.TEST_EXST, code=code, words=reason)


def _attention(key: str, system: str, value: str) -> str:
    return (
        f'<attentionLine><keyWordText code="{key}" codeSystem="{system}">{key}</keyWordText>'
        f"<value {value}/></attentionLine>"
    )


def read_answer(payload: etree._Element) -> Existence:
    """Read an answer. Raises `GdpRefused` when the DMP refuses, `SoapFault` on nonsense."""
    patient = patient_query.read_answer(payload)
    if patient is None:
        return Existence(None)
    values = {
        attribute(line, "keyWordText", "code"): line.find(path("value"))
        for line in payload.iterfind(path("attentionLine"))
    }
    authorisation = values.get("AUTORISATION")
    granted = "" if authorisation is None else authorisation.get("code", "")
    if granted not in Authorisation.__members__:
        raise SoapFault("Receiver", "the answer gives an authorisation that is unknown")
    return Existence(
        status=status_of(patient),
        authorisation=Authorisation(granted),
        medecin_traitant=is_true(values.get("STATUT_MT")),
        mes=patient_query.read_observations(patient).get("RATTACHEMENT_ENS", False),
        traits=read_traits(patient.find(path("patientPerson"))),
    )
