"""What a message must hold, must not hold, and may say: one table, one loop.

Sources: IHE PAM France 2.11 (spec identity §5.1 to §5.7) and the volet CDA-HL7 2.1 (§5.8). A
forbidden field is told and ignored, as HL7 lets a receiver do; so is a field that is required only
if known. Order does not matter: every broken rule is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carnet.standards.hl7v2.er7 import NULL, Message, Segment
from carnet.standards.hl7v2.errors import Condition, Problem, Severity, erl

#: Movements of a stay (ITI-31) that are handled, and the ZBE-4 that each must carry.
MOVEMENTS: Final = {
    "A01": "INSERT",
    "A02": "INSERT",
    "A03": "INSERT",
    "A04": "INSERT",
    "A05": "INSERT",
    "A11": "CANCEL",
    "A12": "CANCEL",
    "A13": "CANCEL",
    "Z99": "UPDATE",
}
#: Identity events (ITI-30) that are handled.
IDENTITIES: Final = frozenset({"A28", "A31", "A40", "A47"})
MERGES: Final = frozenset({"A40", "A47"})

_STAYS: Final = frozenset(MOVEMENTS)
#: TS: YYYY[MM[DD[HH[MM[SS[.S…]]]]]][±ZZZZ].
_TIMESTAMP: Final = re.compile(
    r"[0-9]{4}((0[1-9]|1[0-2])((0[1-9]|[12][0-9]|3[01])(([01][0-9]|2[0-3])([0-5][0-9]"
    r"([0-5][0-9](\.[0-9]{1,4})?)?)?)?)?)?([+-][0-9]{4})?"
)
_YES_NO: Final = frozenset({"Y", "N"})
_VERSIONS: Final = frozenset({"2.5", "2.5.1", "2.6"})


class Usage(StrEnum):
    """Whether a field must be there (HL7 v2.5 §2.12.6)."""

    REQUIRED = "R"
    EXPECTED = "RE"  #: absent: told, and accepted
    OPTIONAL = "O"
    FORBIDDEN = "X"  #: present: told, and ignored


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement on one field (`field` 0 is the segment itself).

    `events` limits it to these triggers (empty: all), `when` to messages whose text at a path is
    one of some values. `values` is the table of what the field may say; `timestamp` its type.
    `condition` replaces 103 for a value that has a rejection of its own.
    """

    segment: str
    field: int
    usage: Usage
    label: str  #: French name of the field
    source: str
    events: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    timestamp: bool = False
    when: tuple[str, frozenset[str]] | None = None
    condition: Condition = Condition.TABLE_VALUE_NOT_FOUND


_R, _RE, _O, _X = Usage.REQUIRED, Usage.EXPECTED, Usage.OPTIONAL, Usage.FORBIDDEN


def _forbidden(segment: str, source: str, *fields: int) -> tuple[Rule, ...]:
    return tuple(Rule(segment, field, _X, "champ interdit en France", source) for field in fields)


_HEADER: Final = (
    Rule("MSH", 7, _R, "date du message", "PAM.FR 6.1, CDA-HL7 MSH", timestamp=True),
    Rule("MSH", 10, _R, "identifiant du message", "PAM.FR 6.1, CDA-HL7 MSH"),
    Rule(
        "MSH", 11, _R, "mode de traitement", "PAM.FR 6.1, CDA-HL7 MSH",
        values=frozenset({"P", "T", "D"}), condition=Condition.UNSUPPORTED_PROCESSING,
    ),
    Rule(
        "MSH", 12, _R, "version de HL7", "PAM.FR 6.1, CDA-HL7 MSH",
        values=_VERSIONS, condition=Condition.UNSUPPORTED_VERSION,
    ),
)  # fmt: skip

_PATIENT: Final = (
    Rule("PID", 0, _R, "identité du patient", "PAM.FR 6.6"),
    Rule("PID", 3, _R, "identifiants du patient", "PAM.FR 6.6.3"),
    Rule("PID", 5, _R, "noms du patient", "PAM.FR 6.6.4"),
    Rule("PID", 8, _O, "sexe", "PAM.FR 6.6, table 0001", values=frozenset("FMU")),
    Rule("PID", 32, _RE, "fiabilité de l’identité", "PAM.FR 6.6.15"),
    *_forbidden("PID", "PAM.FR 6.6", 2, 4, 9, 10, 12, 17, 19, 20, 22, 28),
)

