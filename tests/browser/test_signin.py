"""The stand-ins in a browser: Pro Santé Connect on the desk, FranceConnect on the space."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from carnet.establishment.accounts import prosante
from carnet.establishment.patients import operators
from carnet.national.doors.signin import actions
from carnet.national.doors.signin.models import Persona, Request
from carnet.national.doors.signin.providers import CIBA
from carnet.ops.region.places import professional, structure
from tests.browser.conftest import faults, overflow
from tests.establishment.doors.desk.provider import install
from tests.national.clients.provider import PERSON
from tests.national.doors.signin.conftest import SECRET
from tests.national.doors.space.lives import Life, live

pytestmark = pytest.mark.django_db(transaction=True)

HOME = "Quoi de neuf\u00a0?"
STAFF = {
    "Hélène ARNOUX": str(professional("cardio").idnat),
    "Antoine JOUBERT": str(professional("infirmier").idnat),
    "Nadège RIVOIRE": f"3{structure('aurore').finess}/00042",
}
both = pytest.mark.urls("tests.establishment.doors.desk.both")


@pytest.fixture
def desk(live_server: Any, tmp_path: Path, settings: Any) -> str:
    install(live_server.url, tmp_path, settings)
    for name, idnat in STAFF.items():
        operator = operators.create(name.split()[0].lower(), name, "un mot de passe assez long")
        prosante.link(operator.account_id, idnat)
    return str(live_server.url)


@both
@pytest.mark.parametrize("name", STAFF)
def test_three_professionals_enter_the_desk_and_leave_it(
    desk: str, in_browser: Callable[..., Any], name: str
) -> None:
    def play(page: Page) -> list[str]:
        page.goto(f"{desk}/alertes/")
        found = faults(page)
        page.get_by_role("link", name="Entrer avec Pro Santé Connect").click()
        expect(page.get_by_role("heading", name="Qui êtes-vous")).to_be_visible()
        found += faults(page)
        page.get_by_role("button", name=name).click()
        if name == "Hélène ARNOUX":
            expect(page.get_by_role("heading", name="Où travaillez-vous")).to_be_visible()
            found += faults(page)
            assert overflow(page) <= 0
            page.get_by_role("button", name="Hôpital Sainte-Aurore").click()
        expect(page).to_have_url(f"{desk}/alertes/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.get_by_role("button", name="Quitter").click()
        expect(page).to_have_url(f"{desk}/connexion/")
        return found

    assert in_browser(play) == []


@both
def test_a_fault_chosen_on_the_page_is_told_by_the_desk(
    desk: str, in_browser: Callable[..., Any]
) -> None:
    def play(page: Page) -> list[str]:
        page.goto(f"{desk}/connexion/psc/")
        page.get_by_label("Panne à jouer").select_option("weak-acr")
        page.get_by_role("button", name="Hélène ARNOUX").click()
        expect(page.get_by_text("Recommencez avec votre carte CPS")).to_be_visible()
        return faults(page)

    assert in_browser(play) == []


@both
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_the_pages_of_the_sandbox_are_accessible(
    desk: str, in_browser: Callable[..., Any], width: int, scheme: str
) -> None:
    now = timezone.now()
    Request.objects.create(
        digest="x",
        provider="psc",
        client_id="passerelle",
        persona=Persona.objects.filter(provider="psc").first(),
        scope="openid",
        acr="eidas1",
        message="42",
        created_at=now,
        expires_at=now + timedelta(minutes=9),
        interval=1,
    )

    def play(page: Page) -> list[str]:
        found = []
        page.goto(f"{desk}/connexion/psc/")
        page.get_by_role("button", name="Antoine JOUBERT").click()
        for path in ("/bac-a-sable/", "/auth", "/connexion/psc/", f"/auth?client_id={CIBA}"):
            page.goto(desk + path)
            found += faults(page)
            if overflow(page) > 0:
                found.append(f"{path}: {overflow(page)} px too wide")
        page.goto(f"{desk}/bac-a-sable/")
        page.get_by_role("button", name="Accepter").click()
        expect(page.get_by_text("Rien n’est demandé.")).to_be_visible()
        page.get_by_role("button", name="Fermer la session").click()
        expect(page.get_by_text("Aucune session n’est ouverte.")).to_be_visible()
        page.goto(f"{desk}/alertes/")
        expect(page.get_by_role("link", name="Entrer avec Pro Santé Connect")).to_be_visible()
        return found

    assert in_browser(play, width=width, scheme=scheme) == []


@both
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_the_second_step_is_accessible(
    desk: str, settings: Any, in_browser: Callable[..., Any], width: int, scheme: str
) -> None:
    settings.CARNET_DESK_SECOND_FACTOR = "required"
    operators.create("claire", "Claire Martin", "un mot de passe assez long")

    def play(page: Page) -> list[str]:
        page.goto(f"{desk}/connexion/")
        page.get_by_label("Identifiant").fill("claire")
        page.get_by_label("Mot de passe").fill("un mot de passe assez long")
        page.get_by_role("button", name="Entrer").click()
        expect(page.get_by_role("heading", name="Votre téléphone")).to_be_visible()
        page.get_by_label("Code à six chiffres").fill("000000")
        page.get_by_role("button", name="Entrer").click()
        expect(page.get_by_text("Ce code n’est pas le bon.")).to_be_visible()
        found = faults(page)
        return found + ([f"{overflow(page)} px too wide"] if overflow(page) > 0 else [])

    assert in_browser(play, width=width, scheme=scheme) == []


@pytest.fixture
def jeanne(transactional_db: None, settings: Any, tmp_path: Path) -> Life:
    settings.CARNET_DOCUMENTS_URL = tmp_path
    return live("jeanne", now=timezone.now() - timedelta(days=9))


def test_a_citizen_enters_the_space_by_the_stand_in_france_connect(
    live_server: Any, jeanne: Life, settings: Any, tmp_path: Path, in_browser: Callable[..., Any]
) -> None:
    url = live_server.url
    file = tmp_path / "clients.json"
    space = {
        "client_id": "espace",
        "provider": "franceconnect",
        "secret": SECRET,
        "redirect_uris": [f"{url}/connexion/franceconnect/retour/"],
        "post_logout_redirect_uris": [f"{url}/connexion/"],
    }
    file.write_text(json.dumps({"clients": [space]}), encoding="utf-8")
    settings.CARNET_SIGNIN_URL = settings.CARNET_SPACE_URL = url
    settings.CARNET_SIGNIN_CLIENTS = file
    settings.CARNET_FRANCECONNECT_ISSUER = f"{url}/api/v2"
    settings.CARNET_FRANCECONNECT_CLIENT_ID = "espace"
    settings.CARNET_FRANCECONNECT_CLIENT_SECRET = SECRET
    actions.register_persona(
        "franceconnect",
        "jeanne",
        name="Jeanne",
        what="citoyenne",
        claims={name: value for name, value in PERSON.items() if name != "sub"},
        position=0,
    )

    def play(page: Page) -> list[str]:
        page.goto(f"{url}/connexion/")
        page.get_by_role("link", name="Entrer avec FranceConnect").click()
        found = faults(page)
        page.get_by_role("button", name="Jeanne").click()
        expect(page.get_by_role("heading", name=HOME)).to_be_visible()
        page.locator(".rail__foot summary").click()
        page.locator(".rail__foot").get_by_role("button", name="Se déconnecter").click()
        expect(page.get_by_role("link", name="Entrer avec FranceConnect")).to_be_visible()
        return found

    assert in_browser(play) == []
