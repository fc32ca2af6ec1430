"""Our base gives the scripted population the documented answers, and every call is traced."""

from __future__ import annotations

import pytest
from django.db import connection

from carnet.national.identity import changes, queries
from carnet.national.identity.actions import InsAlreadyKnown
from carnet.national.identity.changes import Reason
from carnet.national.identity.insi import search
from carnet.national.identity.insi.scripted import register_population
from carnet.standards.ids import INS_NIA, Ins, matricule_key
from carnet.standards.ins import BirthDate, Sex
from carnet.standards.ins.insi import (
    CardQuery,
    InsiFault,
    Matricule,
    ResultCode,
    Scripted,
    TraitsQuery,
    answer,
    scripted_population,
    scripted_questions,
)
from carnet.standards.ins.insi.faults import KNOWN
from carnet.standards.soap.envelope import SoapFault
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def population() -> None:
    register_population(world.TESTS, scripted_population(), now=NOW)


def traced() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT action, outcome, reasons, patient_id, details::text FROM journal_trace"
            " WHERE action LIKE 'insi.%%' ORDER BY at, id"
        )
        return cursor.fetchall()


@pytest.mark.parametrize("scripted", scripted_questions(), ids=lambda one: one.case)
def test_a_question_gets_its_documented_answer(population: None, scripted: Scripted) -> None:
    if scripted.code in KNOWN:
        with pytest.raises(InsiFault) as caught:
            search.ask(HOSPITAL_SYSTEM, scripted.query, now=NOW)
        assert caught.value.error == scripted.code
        return
    expected = answer(scripted.query, scripted_population())
    assert search.ask(HOSPITAL_SYSTEM, scripted.query, now=NOW) == expected


def test_a_call_is_traced_with_its_code_and_without_what_was_asked(population: None) -> None:
    for scripted in scripted_questions():
        if scripted.code not in KNOWN:
            search.ask(HOSPITAL_SYSTEM, scripted.query, software="IDAM1", now=NOW)
    lines = traced()
    codes = [one.code for one in scripted_questions() if one.code not in KNOWN]
    assert [line[2] for line in lines] == [[code] for code in codes]
    told = " ".join(map(str, lines))
    assert "IDAM1" in told
    for person in scripted_population():
        assert person.individual.active.matricule.number not in told
        assert person.traits.birth_name not in told


def test_a_search_that_fails_is_traced_as_failed(population: None) -> None:
    query = TraitsQuery("PANNE", ("ALICE",), Sex.FEMININE, BirthDate.parse("1980-01-01"))
    with pytest.raises(InsiFault):
        search.ask(HOSPITAL_SYSTEM, query, now=NOW)
    assert [line[1] for line in traced()] == ["failed"]


def test_the_population_is_known_once(population: None) -> None:
    before = world.rows("identity_person")
    with pytest.raises(InsAlreadyKnown):
        register_population(world.TESTS, scripted_population(), now=NOW)
    assert world.rows("identity_person") == before


def test_a_person_like_others_is_found_and_their_history_told() -> None:
    body = "2790399352001"
    nia = Ins(body + matricule_key(body), INS_NIA)
    patient_id, nir = world.make_patient(birth_name="D'OR-LUNE", with_record=False)
    query = TraitsQuery("D'OR-LUNE", ("DOMINIQUE",), Sex.FEMININE, BirthDate.parse("19790328"))
    with pytest.raises(changes.ForbiddenChange, match="NIR"):
        changes.change_matricule(world.TESTS, patient_id, nia, reason=Reason.CORRECTION, now=NOW)
    other = world.new_ins()
    changes.change_matricule(world.TESTS, patient_id, other, reason=Reason.CORRECTION, now=NOW)
    found = search.ask(HOSPITAL_SYSTEM, query, now=NOW)
    assert found.individual is not None
    assert found.individual.active.ins == other
    assert [(one.ins, one.matricule.kind, one.end) for one in found.individual.history] == [
        (nir, "NIR", "2026-03-02")
    ]
    assert queries.patient_of(nir) == queries.patient_of(other) == patient_id


def test_a_person_without_a_list_is_answered_with_the_first_given_name() -> None:
    _patient_id, _ins = world.make_patient(birth_name="SANS-LISTE", with_record=False)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE identity_person SET birth_given_names = ''")
    query = TraitsQuery("SANS-LISTE", ("DOMINIQUE",), Sex.FEMININE, BirthDate.parse("19790328"))
    found = search.ask(HOSPITAL_SYSTEM, query, now=NOW)
    assert found.code is ResultCode.FOUND
    assert found.individual is not None
    assert found.individual.traits.given_names == "DOMINIQUE"


def test_a_question_that_cannot_be_read_is_refused_even_when_nobody_is_near() -> None:
    card = CardQuery(individual=Matricule("2990199999999"), birth_date="04/05/2021")
    with pytest.raises(SoapFault, match="DateNaissance"):
        search.ask(HOSPITAL_SYSTEM, card, now=NOW)
    assert traced() == []
