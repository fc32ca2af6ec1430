"""MDM and ORU messages that carry a CDA or a PDF to send (volet CDA-HL7 2.1; spec identity §5.8).

MDM^T02, T10 and T04 (HL7 2.6) and ORU^R01 (2.5) say the same things in two ways; so do the editions
1.x and 2.0 of the volet, which named flags otherwise and had no action in ORC-1. All are read into
one `DocumentEvent`. Combinations that would leak are refused (spec mssante §7).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from carnet.standards import nos
from carnet.standards.hl7v2.content import Carried, read_body, read_documents
from carnet.standards.hl7v2.er7 import Message
from carnet.standards.hl7v2.errors import (
    Business,
    Condition,
    Hl7Error,
    Hl7Errors,
    Problem,
    Severity,
    erl,
)
from carnet.standards.hl7v2.flags import read_flags
from carnet.standards.hl7v2.header import Header, header_of
from carnet.standards.hl7v2.messages import Action, DocumentEvent, PatientIdentity
from carnet.standards.hl7v2.parties import read_author, read_parties
from carnet.standards.hl7v2.patient import InsReading, known, local_id, read_patient
from carnet.standards.hl7v2.rules import DOCUMENT, check
from carnet.standards.ids import INS_OIDS, Oid

#: What each event says of the action; ORU says nothing there.
EVENTS: Final[Mapping[tuple[str, str], Action | None]] = MappingProxyType(
    {
        ("MDM", "T02"): Action.NEW,
        ("MDM", "T10"): Action.REPLACE,
        ("MDM", "T04"): Action.DELETE,
        ("ORU", "R01"): None,
    }
)
#: What ORC-1 says of it, since 2.1.
ORDERS: Final[Mapping[str, Action]] = MappingProxyType(
    {"NW": Action.NEW, "RO": Action.REPLACE, "CA": Action.DELETE}
)
#: How many documents a message may carry (N1 and N3 in an ORU).
_MOST: Final[Mapping[str, int]] = MappingProxyType({"MDM": 1, "ORU": 2})

_EDITION: Final = re.compile(r"([0-9]+)\.([0-9]+)")
_CURRENT: Final = (2, 1)


def read_document(
    message: Message, *, ins_oids: frozenset[Oid] = INS_OIDS, strict_matrix: bool = False
) -> DocumentEvent:
    """What a document message says. Raises `Hl7Error` (`Hl7Errors` with every problem found).

    `ins_oids` are the OIDs under which an INS is taken here. `strict_matrix` also refuses what is
    not in the guide's table of combinations.
    """
    header = header_of(message)
    _check_kind(header)
    current = _edition(header) >= _CURRENT
    problems = check(message, DOCUMENT, header.trigger)
    patient, reading = read_patient(message, problems, ins_oids=ins_oids)
    _check_identified(patient, reading, problems)
    carried = read_documents(message, problems)
    _check_count(header, carried, problems)
    action = _action(message, header, carried, problems, current=current)
    flags = read_flags(message, problems, strict_matrix=strict_matrix)
    type_code, type_display, type_system = _type(message, carried, problems, current=current)
    parties = read_parties(message, flags, patient.ins, problems)
    bodies = [read_body(message, name, problems) for name in ("CORPSMAIL_PS", "CORPSMAIL_PATIENT")]
    errors = tuple(p for p in problems if p.severity is Severity.ERROR)
    if errors:
        raise Hl7Errors(errors)
    pv1 = message.first("PV1")
    return DocumentEvent(
        trigger=header.trigger,
        control_id=header.control_id,
        action=action,
        patient=patient,
        documents=tuple(found.document for found in carried),
        type_code=type_code,
        type_display=type_display,
        type_system=type_system,
        flags=flags,
        document_id=_document_id(message, 12),
        parent_id=_document_id(message, 13),
        title=message.get("TXA-25"),
        activity_time=message.get("TXA-4") or message.get("OBR-7") or message.get("EVN-2"),
        patient_class=message.get("PV1-2"),
        visit=local_id(pv1.field(19), "VN") if pv1 and known(pv1.text(19)) else None,
        admitted_at=known(message.get("PV1-44")),
        discharged_at=known(message.get("PV1-45")),
        sender=parties.sender,
        recipients=parties.recipients,
        reply_to=parties.reply_to,
        body_for_professionals=bodies[0],
        body_for_patient=bodies[1],
        warnings=tuple(p for p in problems if p.severity is Severity.WARNING),
        author=read_author(message),
    )


def _check_kind(header: Header) -> None:
    if header.code not in _MOST:
        raise Hl7Error(
            Condition.UNSUPPORTED_MESSAGE_TYPE,
            erl("MSH", 9),
            "Ce message n’est ni un MDM ni un ORU : l’envoyer au service qui traite ce type de "
            "message.",
        )
    if (header.code, header.trigger) not in EVENTS:
        raise Hl7Error(
            Condition.UNSUPPORTED_EVENT,
            erl("MSH", 9, part=2),
            "Évènement non pris en charge : utiliser MDM T02, T10, T04 ou ORU R01.",
        )
    if header.profile[1:2] and header.profile[1].strip() == "CISIS_CDA_HL7_LPS":
        raise Hl7Error(
            Condition.UNSUPPORTED_MESSAGE_TYPE,
            erl("MSH", 21),
            "Ce message va d’une PFI vers un logiciel (profil LPS) : l’envoyer au logiciel de "
            "l’établissement.",
        )


def _edition(header: Header) -> tuple[int, int]:
    """The edition of the volet (MSH-21.1); the current one when it cannot be read."""
    found = _EDITION.match(header.profile[0].strip())
    return (int(found[1]), int(found[2])) if found else _CURRENT


def _check_identified(
    patient: PatientIdentity, reading: InsReading, problems: list[Problem]
) -> None:
    """A document must name somebody: a local identifier, or an INS that may be trusted."""
    if patient.local_ids or patient.ins:
        return
    if reading.refused:
        problems.append(
            Problem(
                Condition.APPLICATION,
                erl("PID", 3),
                "Le patient n’est désigné que par un INS qui ne peut pas être retenu "
                f"({reading.refused}) : corriger l’identité ou ajouter l’IPP.",
                reading.business,
            )
        )
    else:
        problems.append(
            Problem(
                Condition.APPLICATION,
                erl("PID", 3),
                "PID-3 ne désigne aucun patient : ajouter l’IPP, et l’INS si l’identité est "
                "qualifiée.",
                Business.INS_ABSENT,
            )
        )


def _check_count(header: Header, carried: tuple[Carried, ...], problems: list[Problem]) -> None:
    if not 1 <= len(carried) <= _MOST[header.code]:
        problems.append(
            Problem(
                Condition.CARDINALITY,
                erl("OBX"),
                f"Le message porte {len(carried)} document(s) : un MDM en porte un, un ORU un ou "
                "deux.",
            )
        )


def _action(
    message: Message,
    header: Header,
    carried: tuple[Carried, ...],
    problems: list[Problem],
    *,
    current: bool,
) -> Action:
    """The action, on which event, ORC-1 and OBX-11 must agree."""
    told = {found.action for found in carried if found.action}
    if event := EVENTS[header.code, header.trigger]:
        told.add(event)
    if current:
        told |= _orders(message, problems)
    if len(told) > 1:
        problems.append(
            Problem(
                Condition.APPLICATION,
                erl("OBX", 11),
                "L’évènement, ORC-1 et OBX-11 ne disent pas la même action (nouveau : T02, NW, F ; "
                "remplacement : T10, RO, C ; suppression : T04, CA, D) : les accorder.",
                Business.OTHER,
            )
        )
    return next(iter(told), Action.NEW)


def _orders(message: Message, problems: list[Problem]) -> set[Action]:
    told = set()
    segments = tuple(message.all("ORC"))
    if not segments:
        problems.append(
            Problem(
                Condition.SEGMENT_SEQUENCE,
                erl("ORC"),
                "Le segment ORC manque : l’ajouter avec l’action en ORC-1 (NW, RO ou CA).",
            )
        )
    for rank, orc in enumerate(segments, start=1):
        if action := ORDERS.get(orc.text(1)):
            told.add(action)
        else:
            problems.append(
                Problem(
                    Condition.TABLE_VALUE_NOT_FOUND,
                    erl("ORC", 1, rank=rank),
                    "ORC-1 doit valoir NW (nouveau), RO (remplacement) ou CA (suppression).",
                )
            )
    return told


def _type(
    message: Message,
    carried: tuple[Carried, ...],
    problems: list[Problem],
    *,
    current: bool,
) -> tuple[str, str, str]:
    """Code, label and system of the document: OBX-3, with which TXA-2 and OBR-4 must agree."""
    if not carried:
        return "", "", ""
    first = carried[0].document
    others = {found.document.code for found in carried}
    if current:
        others |= {code for path in ("TXA-2", "OBR-4") if (code := message.get(path))}
    if others != {first.code}:
        problems.append(
            Problem(
                Condition.APPLICATION,
                erl("OBX", 3, rank=carried[0].rank),
                "Le type du document n’est pas le même en OBX-3, OBR-4 et TXA-2 : les accorder.",
                Business.OTHER,
            )
        )
    try:
        known_type = nos.document_type(first.code)
    except nos.UnknownCode:
        problems.append(
            Problem(
                Condition.TABLE_VALUE_NOT_FOUND,
                erl("OBX", 3, rank=carried[0].rank),
                "Le type du document n’est pas un code de JDV_J07-XdsTypeCode-CISIS : corriger "
                "OBX-3.1.",
            )
        )
        return first.code, first.display, first.system
    return first.code, first.display or known_type.display, first.system


def _document_id(message: Message, field: int) -> str:
    """TXA-12 or TXA-13 as an XDS uniqueId: the OID, or `root^extension`.

    The volet writes `ext^^root^ISO` when there is an extension; the DMP does not take such ids.
    """
    txa = message.first("TXA")
    if txa is None:
        return ""
    value, root = known(txa.text(field, 1)), txa.text(field, 3)
    return f"{root}^{value}" if root and value else value
