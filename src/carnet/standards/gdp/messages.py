"""What all messages of GDP have: identifiers, the transmission wrapper, the acknowledgement.

Source: spec dmp §2.2 (facts of the published examples); the frame of the messages is that of
HL7 v3 (MCCI_MT000100/300, QUQI_MT020001/120001).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from lxml import etree

from carnet.standards.ids import IdentifierError, Ins, Oid
from carnet.standards.soap.envelope import SoapFault
from carnet.standards.xml import escape

HL7: Final = "urn:hl7-org:v3"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
#: The DMP server as an HL7 v3 device.
DMP_SERVER: Final = "1.2.250.1.213.4.1.1.1"
#: Root of the identifiers of interactions and of trigger events.
INTERACTIONS: Final = "2.16.840.1.113883.1.6"

_REASONS: Final = "1.2.250.1.213.1.1.4.11"


class Reason(StrEnum):
    """Why a message is sent (reasonCode): what the DMP does of it."""

    TEST_EXST = "TEST_EXST"  #: TD0.2
    CNSLT_DATA = "CNSLT_DATA"  #: TD1.3a
    CREA_RD = "CREA_RD"  #: TD1.1, no longer done
    REAC = "REAC"  #: TD1.2
    MODIF_DATA = "MODIF_DATA"  #: TD1.3b
    FERM = "FERM"  #: TD1.4


RecordStatus = Literal["active", "terminated"]
_STATUSES: Final[dict[str, RecordStatus]] = {"active": "active", "terminated": "terminated"}
#: acknowledgementDetail by the status of the record.
DETAILS: Final[dict[RecordStatus, str]] = {"active": "DMPFound", "terminated": "DMPClosed"}


@dataclass(frozen=True, slots=True)
class MessageId:
    """An HL7 v3 instance identifier: `root` (OID) and `extension`."""

    root: str
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds any message. `created_at` is YYYYMMDDhhmmss; sender and receiver are OIDs."""

    message_id: MessageId
    created_at: str
    sender: str
    receiver: str = DMP_SERVER
    software: str = ""


