"""Entering the desk by Pro Santé Connect, through the stand-in provider over HTTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.db.models import F

from carnet.establishment.accounts import prosante
from carnet.establishment.accounts.models import DeskSession
from carnet.establishment.patients import operators
from carnet.national.doors.signin.models import Persona, RefreshToken, Session
from carnet.national.doors.signin.troubles import Trouble
from tests.establishment.doors.desk.provider import CARDIOLOGIST, install
from tests.waiting import LONG

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.establishment.doors.desk.both"),
]

SITUATION = "/connexion/psc/situation/"


def leads(answer: requests.Response) -> str:
    """Where it leads; a page that leads nowhere is shown by the failure."""
    assert "Location" in answer.headers, answer.text
    return answer.headers["Location"]


class Visitor:
    """A browser, and the professional in front of it."""

    def __init__(self, url: str) -> None:
        self.url, self.jar = url, requests.Session()

    def get(self, path: str) -> requests.Response:
        address = path if path.startswith("http") else self.url + path
        return self.jar.get(address, allow_redirects=False, timeout=LONG)

    def post(self, path: str, page: str, **form: str) -> requests.Response:
        token = page.split('name="csrfmiddlewaretoken" value="', 1)[1].split('"', 1)[0]
        return self.jar.post(
            self.url + path if path.startswith("/") else path,
            data={"csrfmiddlewaretoken": token, **form},
            allow_redirects=False,
            timeout=LONG,
        )

    def choose(self, persona: str = CARDIOLOGIST, *, panne: str = "", path: str = "") -> str:
        """Leave for the provider and choose; the address one is led back to."""
        asked = leads(self.get(f"/connexion/psc/{path}"))
        page = self.get(asked).text
        action = page.split('<form class="form card" method="post" action="', 1)[1]
        action = action.split('"', 1)[0].replace("&amp;", "&")
        return leads(self.post(action, page, persona=persona, panne=panne))

    def enter(self, persona: str = CARDIOLOGIST, **more: str) -> requests.Response:
        """Sign in, and say that one works in the first of one's situations."""
        answer = self.get(self.choose(persona, **more))
        return self.work() if answer.headers.get("Location") == SITUATION else answer

    def work(self, situation: str = "0") -> requests.Response:
        return self.post(SITUATION, self.get(SITUATION).text, situation=situation)

    @property
    def is_in(self) -> bool:
        return self.get("/").status_code == 200


@pytest.fixture
def desk(live_server: Any, tmp_path: Path, settings: Any) -> Visitor:
    install(live_server.url, tmp_path, settings)
    operator = operators.create("helene", "Hélène Arnoux", "un mot de passe assez long")
    prosante.link(operator.account_id, CARDIOLOGIST)
    return Visitor(live_server.url)


def test_a_professional_of_the_house_enters_and_the_proof_is_kept(desk):
    assert "Entrer avec Pro Santé Connect" in desk.get("/connexion/").text
    assert desk.enter(path="?next=/alertes/").headers["Location"] == "/alertes/"
    assert desk.is_in
    row = DeskSession.objects.get()
    assert (row.method, row.level, row.idnat) == ("psc", "eidas1", CARDIOLOGIST)
    from carnet.establishment.accounts import sessions

    operator, _ask = sessions.current(row.id, now=row.started_at)
    assert operator.label == "Hélène Arnoux (Pro Santé Connect, eidas1, Hôpital Sainte-Aurore)"
    assert operator.strong
    assert operator.ps_idnat == CARDIOLOGIST


def test_a_professional_without_account_here_is_told_so(desk):
    other = Persona.objects.filter(provider="psc").exclude(key=CARDIOLOGIST).first().key
    answer = desk.enter(other)
    assert answer.status_code == 403
    assert "vous n’avez pas de compte ici" in answer.text
    assert not desk.is_in


