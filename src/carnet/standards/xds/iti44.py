"""ITI-44 Patient Identity Feed HL7 V3: an identity source tells which patients there are.

A registry keeps the identifier and nothing else of the message. Source: ITI TF-2, 3.44.4.1.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from carnet.standards.gdp.messages import (
    HL7,
    INTERACTIONS,
    MessageId,
    instance,
    need,
    path,
    read_frame,
)
from carnet.standards.ids import IdentifierError, Oid, PatientId
from carnet.standards.soap.envelope import SoapFault
from carnet.standards.xml import escape

#: A patient is added, or what is known of one changes: the identifier is there in both.
ADDED: Final = "PRPA_IN201301UV02"
REVISED: Final = "PRPA_IN201302UV02"
ACKNOWLEDGED: Final = "MCCI_IN000002UV01"

_PATIENT: Final = path("controlActProcess/subject/registrationEvent/subject1/patient")


def action(interaction: str) -> str:
    """The wsa:Action of an interaction."""
    return f"{HL7}:{interaction}"


def read(payload: etree._Element) -> tuple[PatientId, ...]:
    """The identifiers of the patient, at least one. Raises `SoapFault` that never repeats one."""
    patient = payload.find(_PATIENT)
    if etree.QName(payload).localname not in (ADDED, REVISED) or patient is None:
        raise SoapFault("Sender", "a patient that is added or revised is expected")
    need(patient, "id")
    try:
        return tuple(
            PatientId(each.get("extension", ""), Oid(each.get("root", "")))
            for each in patient.iterfind(path("id"))
        )
    except IdentifierError as error:
        raise SoapFault("Sender", f"patient/id: {error}") from None


def acknowledge(
    payload: etree._Element, *, message_id: MessageId, created_at: str, refusal: str = ""
) -> bytes:
    """The acknowledgement of the message: accepted (CA), or refused (CE) with its words."""
    frame = read_frame(payload)
    detail = (
        f'<acknowledgementDetail typeCode="E"><text>{escape(refusal)}</text>'
        "</acknowledgementDetail>"
        if refusal
        else ""
    )
    return (
        f'<{ACKNOWLEDGED} xmlns="{HL7}" ITSVersion="XML_1.0">{instance("id", message_id)}'
        f'<creationTime value="{escape(created_at)}"/>'
        f'<interactionId root="{INTERACTIONS}" extension="{ACKNOWLEDGED}"/>'
        '<processingCode code="P"/><processingModeCode code="T"/><acceptAckCode code="NE"/>'
        f'<receiver typeCode="RCV">{_device(frame.sender)}</receiver>'
        f'<sender typeCode="SND">{_device(frame.receiver)}</sender>'
        f'<acknowledgement><typeCode code="{"CE" if refusal else "CA"}"/>'
        f"<targetMessage>{instance('id', frame.message_id)}</targetMessage>{detail}"
        f"</acknowledgement></{ACKNOWLEDGED}>"
    ).encode()


def _device(root: str) -> str:
    return f'<device classCode="DEV" determinerCode="INSTANCE"><id root="{escape(root)}"/></device>'
