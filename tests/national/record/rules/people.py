"""Everybody who may call, and every situation they may call in: what is gone through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any
from uuid import UUID

from carnet.national.journal.actors import Actor, Citizen, Establishment, Professional, System
from carnet.national.record.rules import (
    Authorisation,
    Consent,
    RecordFacts,
    Team,
    every_document,
)
from carnet.national.record.rules.policies import POLICIES
from carnet.standards import nos
from carnet.standards.xds.metadata import Code
from tests.national import world

PATIENT, OTHER = UUID(int=1), UUID(int=2)
G15, R01 = "1.2.250.1.71.1.2.7", "1.2.250.1.71.4.2.5"
SECRETARY = Code("SECRETARIAT_MEDICAL", "1.2.250.1.213.1.1.4.6")
PHYSICIAN = world.PHYSICIAN_READER
MODES = ("DIRECTE", "INDIRECTE", "INDIRECTE_RENFORCEE", "DELEGUEE")
PURPOSES = ("normal", "centre_15", "bris_de_glace", "curiosity")

HOLDER = Citizen(UUID(int=9), PATIENT, "Dominique")
PARENT = Citizen(UUID(int=8), OTHER, "Parent", frozenset({PATIENT}))
STRANGER = Citizen(UUID(int=6), OTHER, "Autre")
#: One person of each kind that the rules tell apart.
KINDS = (
    PHYSICIAN,
    replace(PHYSICIAN, specialty=Code("SM25", R01)),
    replace(PHYSICIAN, profession=Code("60", G15), specialty=None),
    replace(PHYSICIAN, profession=SECRETARY, specialty=None),
)


def carer(*scopes: str) -> Citizen:
    return Citizen(UUID(int=7), OTHER, "Aidant", frozenset({PATIENT}), {PATIENT: frozenset(scopes)})


CITIZENS: tuple[Actor, ...] = (HOLDER, PARENT, carer("read"), carer("read", "manage"))
PROFESSIONALS: tuple[Professional, ...] = tuple(
    replace(person, mode=mode, purpose=purpose, secret_connection=secret)
    for person, mode, purpose, secret in product(KINDS, MODES, PURPOSES, (False, True))
)
STRUCTURES: tuple[Establishment, ...] = tuple(
    replace(world.HOSPITAL_SYSTEM, purpose=purpose, secret_connection=secret)
    for purpose, secret in product(PURPOSES, (False, True))
)
#: One caller of each kind, in each mode and for each purpose.
CALLERS: tuple[Actor, ...] = (
    *CITIZENS,
    STRANGER,
    System("worker"),
    *PROFESSIONALS,
    *STRUCTURES,
)


def everybody() -> Iterator[Professional]:
    """Every profession, also in training, with every savoir-faire, in each mode and purpose."""
    professions = [Code(each.code, each.system) for each in nos.value_set("professions")]
    professions += [SECRETARY, Code("10", "1.2.3"), Code("99", G15)]
    specialties = [Code(each.code, R01) for each in nos.value_set("specialties")]
    specialties += [Code(code, R01) for code in ("SM25", "SCH35", "C41", "CAPA11")]
    for profession, specialty in product(professions, (None, *specialties)):
        for mode, purpose in product(MODES, PURPOSES):
            yield replace(
                PHYSICIAN, profession=profession, specialty=specialty, mode=mode, purpose=purpose
            )


#: What is known of a record and of a caller in it: each fact, and all that it may be.
FACTS: dict[str, tuple[Any, ...]] = {
    "active": (True, False),
    "authorisation": tuple(Authorisation),
    "is_medecin_traitant": (True, False),
    "opposes_bris_de_glace": (True, False),
    "opposes_centre_15": (True, False),
    "masked_in_emergency": (True, False),
    "team": tuple(Team),
    "consent": tuple(Consent),
    "is_adult": (None, True, False),
    "policy": POLICIES,
}
#: Every situation: their whole product.
SITUATIONS = tuple(
    RecordFacts(**dict(zip(FACTS, values, strict=True))) for values in product(*FACTS.values())
)
#: Every document that the rules tell apart.
DOCUMENTS = tuple(
    document._replace(from_patient=from_patient)
    for document in every_document()
    for from_patient in (False, True)
)
