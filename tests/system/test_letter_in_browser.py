"""One letter, from the ward to the eyes of its patient and of the hospital's operator (R-002)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from carnet.ops.region import stage as region
from carnet.ops.region.logins import OPERATOR, PASSWORD
from carnet.ops.region.people import population
from tests.browser.conftest import faults, overflow
from tests.system.conftest import Ecosystem, Scene
from tests.waiting import until

pytestmark = pytest.mark.browser

TITLE = "Lettre de liaison de sortie, cardiologie"
SITE = "Hôpital Sainte-Aurore"
LEFT = "SELECT id FROM exchange_delivery WHERE state <> 'delivered'"


def until_all_is_delivered(scene: Scene) -> None:
    until(lambda: not scene.ask("establishment", LEFT), every=0.1)


def sign_in(page: Page, site: str, login: str) -> None:
    page.goto(f"{site}/connexion/")
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Entrer").click()
    page.wait_for_url(f"{site}/")


def looked_at(page: Page) -> list[str]:
    """What is wrong with the page as it is."""
    wide = overflow(page)
    return faults(page) + ([f"{page.url}: {wide} px too wide"] if wide > 0 else [])


def test_the_letter_is_read_by_its_patient_and_followed_by_the_hospital(
    ecosystem: Ecosystem, in_browser: Callable[..., Any]
) -> None:
    with ecosystem() as scene:
        region.play(scene.stage, print)
        until_all_is_delivered(scene)
        space, desk = scene.stage.addresses.space, scene.stage.addresses.desk

        def as_the_patient(page: Page) -> list[str]:
            sign_in(page, space, population()[0].login)
            found = looked_at(page)
            page.get_by_role("link", name=TITLE, exact=True).first.click()
            expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
            expect(page.get_by_role("img", name="Image de la page 1 sur 1")).to_be_visible()
            expect(page.get_by_role("definition").filter(has_text=SITE)).to_be_visible()
            found += looked_at(page)

            page.get_by_role("link", name="Messages").first.click()
            page.get_by_role("link", name=TITLE).click()
            expect(page.get_by_text("Voici votre document")).to_be_visible()
            found += looked_at(page)
            page.get_by_role("link", name="Voir dans mes documents").click()
            expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)

            page.get_by_role("link", name="Accès", exact=True).click()
            # once by the demonstration itself, twice here
            opened = page.locator(".event").filter(has_text="Vous avez ouvert le document")
            expect(opened.filter(has_text=TITLE)).to_contain_text("3 fois ce jour-là")
            sent = page.get_by_text(f"{SITE} a déposé le document «\u00a0{TITLE}\u00a0».")
            expect(sent).to_be_visible()
            return found + looked_at(page)

        def as_the_operator(page: Page) -> list[str]:
            sign_in(page, desk, OPERATOR)
            letter = page.get_by_role("row").filter(has_text=TITLE)
            expect(letter).to_contain_text("Livré")
            expect(letter).to_contain_text("dossier, professionnel, patient")
            found = looked_at(page)
            letter.get_by_role("link", name="MDM^T02").click()
            expect(page.locator("article .line .state--done")).to_have_count(3)
            return found + looked_at(page)

        assert in_browser(as_the_patient, width=390) == []
        assert in_browser(as_the_operator) == []
