"""TD1.1 to TD1.4: a record is created, opened again, changed or closed (spec dmp §2.2).

PRPA_IN201314UV02 asks (201311 for a creation), 201315 says that it is done, 201316 that it is not.
Today the DMP does it only for a record that is not linked to Mon espace santé, and creates none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from lxml import etree

from carnet.standards.gdp.messages import (
    DMP_SERVER,
    HL7,
    Frame,
    Reason,
    RecordStatus,
    acknowledgement,
    attribute,
    check_accepted,
    control_act,
    need,
    opened,
    path,
    patient_id,
    read_frame,
    read_ins,
    reason_of,
    status_of,
)
from carnet.standards.gdp.patient_query import OBSERVATIONS, observation, read_observations
from carnet.standards.gdp.people import Person, person, read_person
from carnet.standards.ids import PS_AUTHORITY, STRUCT_AUTHORITY, Ins
from carnet.standards.soap.envelope import SoapFault
from carnet.standards.xml import escape

_CLOSINGS: Final = "1.2.250.1.213.4.1.2.4"
#: Why a record is closed, the only reason that the published messages give.
ASKED_BY_THE_PATIENT: Final = "FERMETURE_DEMANDE_PATIENT"
#: Observations of the time of the carte Vitale, which say nothing today.
_HISTORIC: Final = frozenset({"CARTE_SESAM_VITALE"})


@dataclass(frozen=True, slots=True)
class Interactions:
    """The message that asks, that which accepts, that which refuses."""

    request: str
    accepted: str
    refused: str


_ADDITION: Final = Interactions("PRPA_IN201311UV02", "PRPA_IN201312UV02", "PRPA_IN201313UV02")
_REVISION: Final = Interactions("PRPA_IN201314UV02", "PRPA_IN201315UV02", "PRPA_IN201316UV02")
#: The interactions of each reason that changes a record.
INTERACTIONS_OF: Final[Mapping[Reason, Interactions]] = MappingProxyType(
    {
        Reason.CREA_RD: _ADDITION,
        Reason.REAC: _REVISION,
        Reason.MODIF_DATA: _REVISION,
        Reason.FERM: _REVISION,
    }
)
#: The status that each reason leads to.
_LEADS_TO: Final[Mapping[Reason, RecordStatus]] = MappingProxyType(
    {
        Reason.CREA_RD: "active",
        Reason.REAC: "active",
        Reason.MODIF_DATA: "active",
        Reason.FERM: "terminated",
    }
)


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """What is asked of the record of `ins`; `author` and `structure` are national identifiers.

    `observations` are those of `OBSERVATIONS` that are said; `closing` is why it is closed.
    """

    frame: Frame
    reason: Reason
    ins: Ins
    author: str
    structure: str = ""
    person: Person | None = None
    observations: Mapping[str, bool] = field(default_factory=dict)
    closing: str = ""

    @property
    def status(self) -> RecordStatus:
        """The status that is asked for."""
        return _LEADS_TO[self.reason]

    @property
    def interactions(self) -> Interactions:
        """The messages of this exchange."""
        return INTERACTIONS_OF[self.reason]


def action(interaction: str) -> str:
    """The `wsa:Action` of an interaction."""
    return f"{HL7}:{interaction}"


def read(payload: etree._Element) -> RegistrationRequest:
    """Read a request. Raises `SoapFault` (Sender) that says what is wrong."""
    control = need(payload, "controlActProcess")
    reason = reason_of(payload)
    interactions = INTERACTIONS_OF.get(reason)
    if interactions is None or payload.tag != f"{{{HL7}}}{interactions.request}":
        raise SoapFault("Sender", f"the reasonCode {reason} is not for this message")
    registration = need(control, "subject/registrationRequest")
    patient = need(registration, "subject1/patient")
    if attribute(patient, "statusCode", "code") != _LEADS_TO[reason]:
        raise SoapFault("Sender", f"the statusCode of the patient is not {_LEADS_TO[reason]}")
    who = read_person(patient.find(path("patientPerson")))
    if reason is Reason.MODIF_DATA and who is None:
        raise SoapFault("Sender", "the message has no patientPerson with a name")
    closing = attribute(control, "reasonOf/detectedIssueEvent/code", "code")
    if reason is Reason.FERM and closing != ASKED_BY_THE_PATIENT:
        raise SoapFault("Sender", "the reason of the closing is not one of the DMP")
    author = need(registration, "author/assignedEntity")
    return RegistrationRequest(
        frame=read_frame(payload),
        reason=reason,
        ins=read_ins(need(patient, "id")),
        author=_author(author),
        structure=_given_by(STRUCT_AUTHORITY, author, "representedOrganization/id"),
        person=who,
        observations=_observations(patient),
        closing=closing,
    )


def _author(entity: etree._Element) -> str:
    author = _given_by(PS_AUTHORITY, entity, "id")
    if not author:
        raise SoapFault("Sender", f"the author has no identifier given by {PS_AUTHORITY}")
    return author


def _given_by(authority: str, entity: etree._Element, steps: str) -> str:
    """The identifier at `steps` that `authority` gave, or an empty text."""
    ids = (one for one in entity.iterfind(path(steps)) if one.get("root") == authority)
    return next((one.get("extension", "") for one in ids), "")


def _observations(patient: etree._Element) -> dict[str, bool]:
    found = read_observations(patient)
    unknown = found.keys() - OBSERVATIONS.keys() - _HISTORIC
    if unknown:
        raise SoapFault("Sender", "an administrativeObservation is not one of the DMP")
    return {code: value for code, value in found.items() if code not in _HISTORIC}


def write(request: RegistrationRequest) -> bytes:
    """The request as its interaction."""
    organisation = ""
    if request.structure:
        organisation = (
            '<representedOrganization classCode="ORG" determinerCode="INSTANCE">'
            f'<id root="{STRUCT_AUTHORITY}" extension="{escape(request.structure)}"/>'
            '<contactParty nullFlavor="NA"/></representedOrganization>'
        )
    who = person(request.person) if request.person else ""
    said = "".join(observation(code, value) for code, value in request.observations.items())
    content = (
        '<subject typeCode="SUBJ"><registrationRequest classCode="REG" moodCode="RQO">'
        '<statusCode code="active"/><subject1 typeCode="SBJ"><patient classCode="PAT">'
        f'{patient_id("id", request.ins)}<statusCode code="{request.status}"/>{who}{said}'
        '</patient></subject1><author typeCode="AUT"><assignedEntity classCode="ASSIGNED">'
        f'<id root="{PS_AUTHORITY}" extension="{escape(request.author)}"/>{organisation}'
        f"</assignedEntity></author></registrationRequest></subject>{_closing(request.closing)}"
    )
    name = request.interactions.request
    head = opened(name, request.frame, query=True)
    return f"{head}{control_act(name, content, request.reason)}".encode()


def _closing(code: str) -> str:
    if not code:
        return ""
    return (
        '<reasonOf typeCode="RSON"><detectedIssueEvent classCode="ALRT" moodCode="EVN">'
        f'<code code="{escape(code)}" codeSystem="{_CLOSINGS}"/></detectedIssueEvent></reasonOf>'
    )


def write_accepted(frame: Frame, request: RegistrationRequest) -> bytes:
    """The answer that says that it is done."""
    name = request.interactions.accepted
    content = (
        '<subject typeCode="SUBJ"><registrationEvent classCode="REG" moodCode="EVN">'
        '<id nullFlavor="NA"/><statusCode code="completed"/><subject1 typeCode="SBJ">'
        f'<patient classCode="PAT">{patient_id("id", request.ins)}'
        f'<statusCode code="{request.status}"/></patient></subject1>'
        '<custodian typeCode="CST"><assignedEntity classCode="ASSIGNED">'
        f'<id root="{DMP_SERVER}"/></assignedEntity></custodian></registrationEvent></subject>'
    )
    told = acknowledgement("AA", request.frame.message_id, "")
    head = opened(name, frame, query=False)
    return f"{head}{told}{control_act(name, content, request.reason)}".encode()


def write_refusal(frame: Frame, request: RegistrationRequest, *, code: str, reason: str) -> bytes:
    """The answer that refuses with a code of the DMP (acknowledgement AE)."""
    name = request.interactions.refused
    told = acknowledgement("AE", request.frame.message_id, code, reason)
    head = opened(name, frame, query=False)
    return f"{head}{told}{control_act(name, '', request.reason)}".encode()


def read_answer(payload: etree._Element) -> RecordStatus:
    """The status of the record once it is done.

    Raises `GdpRefused` when the DMP refuses, `SoapFault` (Receiver) on another message.
    """
    check_accepted(payload)
    if payload.tag not in {f"{{{HL7}}}{one.accepted}" for one in INTERACTIONS_OF.values()}:
        raise SoapFault("Receiver", "the answer is not one of a registration")
    patient = "controlActProcess/subject/registrationEvent/subject1/patient"
    return status_of(need(payload, patient, code="Receiver"))
