"""Two files that may be one person, one file that may hold two: found, scored, explained.

The score is a mean of how alike the strict traits are, each with its weight; what each trait gave
is kept beside it, for the person who decides. Nothing is merged by itself.
Source: RNIV 1 §4.9, EXI SI 32, RECO SI 02 (spec identity §1.4, §1.8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Q
from rapidfuzz.distance import OSA, JaroWinkler

from carnet.establishment.patients.models import Alert, Patient
from carnet.standards.ins import Status, Trait, TraitError, normalise
from carnet.standards.ins.lexical import as_spaces

#: Score from which two files are proposed as one, and as homonyms when both are qualified.
THRESHOLD: Final = 80
#: Score under which the traits before and after one message are of two people.
COLLISION: Final = 45
#: Files compared with one patient at most.
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Part:
    """What one trait gave: both values, how alike they are (0 to 1), what it weighs."""

    trait: str
    one: str
    other: str
    alike: float
    weight: int


@dataclass(frozen=True, slots=True)
class Score:
    """How much two identities look like one: `value` from 0 to 100, and why."""

    value: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The traits of an identity that are compared; empty when not known."""

    birth_name: str
    first_given_name: str
    birth_date: str
    sex: str
    birth_place: str
    given_names: str = ""
    used_name: str = ""

    @classmethod
    def of(cls, patient: Patient) -> Likeness:
        """The traits of a patient."""
        return cls(
            patient.birth_name,
            patient.first_given_name,
            patient.birth_date,
            patient.sex,
            patient.birth_place,
            patient.given_names,
            patient.used_name,
        )


def _plain(name: str) -> str:
    try:
        return as_spaces(normalise(name)).replace(" ", "")
    except TraitError:
        return name.upper().replace(" ", "")


def _names(one: str, other: str) -> float:
    return JaroWinkler.similarity(_plain(one), _plain(other))


def _dates(one: str, other: str) -> float:
    """One slip of the keyboard is likely, day and month exchanged too."""
    if len(one) >= 8 and other == one[:4] + one[6:8] + one[4:6]:
        return 0.9
    return max(0.0, 1 - OSA.distance(one, other) / 3)


def _same(one: str, other: str) -> float:
    return float(one == other)


#: Trait, column, how it is compared, its weight.
_TABLE: Final[tuple[tuple[Trait, str, Callable[[str, str], float], int], ...]] = (
    (Trait.BIRTH_NAME, "birth_name", _names, 30),
    (Trait.FIRST_GIVEN_NAME, "first_given_name", _names, 20),
    (Trait.BIRTH_DATE, "birth_date", _dates, 30),
    (Trait.SEX, "sex", _same, 8),
    (Trait.BIRTH_PLACE, "birth_place", _same, 12),
)


def score(one: Likeness, other: Likeness) -> Score:
    """How much two identities look like one. A trait that one side lacks counts for neither."""
    parts = []
    for trait, column, alike, weight in _TABLE:
        here, there = getattr(one, column), getattr(other, column)
        if here and there:
            parts.append(Part(trait.value, here, there, round(alike(here, there), 2), weight))
    crossed = max(
        _crossed(one.used_name, other.birth_name), _crossed(other.used_name, one.birth_name)
    )
    if parts and parts[0].trait == Trait.BIRTH_NAME and crossed > parts[0].alike:
        # A married name typed as the name of birth is the commonest double of all.
        first = parts[0]
        parts[0] = Part(first.trait, first.one, first.other, round(crossed * 0.9, 2), first.weight)
    weight = sum(part.weight for part in parts)
    if weight < 60:  # too little is known to say anything
        return Score(0, tuple(parts))
    value = round(100 * sum(part.alike * part.weight for part in parts) / weight)
    return Score(value, tuple(parts))


def _crossed(used: str, birth: str) -> float:
    return _names(used, birth) if used and birth else 0.0


def compare_next(*, now: datetime) -> bool:
    """Look for the doubles of one patient that changed since; false when all were looked at."""
    with transaction.atomic():
        patient = (
            Patient.objects.select_for_update(skip_locked=True)
            .filter(Q(compared_at=None) | Q(compared_at__lt=F("updated_at")), merged_into=None)
            .order_by("updated_at")
            .first()
        )
        if patient is None:
            return False
        for other in _near(patient):
            _propose(patient, other, now)
        Patient.objects.filter(pk=patient.pk).update(compared_at=max(now, patient.updated_at))
    return True


def _near(patient: Patient) -> Iterator[Patient]:
    """Who was born that day, or bears that name and given name."""
    born = patient.birth_date
    dates = {born, born[:4] + born[6:8] + born[4:6]} if len(born) >= 8 else {born}
    close = Q(birth_date__in=dates - {""}) | Q(
        birth_name=patient.birth_name, first_given_name=patient.first_given_name
    )
    rows = Patient.objects.filter(close, merged_into=None).exclude(pk=patient.pk)
    yield from rows.order_by("id")[:MOST]


def _propose(patient: Patient, other: Patient, now: datetime) -> None:
    """Open an alert for a pair that looks like one person, unless it was settled already."""
    found = score(Likeness.of(patient), Likeness.of(other))
    if found.value < THRESHOLD:
        return
    both = {patient.status, other.status} == {Status.QUALIFIEE.value}
    kind = Alert.Kind.HOMONYM if both else Alert.Kind.DUPLICATE
    if kind is Alert.Kind.HOMONYM and "HOMA" in patient.attributes and "HOMA" in other.attributes:
        return
    Alert.objects.bulk_create(
        [
            Alert(
                kind=kind,
                patients=sorted([patient.id, other.id]),
                score=found.value,
                reasons=[_told(part) for part in found.parts],
                opened_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def collision(before: Likeness, patient: Patient, *, now: datetime) -> bool:
    """Open an alert when a message turned an identity into another person's; true if it did."""
    found = score(before, Likeness.of(patient))
    if not found.parts or found.value >= COLLISION:
        return False
    Alert.objects.bulk_create(
        [
            Alert(
                kind=Alert.Kind.COLLISION,
                patients=[patient.id],
                score=100 - found.value,
                reasons=[_told(part) for part in found.parts],
                opened_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    return True


def _told(part: Part) -> list[object]:
    return [part.trait, part.one, part.other, part.alike, part.weight]
