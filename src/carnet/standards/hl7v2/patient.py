"""PID: who the patient is, and whether the INS that came may be trusted (spec identity §5.3).

An INS is kept only when it is typed INS under an OID of an INS, PID-32 begins with VALI, the traits
are all there and its key is right. Otherwise the identity is read without it, and says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from carnet.standards.hl7v2.er7 import NULL, Field, Message, Segment
from carnet.standards.hl7v2.errors import Business, Condition, Problem, erl
from carnet.standards.hl7v2.messages import LocalId, PatientIdentity
from carnet.standards.ids import INS_NIA, INS_OIDS, IdentifierError, Ins, Oid
from carnet.standards.ins import BirthDate, TraitError, Traits

#: PID-3 types that are no identifier of a local domain: INS, billing NIR, cards… (table 0203).
_NOT_LOCAL: Final = frozenset({"INS", "INS-C", "NH", "SS", "NDP", "NNFRA", "PPN"})
_DATE_TIME: Final = re.compile(r"([0-9]{8})[0-9]{2,6}([+-][0-9]{4})?")


@dataclass(frozen=True, slots=True)
class InsReading:
    """An INS that may be trusted, or why the one that came may not (French, and ERR-5)."""

    ins: Ins | None = None
    refused: str = ""
    business: Business | None = None


def known(text: str) -> str:
    """`text`, or nothing when it says that the value is emptied."""
    return "" if text == NULL else text


def local_id(field: Field, default_type: str = "PI") -> LocalId:
    """A CX as an identifier of an authority (CX-1, CX-4, CX-5)."""
    return LocalId(
        known(field.text()),
        field.text(4, 1),
        field.text(4, 2),
        field.text(5) or default_type,
    )


def local_ids(segment: Segment, field: int) -> tuple[LocalId, ...]:
    """The identifiers of local domains in a CX field: neither INS nor billing numbers."""
    found = (
        local_id(part)
        for part in segment.repetitions(field)
        if part.text(5) not in _NOT_LOCAL and part.text(4, 2) not in INS_OIDS
    )
    return tuple(identifier for identifier in found if identifier.value)


def ins_parts(segment: Segment, field: int) -> tuple[Field, ...]:
    """The repetitions of a CX field that are typed INS (type, not OID, tells INS from NIR)."""
    return tuple(part for part in segment.repetitions(field) if part.text(5) == "INS")


def read_patient(
    message: Message, problems: list[Problem], *, ins_oids: frozenset[Oid] = INS_OIDS
) -> tuple[PatientIdentity, InsReading]:
    """The patient of the first PID; what is wrong is added to `problems`.

    `ins_oids` are the OIDs taken here: a deployment leaves out the test ones.
    """
    pid = message.first("PID")
    if pid is None:
        return PatientIdentity((), "", ""), InsReading()
    birth_name = _name(pid, "L")
    used_name = _name(pid, "D")
    if not birth_name and pid.raw(5):
        problems.append(
            Problem(
                Condition.REQUIRED_FIELD_MISSING,
                erl("PID", 5),
                "PID-5 n’a pas de nom de naissance : donner une répétition de type L.",
            )
        )
    birth = birth_name or Field("", pid.delimiters)
    used = used_name or Field("", pid.delimiters)
    reliability = tuple(code for part in pid.repetitions(32) if (code := known(part.text())))
    place = _birth_place(pid)
    identity = PatientIdentity(
        local_ids=_domain_ids(pid, problems),
        birth_name=known(birth.text(1)),
        first_given_name=known(birth.text(2)),
        given_names=known(birth.text(3)),
        used_name=known(used.text(1)),
        used_given_name=known(used.text(2)),
        birth_date=_birth_date(pid, problems),
        sex=known(pid.text(8)),
        birth_place=place,
        reliability=reliability,
        account=local_id(pid.field(18), "AN") if known(pid.text(18)) else None,
        address=_address(pid),
        phones=_phones(pid),
        deceased=pid.text(30) == "Y",
    )
    reading = _read_ins(message, pid, identity, ins_oids)
    return replace(identity, ins=reading.ins, ins_refused=reading.refused), reading


def _name(pid: Segment, kind: str) -> Field | None:
    """The PID-5 repetition of a kind (XPN-7; some samples write it in XPN-8)."""
    names = pid.repetitions(5)
    return next((name for name in names if (name.text(7) or name.text(8)) == kind), None)


def _domain_ids(pid: Segment, problems: list[Problem]) -> tuple[LocalId, ...]:
    found = local_ids(pid, 3)
    if any(not identifier.domain for identifier in found):
        problems.append(
            Problem(
                Condition.REQUIRED_FIELD_MISSING,
                erl("PID", 3, part=4),
                "Un identifiant de PID-3 n’a pas d’autorité : renseigner PID-3.4, sans quoi deux "
                "patients de domaines différents seraient confondus.",
            )
        )
    return found


def _birth_date(pid: Segment, problems: list[Problem]) -> str:
    text = known(pid.text(7))
    if not text:
        return ""
    if found := _DATE_TIME.fullmatch(text):
        text = found[1]
    try:
        BirthDate.parse(text)
    except TraitError:
        problems.append(
            Problem(
                Condition.DATA_TYPE,
                erl("PID", 7),
                "PID-7 (date de naissance) : date attendue sous la forme AAAAMMJJ.",
            )
        )
    return text


def _birth_place(pid: Segment) -> str:
    places = (part for part in pid.repetitions(11) if part.text(7) == "BDL")
    return next((known(part.text(9)) for part in places), "")


def _address(pid: Segment) -> str:
    """The first address that is no place of birth, on one line."""
    for part in pid.repetitions(11):
        if part.text(7) not in ("BDL", "BR", "BA"):
            town = f"{known(part.text(5))} {known(part.text(3))}".strip()
            country = known(part.text(6))
            pieces = [known(part.text(1)), known(part.text(2)), town]
            pieces += [country] if country not in ("", "FRA") else []
            return ", ".join(piece for piece in pieces if piece)
    return ""


def _phones(pid: Segment) -> tuple[str, ...]:
    found = (
        part.text(12) or part.text(1)
        for field in (13, 14)
        for part in pid.repetitions(field)
        if part.text(3) != "Internet" and part.text(2) != "NET"
    )
    return tuple(phone for phone in found if known(phone))


def _read_ins(
    message: Message, pid: Segment, identity: PatientIdentity, ins_oids: frozenset[Oid]
) -> InsReading:
    parts = [part for part in ins_parts(pid, 3) if known(part.text())]
    if not parts:
        return InsReading()
    # After a change both a NIA and a NIR may come: the NIR is the one to take.
    nirs = [part for part in parts if part.text(4, 2) != INS_NIA] or parts
    numbers = {(part.text(), part.text(4, 2)) for part in nirs}
    if len(numbers) > 1:
        return InsReading(None, "plusieurs INS différents en PID-3", Business.OTHER)
    matricule, oid = numbers.pop()
    if refused := _untrusted(message, identity):
        return InsReading(None, refused, Business.OTHER)
    try:
        traits = Traits.of(
            identity.birth_name,
            identity.first_given_name,
            identity.sex or "U",
            identity.birth_date,
            given_names=identity.given_names,
            birth_place=identity.birth_place,
        )
    except TraitError as error:
        return InsReading(
            None, f"le trait « {error.trait} » manque ou n’a pas sa forme", Business.INS_INCOMPLETE
        )
    if traits.missing:
        return InsReading(
            None, f"trait manquant : {', '.join(traits.missing)}", Business.INS_INCOMPLETE
        )
    try:
        ins = Ins(matricule, Oid(oid))
    except IdentifierError:
        return InsReading(None, "le matricule ou son OID n’est pas celui d’un INS", Business.OTHER)
    if ins.oid not in ins_oids:
        return InsReading(None, "l’OID de l’INS n’est pas admis ici", Business.OTHER)
    if not ins.key_valid:
        return InsReading(None, "la clé du matricule est fausse", Business.OTHER)
    return InsReading(ins)


def _untrusted(message: Message, identity: PatientIdentity) -> str:
    """Why the identity itself forbids an INS, or nothing."""
    if identity.reliability[:1] != ("VALI",):
        return "identité non validée : PID-32 n’est pas VALI"
    if {"DOUT", "FICT"} & set(identity.reliability):
        return "identité douteuse ou fictive (PID-32)"
    if message.get("ZFD-4") == "Y":
        return "date de naissance corrigée (ZFD-4)"
    return ""
