"""The decision, in sentences; `test_exhaustive` goes through all of it."""

from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest

from carnet.national.journal.actors import Actor, Citizen, Establishment, Professional, System
from carnet.national.record import rules
from carnet.national.record.rules import (
    Act,
    Authorisation,
    DocumentFacts,
    Reason,
    RecordFacts,
    decide,
    every_document,
)
from carnet.standards.xds.metadata import Code, Status
from tests.national import world

PATIENT = UUID(int=1)
OTHER = UUID(int=2)
DOCTOR = world.PHYSICIAN_READER
NURSE = replace(DOCTOR, profession=Code("60", "1.2.250.1.71.1.2.7"), specialty=None)
SECRETARY = replace(
    DOCTOR, profession=Code("SECRETARIAT_MEDICAL", "1.2.250.1.213.1.1.4.6"), specialty=None
)
OCCUPATIONAL = replace(DOCTOR, specialty=Code("SM25", "1.2.250.1.71.4.2.5"))
HOLDER = Citizen(UUID(int=9), PATIENT, "Dominique")
PARENT = Citizen(UUID(int=8), OTHER, "Parent", frozenset({PATIENT}))
STRANGER = Citizen(UUID(int=7), OTHER, "Autre")

PROFESSIONALS = [
    replace(person, mode=mode, purpose=purpose)
    for person, mode, purpose in product(
        (DOCTOR, NURSE, SECRETARY, OCCUPATIONAL),
        ("DIRECTE", "INDIRECTE", "INDIRECTE_RENFORCEE", "DELEGUEE"),
        ("normal", "bris_de_glace", "centre_15", "curiosity"),
    )
]
ESTABLISHMENTS = [
    replace(world.HOSPITAL_SYSTEM, purpose=purpose)
    for purpose in ("normal", "bris_de_glace", "centre_15")
]
ACTORS: list[Actor] = [
    *PROFESSIONALS,
    *ESTABLISHMENTS,
    HOLDER,
    PARENT,
    STRANGER,
    System("worker"),
]
RECORDS = [
    RecordFacts(active, authorisation, mt, no_ice, no_15, masked)
    for active, authorisation, mt, no_ice, no_15, masked in product(
        (True, False), Authorisation, *[(True, False)] * 4
    )
]


def everything() -> list[tuple[Actor, RecordFacts]]:
    """Every caller that has a column, in every state of a record."""
    known = [
        each
        for each in ACTORS
        if not isinstance(each, Professional)
        or (each.mode in ("DIRECTE", "INDIRECTE_RENFORCEE") and each.purpose != "curiosity")
    ]
    return list(product(known, RECORDS))


def allowed(
    actor: Actor, act: Act, record: RecordFacts, document: DocumentFacts | None = None
) -> bool:
    return decide(actor, act, PATIENT, record, document).allowed


VALID = RecordFacts(authorisation=Authorisation.VALID)
PLAIN = DocumentFacts(listed=True)


def test_an_establishment_never_reads_nor_searches() -> None:
    for actor, record in product(ESTABLISHMENTS, RECORDS):
        assert not any(
            allowed(actor, act, record, document)
            for act in (Act.READ, Act.SEARCH)
            for document in (None, *every_document())
        )


def test_in_normal_mode_a_professional_reads_only_with_a_valid_authorisation() -> None:
    without = [each for each in RECORDS if each.authorisation is not Authorisation.VALID]
    normal = [each for each in PROFESSIONALS if each.purpose == "normal"]
    for actor, record in product(normal, without):
        assert not any(allowed(actor, Act.READ, record, each) for each in every_document())


def test_a_closed_record_is_closed_to_all_but_its_holder() -> None:
    closed = [each for each in RECORDS if not each.active]
    for actor, record in product(PROFESSIONALS + ESTABLISHMENTS, closed):
        for act in set(Act) - {Act.EXISTENCE}:
            decision = decide(actor, act, PATIENT, record)
            assert set(decision.reasons) & {
                Reason.RECORD_CLOSED,
                Reason.UNKNOWN_CALLER,
                Reason.OCCUPATIONAL,
            }


