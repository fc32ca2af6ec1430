"""TD0.2: does this patient have a shared record, and may the caller read it?

PRPA_IN201307UV02 asks, PRPA_IN201308UV02 answers. Source: spec dmp §2.2 (facts of the published
examples); the frame of the messages is that of HL7 v3 (MCCI_MT000100/300, QUQI_MT020001/120001).
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
ACTION: Final = f"{HL7}:PRPA_IN201307UV02"
RESPONSE_ACTION: Final = f"{HL7}:PRPA_IN201308UV02"
#: The DMP server as an HL7 v3 device.
DMP_SERVER: Final = "1.2.250.1.213.4.1.1.1"

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_INTERACTIONS: Final = "2.16.840.1.113883.1.6"
_REASONS: Final = "1.2.250.1.213.1.1.4.11"
_REASON: Final = "TEST_EXST"
_AUTHORISATION: Final = "1.2.250.1.213.4.1.2.6.1"
_AUTHORISATION_VALUES: Final = "1.2.250.1.213.4.1.2.6.2"
_MT: Final = "1.2.250.1.213.4.1.2.6.3"
_OBSERVATIONS: Final = "1.2.250.1.213.4.1.2.3"
#: What the DMP writes in place of a usual name that it does not know.
_UNKNOWN_NAME: Final = "NON RENSEIGNE"


class Authorisation(StrEnum):
    """The caller's right to read the record."""

    VALIDE = "VALIDE"
    EXPIRE = "EXPIRE"
    INTERDIT = "INTERDIT"  #: blocked by the patient
    NON_EXISTE = "NON_EXISTE"


RecordStatus = Literal["active", "terminated"]
_STATUSES: Final[dict[str, RecordStatus]] = {"active": "active", "terminated": "terminated"}
#: acknowledgementDetail by the status of the record.
_DETAILS: Final[dict[RecordStatus, str]] = {"active": "DMPFound", "terminated": "DMPClosed"}


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


@dataclass(frozen=True, slots=True)
class ExistenceQuery:
    """The question about the patient `ins`."""

    frame: Frame
    query_id: MessageId
    ins: Ins


@dataclass(frozen=True, slots=True)
class Traits:
    """Traits of the record's holder; a system that calls must not show them (REC_0.2-1020)."""

    birth_name: str
    given: str
    gender: str  #: M, F or UN
    birth_date: str  #: YYYYMMDD
    usual_name: str = ""
    prefix: str = ""  #: civilité


@dataclass(frozen=True, slots=True)
class Existence:
    """The answer: `status` is None when there is no record, and then nothing else is said of it."""

    status: RecordStatus | None
    authorisation: Authorisation = Authorisation.NON_EXISTE
    medecin_traitant: bool = False
    mes: bool = False  #: linked to Mon espace santé
    traits: Traits | None = None


