"""Persons and structures of a document message: PRT, XCN and XON (spec identity §5.2, §5.8).

Published messages hold defects that are read over: a space in `ASIP-SANTE- PS`, `SB^^HL70912` or
`SB` alone in PRT-4, an identifier with its prefix typed RPPS or FINEG (see `Party.ps_idnat`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from carnet.standards.hl7v2.er7 import Field, Message, Segment
from carnet.standards.hl7v2.errors import Business, Condition, Problem, erl
from carnet.standards.hl7v2.messages import Flags, Party
from carnet.standards.ids import Ins


@dataclass(frozen=True, slots=True)
class Parties:
    """Who sends (`SB`), who receives (`RCT`), who gets the answers (`REPLY`)."""

    sender: Party | None
    recipients: tuple[Party, ...]
    reply_to: Party | None


def read_parties(
    message: Message, flags: Flags, ins: Ins | None, problems: list[Problem]
) -> Parties:
    """The parties of the message; what its flags need and does not find is added to `problems`."""
    by_role: dict[str, list[Party]] = {"SB": [], "RCT": [], "REPLY": []}
    for rank, prt in enumerate(message.all("PRT"), start=1):
        party = _party(prt)
        by_role.setdefault(prt.text(4).strip(), []).append(party)
        if prt.text(4).strip() == "RCT":
            problems += _wrong_patient(party, ins, rank)
    recipients = tuple(by_role["RCT"])
    if flags.to_record and not by_role["SB"]:
        problems.append(
            Problem(
                Condition.REQUIRED_FIELD_MISSING,
                erl("PRT", 4),
                "L’émetteur manque, il est requis pour le DMP : ajouter un PRT de rôle SB.",
            )
        )
    if flags.to_professionals and not any(p.mail and not p.is_patient for p in recipients):
        problems.append(
            Problem(
                Condition.REQUIRED_FIELD_MISSING,
                erl("PRT", 15),
                "DESTMSSANTEPS vaut Y mais aucun destinataire n’a d’adresse MSSanté : ajouter un "
                "PRT de rôle RCT avec PRT-15.4.",
            )
        )
    return Parties(next(iter(by_role["SB"]), None), recipients, next(iter(by_role["REPLY"]), None))


def _wrong_patient(party: Party, ins: Ins | None, rank: int) -> Iterator[Problem]:
    """A patient among the recipients must be the patient of the message, or the mail would leak."""
    if not party.is_patient or ins is None:
        return
    named = party.person_id if party.person_id_type == "INS" else ""
    for field, given in ((5, named), (15, party.mail.partition("@")[0])):
        if given and given != ins.matricule:
            yield Problem(
                Condition.APPLICATION,
                erl("PRT", field, rank=rank),
                "Le destinataire patient n’est pas le patient du message : vérifier l’INS et "
                "l’adresse de ce PRT.",
                Business.INS_DIFFERENT,
            )


def _party(prt: Segment) -> Party:
    person, structure = prt.field(5), prt.field(8)
    return Party(
        person_id=person.text(1),
        person_id_type=person.text(13),
        family=person.text(2),
        given=person.text(3),
        structure_id=structure.text(10),
        structure_id_type=structure.text(7),
        structure_name=structure.text(1),
        device_id=prt.text(10),
        mail=prt.text(15, 4).strip(),
    )


def read_author(message: Message) -> Party | None:
    """Who wrote the document, when no CDA says it: TXA-9, TXA-5, OBR-32 then OBR-16."""
    for segment_name, field in (("TXA", 9), ("TXA", 5), ("OBR", 32), ("OBR", 16)):
        segment = message.first(segment_name)
        if segment is not None and (found := segment.field(field)):
            return _named(found)
    return None


def _named(field: Field) -> Party:
    """An XCN, or an NDL (OBR-32) whose first component holds id, name and given name."""
    if field.text(1, 2) or field.text(1, 3):
        return Party(person_id=field.text(1, 1), family=field.text(1, 2), given=field.text(1, 3))
    return Party(
        person_id=field.text(1),
        person_id_type=field.text(13),
        family=field.text(2),
        given=field.text(3),
    )