def test_an_opposed_emergency_reads_nothing() -> None:
    for actor, record in product(PROFESSIONALS, RECORDS):
        opposed = (actor.purpose == "bris_de_glace" and record.opposes_bris_de_glace) or (
            actor.purpose == "centre_15" and record.opposes_centre_15
        )
        if opposed:
            assert not any(allowed(actor, Act.READ, record, each) for each in every_document())


def test_a_masked_document_of_another_is_read_by_the_medecin_traitant_or_if_allowed() -> None:
    masked = DocumentFacts(masked=True, listed=True)
    for actor, record in product(PROFESSIONALS, RECORDS):
        if allowed(actor, Act.READ, record, masked):
            assert record.is_medecin_traitant or (
                record.masked_in_emergency and actor.purpose != "normal"
            )


def test_the_author_reads_their_own_masked_document() -> None:
    assert allowed(DOCTOR, Act.READ, VALID, DocumentFacts(masked=True, own=True))
    assert not allowed(DOCTOR, Act.READ, VALID, DocumentFacts(masked=True))


def test_the_holder_sees_all_but_what_is_not_yet_for_them_and_the_deleted() -> None:
    for record, document in product(RECORDS, every_document()):
        expected = not document.invisible_patient and document.status is not Status.DELETED
        assert allowed(HOLDER, Act.READ, record, document) is expected


def test_a_representative_does_not_see_what_is_hidden_from_representatives() -> None:
    for record, document in product(RECORDS, every_document()):
        expected = not (
            document.invisible_patient
            or document.invisible_representatives
            or document.status is Status.DELETED
        )
        assert allowed(PARENT, Act.READ, record, document) is expected


def test_who_is_neither_holder_nor_representative_sees_nothing() -> None:
    for actor, record in product((STRANGER, System("worker")), RECORDS):
        for act in Act:
            decision = decide(actor, act, PATIENT, record)
            assert decision.reasons == (Reason.UNKNOWN_CALLER,)


def test_an_occupational_physician_lists_and_reads_nothing() -> None:
    assert allowed(OCCUPATIONAL, Act.SEARCH, VALID, PLAIN)
    assert not any(allowed(OCCUPATIONAL, Act.READ, VALID, each) for each in every_document())


def test_a_secretary_neither_reads_nor_feeds() -> None:
    assert not allowed(SECRETARY, Act.READ, VALID, PLAIN)
    assert not allowed(SECRETARY, Act.FEED, VALID, PLAIN)


def test_air_reads_and_does_not_feed() -> None:
    air = replace(DOCTOR, mode="INDIRECTE_RENFORCEE")
    assert allowed(air, Act.READ, VALID, PLAIN)
    assert not allowed(air, Act.FEED, VALID, PLAIN)


@pytest.mark.parametrize("actor", [DOCTOR, world.HOSPITAL_SYSTEM])
def test_only_ones_own_documents_are_deleted(actor: Professional | Establishment) -> None:
    for document in every_document():
        assert allowed(actor, Act.DELETE, VALID, document) is document.own
        assert not allowed(actor, Act.DELETE, VALID, document._replace(from_patient=True))


def test_a_deleted_document_is_never_listed() -> None:
    for actor, record in everything():
        for document in every_document():
            if document.status is Status.DELETED:
                assert not allowed(actor, Act.SEARCH, record, document)


def test_feeding_needs_no_authorisation() -> None:
    assert allowed(world.HOSPITAL_SYSTEM, Act.FEED, RecordFacts(), PLAIN)
    assert allowed(DOCTOR, Act.FEED, RecordFacts(), PLAIN)


def test_every_document_has_a_code_of_its_own_that_says_it_again() -> None:
    codes = [rules.facet_code(each) for each in every_document()]
    assert len(set(codes)) == len(codes) == 256
    assert [rules.facts_of_code(code) for code in codes] == list(every_document())


def test_the_table_names_every_caller_of_the_sheets() -> None:
    assert len(rules.columns()) == 25
