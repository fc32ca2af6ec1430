"""Writers: the messages of a hospital, from the same dataclasses that the readers give.

For the demonstration, the journeys and the tests: what is written here reads back the same. What an
event does not hold (the wing of the ward, a phone's kind) is left out or written plainly.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from carnet.standards.hl7v2.documents import EVENTS, ORDERS
from carnet.standards.hl7v2.er7 import (
    NULL,
    STANDARD,
    Components,
    Message,
    Segment,
    Value,
    segment,
    write,
)
from carnet.standards.hl7v2.messages import (
    Action,
    AdtEvent,
    CarriedDocument,
    DocumentEvent,
    LocalId,
    Movement,
    Party,
    PatientIdentity,
)
from carnet.standards.ids import INS_NIA, INS_NIR, PS_AUTHORITY, STRUCT_AUTHORITY, Ins

#: MSH-9.3 of each trigger (IHE PAM).
_STRUCTURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "A01": "ADT_A01",
        "A02": "ADT_A02",
        "A03": "ADT_A03",
        "A04": "ADT_A01",
        "A05": "ADT_A05",
        "A11": "ADT_A09",
        "A12": "ADT_A12",
        "A13": "ADT_A01",
        "A28": "ADT_A05",
        "A31": "ADT_A05",
        "A40": "ADT_A39",
        "A47": "ADT_A30",
        "Z99": "ADT_A01",
    }
)
_TRIGGERS: Final = {action: trigger for (code, trigger), action in EVENTS.items() if code == "MDM"}
_ORDERS: Final = {action: order for order, action in ORDERS.items()}
_MEDIA: Final[Mapping[str, str]] = MappingProxyType({"text/xml": "XML", "application/pdf": "PDF"})
_OID: Final = re.compile(r"[0-2](\.[0-9]+)+")
_FINESS: Final = re.compile(r"[0-9][0-9A-Z][0-9]{7}")

_FLAGS: Final = (
    ("MASQUE_PS", "Masqué aux professionnels de Santé", "masked_to_professionals"),
    ("INVISIBLE_PATIENT", "Document Non Visible par le patient", "hidden_from_patient"),
    (
        "INVISIBLE_REP_LEGAUX",
        "Non visible par les représentants Légaux du patient",
        "hidden_from_representatives",
    ),
    ("CONNEXION_SECRETE", "Connexion Secrete", "secret_connection"),
    ("MODIF_CONF_CODE", "Modification Confidentiality Code", "visibility_changed"),
    ("DESTDMP", "Destinataire DMP", "to_record"),
    (
        "DESTMSSANTEPS",
        "Destinataire (Professionnel de Santé, organisation ou BAL applicative)",
        "to_professionals",
    ),
    ("DESTMSSANTEPAT", "Destinataire Patient", "to_patient"),
    ("ACK_RECEPTION", "Accusé de réception", "ack_reception"),
    ("ACK_LECTURE_MSS", "Accusé de lecture", "ack_reading"),
)
_BODIES: Final = (
    ("CORPSMAIL_PS", "Corps du mail pour un PS", "body_for_professionals"),
    ("CORPSMAIL_PATIENT", "Corps du mail pour le patient", "body_for_patient"),
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends to whom, and when: MSH-3 to MSH-7, MSH-11, MSH-18. `at` is an HL7 time stamp."""

    sending_application: str
    sending_facility: str
    receiving_application: str
    receiving_facility: str
    at: str
    processing: str = "P"
    charset: str = "UNICODE UTF-8"


def adt(event: AdtEvent, envelope: Envelope) -> bytes:
    """The ADT message of an event. Raises `KeyError` for a trigger that is not handled."""
    patient_class = event.patient_class
    if event.trigger in ("A28", "A31"):
        patient_class = patient_class or "N"
    segments = [
        _msh(
            envelope,
            event.control_id,
            ("ADT", event.trigger, _STRUCTURES[event.trigger]),
            ("2.5", "FRA", "2.11"),
            ("2.11", "IHE_FRANCE-2.11-PAM"),
        ),
        segment("EVN", {2: event.recorded_at}),
        _pid(event.patient, removes_ins=event.removes_ins),
    ]
    if event.prior_ids or event.prior_ins:
        segments.append(
            segment("MRG", {1: [*map(_cx, event.prior_ids), *_ins_cx(event.prior_ins)]})
        )
    if patient_class or event.visit:
        unit = event.movement.medical_unit if event.movement else ""
        segments.append(_pv1(patient_class, unit, event.visit))
    if event.movement:
        segments.append(_zbe(event.movement))
    if event.wishes:
        segments.append(
            segment(
                "ZFA",
                {
                    9: event.wishes.feeding.value,
                    10: event.recorded_at,
                    11: event.wishes.consultation.value,
                    12: event.recorded_at,
                },
            )
        )
    if event.evidence and event.trigger in ("A28", "A31"):
        said = event.evidence
        segments.append(
            segment(
                "ZFD", {5: said.obtained, 6: said.insi_at, 7: said.document, 8: said.document_ends}
            )
        )
    return _written(segments, envelope)