class GdpRefused(Exception):  # noqa: N818 - the name says what happened
    """The DMP refuses to answer (acknowledgement AE or AR), with its `code` and its words."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


def read_query(payload: etree._Element) -> ExistenceQuery:
    """Read a question. Raises `SoapFault` (Sender) that says what is wrong."""
    control = _need(payload, "controlActProcess")
    if payload.tag != f"{{{HL7}}}PRPA_IN201307UV02":
        raise SoapFault("Sender", "a PRPA_IN201307UV02 is expected")
    reason = _need(control, "reasonCode")
    if (reason.get("code"), reason.get("codeSystem")) != (_REASON, _REASONS):
        raise SoapFault("Sender", f"the only reasonCode served here is {_REASON}")
    query = _need(control, "queryByParameter")
    values = query.findall(_path("parameterList/patientIdentifier/value"))
    if len(values) != 1:
        raise SoapFault("Sender", "exactly one patientIdentifier is expected")
    return ExistenceQuery(_frame(payload), _id(_need(query, "queryId")), _ins(values[0]))


def write_query(query: ExistenceQuery) -> bytes:
    """The question as PRPA_IN201307UV02."""
    return (
        f'<PRPA_IN201307UV02 xmlns="{HL7}" ITSVersion="XML_1.0">'
        f"{_head(query.frame, 'PRPA_IN201307UV02', 'D', 'AL')}"
        '<controlActProcess classCode="CACT" moodCode="EVN">'
        f'<code code="PRPA_TE201307UV02" codeSystem="{_INTERACTIONS}"/>'
        f'<reasonCode code="{_REASON}" codeSystem="{_REASONS}"/>{_parameters(query)}'
        "</controlActProcess></PRPA_IN201307UV02>"
    ).encode()


def write_answer(frame: Frame, query: ExistenceQuery, existence: Existence) -> bytes:
    """The answer to `query` as PRPA_IN201308UV02."""
    detail = _DETAILS[existence.status] if existence.status else ""
    lines = event = ""
    if existence.status is not None:
        lines = (
            _attention(
                "AUTORISATION",
                _AUTHORISATION,
                f'xsi:type="CV" code="{existence.authorisation}" '
                f'codeSystem="{_AUTHORISATION_VALUES}"',
            )
        ) + _attention("STATUT_MT", _MT, _boolean(existence.medecin_traitant))
        event = _event(query.ins, existence, existence.status)
    return _answer(
        frame,
        query,
        acknowledgement=_acknowledgement("AA", query, detail),
        lines=lines,
        event=event,
        response="OK" if existence.status else "NF",
    )


def write_refusal(frame: Frame, query: ExistenceQuery, *, code: str, reason: str) -> bytes:
    """The answer that refuses `query` with a code of the DMP (acknowledgement AE)."""
    return _answer(
        frame,
        query,
        acknowledgement=_acknowledgement("AE", query, code, reason),
        response="AE",
    )


def read_answer(payload: etree._Element) -> Existence:
    """Read an answer. Raises `GdpRefused` when the DMP refuses, `SoapFault` on nonsense."""
    if payload.tag != f"{{{HL7}}}PRPA_IN201308UV02":
        raise SoapFault("Receiver", "the answer is not a PRPA_IN201308UV02")
    acknowledgement = _need(payload, "acknowledgement", code="Receiver")
    if acknowledgement.get("typeCode") != "AA":
        detail = acknowledgement.find(_path("acknowledgementDetail"))
        raise GdpRefused(
            _attribute(detail, "code", "code") or "AE",
            "" if detail is None else (detail.findtext(_path("text")) or "").strip(),
        )
    patient = payload.find(_path("controlActProcess/subject/registrationEvent/subject1/patient"))
    if patient is None:
        return Existence(None)
    status = _STATUSES.get(_attribute(patient, "statusCode", "code"))
    values = {
        _attribute(line, "keyWordText", "code"): line.find(_path("value"))
        for line in payload.iterfind(_path("attentionLine"))
    }
    authorisation = values.get("AUTORISATION")
    granted = "" if authorisation is None else authorisation.get("code", "")
    if status is None or granted not in Authorisation.__members__:
        raise SoapFault("Receiver", "the answer gives a status or an authorisation that is unknown")
    observations = {
        _attribute(one, "code", "code"): one.find(_path("value"))
        for one in patient.iterfind(_path("subjectOf/administrativeObservation"))
    }
    return Existence(
        status=status,
        authorisation=Authorisation(granted),
        medecin_traitant=_is_true(values.get("STATUT_MT")),
        mes=_is_true(observations.get("RATTACHEMENT_ENS")),
        traits=_traits(patient.find(_path("patientPerson"))),
    )


# Writing


def _head(frame: Frame, interaction: str, processing: str, acknowledge: str) -> str:
    software = f"<softwareName>{escape(frame.software)}</softwareName>" if frame.software else ""
    return (
        f"{_instance('id', frame.message_id)}"
        f'<creationTime value="{escape(frame.created_at)}"/>'
        f'<interactionId root="{_INTERACTIONS}" extension="{interaction}"/>'
        f'<processingCode code="{processing}"/><processingModeCode code="T"/>'
        f'<acceptAckCode code="{acknowledge}"/>'
        f'<receiver typeCode="RCV">{_device(frame.receiver)}</device></receiver>'
        f'<sender typeCode="SND">{_device(frame.sender)}{software}</device></sender>'
    )


def _device(root: str) -> str:
    return f'<device classCode="DEV" determinerCode="INSTANCE"><id root="{escape(root)}"/>'


def _instance(tag: str, id_: MessageId) -> str:
    extension = f' extension="{escape(id_.extension)}"' if id_.extension else ""
    return f'<{tag} root="{escape(id_.root)}"{extension}/>'


def _parameters(query: ExistenceQuery) -> str:
    return (
        f"<queryByParameter>{_instance('queryId', query.query_id)}"
        '<statusCode code="new"/><parameterList><patientIdentifier>'
        f"{_instance('value', MessageId(query.ins.oid, query.ins.matricule))}"
        "<semanticsText>Patient.id</semanticsText></patientIdentifier></parameterList>"
        "</queryByParameter>"
    )


def _acknowledgement(type_: str, query: ExistenceQuery, code: str, text: str = "") -> str:
    detail = ""
    if code:
        words = f"<text>{escape(text)}</text>" if text else ""
        detail = (
            f'<acknowledgementDetail><code code="{escape(code)}"/>{words}</acknowledgementDetail>'
        )
    return (
        f'<acknowledgement typeCode="{type_}"><targetMessage>'
        f"{_instance('id', query.frame.message_id)}</targetMessage>{detail}</acknowledgement>"
    )


def _answer(
    frame: Frame,
    query: ExistenceQuery,
    *,
    acknowledgement: str,
    response: str,
    lines: str = "",
    event: str = "",
) -> bytes:
    return (
        f'<PRPA_IN201308UV02 xmlns="{HL7}" xmlns:xsi="{_XSI}" ITSVersion="XML_1.0">'
        f"{_head(frame, 'PRPA_IN201308UV02', 'P', 'NE')}{lines}{acknowledgement}"
        '<controlActProcess classCode="CACT" moodCode="EVN">'
        f'<code code="PRPA_TE201308UV02" codeSystem="{_INTERACTIONS}"/>'
        f'<reasonCode code="{_REASON}" codeSystem="{_REASONS}"/>{event}'
        f"<queryAck>{_instance('queryId', query.query_id)}"
        f'<queryResponseCode code="{response}"/></queryAck>{_parameters(query)}'
        "</controlActProcess></PRPA_IN201308UV02>"
    ).encode()


def _attention(key: str, system: str, value: str) -> str:
    return (
        f'<attentionLine><keyWordText code="{key}" codeSystem="{system}">{key}</keyWordText>'
        f"<value {value}/></attentionLine>"
    )


def _boolean(value: bool) -> str:
    return f'xsi:type="BL" value="{"true" if value else "false"}"'


def _event(ins: Ins, existence: Existence, status: RecordStatus) -> str:
    person = _person(existence.traits) if existence.traits else ""
    return (
        '<subject typeCode="SUBJ"><registrationEvent classCode="REG" moodCode="EVN">'
        '<id nullFlavor="NA"/><statusCode code="completed"/><subject1 typeCode="SBJ">'
        f'<patient classCode="PAT">{_instance("id", MessageId(ins.oid, ins.matricule))}'
        f'<statusCode code="{status}"/>{person}'
        '<subjectOf typeCode="SBJ"><administrativeObservation classCode="OBS" moodCode="EVN">'
        f'<code code="RATTACHEMENT_ENS" codeSystem="{_OBSERVATIONS}"/>'
        f"<value {_boolean(existence.mes)}/></administrativeObservation></subjectOf>"
        '</patient></subject1><custodian typeCode="CST"><assignedEntity classCode="ASSIGNED">'
        f'<id root="{DMP_SERVER}"/></assignedEntity></custodian></registrationEvent></subject>'
    )


def _person(traits: Traits) -> str:
    prefix = f"<prefix>{escape(traits.prefix)}</prefix>" if traits.prefix else ""
    return (
        '<patientPerson classCode="PSN" determinerCode="INSTANCE"><name>'
        f"{prefix}<given>{escape(traits.given)}</given>"
        f'<family qualifier="SP">{escape(traits.usual_name or _UNKNOWN_NAME)}</family>'
        f'<family qualifier="BR">{escape(traits.birth_name)}</family></name>'
        f'<administrativeGenderCode code="{escape(traits.gender)}"/>'
        f'<birthTime value="{escape(traits.birth_date)}"/></patientPerson>'
    )


# Reading


def _path(path: str) -> str:
    return "/".join(f"{{{HL7}}}{step}" for step in path.split("/"))


def _need(
    element: etree._Element, path: str, *, code: Literal["Sender", "Receiver"] = "Sender"
) -> etree._Element:
    found = element.find(_path(path))
    if found is None:
        raise SoapFault(code, f"the message has no {path}")
    return found


def _attribute(element: etree._Element | None, path: str, name: str) -> str:
    found = None if element is None else element.find(_path(path))
    return "" if found is None else found.get(name, "")


def _id(element: etree._Element) -> MessageId:
    root = element.get("root", "")
    if not root:
        raise SoapFault("Sender", "an identifier of the message has no root")
    return MessageId(root, element.get("extension", ""))


def _ins(value: etree._Element) -> Ins:
    try:
        return Ins(value.get("extension", ""), Oid(value.get("root", "")))
    except IdentifierError as error:
        raise SoapFault("Sender", f"patientIdentifier: {error}") from None


def _frame(payload: etree._Element) -> Frame:
    return Frame(
        message_id=_id(_need(payload, "id")),
        created_at=_attribute(payload, "creationTime", "value"),
        sender=_attribute(payload, "sender/device/id", "root"),
        receiver=_attribute(payload, "receiver/device/id", "root"),
        software=(payload.findtext(_path("sender/device/softwareName")) or "").strip(),
    )


def _is_true(value: etree._Element | None) -> bool:
    return value is not None and value.get("value", "") in ("true", "1")


def _traits(person: etree._Element | None) -> Traits | None:
    name = None if person is None else person.find(_path("name"))
    if name is None:
        return None
    families = {
        e.get("qualifier", ""): (e.text or "").strip() for e in name.iterfind(_path("family"))
    }
    usual = families.get("SP", "")
    return Traits(
        birth_name=families.get("BR", ""),
        given=(name.findtext(_path("given")) or "").strip(),
        gender=_attribute(person, "administrativeGenderCode", "code"),
        birth_date=_attribute(person, "birthTime", "value"),
        usual_name="" if usual == _UNKNOWN_NAME else usual,
        prefix=(name.findtext(_path("prefix")) or "").strip(),
    )
