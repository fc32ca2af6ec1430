"""TD0.5: whose record? A patient is found by traits, in the access mode "centre 15" (IHE PDQv3).

PRPA_IN201305UV02 asks, PRPA_IN201306UV02 answers. Source: ITI TF-2, 3.47; spec dmp §2.2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from carnet.standards.gdp.messages import (
    HL7,
    Frame,
    MessageId,
    acknowledgement,
    attribute,
    check_accepted,
    control_act,
    instance,
    need,
    opened,
    path,
    patient_id,
    read_frame,
    read_id,
    read_ins,
    text,
)
from carnet.standards.gdp.patient_query import observation, read_observations
from carnet.standards.gdp.people import Person, Traits, person, read_traits
from carnet.standards.ids import INS_OIDS, Ins
from carnet.standards.soap.envelope import SoapFault
from carnet.standards.xml import escape

QUESTION: Final = "PRPA_IN201305UV02"
ANSWER: Final = "PRPA_IN201306UV02"
ACTION: Final = f"{HL7}:{QUESTION}"
RESPONSE_ACTION: Final = f"{HL7}:{ANSWER}"

_OPPOSITION: Final = "OPPOSITION_ACCES_URGENCE"
_PERCENT: Final = re.compile(r"[0-9]{1,3}")
_BIRTH: Final = re.compile(r"[0-9]{4}(?:[0-9]{2}(?:[0-9]{2})?)?")
_GENDERS: Final = frozenset({"", "M", "F", "UN"})


@dataclass(frozen=True, slots=True)
class TraitsQuery:
    """The traits looked for: a family name, and what else is known. `birth_date` is YYYY[MM[DD]].

    `limit` is the most candidates asked for, None when the caller says nothing.
    """

    frame: Frame
    query_id: MessageId
    family: str
    given: str = ""
    gender: str = ""
    birth_date: str = ""
    postal_code: str = ""
    city: str = ""
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record that may be the one looked for; `percent` tells how well the traits agree."""

    ins: Ins
    traits: Traits
    percent: int
    opposed_to_centre_15: bool = False


@dataclass(frozen=True, slots=True)
class Candidates:
    """The answer: those told, of `total` found."""

    told: tuple[Candidate, ...]
    total: int


def read_query(payload: etree._Element) -> TraitsQuery:
    """Read a question. Raises `SoapFault` (Sender) that says what is wrong."""
    if payload.tag != f"{{{HL7}}}{QUESTION}":
        raise SoapFault("Sender", f"a {QUESTION} is expected")
    query = need(need(payload, "controlActProcess"), "queryByParameter")
    asked = need(query, "parameterList")
    limit = attribute(query, "initialQuantity", "value")
    found = TraitsQuery(
        frame=read_frame(payload),
        query_id=read_id(need(query, "queryId")),
        family=text(asked, "livingSubjectName/value/family"),
        given=text(asked, "livingSubjectName/value/given"),
        gender=attribute(asked, "livingSubjectAdministrativeGender/value", "code"),
        birth_date=attribute(asked, "livingSubjectBirthTime/value", "value"),
        postal_code=text(asked, "patientAddress/value/postalCode"),
        city=text(asked, "patientAddress/value/city"),
        limit=int(limit) if re.fullmatch("[1-9][0-9]{0,4}", limit) else None,
    )
    if not found.family:
        raise SoapFault("Sender", "livingSubjectName has no family name")
    if found.gender not in _GENDERS:
        raise SoapFault("Sender", "livingSubjectAdministrativeGender is not M, F or UN")
    if found.birth_date and not _BIRTH.fullmatch(found.birth_date):
        raise SoapFault("Sender", "livingSubjectBirthTime is not YYYY[MM[DD]]")
    if limit and found.limit is None:
        raise SoapFault("Sender", "initialQuantity is not a number of candidates")
    return found


def write_query(query: TraitsQuery) -> bytes:
    """The question as PRPA_IN201305UV02."""
    head = opened(QUESTION, query.frame, query=True)
    return f"{head}{control_act(QUESTION, _parameters(query))}".encode()


def _parameters(query: TraitsQuery) -> str:
    limit = f'<initialQuantity value="{query.limit}"/>' if query.limit else ""
    name = f"<family>{escape(query.family)}</family>"
    if query.given:
        name += f"<given>{escape(query.given)}</given>"
    address = "".join(
        f"<{tag}>{escape(value)}</{tag}>"
        for tag, value in (("postalCode", query.postal_code), ("city", query.city))
        if value
    )
    gender = f'<value code="{escape(query.gender)}"/>' if query.gender else ""
    birth = f'<value value="{escape(query.birth_date)}"/>' if query.birth_date else ""
    return (
        f'<queryByParameter>{instance("queryId", query.query_id)}<statusCode code="new"/>'
        f'<responseModalityCode code="R"/><responsePriorityCode code="I"/>{limit}<parameterList>'
        f"{_parameter('livingSubjectAdministrativeGender', gender)}"
        f"{_parameter('livingSubjectBirthTime', birth)}"
        f"{_parameter('livingSubjectName', f'<value>{name}</value>')}"
        f"{_parameter('patientAddress', f'<value>{address}</value>' if address else '')}"
        "</parameterList></queryByParameter>"
    )


