"""What a message may do to an identity, and what an identity may do.

Sources: RNIV 3.2 and annex III (statuses), IHE PAM France 4.4, 5.1.2 and 6.6.15 (what HL7 says of
them); spec identity §1.5, §1.6, §1.10, §5.4, §5.14. Requirements: R-005.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from carnet.standards.hl7v2.messages import AdtEvent, PatientIdentity
from carnet.standards.ins import Attribute, Status, Traits, state_of_hl7

#: Events that give the whole identity: what they leave out is no longer true (ITI-30).
SNAPSHOTS: Final = frozenset({"A28", "A31"})
#: Events that may make a patient known; any other on an unknown patient is refused with 902.
MAY_CREATE: Final = frozenset({"A28", "A31", "A01", "A04", "A05", "A40"})
#: (status that PID-32 gives, the message is a snapshot) -> whether an INS known before stays.
#: An INS goes by A47, by PROV, or by a snapshot that no longer says it (PAM.FR 4.4.4, 5.1.2); a
#: movement whose PID is short takes nothing away.
_KEEPS_INS: Final[dict[tuple[Status, bool], bool]] = {
    (Status.QUALIFIEE, True): True,
    (Status.QUALIFIEE, False): True,
    (Status.VALIDEE, True): False,
    (Status.VALIDEE, False): True,
    (Status.PROVISOIRE, True): False,
    (Status.PROVISOIRE, False): False,
}

#: Zone of a time stamp that tells no offset: hospitals write local time.
LOCAL_ZONE: Final = ZoneInfo("Europe/Paris")
_TS: Final = re.compile(
    r"(?P<digits>[0-9]{4}(?:[0-9]{2}){0,5})(?:\.[0-9]{1,4})?(?P<offset>[+-][0-9]{4})?"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What PID-32 and PID-3 make of an identity; `None` is what stays as it was."""

    status: Status | None
    keeps_ins: bool
    attributes: tuple[str, ...] | None


def verdict(event: AdtEvent) -> Verdict:
    """The status that this message gives to its patient (spec identity §1.5, §5.4).

    Without PID-32 the status stays: an A47 that removes the INS does not change it by itself.
    """
    codes = event.patient.reliability
    if not codes:
        return Verdict(None, not event.removes_ins, None)
    state = state_of_hl7(codes, event.patient.ins)
    keeps = _KEEPS_INS[(state.status, event.trigger in SNAPSHOTS)] and not event.removes_ins
    return Verdict(state.status, keeps, tuple(sorted(a.value for a in state.attributes)))


def instant(value: str) -> datetime | None:
    """An HL7 time stamp as a moment in UTC; `None` when it is not one.

    Less than a full stamp is taken at its beginning; without offset it is Paris time.
    """
    match = _TS.fullmatch(value.strip())
    if not match:
        return None
    digits = match["digits"]
    parts = [int(digits[:4]), *(int(digits[i : i + 2]) for i in range(4, len(digits), 2))]
    while len(parts) < 3:
        parts.append(1)
    zone: timezone | ZoneInfo = LOCAL_ZONE
    if offset := match["offset"]:
        shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
        zone = timezone(-shift if offset[0] == "-" else shift)
    try:
        return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None


#: Patient columns that come straight from PID, with the attribute of `PatientIdentity` they copy.
TRAITS: Final = (
    "birth_name", "first_given_name", "given_names", "used_name", "used_given_name",
    "birth_date", "sex", "birth_place", "address", "deceased",
)  # fmt: skip
#: A change of one of these is worth a line in the trace (RNIV EXI SI 14).
STRICT_TRAITS: Final = frozenset(
    {"birth_name", "first_given_name", "given_names", "birth_date", "sex", "birth_place"}
)
#: What a movement message may leave empty without meaning that it became empty.
_KEPT_WHEN_EMPTY: Final = frozenset(
    {"given_names", "used_name", "used_given_name", "birth_date", "sex", "birth_place", "address"}
)


def traits(event: AdtEvent) -> dict[str, object]:
    """The columns of `Patient` that this message sets."""
    identity: PatientIdentity = event.patient
    snapshot = event.trigger in SNAPSHOTS
    columns: dict[str, object] = {}
    for name in TRAITS:
        value = getattr(identity, name)
        if value or snapshot or name not in _KEPT_WHEN_EMPTY:
            columns[name] = value
    if identity.phones or snapshot:
        columns["phones"] = list(identity.phones)
    return columns


def told_traits(identity: PatientIdentity) -> Traits:
    """The strict traits that a message tells. Raises `TraitError`."""
    return Traits.of(
        identity.birth_name,
        identity.first_given_name,
        identity.sex or "U",
        identity.birth_date,
        given_names=identity.given_names,
        birth_place=identity.birth_place,
    )


@dataclass(frozen=True, slots=True)
class Lack:
    """Why an identity may not leave the establishment: a stable code and what to do, in French."""

    code: str
    sentence: str


def lack(
    status: str, attributes: Sequence[str], ins_refused: str, *, disputed: bool
) -> Lack | None:
    """What is missing before this patient's INS may leave; `None` when it may (spec §1.10)."""
    if status == Status.QUALIFIEE:
        return None
    if Attribute.FICTIVE in attributes:
        return Lack("identity_fictive", _("Identité fictive : rien n’est envoyé pour elle."))
    if Attribute.DOUTEUSE in attributes:
        return Lack(
            "identity_doubtful",
            _("Identité douteuse : lever le doute dans le référentiel d’identité."),
        )
    if disputed:
        return Lack(
            "ins_disputed",
            _("Un autre patient porte le même INS : fusionner les dossiers, ou en corriger un."),
        )
    if ins_refused:
        return Lack(
            "ins_refused",
            _("L’INS reçu n’a pas été retenu (%(reason)s) : corriger l’identité et la renvoyer.")
            % {"reason": ins_refused},
        )
    if status == Status.VALIDEE:
        return Lack(
            "ins_missing",
            _("Identité validée sans INS : appeler le téléservice INSi, puis renvoyer l’identité."),
        )
    if status == Status.RECUPEREE:
        return Lack(
            "identity_unchecked",
            _("INS récupéré, identité non contrôlée : vérifier une pièce d’identité."),
        )
    return Lack(
        "identity_provisional",
        _("Identité provisoire : vérifier une pièce d’identité, puis appeler le téléservice INSi."),
    )
