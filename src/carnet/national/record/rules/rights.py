"""Functional rights by transaction and mode: `rights.tsv`, as the sheets give them (spec dmp §6.3).

The columns are those of FI-526 (direct, indirect) and FI-606 (AIR, and AIR simplifié which has the
same), then the citizens'. What has no cell is refused. Requirements: EX_AIR-010.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final
from uuid import UUID

from carnet.national.journal.actors import (
    Actor,
    Citizen,
    Establishment,
    Member,
    Professional,
)
from carnet.national.record.rules.model import Act, RecordFacts


class Right(StrEnum):
    """What a cell grants."""

    NO = "no"
    YES = "yes"
    OWN = "own"  #: of the caller's own documents
    DEPOSITED = "deposited"  #: of those that the caller or their structure deposited (R.1111-49)
    IF_ALLOWED = "if_allowed"  #: as `DEPOSITED`, or of all when the patient allowed it


#: The cells of the sheets, whose notes are told on the first line of `rights.tsv`.
CELLS: Final[Mapping[str, Right]] = MappingProxyType(
    {
        "non": Right.NO,
        "oui": Right.YES,
        "oui(1)": Right.YES,
        "oui(2)": Right.YES,
        "oui(3)": Right.YES,
        "oui(4)": Right.YES,
        "oui(5)": Right.OWN,
        "oui(6)": Right.DEPOSITED,
        "oui(7)": Right.IF_ALLOWED,
        "oui(8)": Right.OWN,
        "oui(9)": Right.OWN,
    }
)

#: First part of the column, by mode of the VIHF and purpose. A call through the proxy of Pro Santé
#: Connect (DELEGUEE) consults as AIR does, in normal mode alone [unverified: spec dmp §4.3].
_FAMILIES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        **{("DIRECTE", purpose): "direct" for purpose in ("normal", "centre_15", "bris_de_glace")},
        **{
            ("INDIRECTE_RENFORCEE", purpose): "AIR"
            for purpose in ("normal", "centre_15", "bris_de_glace")
        },
        ("DELEGUEE", "normal"): "AIR",
    }
)
_PURPOSES: Final[Mapping[str, str]] = MappingProxyType(
    {"normal": "normal", "centre_15": "centre15", "bris_de_glace": "bris_de_glace"}
)
#: Professions of health: G15 and students in training, G16.
HEALTH_PROFESSIONS: Final = frozenset({"1.2.250.1.71.1.2.7", "1.2.250.1.71.1.2.8"})
_PHYSICIAN: Final = "10"
#: The scope of a carer who governs the record with its holder (`accounts.rules.Scope`).
_MANAGE: Final = "manage"
#: The systems of an affinity domain, which profile `ihe` lets in.
MEMBER: Final = "domaine_affinite"
#: What they may do with the records of their domain, whose rules of access are their own: submit
#: (ITI-41, 42, 57), find (ITI-18), retrieve (ITI-43), remove (ITI-62, 86).
_MEMBER_ACTS: Final = frozenset({Act.FEED, Act.SEARCH, Act.LOOK_UP, Act.READ, Act.DELETE})
#: Savoir-faire of occupational medicine (R01): they feed and list, and read nothing (§6.3).
_OCCUPATIONAL_SPECIALTIES: Final = frozenset({"SM25", "SCH35", "C41", "CAPA11"})
#: What the columns of a médecin du travail have in common, also those that no sheet has.
OCCUPATIONAL: Final = "medecin_du_travail"


def column_of(actor: Actor, patient_id: UUID, record: RecordFacts) -> str:
    """The column of `rights.tsv` for this caller; empty, or unknown there, when there is none."""
    match actor:
        case Citizen(patient_id=own) if own == patient_id:
            return "citoyen_titulaire"
        case Citizen(mandates=mandates) if patient_id in mandates:
            return "citoyen_aidant_gestion" if _MANAGE in mandates[patient_id] else "citoyen_aidant"
        case Citizen(represents=represented) if patient_id in represented:
            return "citoyen_representant"
        case Establishment(purpose=purpose):
            return f"indirect_certificat_ES_{_PURPOSES.get(purpose, '')}"
        case Member():
            return MEMBER
        case Professional():
            family = _FAMILIES.get((actor.mode, actor.purpose), "")
            return f"{family}_{_role(actor, record)}_{_PURPOSES.get(actor.purpose, '')}"
        case _:
            return ""


def _role(actor: Professional, record: RecordFacts) -> str:
    if _is_other(actor):
        return "CPE_non_PS" if actor.mode == "DIRECTE" else "PE_non_PS"
    if actor.profession.code != _PHYSICIAN:
        return "PS_non_medecin"
    if actor.specialty is not None and actor.specialty.code in _OCCUPATIONAL_SPECIALTIES:
        return OCCUPATIONAL  # who never reads (L.1111-17 IV, §6.3)
    if record.is_medecin_traitant and actor.purpose != "centre_15":
        return "MT"
    return "medecin_non_MT"


def feeding(actor: Actor) -> Act:
    """What feeding is for this caller: TD2.2 for who is no health professional, else TD2.1."""
    secretary = isinstance(actor, Professional) and _is_other(actor)
    return Act.FEED_FOR if secretary else Act.FEED


def _is_other(actor: Professional) -> bool:
    return actor.profession.scheme not in HEALTH_PROFESSIONS


@cache
def rights() -> Mapping[str, Mapping[tuple[str, str], Right]]:
    """`rights.tsv` by column, then by (act, facet); and the column of an affinity domain."""
    head, *lines = table()
    return MappingProxyType(
        {
            column: MappingProxyType({(line[0], line[1]): CELLS[line[place]] for line in lines})
            for place, column in enumerate(head)
            if place > 2
        }
        | {
            MEMBER: MappingProxyType(
                {(act, ""): Right.YES if act in _MEMBER_ACTS else Right.NO for act in Act}
            )
        }
    )


def table() -> list[list[str]]:
    """`rights.tsv`: its head, then a line for each act and facet."""
    text = resources.files(__package__).joinpath("rights.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def columns() -> tuple[str, ...]:
    """The callers that the table knows."""
    return tuple(table()[0][3:])
