"""ADT messages of IHE PAM France 2.11: identity feed (ITI-30) and encounters (ITI-31).

Handled: A01 A02 A03 A04 A05 A11 A12 A13 Z99 and A28 A31 A40 A47. Any other trigger is ignored, as
the profile asks of receivers, but A08, which the profile excludes: it is refused, so that a sender
who relies on it learns that its updates go nowhere. Source: spec identity §5.1 to §5.7.
"""

from __future__ import annotations

from typing import Final

from carnet.standards.hl7v2.er7 import NULL, Message, Segment
from carnet.standards.hl7v2.errors import (
    Business,
    Condition,
    Hl7Error,
    Hl7Errors,
    Problem,
    Severity,
    erl,
)
from carnet.standards.hl7v2.header import header_of
from carnet.standards.hl7v2.messages import (
    AdtEvent,
    Consultation,
    Feeding,
    Ignored,
    LocalId,
    Movement,
    PatientIdentity,
    Wishes,
)
from carnet.standards.hl7v2.patient import ins_parts, known, local_id, local_ids, read_patient
from carnet.standards.hl7v2.rules import ADT, IDENTITIES, MERGES, MOVEMENTS, check
from carnet.standards.ids import INS_OIDS, IdentifierError, Ins, Oid

#: Trigger events that are read.
HANDLED: Final = frozenset(MOVEMENTS) | IDENTITIES

_ZBE_ACTIONS: Final = frozenset(MOVEMENTS.values())


def read_adt(message: Message, *, ins_oids: frozenset[Oid] = INS_OIDS) -> AdtEvent | Ignored:
    """What an ADT message says. Raises `Hl7Error` (`Hl7Errors` with every problem found).

    `ins_oids` are the OIDs under which an INS is taken here.
    """
    header = header_of(message)
    if header.code != "ADT":
        raise Hl7Error(
            Condition.UNSUPPORTED_MESSAGE_TYPE,
            erl("MSH", 9),
            "Ce message n’est pas un ADT : l’envoyer au service qui traite ce type de message.",
        )
    if header.trigger == "A08":
        raise Hl7Error(
            Condition.UNSUPPORTED_EVENT,
            erl("MSH", 9, part=2),
            "A08 est exclu du profil PAM France : envoyer A31 pour l’identité, Z99 pour un "
            "mouvement.",
        )
    if header.trigger not in HANDLED:
        return Ignored(header.trigger, header.control_id)
    message = _zbe_in_place(message)
    problems = check(message, ADT, header.trigger)
    patient, _ = read_patient(message, problems, ins_oids=ins_oids)
    prior_ids, prior_ins = _prior(message, header.trigger, problems)
    removes = _removes_ins(message) if header.trigger == "A47" else False
    _check_identifiers(message, header.trigger, patient, problems)
    warnings = tuple(p for p in problems if p.severity is Severity.WARNING)
    errors = tuple(p for p in problems if p.severity is Severity.ERROR)
    if errors:
        raise Hl7Errors(errors)
    pv1 = message.first("PV1")
    return AdtEvent(
        trigger=header.trigger,
        control_id=header.control_id,
        recorded_at=message.get("EVN-2"),
        patient=patient,
        prior_ids=prior_ids,
        prior_ins=prior_ins,
        removes_ins=removes,
        visit=local_id(pv1.field(19), "VN") if pv1 and known(pv1.text(19)) else None,
        patient_class=message.get("PV1-2"),
        movement=_movement(message) if header.trigger in MOVEMENTS else None,
        wishes=_wishes(message),
        warnings=warnings,
    )


def _zbe_in_place(message: Message) -> Message:
    """The message with a ZBE whose fields were shifted put right.

    A published exit message has ZBE-4 one field away; the action word tells by how much.
    """
    segments = tuple(_shifted(part) if part.name == "ZBE" else part for part in message.segments)
    return Message(segments, message.delimiters, message.charset)


