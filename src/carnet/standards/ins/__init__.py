"""Identité nationale de santé: strict traits, their comparison, statuses, matricules for tests.

Source: Référentiel national d'identitovigilance (RNIV 1, v2.0); spec identity §1.
"""

from carnet.standards.ins.birth_date import BirthDate
from carnet.standards.ins.comparison import Difference, compare, qualification_allowed
from carnet.standards.ins.lexical import Trait, TraitError, normalise, same_name
from carnet.standards.ins.matricule import synthetic_ins
from carnet.standards.ins.status import (
    Attribute,
    ForbiddenTransition,
    IdentityState,
    Status,
    StatusEvent,
    state_of_hl7,
    transition,
)
from carnet.standards.ins.traits import UNKNOWN_PLACE, Sex, Traits

__all__ = [
    "UNKNOWN_PLACE",
    "Attribute",
    "BirthDate",
    "Difference",
    "ForbiddenTransition",
    "IdentityState",
    "Sex",
    "Status",
    "StatusEvent",
    "Trait",
    "TraitError",
    "Traits",
    "compare",
    "normalise",
    "qualification_allowed",
    "same_name",
    "state_of_hl7",
    "synthetic_ins",
    "transition",
]