_VISIT: Final = (
    Rule(
        "PV1", 2, _O, "classe de patient", "PAM.FR 6.8, table 0004", values=frozenset("EINORV")
    ),
    Rule(
        "PV1", 19, _R, "numéro de venue", "PAM.FR 6.8, CDA-HL7 PV1",
        events=_STAYS | {"T02", "T04", "T10", "R01"}, when=("PV1-2", frozenset("EIOR")),
    ),
    Rule("PV1", 44, _O, "date d’entrée", "PAM.FR 6.8", timestamp=True),
    Rule("PV1", 45, _O, "date de sortie", "PAM.FR 6.8", timestamp=True),
)  # fmt: skip

ADT: Final = (
    *_HEADER,
    *_forbidden("MSH", "PAM.FR 6.1", 8, 14, 20),
    Rule("EVN", 0, _R, "évènement", "PAM.FR 6.4"),
    Rule("EVN", 2, _R, "date d’enregistrement", "PAM.FR 6.4", timestamp=True),
    *_forbidden("EVN", "PAM.FR 6.4", 1),
    *_PATIENT,
    Rule("PID", 18, _R, "numéro de dossier administratif", "PAM.FR 6.6", events=_STAYS),
    Rule("PV1", 0, _R, "venue", "PAM.FR 5.3", events=_STAYS),
    Rule("PV1", 2, _R, "classe de patient", "PAM.FR 6.8", events=_STAYS),
    Rule("PV1", 3, _RE, "UF d’hébergement", "PAM.FR 6.8", events=_STAYS),
    *_VISIT,
    *_forbidden("PV1", "PAM.FR 6.8", 9, 40, 52),
    Rule("ZBE", 0, _R, "mouvement", "PAM.FR 6.13", events=_STAYS),
    Rule("ZBE", 1, _R, "identifiant du mouvement", "PAM.FR 6.13", events=_STAYS),
    Rule("ZBE", 2, _R, "date du mouvement", "PAM.FR 6.13", events=_STAYS, timestamp=True),
    *(
        Rule(
            "ZBE", 4, _R, "action sur le mouvement", "PAM.FR 5.1.2, 6.13",
            events=frozenset({trigger}), values=frozenset({action}),
        )
        for trigger, action in MOVEMENTS.items()
    ),
    Rule(
        "ZBE", 5, _R, "indicateur d’historique", "PAM.FR 6.13", events=_STAYS, values=_YES_NO
    ),
    Rule(
        "ZBE", 6, _RE, "évènement d’origine", "PAM.FR 6.13",
        events=_STAYS, when=("ZBE-4", frozenset({"UPDATE", "CANCEL"})),
    ),
    Rule("ZBE", 9, _RE, "nature du mouvement", "PAM.FR 6.13", events=_STAYS),
    Rule("ZBE", 0, _X, "mouvement", "PAM.FR 5.1.2", events=IDENTITIES),
    Rule("MRG", 0, _R, "ancien identifiant", "PAM.FR 5.1.2", events=MERGES),
    Rule("MRG", 1, _R, "ancien identifiant", "PAM.FR 5.1.2", events=MERGES),
    Rule("ZFA", 9, _O, "alimentation du DMP", "PAM.FR 6.14", values=frozenset({"NA", "IO", "INO"})),
    Rule(
        "ZFA", 11, _O, "consultation du DMP", "PAM.FR 6.14", values=frozenset({"NA", "INC", "IC"})
    ),
    Rule("ZFD", 4, _O, "date de naissance corrigée", "PAM.FR 6.18.4", values=_YES_NO),
)  # fmt: skip

_MDM: Final = frozenset({"T02", "T04", "T10"})

