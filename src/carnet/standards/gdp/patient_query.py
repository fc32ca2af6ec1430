"""The question about one patient, PRPA_IN201307UV02, and the frame of its answer, 201308UV02.

TD0.2 and TD1.3a ask the same thing for another reason. Source: spec dmp §2.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from carnet.standards.gdp.messages import (
    DETAILS,
    DMP_SERVER,
    HL7,
    Frame,
    MessageId,
    Reason,
    RecordStatus,
    acknowledgement,
    attribute,
    boolean,
    check_accepted,
    control_act,
    instance,
    is_true,
    need,
    opened,
    path,
    patient_id,
    read_frame,
    read_id,
    read_ins,
    reason_of,
)
from carnet.standards.ids import Ins
from carnet.standards.soap.envelope import SoapFault

QUESTION: Final = "PRPA_IN201307UV02"
ANSWER: Final = "PRPA_IN201308UV02"
ACTION: Final = f"{HL7}:{QUESTION}"
RESPONSE_ACTION: Final = f"{HL7}:{ANSWER}"

#: The system of each code of administrativeObservation that is a boolean.
OBSERVATIONS: Final[Mapping[str, str]] = {
    "COMPTE_INTERNET_OUVERT": "1.2.250.1.213.4.1.2.9",
    "RATTACHEMENT_ENS": "1.2.250.1.213.4.1.2.3",
    "OPPOSITION_BRIS_DE_GLACE": "1.2.250.1.213.4.1.2.3",
    "OPPOSITION_ACCES_URGENCE": "1.2.250.1.213.4.1.2.3",
    "CONSENTEMENT_OUVERTURE_DMP": "1.2.250.1.213.4.1.2.3",
    "CONSENTEMENT_REACTIVATION_DMP": "1.2.250.1.213.4.1.2.3",
}


@dataclass(frozen=True, slots=True)
class PatientQuery:
    """The question about the patient `ins`."""

    frame: Frame
    query_id: MessageId
    ins: Ins


def read_query(payload: etree._Element, reason: Reason) -> PatientQuery:
    """Read a question asked for `reason`. Raises `SoapFault` (Sender) that says what is wrong."""
    control = need(payload, "controlActProcess")
    if payload.tag != f"{{{HL7}}}{QUESTION}":
        raise SoapFault("Sender", f"a {QUESTION} is expected")
    if reason_of(payload) is not reason:
        raise SoapFault("Sender", f"the only reasonCode served here is {reason}")
    query = need(control, "queryByParameter")
    values = query.findall(path("parameterList/patientIdentifier/value"))
    if len(values) != 1:
        raise SoapFault("Sender", "exactly one patientIdentifier is expected")
    ins = read_ins(values[0])
    return PatientQuery(read_frame(payload), read_id(need(query, "queryId")), ins)


def write_query(query: PatientQuery, reason: Reason) -> bytes:
    """The question as PRPA_IN201307UV02."""
    head = opened(QUESTION, query.frame, query=True)
    return f"{head}{control_act(QUESTION, _parameters(query), reason)}".encode()


def _parameters(query: PatientQuery) -> str:
    return (
        f"<queryByParameter>{instance('queryId', query.query_id)}"
        '<statusCode code="new"/><parameterList><patientIdentifier>'
        f"{patient_id('value', query.ins)}"
        "<semanticsText>Patient.id</semanticsText></patientIdentifier></parameterList>"
        "</queryByParameter>"
    )


def write_answer(
    frame: Frame,
    query: PatientQuery,
    reason: Reason,
    *,
    status: RecordStatus | None,
    lines: str = "",
    person: str = "",
    observations: Iterable[tuple[str, bool]] = (),
) -> bytes:
    """The answer: the record of the patient, or, without `status`, that there is none."""
    return _answer(
        frame,
        query,
        reason,
        lines=lines if status else "",
        told=acknowledgement("AA", query.frame.message_id, DETAILS[status] if status else ""),
        event=_event(query.ins, status, person, observations) if status else "",
        response="OK" if status else "NF",
    )


def write_refusal(
    frame: Frame, query: PatientQuery, reason: Reason, *, code: str, words: str
) -> bytes:
    """The answer that refuses `query` with a code of the DMP (acknowledgement AE)."""
    told = acknowledgement("AE", query.frame.message_id, code, words)
    return _answer(frame, query, reason, told=told, response="AE")


def _answer(
    frame: Frame,
    query: PatientQuery,
    reason: Reason,
    *,
    told: str,
    response: str,
    lines: str = "",
    event: str = "",
) -> bytes:
    content = (
        f"{event}<queryAck>{instance('queryId', query.query_id)}"
        f'<queryResponseCode code="{response}"/></queryAck>{_parameters(query)}'
    )
    head = opened(ANSWER, frame, query=False)
    return f"{head}{lines}{told}{control_act(ANSWER, content, reason)}".encode()


def _event(
    ins: Ins, status: RecordStatus, person: str, observations: Iterable[tuple[str, bool]]
) -> str:
    return (
        '<subject typeCode="SUBJ"><registrationEvent classCode="REG" moodCode="EVN">'
        '<id nullFlavor="NA"/><statusCode code="completed"/><subject1 typeCode="SBJ">'
        f'<patient classCode="PAT">{patient_id("id", ins)}'
        f'<statusCode code="{status}"/>{person}'
        f"{''.join(observation(code, value) for code, value in observations)}"
        '</patient></subject1><custodian typeCode="CST"><assignedEntity classCode="ASSIGNED">'
        f'<id root="{DMP_SERVER}"/></assignedEntity></custodian></registrationEvent></subject>'
    )


def observation(code: str, value: bool, *, tag: str = "subjectOf") -> str:
    """A boolean administrativeObservation, one of `OBSERVATIONS`."""
    return (
        f'<{tag} typeCode="SBJ"><administrativeObservation classCode="OBS" moodCode="EVN">'
        f'<code code="{code}" codeSystem="{OBSERVATIONS[code]}"/>'
        f"<value {boolean(value)}/></administrativeObservation></{tag}>"
    )


def read_answer(payload: etree._Element) -> etree._Element | None:
    """The patient of an answer, None when there is no record.

    Raises `GdpRefused` when the DMP refuses, `SoapFault` (Receiver) on another message.
    """
    if payload.tag != f"{{{HL7}}}{ANSWER}":
        raise SoapFault("Receiver", f"the answer is not a {ANSWER}")
    check_accepted(payload)
    return payload.find(path("controlActProcess/subject/registrationEvent/subject1/patient"))


def read_observations(patient: etree._Element, tag: str = "subjectOf") -> dict[str, bool]:
    """The value of each boolean administrativeObservation, by its code."""
    return {
        attribute(one, "code", "code"): is_true(one.find(path("value")))
        for one in patient.iterfind(path(f"{tag}/administrativeObservation"))
    }