@pytest.mark.parametrize("trouble", [each for each in Trouble if each is not Trouble.NONE])
def test_no_fault_of_the_provider_lets_anybody_in(desk, trouble):
    answer = desk.enter(panne=trouble.value)
    assert answer.status_code == 403
    assert "n’a pas permis de vous reconnaître" in answer.text
    assert not desk.is_in


def test_the_answer_of_another_browser_opens_nothing(desk):
    stolen = Visitor(desk.url).choose()
    assert desk.get(stolen).headers["Location"] == "/connexion/"
    desk.get("/connexion/psc/")
    assert desk.get(stolen).status_code == 403
    assert not desk.is_in


def test_an_answer_serves_once(desk):
    address = desk.choose()
    assert desk.get(address).headers["Location"] == SITUATION
    again = desk.get(address)
    assert again.headers["Location"] == "/connexion/"


def test_another_issuer_cannot_answer(desk):
    address = desk.choose()
    mixed = address.replace("iss=", "iss=https%3A%2F%2Fautre.example%2F&x=")
    assert desk.get(mixed).status_code == 403


def test_the_session_has_a_new_key_and_nothing_leads_out(desk):
    desk.get("/connexion/psc/")
    before = dict(desk.jar.cookies)
    answer = desk.enter(path="?next=https://ailleurs.example/")
    assert answer.headers["Location"] == "/"
    name = next(one for one in before if one.endswith("_session"))
    assert dict(desk.jar.cookies)[name] != before[name]


def test_leaving_ends_the_session_here_and_there(desk):
    desk.enter()
    page = desk.get("/").text
    out = desk.post("/deconnexion/", page)
    address = out.headers["Refresh"].partition("url=")[2]
    assert parse_qs(urlsplit(address).query)["post_logout_redirect_uri"] == [
        f"{desk.url}/connexion/"
    ]
    assert not desk.is_in
    assert desk.get(address).headers["Location"] == f"{desk.url}/connexion/"
    assert Session.objects.get().ended_at is not None


def test_the_provider_ends_the_session_by_its_back_channel(desk):
    desk.enter()
    session = Session.objects.get()
    page = desk.get("/bac-a-sable/").text
    desk.post(f"/bac-a-sable/sessions/{session.id}/fin/", page)
    assert not desk.is_in
    assert DeskSession.objects.get().ended_at is not None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_logout_that_the_provider_did_not_sign_ends_nothing(desk, token):
    desk.enter()
    answer = requests.post(
        f"{desk.url}/connexion/psc/fin/", data={"logout_token": token}, timeout=LONG
    )
    assert answer.status_code == 400
    assert desk.is_in


def an_hour_later() -> None:
    DeskSession.objects.update(checked_at=F("checked_at") - timedelta(hours=1))


def test_from_time_to_time_the_provider_is_asked_whether_the_session_lives(desk):
    desk.enter()
    an_hour_later()
    assert desk.is_in
    assert RefreshToken.objects.count() == 2, "refreshed once"
    assert desk.is_in
    assert RefreshToken.objects.count() == 2, "and not at each page"
    Session.objects.update(ended_at=F("started_at"))
    an_hour_later()
    assert not desk.is_in


def test_a_provider_that_is_down_ends_no_session_and_is_said_so(desk, settings):
    desk.enter()
    settings.CARNET_PSC_DISCOVERY = "http://127.0.0.1:9/"
    an_hour_later()
    assert desk.is_in
    answer = Visitor(desk.url).get("/connexion/psc/")
    assert answer.status_code == 403
    assert "ne répond pas" in answer.text


def test_an_account_that_closes_ends_its_sessions(desk):
    desk.enter()
    operators.create("helene", "Hélène Arnoux", "un autre mot de passe assez long")
    assert not desk.is_in


def test_without_the_setting_there_is_neither_button_nor_page(desk, settings):
    settings.CARNET_PSC_ISSUER = ""
    assert "Pro Santé" not in desk.get("/connexion/").text
    for path in ("", "retour/"):
        assert desk.get(f"/connexion/psc/{path}").status_code == 404