def _parameter(name: str, value: str) -> str:
    """A parameter; its semanticsText is the path of the attribute, as in the schema of PDQv3."""
    if not value:
        return ""
    return f"<{name}>{value}<semanticsText>{_SEMANTICS[name]}</semanticsText></{name}>"


_SEMANTICS: Final = {
    "livingSubjectAdministrativeGender": "LivingSubject.administrativeGender",
    "livingSubjectBirthTime": "LivingSubject.birthTime",
    "livingSubjectName": "LivingSubject.name",
    "patientAddress": "Patient.addr",
}


def write_answer(
    frame: Frame, query: TraitsQuery, told: Sequence[Candidate], *, total: int
) -> bytes:
    """The answer: `told` of `total` candidates."""
    quantities = (
        f'<resultTotalQuantity value="{total}"/><resultCurrentQuantity value="{len(told)}"/>'
        f'<resultRemainingQuantity value="{total - len(told)}"/>'
    )
    found = f'<queryResponseCode code="{"OK" if told else "NF"}"/>{quantities}'
    accepted = acknowledgement("AA", query.frame.message_id, "")
    return _answer(frame, query, accepted, found, "".join(map(_subject, told)))


def write_refusal(frame: Frame, query: TraitsQuery, *, code: str, reason: str) -> bytes:
    """The answer that refuses `query` with a code of the DMP (acknowledgement AE)."""
    told = acknowledgement("AE", query.frame.message_id, code, reason)
    return _answer(frame, query, told, '<queryResponseCode code="AE"/>')


def _answer(
    frame: Frame, query: TraitsQuery, told: str, response: str, subjects: str = ""
) -> bytes:
    content = (
        f"{subjects}<queryAck>{instance('queryId', query.query_id)}"
        f"{response}</queryAck>{_parameters(query)}"
    )
    head = opened(ANSWER, frame, query=False)
    return f"{head}{told}{control_act(ANSWER, content)}".encode()


def _subject(candidate: Candidate) -> str:
    return (
        '<subject typeCode="SUBJ"><registrationEvent classCode="REG" moodCode="EVN">'
        '<id nullFlavor="NA"/><statusCode code="active"/><subject1 typeCode="SBJ">'
        f'<patient classCode="PAT">{patient_id("id", candidate.ins)}<statusCode code="active"/>'
        f"{person(Person(candidate.traits))}"
        '<subjectOf1 typeCode="SBJ"><queryMatchObservation classCode="COND" moodCode="EVN">'
        f'<code code="POURCENTAGE"/><value xsi:type="INT" value="{candidate.percent}"/>'
        "</queryMatchObservation></subjectOf1>"
        f"{observation(_OPPOSITION, candidate.opposed_to_centre_15, tag='subjectOf2')}"
        "</patient></subject1></registrationEvent></subject>"
    )


def read_answer(payload: etree._Element) -> Candidates:
    """Read an answer. Raises `GdpRefused` when the DMP refuses, `SoapFault` on nonsense."""
    if payload.tag != f"{{{HL7}}}{ANSWER}":
        raise SoapFault("Receiver", f"the answer is not a {ANSWER}")
    check_accepted(payload)
    patients = payload.iterfind(
        path("controlActProcess/subject/registrationEvent/subject1/patient")
    )
    told = tuple(map(_candidate, patients))
    total = attribute(payload, "controlActProcess/queryAck/resultTotalQuantity", "value")
    if not re.fullmatch("[0-9]{1,9}", total):
        raise SoapFault("Receiver", "the answer does not say how many records were found")
    return Candidates(told, int(total))


def _candidate(patient: etree._Element) -> Candidate:
    traits = read_traits(patient.find(path("patientPerson")))
    ids = [one for one in patient.iterfind(path("id")) if one.get("root") in INS_OIDS]
    percent = attribute(patient, "subjectOf1/queryMatchObservation/value", "value")
    if traits is None or not ids or not _PERCENT.fullmatch(percent):
        raise SoapFault("Receiver", "a candidate has no INS, no name or no percentage")
    return Candidate(
        ins=read_ins(ids[0]),
        traits=traits,
        percent=int(percent),
        opposed_to_centre_15=read_observations(patient, "subjectOf2").get(_OPPOSITION, False),
    )