DOCUMENT: Final = (
    *_HEADER,
    *(
        Rule("MSH", field, _R, label, "CDA-HL7 MSH")
        for field, label in (
            (3, "application émettrice"),
            (4, "organisation émettrice"),
            (5, "application destinataire"),
            (6, "organisation destinataire"),
            (17, "pays"),
            (18, "jeu de caractères"),
            (21, "profil"),
        )
    ),
    Rule("EVN", 2, _R, "date d’enregistrement", "CDA-HL7 EVN", events=_MDM, timestamp=True),
    *_PATIENT,
    Rule("PV1", 0, _R, "venue", "CDA-HL7 PV1"),
    Rule("PV1", 2, _R, "classe de patient", "CDA-HL7 PV1"),
    *_VISIT,
    Rule("TXA", 0, _R, "métadonnées du document", "CDA-HL7 TXA", events=_MDM),
    Rule("TXA", 2, _R, "type du document", "CDA-HL7 TXA", events=_MDM),
    Rule("TXA", 4, _O, "date de l’acte", "CDA-HL7 TXA", events=_MDM, timestamp=True),
    Rule("TXA", 12, _R, "identifiant du document", "CDA-HL7 TXA", events=_MDM),
    Rule(
        "TXA", 13, _R, "identifiant du document remplacé", "CDA-HL7 TXA", events=frozenset({"T10"})
    ),
    Rule(
        "TXA", 17, _R, "état de validation", "CDA-HL7 TXA",
        events=_MDM, values=frozenset({"AU", "LA"}),
    ),
    Rule("OBR", 7, _O, "date de l’examen", "CDA-HL7 OBR", timestamp=True),
    Rule("OBX", 0, _R, "document et indicateurs", "CDA-HL7 OBX"),
)  # fmt: skip


_ASKED: Final = frozenset({Usage.REQUIRED, Usage.EXPECTED})


def check(message: Message, rules: tuple[Rule, ...], trigger: str) -> list[Problem]:
    """Every broken rule of `rules` that applies to this trigger, errors and warnings."""
    named: dict[str, list[Segment]] = {}
    for segment in message.segments:
        named.setdefault(segment.name, []).append(segment)
    return [
        problem
        for rule in rules
        if not rule.events or trigger in rule.events
        if rule.when is None or message.get(rule.when[0]) in rule.when[1]
        for problem in _broken(named.get(rule.segment, ()), rule)
    ]


def _broken(segments: Sequence[Segment], rule: Rule) -> Iterator[Problem]:
    if rule.field == 0:
        if not segments and rule.usage is Usage.REQUIRED:
            yield Problem(
                Condition.SEGMENT_SEQUENCE,
                erl(rule.segment),
                f"Le segment {rule.segment} ({rule.label}) manque : l’ajouter.",
            )
        elif segments and rule.usage is Usage.FORBIDDEN:
            yield Problem(
                Condition.CARDINALITY,
                erl(rule.segment),
                f"Le segment {rule.segment} ({rule.label}) n’est pas attendu ici : il est ignoré.",
                severity=Severity.WARNING,
            )
        return
    for rank, segment in enumerate(segments, start=1):
        if problem := _broken_field(segment, rule, rank):
            yield problem


def _broken_field(segment: Segment, rule: Rule, rank: int) -> Problem | None:
    fault = _fault(segment, rule)
    if fault is None:
        return None
    code, severity, what = fault
    return Problem(
        code,
        erl(rule.segment, rule.field, rank=rank),
        f"{rule.segment}-{rule.field} ({rule.label}) {what}",
        severity=severity,
    )


def _fault(segment: Segment, rule: Rule) -> tuple[Condition, Severity, str] | None:
    """What is wrong with the field, and what to do."""
    filled = segment.raw(rule.field)
    if not filled and rule.usage not in _ASKED:
        return None
    if rule.usage is Usage.FORBIDDEN:
        return Condition.CARDINALITY, Severity.WARNING, ": il est ignoré."
    # The first component is what identifies: `^^^CHU-X` names nothing.
    text = segment.text(rule.field)
    if not text and rule.usage is Usage.REQUIRED:
        return Condition.REQUIRED_FIELD_MISSING, Severity.ERROR, "manque : le renseigner."
    if not text and rule.usage is Usage.EXPECTED:
        return Condition.REQUIRED_FIELD_MISSING, Severity.WARNING, "manque."
    if text in ("", NULL):
        return None
    if rule.values and text not in rule.values:
        allowed = ", ".join(sorted(rule.values))
        what = f": valeur non admise, écrire l’une de : {allowed}."
        return rule.condition, Severity.ERROR, what
    if rule.timestamp and not _TIMESTAMP.fullmatch(text):
        what = ": date attendue sous la forme AAAAMMJJhhmmss."
        return Condition.DATA_TYPE, Severity.ERROR, what
    return None
