"""One patient as the desk works on them: the version, the proofs, the last answer of INSi."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from carnet.establishment.patients import identities, inquiries
from carnet.establishment.patients.inquiries import Answer
from carnet.establishment.patients.models import Identifier, Inquiry, Patient, Proof
from carnet.establishment.patients.policy import Policy
from carnet.standards.ids import Ins
from carnet.standards.ins import Attribute, Status, TraitError, Traits, normalise
from carnet.standards.ins.insi import Situation, TraitsQuery, forbidding
from carnet.standards.ins.lexical import as_spaces

#: Letters of a name that narrow a search, at least (EXI SI 01).
LETTERS: Final = 3


@dataclass(frozen=True, slots=True)
class ShownProof:
    """A device that was shown; `valid` until the identity was doubted or changed."""

    device: str
    origin: str
    expires_on: date | None
    at: datetime
    actor: str
    valid: bool


@dataclass(frozen=True, slots=True)
class File:
    """What the pages of one patient need beside `LocalPatient`.

    `seen` is the version to name in every deed. `traits` is None when `problem` says which trait
    is missing or ill formed; `query` the first question to INSi; `closed` what forbids to ask it.
    """

    seen: datetime
    address: str
    phones: tuple[str, ...]
    ins: Ins | None  #: also while it may not leave
    traits: Traits | None
    problem: str
    query: TraitsQuery | None
    closed: tuple[Situation | Attribute | Status, ...]
    proofs: tuple[ShownProof, ...]
    answer: Answer | None


def file_of(patient_id: UUID, policy: Policy) -> File | None:
    """The file of a patient; None for nobody, or somebody merged."""
    patient = Patient.objects.filter(pk=patient_id, merged_into=None).first()
    if patient is None:
        return None
    traits, query, problem = None, None, ""
    try:
        traits = identities.local_traits(patient)
        query = TraitsQuery.first(traits)
    except TraitError as error:
        problem = error.trait.value
    last = Inquiry.objects.filter(patient=patient).order_by("-at", "-id").first()
    return File(
        seen=patient.updated_at,
        address=patient.address,
        phones=tuple(patient.phones),
        ins=identities.ins_of(patient),
        traits=traits,
        problem=problem,
        query=query,
        closed=forbidding(identities.state_of(patient), provisoire_allowed=policy.provisoire_asks),
        proofs=tuple(
            ShownProof(p.device, p.origin, p.expires_on, p.at, p.actor, p.ended_at is None)
            for p in Proof.objects.filter(patient=patient).order_by("-at", "-id")
        ),
        answer=inquiries.told(last) if last else None,
    )


def by_number(number: str, *, limit: int = 20) -> list[UUID]:
    """Who has this local identifier, or this matricule: *récupérée* and *qualifiée* alike."""
    ids = Identifier.objects.filter(value=number).values("patient_id")
    matricule = Q(ins_matricule=number) if re.fullmatch(r"[0-9AB]{15}", number) else Q()
    found = Patient.objects.filter(Q(pk__in=ids) | matricule if matricule else Q(pk__in=ids))
    return list(found.filter(merged_into=None).values_list("id", flat=True)[:limit])


def by_birth(
    birth_date: str, name: str = "", given_name: str = "", *, limit: int = 50
) -> list[UUID]:
    """Who was born that day (HL7 form), under a name and a given name that begin so.

    Both the name of birth and the used one are looked at; hyphens, apostrophes and accents do not
    count (EXI SI 01 to 03, 17). Raises `TraitError` for letters that are none.
    """
    wanted = _letters(name), _letters(given_name)
    rows = Patient.objects.filter(birth_date=birth_date, merged_into=None).order_by(
        "birth_name", "first_given_name"
    )
    found = []
    for patient in rows[: 20 * limit]:
        names = (patient.birth_name, patient.used_name)
        given = (patient.first_given_name, patient.used_given_name)
        if _begins(names, wanted[0]) and _begins(given, wanted[1]):
            found.append(patient.id)
    return found[:limit]


def _letters(text: str) -> str:
    return as_spaces(normalise(text)).replace(" ", "") if text.strip() else ""


def _begins(names: Sequence[str], wanted: str) -> bool:
    return not wanted or any(_plain(name).startswith(wanted) for name in names if name)


def _plain(name: str) -> str:
    try:
        return _letters(name)
    except TraitError:  # a sign outside the alphabet of INSi, in a name that came by a message
        return name.upper()