def mdm(event: DocumentEvent, envelope: Envelope) -> bytes:
    """The MDM message of an event: T02, T10 or T04 by its action."""
    trigger = _TRIGGERS[event.action]
    author = _xcn(event.author) if event.author else ""
    segments = [
        _msh(
            envelope,
            event.control_id,
            ("MDM", trigger, "MDM_T02"),
            ("2.6",),
            ("2.1", "CISIS_CDA_HL7_V2"),
        ),
        segment("EVN", {2: envelope.at}),
        _pid(event.patient),
        _pv1(event.patient_class, "", event.visit, event.admitted_at, event.discharged_at),
        segment("ORC", {1: _ORDERS[event.action]}),
        segment("OBR", {1: "1", 4: _type(event)}),
        segment(
            "TXA",
            {
                1: "1",
                2: event.type_code,
                3: "TEXT",
                4: event.activity_time,
                9: author,
                12: _ei(event.document_id),
                13: _ei(event.parent_id),
                17: "AU",
                25: event.title,
            },
        ),
        *_observations(event, "CWE", "text"),
    ]
    return _written(segments, envelope)


def oru(event: DocumentEvent, envelope: Envelope) -> bytes:
    """The ORU^R01 message of an event; it has no place for ids and title, which the CDA tells."""
    segments = [
        _msh(
            envelope,
            event.control_id,
            ("ORU", "R01", "ORU_R01"),
            ("2.5",),
            ("2.1", "CISIS_CDA_HL7_V2"),
        ),
        _pid(event.patient),
        _pv1(event.patient_class, "", event.visit, event.admitted_at, event.discharged_at),
        segment("ORC", {1: _ORDERS[event.action]}),
        segment(
            "OBR",
            {
                1: "1",
                4: _type(event),
                7: event.activity_time,
                16: _xcn(event.author) if event.author else "",
            },
        ),
        *_observations(event, "CE", "TEXT"),
    ]
    return _written(segments, envelope)


def _written(segments: list[Segment], envelope: Envelope) -> bytes:
    return write(Message(tuple(segments), STANDARD, envelope.charset))


def _msh(
    envelope: Envelope, control_id: str, kind: Components, version: Components, profile: Components
) -> Segment:
    return segment(
        "MSH",
        {
            3: envelope.sending_application,
            4: envelope.sending_facility,
            5: envelope.receiving_application,
            6: envelope.receiving_facility,
            7: envelope.at,
            9: kind,
            10: control_id,
            11: envelope.processing,
            12: version,
            17: "FRA",
            18: envelope.charset,
            21: profile,
        },
    )


def _pid(patient: PatientIdentity, *, removes_ins: bool = False) -> Segment:
    ins = _ins_cx(patient.ins)
    if removes_ins:
        ins = [(NULL, "", "", ("ASIP-SANTE-INS-NIR", INS_NIR, "ISO"), "INS")]
    birth = (patient.birth_name, patient.first_given_name, patient.given_names, "", "", "", "L")
    used = (patient.used_name, patient.used_given_name, "", "", "", "", "D")
    place = ("", "", "", "", "", "", "BDL", "", patient.birth_place)
    home = (patient.address, "", "", "", "", "", "H")
    return segment(
        "PID",
        {
            1: "1",
            3: [*map(_cx, patient.local_ids), *ins],
            5: [birth, *([used] if patient.used_name or patient.used_given_name else [])],
            7: patient.birth_date,
            8: patient.sex,
            11: [*([home] if patient.address else []), *([place] if patient.birth_place else [])],
            13: [("", "PRN", "PH", *[""] * 8, phone) for phone in patient.phones],
            18: _cx(patient.account) if patient.account else "",
            30: "Y" if patient.deceased else "N",
            32: list(patient.reliability),
        },
    )


def _pv1(
    patient_class: str,
    unit: str,
    visit: LocalId | None,
    admitted_at: str = "",
    discharged_at: str = "",
) -> Segment:
    fields: dict[int, Value] = {1: "1", 2: patient_class, 3: unit}
    if visit:
        fields[19] = _cx(visit)
    if admitted_at or discharged_at:
        fields |= {44: admitted_at, 45: discharged_at}
    return segment("PV1", fields)


