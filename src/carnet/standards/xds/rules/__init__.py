"""Judges a submission by tables, `attributes` and `relations`: what a profile accepts is data.

Everything wrong is told at once, each error with the place and the name of the attribute; an error
never repeats a value. A code is told to be outside its value set by code and scheme together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from carnet.standards import nos
from carnet.standards.ids import Ins
from carnet.standards.nos import DocumentType
from carnet.standards.xds.errors import ErrorCode, RegistryError
from carnet.standards.xds.iti57 import UpdateRequest
from carnet.standards.xds.metadata import Code, Submission
from carnet.standards.xds.rules import relations
from carnet.standards.xds.rules.attributes import (
    ATTRIBUTES,
    FR_DMP,
    FR_UPDATE,
    IHE,
    IHE_REGISTRATION,
    AttributeRule,
    Demand,
    Profile,
)
from carnet.standards.xds.rules.signatures import SIGNATURES
from carnet.standards.xds.rules.updates import UPDATES, check_change, check_operations, judged

__all__ = [
    "ATTRIBUTES",
    "FR_DMP",
    "FR_UPDATE",
    "IHE",
    "IHE_REGISTRATION",
    "RELATIONS",
    "UPDATES",
    "Profile",
    "check",
    "check_change",
    "check_update",
]

RELATIONS: Final = (*relations.RELATIONS, *SIGNATURES)


def check(
    submission: Submission, *, patient: Ins | None = None, profile: Profile = FR_DMP
) -> tuple[RegistryError, ...]:
    """All that is wrong with `submission`, nothing when it may be registered.

    `patient` is the INS of the caller's assertion, when there is one.
    """
    return (*_attributes(submission, profile), *_relations(submission, patient, profile))


def check_update(
    request: UpdateRequest, *, patient: Ins | None = None, profile: Profile = FR_UPDATE
) -> tuple[RegistryError, ...]:
    """All that is wrong with an ITI-57 request by itself, in the profile `FR_UPDATE` or `IHE`.

    What a new version may change is told by `check_change`, beside the version registered.
    """
    return (
        *check_operations(request, profile),
        *check(judged(request), patient=patient, profile=profile),
    )


def _attributes(submission: Submission, profile: Profile) -> Iterator[RegistryError]:
    for owner, thing, place in _owners(submission):
        for rule, demand in _demands(owner, profile):
            values = _values(getattr(thing, rule.field))
            if values or demand.lowest:
                for problem in _problems(demand, values):
                    yield RegistryError(
                        ErrorCode.REGISTRY_METADATA_ERROR,
                        f"{rule.name} {problem} ({rule.source})",
                        location=place,
                    )


@cache
def _demands(owner: str, profile: Profile) -> tuple[tuple[AttributeRule, Demand], ...]:
    return tuple(
        (rule, rule.demands[profile])
        for rule in ATTRIBUTES
        if rule.owner == owner and profile in rule.demands
    )


def _relations(
    submission: Submission, patient: Ins | None, profile: Profile
) -> Iterator[RegistryError]:
    for rule in _rules(profile):
        for place in rule.broken(submission, patient):
            yield RegistryError(rule.code, f"{rule.problem} ({rule.source})", location=place)


@cache
def _rules(profile: Profile) -> tuple[relations.RelationRule, ...]:
    return tuple(rule for rule in RELATIONS if profile in rule.profiles)


def _owners(submission: Submission) -> Iterator[tuple[str, object, str]]:
    """Each thing that has attributes: the kind of it, itself, and the id of its object."""
    for entry in submission.documents:
        yield "DocumentEntry", entry, entry.id
        for author in entry.authors:
            yield "DocumentEntry.author", author, entry.id
    lot = submission.submission_set
    if lot is not None:
        yield "SubmissionSet", lot, lot.id
        for author in lot.author:
            yield "SubmissionSet.author", author, lot.id
    for folder in submission.folders:
        yield "Folder", folder, folder.id


def _values(value: object) -> tuple[object, ...]:
    """The values of an attribute: an empty text or None is none."""
    if isinstance(value, tuple):
        return value
    return () if value is None or value == "" else (value,)


def _problems(demand: Demand, values: tuple[object, ...]) -> list[str]:
    problems = []
    if len(values) < demand.lowest:
        problems.append("is missing")
    if demand.highest is not None and len(values) > demand.highest:
        problems.append(f"has {len(values)} values, {demand.highest} allowed")
    for value in values:
        if demand.form and not demand.form.accepts(str(value)):
            problems.append(f"is not {demand.form.expected}")
        elif demand.values and not _is_in(demand.values, value):
            problems.append(f"is not in its value set, {demand.values}")
    return problems


def _is_in(name: str, value: object) -> bool:
    if isinstance(value, Code):
        code, scheme = value.code, value.scheme
    else:
        code, _, scheme = str(value).split("^")
    systems = _systems(name).get(code)
    # A system whose OID is not published (URN, ASTM, TRE_R276) is told by the code alone.
    return systems is not None and (scheme in systems or any("." not in s for s in systems))


@cache
def _systems(name: str) -> Mapping[str, frozenset[str]]:
    """The code systems of each code that the DMP accepts in the value set `name` of `nos`."""
    systems: dict[str, set[str]] = {}
    for concept in nos.value_set(name):
        if not isinstance(concept, DocumentType) or concept.dmp:
            systems.setdefault(concept.code, set()).add(concept.system)
    return {code: frozenset(found) for code, found in systems.items()}