def _shifted(zbe: Segment) -> Segment:
    fields = zbe.fields
    if zbe.text(4) not in _ZBE_ACTIONS:
        if zbe.text(3) in _ZBE_ACTIONS:
            fields = (*fields[:3], "", *fields[3:])
        elif zbe.text(5) in _ZBE_ACTIONS and not zbe.raw(3):
            fields = (*fields[:3], *fields[4:])
    return Segment(fields, zbe.delimiters, zbe.codec)


def _prior(
    message: Message, trigger: str, problems: list[Problem]
) -> tuple[tuple[LocalId, ...], Ins | None]:
    """MRG-1 of a merge or a change of identifier: local ids, and the INS that is left behind."""
    mrg = message.first("MRG")
    if trigger not in MERGES or mrg is None:
        return (), None
    ins = None
    for part in ins_parts(mrg, 1):
        try:
            ins = Ins(part.text(), Oid(part.text(4, 2)))
        except IdentifierError:
            problems.append(
                Problem(
                    Condition.DATA_TYPE,
                    erl("MRG", 1),
                    "MRG-1 : l’ancien INS n’a pas la forme d’un INS (15 caractères, OID).",
                )
            )
    found = local_ids(mrg, 1)
    if not found and ins is None and mrg.raw(1):
        problems.append(
            Problem(
                Condition.REQUIRED_FIELD_MISSING,
                erl("MRG", 1),
                "MRG-1 ne donne ni identifiant local ni INS : dire quel identifiant disparaît.",
            )
        )
    return found, ins


def _removes_ins(message: Message) -> bool:
    """Whether PID-3 empties the INS: `""^^^ASIP-SANTE-INS-NIR&…&ISO^INS` (PAM.FR 4.4.4)."""
    pid = message.first("PID")
    return pid is not None and any(part.text() == NULL for part in ins_parts(pid, 3))


def _check_identifiers(
    message: Message, trigger: str, patient: PatientIdentity, problems: list[Problem]
) -> None:
    """One patient a message, one pair a merge, and somebody to find."""
    for name in ("PID", "MRG") if trigger in MERGES else ("PID",):
        if sum(1 for _ in message.all(name)) > 1:
            problems.append(
                Problem(
                    Condition.CARDINALITY,
                    erl(name, rank=2),
                    f"Plusieurs segments {name} : envoyer un message par patient.",
                )
            )
    pid, mrg = message.first("PID"), message.first("MRG")
    if pid is None:
        return
    if not patient.local_ids and pid.raw(3) and trigger != "A47":
        problems.append(
            Problem(
                Condition.REQUIRED_FIELD_MISSING,
                erl("PID", 3),
                "PID-3 ne donne pas d’identifiant local (IPP) : l’ajouter, l’INS ne le remplace "
                "pas.",
            )
        )
    if trigger == "A40" and mrg is not None:
        kept = {(known_id.domain, known_id.value) for known_id in patient.local_ids}
        gone = {(known_id.domain, known_id.value) for known_id in local_ids(mrg, 1)}
        if kept & gone:
            problems.append(
                Problem(
                    Condition.APPLICATION,
                    erl("MRG", 1),
                    "Le patient conservé et le patient fusionné ont le même identifiant : vérifier "
                    "PID-3 et MRG-1.",
                    Business.OTHER,
                )
            )


def _movement(message: Message) -> Movement | None:
    zbe = message.first("ZBE")
    if zbe is None:
        return None
    return Movement(
        ids=tuple(
            LocalId(part.text(1), part.text(2), part.text(3), "") for part in zbe.repetitions(1)
        ),
        at=zbe.text(2),
        action=zbe.text(4),
        historic=zbe.text(5) == "Y",
        original_event=zbe.text(6),
        medical_unit=zbe.text(7, 10) or zbe.text(7),
        nursing_unit=zbe.text(8, 10) or zbe.text(8),
        nature=zbe.text(9),
    )


def _wishes(message: Message) -> Wishes | None:
    if message.first("ZFA") is None:
        return None
    return Wishes(
        Feeding(known(message.get("ZFA-9")) or Feeding.NOT_COLLECTED),
        Consultation(known(message.get("ZFA-11")) or Consultation.NOT_COLLECTED),
    )