def _zbe(movement: Movement) -> Segment:
    def unit(code: str) -> Value:
        return ("", "", "", "", "", "", "UF", "", "", code) if code else ""

    return segment(
        "ZBE",
        {
            1: [(given.value, given.authority, given.authority_id) for given in movement.ids],
            2: movement.at,
            4: movement.action,
            5: "Y" if movement.historic else "N",
            6: movement.original_event,
            7: unit(movement.medical_unit),
            8: unit(movement.nursing_unit),
            9: movement.nature,
        },
    )


def _cx(given: LocalId) -> Components:
    kind = ""
    if given.authority_id:
        kind = "ISO" if _OID.fullmatch(given.authority_id) else "L"
        kind = "N" if _FINESS.fullmatch(given.authority_id) else kind
    return (given.value, "", "", (given.authority, given.authority_id, kind), given.type)


def _ins_cx(ins: Ins | None) -> list[Components]:
    if ins is None:
        return []
    name = "ASIP-SANTE-INS-NIA" if ins.oid == INS_NIA else "ASIP-SANTE-INS-NIR"
    return [(ins.matricule, "", "", (name, ins.oid, "ISO"), "INS")]


def _type(event: DocumentEvent) -> Components:
    return (event.type_code, event.type_display, event.type_system)


def _ei(unique_id: str) -> Value:
    root, separator, extension = unique_id.partition("^")
    return (extension, "", root, "ISO") if separator else root


def _xcn(party: Party) -> Components:
    if not party.person_id_type:
        return (party.person_id, party.family, party.given)
    authority = ("ASIP-SANTE-PS", PS_AUTHORITY, "ISO")
    if party.person_id_type == "INS":
        authority = ("ASIP-SANTE-INS-NIR", INS_NIR, "ISO")
    name = (party.person_id, party.family, party.given, "", "", "", "", "", authority)
    return (*name, "D", "", "", party.person_id_type)


def _observations(event: DocumentEvent, coded: str, text: str) -> Iterator[Segment]:
    rank = 0
    for document in event.documents:
        rank += 1
        yield _document(document, event.action, rank, text)
        if rank == 1:
            yield from _parties(event)
    for code, label, attribute in _FLAGS:
        rank += 1
        answer = "Y" if getattr(event.flags, attribute) else "N"
        yield _observation(
            rank, coded, (code, label, "MetaDMPMSS"), (answer, "", "expandedYes-NoIndicator")
        )
        if code == "DESTMSSANTEPAT" and event.flags.patient_may_not_reply:
            yield segment("NTE", {1: "1", 4: "FIN"})
    for code, label, attribute in _BODIES:
        if body := getattr(event, attribute):
            rank += 1
            encoded = base64.b64encode(body.encode()).decode()
            yield _observation(
                rank, "ED", (code, label, "MetaDMPMSS"), ("", text, "", "Base64", encoded)
            )


def _observation(
    rank: int, kind: str, name: Components, value: Components, action: Action = Action.NEW
) -> Segment:
    return segment("OBX", {1: str(rank), 2: kind, 3: name, 5: value, 11: action.value})


def _document(document: CarriedDocument, action: Action, rank: int, text: str) -> Segment:
    subtype = _MEDIA[document.media_type]
    encoded = base64.b64encode(document.data).decode()
    return _observation(
        rank,
        "ED",
        (document.code, document.display, document.system),
        ("", text if subtype == "XML" else "application", subtype, "Base64", encoded),
        action,
    )


def _parties(event: DocumentEvent) -> Iterator[Segment]:
    roles = [
        *([("SB", "Send by", event.sender)] if event.sender else []),
        *(("RCT", "Result Copies To", recipient) for recipient in event.recipients),
        *([("REPLY", "Reply To", event.reply_to)] if event.reply_to else []),
    ]
    for code, label, party in roles:
        fields: dict[int, Value] = {2: "UC", 4: (code, label, "participation")}
        if party.person_id or party.family:
            fields[5] = _xcn(party)
        if party.structure_id or party.structure_name:
            authority = ("ASIP-SANTE-ST", STRUCT_AUTHORITY, "ISO")
            name = (party.structure_name, "", "", "", "", authority, party.structure_id_type)
            fields[8] = (*name, "", "", party.structure_id)
        fields[10] = party.device_id
        if party.mail:
            fields[15] = ("", "", "X.400", party.mail)
        yield segment("PRT", fields)
