"""A professional with several situations says in which one they work before they enter."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from carnet.establishment.accounts import prosante, sessions, situations
from carnet.establishment.accounts.models import DeskSession
from carnet.establishment.accounts.rules import LIFE
from carnet.establishment.patients import operators
from carnet.national.doors.signin.models import Session
from carnet.ops.region.places import professional
from tests.establishment.doors.desk.provider import CARDIOLOGIST
from tests.establishment.doors.desk.test_prosante import SITUATION, Visitor, desk, leads

__all__ = ["desk"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.establishment.doors.desk.both"),
]


@pytest.fixture
def waiting(desk: Visitor) -> Visitor:
    """The cardiologist, who works at the hospital and in a practice, has been recognised."""
    assert leads(desk.get(desk.choose(path="?next=/alertes/"))) == SITUATION
    return desk


def current() -> Any:
    row = DeskSession.objects.get()
    return sessions.current(row.id, now=row.started_at)


def test_the_page_tells_profession_way_and_place(waiting: Visitor) -> None:
    page = waiting.get(SITUATION).text
    assert "Cardiologie et maladies vasculaires, salarié, Hôpital Sainte-Aurore" in page
    assert "Cardiologie et maladies vasculaires, en libéral, " in page
    assert "<script" not in page


def test_until_one_has_chosen_one_is_not_in(waiting: Visitor) -> None:
    assert not waiting.is_in
    assert current() is None


def test_the_session_is_for_the_situation_that_was_chosen(waiting: Visitor) -> None:
    assert waiting.work("1").headers["Location"] == "/alertes/"
    assert waiting.is_in
    operator, _ask = current()
    assert operator.situation.skill == "SM04"
    assert (operator.situation.mode, operator.situation.sector) == ("L", "SA08")
    assert operator.situation.place in operator.label
    row = DeskSession.objects.get()
    assert row.expires_at == row.started_at + LIFE


@pytest.mark.parametrize("wrong", ["", "2", "-1", "x", "00", "\u0661", "1e0"])
def test_what_is_no_situation_of_theirs_is_asked_again(waiting: Visitor, wrong: str) -> None:
    answer = waiting.work(wrong)
    assert answer.status_code == 200
    assert "Où travaillez-vous" in answer.text
    assert not waiting.is_in


def test_one_chooses_once(waiting: Visitor) -> None:
    page = waiting.get(SITUATION).text
    waiting.work("0")
    assert waiting.post(SITUATION, page, situation="1").headers["Location"] == "/connexion/"
    assert waiting.get(SITUATION).headers["Location"] == "/connexion/"
    row = DeskSession.objects.get()
    with pytest.raises(LookupError):
        situations.choose(row.id, 0, now=row.started_at)
    operator, _ask = current()
    assert operator.situation.mode == "S"


def test_the_choice_of_another_browser_is_not_mine(waiting: Visitor) -> None:
    other = Visitor(waiting.url)
    assert other.get(SITUATION).headers["Location"] == "/connexion/"
    assert not other.is_in


def test_the_choice_does_not_wait_for_ever(waiting: Visitor) -> None:
    page = waiting.get(SITUATION).text
    DeskSession.objects.update(expires_at=F("expires_at") - timedelta(minutes=11))
    assert waiting.post(SITUATION, page, situation="0").headers["Location"] == "/connexion/"
    assert not waiting.is_in


def test_a_session_that_its_provider_ended_is_not_begun(waiting: Visitor) -> None:
    page = waiting.get(SITUATION).text
    sandbox = waiting.get("/bac-a-sable/").text
    waiting.post(f"/bac-a-sable/sessions/{Session.objects.get().id}/fin/", sandbox)
    assert waiting.post(SITUATION, page, situation="0").headers["Location"] == "/connexion/"
    assert not waiting.is_in


def test_who_has_one_situation_is_asked_nothing(desk: Visitor) -> None:
    nurse = str(professional("infirmier").idnat)
    operator = operators.create("antoine", "Antoine Joubert", "un mot de passe assez long")
    prosante.link(operator.account_id, nurse)
    assert desk.get(desk.choose(nurse)).headers["Location"] == "/"
    found, _ask = current()
    assert found.situation.profession == "60"
    assert nurse != CARDIOLOGIST
