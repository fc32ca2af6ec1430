"""The whole product of the tables, compared with an oracle written apart; and what always holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carnet.national.journal.actors import Actor, Citizen, Professional
from carnet.national.record.rules import (
    Act,
    Authorisation,
    Consent,
    DocumentFacts,
    RecordFacts,
    Team,
    columns,
    decide,
    every_document,
    facet_code,
    visible,
)
from carnet.national.record.rules.decision import decide_in
from carnet.national.record.rules.policies import POLICIES
from carnet.standards.xds.metadata import Code, Status
from tests.national import world
from tests.national.record.rules.oracle import Who, may

PATIENT, OTHER = UUID(int=1), UUID(int=2)
G15, R01 = "1.2.250.1.71.1.2.7", "1.2.250.1.71.4.2.5"
PHYSICIAN = world.PHYSICIAN_READER
PEOPLE = {
    "physician": PHYSICIAN,
    "mt": PHYSICIAN,
    "occupational": replace(PHYSICIAN, specialty=Code("SM25", R01)),
    "ps": replace(PHYSICIAN, profession=Code("60", G15), specialty=None),
    "staff": replace(
        PHYSICIAN, profession=Code("SECRETARIAT_MEDICAL", "1.2.250.1.213.1.1.4.6"), specialty=None
    ),
}
MODES = {"card": "DIRECTE", "air": "INDIRECTE_RENFORCEE"}
PURPOSES = ("normal", "centre_15", "bris_de_glace")

_SHEET = {
    "physician": "medecin_non_MT",
    "mt": "MT",
    "occupational": "medecin_du_travail",
    "ps": "PS_non_medecin",
}
_ENDS = {"normal": "normal", "centre_15": "centre15", "bris_de_glace": "bris_de_glace"}


def callers() -> Iterator[tuple[Who, str]]:
    """Every caller, and the column that should be theirs."""
    yield Who("holder"), "citoyen_titulaire"
    yield Who("representative"), "citoyen_representant"
    yield Who("carer"), "citoyen_aidant"
    yield Who("managing_carer"), "citoyen_aidant_gestion"
    for why in PURPOSES:
        yield Who("structure", "certificate", why), f"indirect_certificat_ES_{_ENDS[why]}"
        for how in MODES:
            family = "direct" if how == "card" else "AIR"
            staff = "CPE_non_PS" if how == "card" else "PE_non_PS"
            for who in PEOPLE:
                role = staff if who == "staff" else _SHEET[who]
                yield Who(who, how, why), f"{family}_{role}_{_ENDS[why]}"


def situations() -> Iterator[RecordFacts]:
    """Every situation that the gates look at."""
    for values in product(
        (True, False),
        Authorisation,
        (True, False),
        (True, False),
        (True, False),
        (True, False),
        Team,
        Consent,
    ):
        for policy in POLICIES:
            yield RecordFacts(*values, policy=policy)


def telling_situations() -> Iterator[RecordFacts]:
    """One situation for each way through the gates, under each choice on masked documents."""
    ways = (
        RecordFacts(authorisation=Authorisation.VALID),
        RecordFacts(),
        RecordFacts(active=False, authorisation=Authorisation.VALID),
        RecordFacts(authorisation=Authorisation.BLOCKED),
        RecordFacts(opposes_bris_de_glace=True, opposes_centre_15=True),
        *(
            RecordFacts(team=Team.STRUCTURE, consent=Consent.GIVEN, policy=each)
            for each in POLICIES
        ),
    )
    for way, masked in product(ways, (True, False)):
        yield replace(way, masked_in_emergency=masked)


def documents() -> list[DocumentFacts]:
    return [
        document._replace(from_patient=from_patient)
        for document in every_document()
        for from_patient in (False, True)
    ]


def test_every_column_is_somebodys() -> None:
    assert {column for _who, column in callers()} >= set(columns())


def test_the_gates_are_those_of_the_oracle(capsys: pytest.CaptureFixture[str]) -> None:
    """Every caller, every act on a record, every situation."""
    covered, contradictions = 0, []
    everything = list(situations())
    for (caller, column), act in product(callers(), Act):
        for record in everything:
            if record.is_medecin_traitant != (caller.who == "mt") and caller.how:
                continue  # whether one is the médecin traitant is who one is
            covered += 1
            if decide_in(column, act, record, None).allowed != may(caller, act, record):
                contradictions.append((caller, act, record))
    with capsys.disabled():
        print(
            f"\naccess, on a record: {covered} combinations, {len(contradictions)} contradictions"
        )
    assert not contradictions[:5]


ON_DOCUMENTS = (
    *(Act.FEED, Act.SEARCH, Act.LOOK_UP, Act.READ, Act.MASK, Act.UNMASK),
    *(Act.REVEAL, Act.CONCEAL, Act.DISCLOSE, Act.ARCHIVE, Act.UNARCHIVE, Act.DELETE),
)


def test_the_table_is_the_oracle(capsys: pytest.CaptureFixture[str]) -> None:
    """Every caller, every act on a document, every document, every way through the gates."""
    covered, contradictions = 0, []
    everything = documents()
    for (caller, column), act in product(callers(), ON_DOCUMENTS):
        for record in telling_situations():
            mine = replace(record, is_medecin_traitant=caller.who == "mt")
            for document in everything:
                covered += 1
                if decide_in(column, act, mine, document).allowed != may(
                    caller, act, mine, document
                ):
                    contradictions.append((caller, act, mine, document))
    with capsys.disabled():
        print(
            f"\naccess, on a document: {covered} combinations, {len(contradictions)} contradictions"
        )
    assert not contradictions[:5]


def actor_of(caller: Who) -> Actor:
    if caller.who == "holder":
        return Citizen(UUID(int=9), PATIENT, "Dominique")
    if caller.who == "representative":
        return Citizen(UUID(int=8), OTHER, "Parent", frozenset({PATIENT}))
    if caller.who in ("carer", "managing_carer"):
        scopes = frozenset({"read", "manage"} if caller.who == "managing_carer" else {"read"})
        return Citizen(UUID(int=7), OTHER, "Aidant", frozenset({PATIENT}), {PATIENT: scopes})
    if caller.who == "structure":
        return replace(world.HOSPITAL_SYSTEM, purpose=caller.why)
    return replace(PEOPLE[caller.who], mode=MODES[caller.how], purpose=caller.why)


def test_every_actor_has_the_column_of_who_they_are() -> None:
    for caller, column in callers():
        for act, record in product(Act, telling_situations()):
            mine = replace(record, is_medecin_traitant=caller.who == "mt")
            if caller.who == "mt" and caller.why == "centre_15":
                continue  # the regulator: a physician like another
            mine_is = decide(actor_of(caller), act, PATIENT, mine)
            assert mine_is.allowed is decide_in(column, act, mine, None).allowed


booleans = st.booleans()
facts = st.builds(
    RecordFacts,
    booleans,
    st.sampled_from(Authorisation),
    booleans,
    booleans,
    booleans,
    booleans,
    st.sampled_from(Team),
    st.sampled_from(Consent),
    st.sampled_from([None, True, False]),
    st.sampled_from(POLICIES),
)
papers = st.builds(DocumentFacts, st.sampled_from(Status), *[booleans] * 7)
people = st.sampled_from([actor_of(caller) for caller, _column in callers()])
professionals = st.builds(
    replace,
    st.sampled_from(list(PEOPLE.values())),
    mode=st.sampled_from(["DIRECTE", "INDIRECTE", "INDIRECTE_RENFORCEE", "DELEGUEE"]),
    purpose=st.sampled_from([*PURPOSES, "curiosity"]),
    secret_connection=booleans,
)
many = settings(max_examples=1000, deadline=None)


@many
@given(professionals, facts, papers, st.sampled_from(Act))
def test_a_blocked_professional_never_reads(
    actor: Professional, record: RecordFacts, document: DocumentFacts, act: Act
) -> None:
    blocked = replace(record, authorisation=Authorisation.BLOCKED)
    for each in (None, document):
        decision = decide(actor, act, PATIENT, blocked, each)
        assert act is Act.EXISTENCE or not decision.allowed


#: What may be taken from a situation or a document without anybody being let in by it.
TIGHTER_RECORD = (
    {"active": False},
    {"authorisation": Authorisation.NONE},
    {"authorisation": Authorisation.EXPIRED},
    {"authorisation": Authorisation.BLOCKED},
    {"opposes_bris_de_glace": True},
    {"opposes_centre_15": True},
    {"masked_in_emergency": False},
    {"team": Team.NONE},
    {"consent": Consent.REFUSED},
    {"is_adult": True},
)
TIGHTER_DOCUMENT = (
    {"masked": True},
    {"invisible_patient": True},
    {"invisible_representatives": True},
    {"listed": False},
    {"own": False},
    {"kin": False},
    {"status": Status.DELETED},
)


@many
@given(
    st.one_of(people, professionals),
    facts,
    papers,
    st.sampled_from([Act.SEARCH, Act.LOOK_UP, Act.READ]),
    st.tuples(st.sampled_from(TIGHTER_RECORD), st.sampled_from(TIGHTER_DOCUMENT)),
)
def test_adding_a_restriction_never_widens_access(
    actor: Actor,
    record: RecordFacts,
    document: DocumentFacts,
    act: Act,
    added: tuple[dict[str, object], dict[str, object]],
) -> None:
    on_record, on_document = added
    before = decide(actor, act, PATIENT, record, document).allowed
    tighter = replace(record, **on_record)  # type: ignore[arg-type]
    if record.authorisation is Authorisation.BLOCKED:  # taking a block away restricts nothing
        tighter = replace(tighter, authorisation=Authorisation.BLOCKED)
    hidden = document._replace(**on_document)  # type: ignore[arg-type]
    for situation, paper in product((record, tighter), (document, hidden)):
        assert before or not decide(actor, act, PATIENT, situation, paper).allowed


@many
@given(st.one_of(people, professionals), facts, papers, st.sampled_from(Act))
def test_a_list_and_an_item_always_agree(
    actor: Actor, record: RecordFacts, document: DocumentFacts, act: Act
) -> None:
    if act in (Act.SEARCH, Act.LOOK_UP, Act.READ):
        listed = facet_code(document) in visible(actor, act, PATIENT, record)
        assert listed is decide(actor, act, PATIENT, record, document).allowed


@many
@given(professionals, facts, papers)
def test_what_may_be_read_is_found_unless_it_was_deleted(
    actor: Professional, record: RecordFacts, document: DocumentFacts
) -> None:
    if decide(actor, Act.READ, PATIENT, record, document).allowed:
        assert document.status is Status.DELETED or (
            decide(actor, Act.SEARCH, PATIENT, record, document).allowed
        )


@many
@given(st.one_of(people, professionals), facts, papers)
def test_who_has_no_tie_with_the_patient_is_nobody(
    actor: Actor, record: RecordFacts, document: DocumentFacts
) -> None:
    if isinstance(actor, Citizen):
        for act in Act:
            assert not decide(actor, act, UUID(int=77), record, document).allowed