class GdpRefused(Exception):  # noqa: N818 - the name says what happened
    """The DMP refuses to answer (acknowledgement AE or AR), with its `code` and its words."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


# Writing


def opened(interaction: str, frame: Frame, *, query: bool) -> str:
    """The start of a message: a question (`query`) or an answer, up to what is its own."""
    processing, acknowledge = ("D", "AL") if query else ("P", "NE")
    software = f"<softwareName>{escape(frame.software)}</softwareName>" if frame.software else ""
    return (
        f'<{interaction} xmlns="{HL7}" xmlns:xsi="{XSI}" ITSVersion="XML_1.0">'
        f"{instance('id', frame.message_id)}"
        f'<creationTime value="{escape(frame.created_at)}"/>'
        f'<interactionId root="{INTERACTIONS}" extension="{interaction}"/>'
        f'<processingCode code="{processing}"/><processingModeCode code="T"/>'
        f'<acceptAckCode code="{acknowledge}"/>'
        f'<receiver typeCode="RCV">{_device(frame.receiver)}</device></receiver>'
        f'<sender typeCode="SND">{_device(frame.sender)}{software}</device></sender>'
    )


def control_act(interaction: str, content: str, reason: Reason | None = None) -> str:
    """The controlActProcess, which ends the message; its code is the trigger event."""
    trigger = interaction.replace("_IN", "_TE")
    why = f'<reasonCode code="{reason}" codeSystem="{_REASONS}"/>' if reason else ""
    return (
        '<controlActProcess classCode="CACT" moodCode="EVN">'
        f'<code code="{trigger}" codeSystem="{INTERACTIONS}"/>{why}{content}'
        f"</controlActProcess></{interaction}>"
    )


def acknowledgement(type_: str, target: MessageId, code: str, text: str = "") -> str:
    """The acknowledgement of the message `target`: AA, AE or AR, with a code of the DMP if any."""
    detail = ""
    if code:
        words = f"<text>{escape(text)}</text>" if text else ""
        detail = (
            f'<acknowledgementDetail><code code="{escape(code)}"/>{words}</acknowledgementDetail>'
        )
    return (
        f'<acknowledgement typeCode="{type_}"><targetMessage>'
        f"{instance('id', target)}</targetMessage>{detail}</acknowledgement>"
    )


def instance(tag: str, id_: MessageId) -> str:
    """An element that is an instance identifier."""
    extension = f' extension="{escape(id_.extension)}"' if id_.extension else ""
    return f'<{tag} root="{escape(id_.root)}"{extension}/>'


def patient_id(tag: str, ins: Ins) -> str:
    """An element that is the INS of a patient."""
    return instance(tag, MessageId(ins.oid, ins.matricule))


def boolean(value: bool) -> str:
    """The attributes of a value of type BL."""
    return f'xsi:type="BL" value="{"true" if value else "false"}"'


def _device(root: str) -> str:
    return f'<device classCode="DEV" determinerCode="INSTANCE"><id root="{escape(root)}"/>'


# Reading


def path(path: str) -> str:
    """`a/b` as lxml finds it in the namespace of HL7 v3."""
    return "/".join(f"{{{HL7}}}{step}" for step in path.split("/"))


def need(
    element: etree._Element, steps: str, *, code: Literal["Sender", "Receiver"] = "Sender"
) -> etree._Element:
    """The element at `steps`. Raises `SoapFault` when there is none."""
    found = element.find(path(steps))
    if found is None:
        raise SoapFault(code, f"the message has no {steps}")
    return found


def attribute(element: etree._Element | None, steps: str, name: str) -> str:
    """The attribute `name` at `steps`, or an empty text."""
    found = None if element is None else element.find(path(steps))
    return "" if found is None else found.get(name, "")


def text(element: etree._Element | None, steps: str) -> str:
    """The text at `steps` without space around, or an empty text."""
    return "" if element is None else (element.findtext(path(steps)) or "").strip()


def is_true(value: etree._Element | None) -> bool:
    """Whether an element of type BL says so."""
    return value is not None and value.get("value", "") in ("true", "1")


def read_id(element: etree._Element) -> MessageId:
    """An instance identifier. Raises `SoapFault` without root."""
    root = element.get("root", "")
    if not root:
        raise SoapFault("Sender", "an identifier of the message has no root")
    return MessageId(root, element.get("extension", ""))


def read_ins(element: etree._Element) -> Ins:
    """The INS of a patient. Raises `SoapFault` that never repeats it."""
    try:
        return Ins(element.get("extension", ""), Oid(element.get("root", "")))
    except IdentifierError as error:
        raise SoapFault("Sender", f"{etree.QName(element).localname}: {error}") from None


def read_frame(payload: etree._Element) -> Frame:
    """The transmission wrapper of a message. Raises `SoapFault` without id."""
    return Frame(
        message_id=read_id(need(payload, "id")),
        created_at=attribute(payload, "creationTime", "value"),
        sender=attribute(payload, "sender/device/id", "root"),
        receiver=attribute(payload, "receiver/device/id", "root"),
        software=text(payload, "sender/device/softwareName"),
    )


def reason_of(payload: etree._Element) -> Reason:
    """Why the message is sent. Raises `SoapFault` when it says none that the DMP has."""
    reason = need(need(payload, "controlActProcess"), "reasonCode")
    code = reason.get("code", "")
    if code not in Reason.__members__ or reason.get("codeSystem") != _REASONS:
        raise SoapFault("Sender", "the reasonCode is not one of the DMP")
    return Reason(code)


def status_of(patient: etree._Element) -> RecordStatus:
    """The status of the record. Raises `SoapFault` (Receiver) when it is none of the two."""
    status = _STATUSES.get(attribute(patient, "statusCode", "code"))
    if status is None:
        raise SoapFault("Receiver", "the answer gives a status that is unknown")
    return status


def check_accepted(payload: etree._Element) -> None:
    """Raises `GdpRefused` unless the acknowledgement is AA, `SoapFault` when there is none."""
    found = need(payload, "acknowledgement", code="Receiver")
    if found.get("typeCode") != "AA":
        detail = found.find(path("acknowledgementDetail"))
        raise GdpRefused(attribute(detail, "code", "code") or "AE", text(detail, "text"))
