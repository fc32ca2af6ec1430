"""The `MetaDMPMSS` observations: where a document goes and who may see it (spec identity §5.9).

The guide's table of allowed combinations contradicts its own examples, so it is a switch. What is
always refused is what would leak: mail to those from whom the document is hidden (spec mssante §7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from carnet.standards.hl7v2.er7 import Message
from carnet.standards.hl7v2.errors import Business, Condition, Problem, erl
from carnet.standards.hl7v2.messages import Flags

#: OBX-3.1 and the flag it sets; the names of the volet 1.x and a published misspelling included.
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "MASQUE_PS": "masked_to_professionals",
        "INVISIBLE_PATIENT": "hidden_from_patient",
        "INVISIBLE_REP_LEGAUX": "hidden_from_representatives",
        "INVISIBLE_REPRESENTANTS_LEGAUX": "hidden_from_representatives",
        "CONNEXION_SECRETE": "secret_connection",
        "MODIF_CONF_CODE": "visibility_changed",
        "MODIF_CONFIDENTIALITYCODE": "visibility_changed",
        "DESTDMP": "to_record",
        "DESTMSSANTEPS": "to_professionals",
        "DESTMSSANTEPAT": "to_patient",
        "ACK_RECEPTION": "ack_reception",
        "ACK_LECTURE_MSS": "ack_reading",
        "ACK_LECTURE": "ack_reading",
    }
)
#: The mail texts, which are no flag but come among them.
BODIES: Final = frozenset({"CORPSMAIL_PS", "CORPSMAIL_PATIENT"})

#: The flags that a message must hold, by the name to write.
_REQUIRED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "masked_to_professionals": "MASQUE_PS",
        "hidden_from_patient": "INVISIBLE_PATIENT",
        "hidden_from_representatives": "INVISIBLE_REP_LEGAUX",
        "secret_connection": "CONNEXION_SECRETE",
        "visibility_changed": "MODIF_CONF_CODE",
        "to_record": "DESTDMP",
        "to_professionals": "DESTMSSANTEPS",
        "to_patient": "DESTMSSANTEPAT",
    }
)


@dataclass(frozen=True, slots=True)
class Leak:
    """A combination that is never allowed: hidden by one flag, mailed by the other."""

    hidden: str
    mailed: str
    reason: str


LEAKS: Final = (
    Leak(
        "masked_to_professionals",
        "to_professionals",
        "Le document est masqué aux professionnels (MASQUE_PS) et leur serait envoyé "
        "(DESTMSSANTEPS) : mettre l’un des deux à N.",
    ),
    Leak(
        "hidden_from_patient",
        "to_patient",
        "Le document n’est pas visible par le patient (INVISIBLE_PATIENT) et lui serait envoyé "
        "(DESTMSSANTEPAT) : mettre l’un des deux à N.",
    ),
)

_COLUMNS: Final = (
    "masked_to_professionals",
    "hidden_from_patient",
    "hidden_from_representatives",
    "secret_connection",
    "to_record",
    "to_professionals",
    "to_patient",
)
_Y, _N, _ANY = True, False, None

#: The guide's rows for mail (spec mssante §7); a message without mail is not in their scope.
MATRIX: Final[tuple[tuple[bool | None, ...], ...]] = (
    (_N, _N, _N, _ANY, _ANY, _Y, _Y),
    (_N, _Y, _N, _ANY, _ANY, _Y, _N),
    (_ANY, _N, _ANY, _N, _N, _N, _Y),
)


def read_flags(message: Message, problems: list[Problem], *, strict_matrix: bool = False) -> Flags:
    """The flags; what is missing, double, not Y or N, or would leak is added to `problems`."""
    values: dict[str, bool] = {}
    ranks: dict[str, int] = {}
    final = False
    rank, last = 0, ""
    for segment in message.segments:
        if segment.name == "NTE" and last == "to_patient":
            final = final or segment.text(4) == "FIN"
        if segment.name != "OBX":
            continue
        rank += 1
        last = NAMES.get(segment.text(3), "")
        if not last:
            continue
        value = segment.text(5)
        if value not in ("Y", "N"):
            problems.append(
                Problem(
                    Condition.TABLE_VALUE_NOT_FOUND,
                    erl("OBX", 5, rank=rank),
                    f"L’indicateur {segment.text(3)} doit valoir Y ou N.",
                )
            )
            value = "N"
        if values.setdefault(last, value == "Y") is not (value == "Y"):
            problems.append(
                Problem(
                    Condition.CARDINALITY,
                    erl("OBX", 3, rank=rank),
                    f"L’indicateur {segment.text(3)} est donné deux fois avec des valeurs "
                    "différentes : n’en garder qu’un.",
                )
            )
        ranks.setdefault(last, rank)
    problems += [
        Problem(
            Condition.REQUIRED_FIELD_MISSING,
            erl("OBX", 3, rank=rank + 1),
            f"L’indicateur {name} manque : ajouter un OBX « {name}^…^MetaDMPMSS » à Y ou N.",
        )
        for flag, name in _REQUIRED.items()
        if flag not in values
    ]
    flags = Flags(**values, patient_may_not_reply=final)
    problems += [
        Problem(
            Condition.APPLICATION,
            erl("OBX", 5, rank=ranks[leak.mailed]),
            leak.reason,
            Business.OTHER,
        )
        for leak in LEAKS
        if getattr(flags, leak.hidden) and getattr(flags, leak.mailed)
    ]
    if strict_matrix and not _in_matrix(flags):
        problems.append(
            Problem(
                Condition.APPLICATION,
                erl("OBX"),
                "Cette combinaison d’indicateurs n’est pas dans la table du guide : revoir "
                "visibilités et destinataires.",
                Business.OTHER,
            )
        )
    return flags


def _in_matrix(flags: Flags) -> bool:
    if not (flags.to_professionals or flags.to_patient):
        return True
    told = [getattr(flags, column) for column in _COLUMNS]
    return any(
        all(wanted in (_ANY, value) for wanted, value in zip(row, told, strict=True))
        for row in MATRIX
    )
