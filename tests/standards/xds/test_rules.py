"""The rules of a submission: for each line of the tables, one submission that breaks it alone.

The breakers of the attributes come from the table itself (too few, too many, wrong form, out of
the value set); each form needs its bad example, each relation its breaker, or the test fails.
Requirements: EX_2.1-1050.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from carnet.standards.ids import Ins
from carnet.standards.xds.errors import ErrorCode
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Author,
    Code,
    Folder,
    Submission,
)
from carnet.standards.xds.rules import (
    ATTRIBUTES,
    FR_DMP,
    IHE,
    IHE_REGISTRATION,
    RELATIONS,
    Profile,
    check,
    forms,
)
from carnet.standards.xds.rules.attributes import AttributeRule, Demand
from tests.standards.xds import strategies
from tests.standards.xds.perfect import (
    AUTHOR,
    DOCTOR,
    ENTRY,
    HIDDEN,
    INS,
    LOT,
    MASKED,
    MEMBER,
    NORMAL,
    OTHER_INS,
    SUBMISSION,
)

FOLDER = Folder("Folder01", "1.2.250.1.999.1.1.6.1", INS, "Dossier", codes=(Code("x", "1.2.3"),))
IN_FOLDER = Association(AssociationType.HAS_MEMBER, "Lot01", "Folder01", "Member02")
FULL = replace(
    SUBMISSION,
    documents=(replace(ENTRY, hash="a" * 40),),
    folders=(FOLDER,),
    associations=(MEMBER, IN_FOLDER),
)
PATIENT = Ins.from_cx(INS)
OLD = "urn:uuid:0190a1b2-0000-7000-8000-000000000009"

#: One value that has not the form, whatever else the attribute asks for.
BAD: dict[forms.Form, str] = {
    forms.OID: "1.2.250.1.999^12",
    forms.DOTTED: "1.2.250.1.999^12",
    forms.OID_EXTENSION: "1.2.250^12345678901234567",
    forms.TIME: "20260230",
    forms.SECOND: "20260305",
    forms.INS: "279035121518989^^^&1.2.250.1.213.1.4.99&ISO^NH",
    forms.CX: "0012345",
    forms.PERSON: "Dr MARTIN",
    forms.STRUCTURE: "CH^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^",
    forms.TRIPLET: "G15_10/SM26",
    forms.TITLE: "x" * 129,
    forms.LANGUAGE: "français",
    forms.MIME_DMP: "application/pdf",
    forms.MIME: "pdf",
    forms.TRAIT: "DURAND",
    forms.REFERENCE_DMP: "A1^^^&1.2.3&ISO^urn:ihe:iti:xds:2013:referral",
    forms.REFERENCE: "A1",
    forms.SHA1: "abc",
    forms.STABLE: "urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248",
}


def with_value(rule: AttributeRule, value: Any) -> Submission:
    """The full submission where the attribute of `rule` is `value`."""
    lot, entry = FULL.submission_set, FULL.documents[0]
    assert lot is not None
    change = {rule.field: value}
    match rule.owner:
        case "DocumentEntry":
            return replace(FULL, documents=(replace(entry, **change),))
        case "DocumentEntry.author":
            return replace(FULL, documents=(replace(entry, authors=(replace(AUTHOR, **change),)),))
        case "SubmissionSet":
            return replace(FULL, submission_set=replace(lot, **change))
        case "SubmissionSet.author":
            return replace(FULL, submission_set=replace(lot, author=(replace(AUTHOR, **change),)))
        case _:
            return replace(FULL, folders=(replace(FOLDER, **change),))


def current(rule: AttributeRule) -> Any:
    holders = {
        "DocumentEntry": FULL.documents[0],
        "DocumentEntry.author": AUTHOR,
        "SubmissionSet": LOT,
        "SubmissionSet.author": AUTHOR,
        "Folder": FOLDER,
    }
    return getattr(holders[rule.owner], rule.field)


def as_held(rule: AttributeRule, value: Any) -> Any:
    return (value,) if isinstance(current(rule), tuple) else value


def breaks(rule: AttributeRule, demand: Demand) -> Iterator[tuple[str, Any]]:
    """Each way to break one demand, and the value that does it."""
    held = current(rule)
    if demand.lowest:
        yield (
            "is missing",
            () if isinstance(held, tuple) else None if isinstance(held, Code) else "",
        )
    if demand.highest is not None and isinstance(held, tuple):
        yield "allowed", held * (demand.highest + 1)
    if demand.form:
        yield "is not", as_held(rule, BAD[demand.form])
    if demand.values:
        code = Code("NOT-IN-IT", "1.2.3", "?")
        yield "value set", as_held(rule, "NOT-IN-IT^?^1.2.3" if demand.form else code)


CASES = [
    pytest.param(profile, rule, problem, value, id=f"{profile}-{rule.name}-{problem}")
    for rule in ATTRIBUTES
    for profile, demand in rule.demands.items()
    for problem, value in breaks(rule, demand)
]


@pytest.mark.parametrize("profile", sorted(set(Profile) - {IHE_REGISTRATION}))
@pytest.mark.parametrize("submission", [SUBMISSION, FULL])
def test_a_perfect_submission_has_no_error(submission: Submission, profile: Profile) -> None:
    assert check(submission, patient=PATIENT, profile=profile) == ()


def test_a_repository_that_registers_says_what_it_holds() -> None:
    told = {error.context.split()[0] for error in check(SUBMISSION, profile=IHE_REGISTRATION)}
    assert told == {f"DocumentEntry.{name}" for name in ("hash", "size", "repositoryUniqueId")}
    held = with_entry(hash="a" * 40, size=12, repository_unique_id="1.2.3")
    assert check(held, patient=PATIENT, profile=IHE_REGISTRATION) == ()


@pytest.mark.parametrize(("profile", "rule", "problem", "value"), CASES)
def test_each_demand_on_an_attribute_is_told_when_it_is_broken(
    profile: Profile, rule: AttributeRule, problem: str, value: Any
) -> None:
    errors = check(with_value(rule, value), profile=profile)
    told = [error for error in errors if error.context.startswith(f"{rule.name} ")]
    assert told, errors
    assert all(problem in error.context and rule.source in error.context for error in told)
    assert {error.code for error in told} == {ErrorCode.REGISTRY_METADATA_ERROR}


def with_entry(**changes: Any) -> Submission:
    return replace(FULL, documents=(replace(FULL.documents[0], **changes),))


def with_associations(*associations: Association) -> Submission:
    return replace(FULL, associations=(MEMBER, IN_FOLDER, *associations))


def link(type_: AssociationType, source: str = "Document01", target: str = OLD) -> Association:
    return Association(type_, source, target, "Link01")


SIGNATURE = replace(
    FULL.documents[0],
    id="Signature01",
    unique_id=f"{LOT.unique_id}.1",
    type_code=Code("E1762", "ASTM", "Full Document"),
    class_code=Code("urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", "URN", "Digital Signature"),
    format_code=Code("http://www.w3.org/2000/09/xmldsig#", "URN", "Default Signature Style"),
    confidentiality=(NORMAL, MASKED, HIDDEN),
    language="art",
)


def with_signature(**changes: Any) -> Submission:
    return replace(
        FULL,
        documents=(*FULL.documents, replace(SIGNATURE, **changes)),
        associations=(
            *FULL.associations,
            replace(MEMBER, id="Member03", target="Signature01"),
            Association(AssociationType.SIGNS, "Signature01", "Lot01", "Signs01"),
        ),
    )


SIGNED = with_signature()

#: For each relation: the submission that breaks it, and where.
BREAKERS: dict[str, tuple[Submission, str]] = {
    "one lot": (replace(FULL, submission_set=None), "SubmissionSet"),
    "one document": (replace(FULL, documents=()), "DocumentEntry"),
    "one patient": (with_entry(patient_id=OTHER_INS), "Document01"),
    "the patient of the assertion": (
        Submission(
            replace(LOT, patient_id=OTHER_INS),
            (replace(ENTRY, patient_id=OTHER_INS),),
            (),
            (MEMBER,),
        ),
        "Lot01",
    ),
    "one uniqueId each": (with_entry(unique_id=LOT.unique_id), "Document01"),
    "members": (replace(FULL, associations=(IN_FOLDER,)), "Document01"),
    "status of members": (
        replace(FULL, associations=(replace(MEMBER, slots=()), IN_FOLDER)),
        "Document01",
    ),
    "references": (
        with_associations(link(AssociationType.SIGNS, target="Document99")),
        "Link01",
    ),
    "types of association": (
        with_associations(link(AssociationType.UPDATE_AVAILABILITY_STATUS)),
        "Link01",
    ),
    "source of a relation": (
        with_associations(link(AssociationType.RPLC, source=OLD)),
        "Link01",
    ),
    "target of a relation": (
        with_associations(link(AssociationType.RPLC, target="Folder01")),
        "Link01",
    ),
    "level of confidentiality": (with_entry(confidentiality=(MASKED, NORMAL)), "Document01"),
    "hidden from both": (with_entry(confidentiality=(NORMAL, MASKED, HIDDEN)), "Document01"),
    "times of the service": (with_entry(service_stop_time="20260301"), "Document01"),
    "one signature": (
        replace(
            SIGNED,
            documents=(*SIGNED.documents, replace(SIGNATURE, id="Signature02", unique_id="1.2.9")),
        ),
        "Signature02",
    ),
    "a signature and its lot": (
        replace(
            SIGNED,
            associations=(
                *SIGNED.associations,
                Association(AssociationType.APND, "Signature01", OLD, "Link01"),
            ),
        ),
        "Signature01",
    ),
    "what signs": (with_associations(link(AssociationType.SIGNS, target="Lot01")), "Link01"),
    "codes of a signature": (with_signature(mime_type="application/xslt+xml"), "Signature01"),
    "a signature out of sight": (
        with_signature(confidentiality=(NORMAL, MASKED)),
        "Signature01",
    ),
}


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("rule", RELATIONS, ids=lambda rule: rule.name)
def test_each_relation_is_told_when_it_is_broken(rule: Any, profile: Profile) -> None:
    submission, place = BREAKERS[rule.name]
    errors = check(submission, patient=PATIENT, profile=profile)
    told = [e for e in errors if e.context.startswith(rule.problem) and e.location == place]
    assert bool(told) == (profile in rule.profiles), errors
    assert {error.code for error in told} <= {rule.code}


def test_no_breaker_is_left_without_its_rule() -> None:
    assert set(BREAKERS) == {rule.name for rule in RELATIONS}
    assert len(BREAKERS) == len(RELATIONS)


def test_a_replacement_of_a_known_document_is_right() -> None:
    assert check(with_associations(link(AssociationType.RPLC))) == ()


def test_a_signed_lot_is_right() -> None:
    """Spec dmp §3.8: out of sight of everybody, in no natural language, for its lot alone."""
    assert check(SIGNED, patient=PATIENT) == ()


@pytest.mark.parametrize(
    "links",
    [
        (),
        (Association(AssociationType.SIGNS, "Signature01", "Document01", "Signs01"),),
        (
            Association(AssociationType.SIGNS, "Signature01", "Lot01", "Signs01"),
            Association(AssociationType.SIGNS, "Signature01", "Lot01", "Signs02"),
        ),
        (Association(AssociationType.RPLC, "Signature01", OLD, "Signs01"),),
    ],
)
def test_a_signature_signs_its_lot_once_and_does_nothing_else(
    links: tuple[Association, ...],
) -> None:
    others = tuple(each for each in SIGNED.associations if each.source != "Signature01")
    told = {error.location for error in check(replace(SIGNED, associations=(*others, *links)))}
    assert told == {"Signature01"}


def test_an_affinity_domain_takes_signatures_as_any_document() -> None:
    """ITI TF-3 5.5: a detached signature signs documents, in one lot or several."""
    detached = with_signature(
        format_code=Code("urn:ihe:iti:dsg:detached:2014", "1.3.6.1.4.1.19376.1.2.3"),
        confidentiality=(NORMAL,),
    )
    signs = link(AssociationType.SIGNS, "Signature01", "Document01")
    submission = replace(detached, associations=(*detached.associations, signs))
    assert check(submission, profile=IHE) == ()


@pytest.mark.parametrize(
    "person",
    [
        DOCTOR,
        "279035121518989^DURAND^Anne^^^^^^&1.2.250.1.213.1.4.10&ISO^L^^^NH",
        "3750100125/88^Logiciel^Modèle^^^^^^&1.2.250.1.71.4.2.1&ISO^U^^^RI",
        "3690000011/AB12^MARTIN^Luc^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^EI",
    ],
)
def test_every_kind_of_author_is_accepted(person: str) -> None:
    assert check(with_entry(authors=(Author(person=person),), legal_authenticator=person)) == ()


@pytest.mark.parametrize(
    "structure",
    [
        "CH DE LA VALLEE^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1690000011",
        "^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1690000011",
        "Service^^^^^&1.3.2&ISO^SIREN^^^123456789",
        "CH DE LA VALLEE",
        "CH DE LA VALLEE^^^^^^^^^",
    ],
)
def test_a_structure_may_lack_its_name_or_its_id_but_not_both(structure: str) -> None:
    author = replace(AUTHOR, institutions=(structure,))
    assert check(with_entry(authors=(author,))) == ()


def test_a_code_of_the_right_value_set_in_another_scheme_is_told() -> None:
    (error,) = check(with_entry(type_code=Code("11490-0", "1.2.3", "x")))
    assert error.context.startswith("DocumentEntry.typeCode is not in its value set")


def test_a_type_that_the_dmp_does_not_take_is_told() -> None:
    # In JDV_J07, the wider list of the CI-SIS, and not in JDV_J66.
    wide = Code("34105-7", "2.16.840.1.113883.6.1")
    assert check(with_entry(type_code=wide))


def test_no_error_repeats_a_matricule() -> None:
    broken = with_entry(
        patient_id=OTHER_INS.replace("NH", "XX"), source_patient_id="187089900112345"
    )
    errors = check(broken, patient=PATIENT)
    assert errors
    assert not any("187089900112345" in error.context + error.location for error in errors)


@given(strategies.submissions())
def test_any_submission_is_judged_without_failing(submission: Submission) -> None:
    for profile in (FR_DMP, IHE):
        assert all(error.context for error in check(submission, patient=PATIENT, profile=profile))
