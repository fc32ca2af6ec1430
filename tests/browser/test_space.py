"""The citizen's space as a citizen meets it: on a phone, by keyboard, in two languages.

Requirements: R-001, R-022, R-160.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from carnet.national.accounts import actions as accounts
from carnet.national.clients.texts import Reader
from carnet.national.record import actions as record
from carnet.national.record.rules import Authorisation
from carnet.standards.cda import reading
from carnet.standards.xds.iti43 import DocumentRef
from tests.browser.conftest import faults, overflow
from tests.national.doors.space.lives import (
    DOCTOR,
    LOADER,
    MASKED,
    PASSWORD,
    Life,
    letter,
    live,
    package_of,
    pdf,
    publish,
    structured,
    write_to,
)
from tests.national.record.finding.letters import read_all

TITLE = "Lettre de sortie de cardiologie"


@dataclass(frozen=True)
class Space:
    """A running space, and what is in it."""

    url: str
    jeanne: Life
    letter: UUID
    synthesis: UUID

    def sign_in(self, page: Page) -> None:
        page.goto(f"{self.url}/connexion/")
        page.get_by_label("Identifiant").fill(self.jeanne.login)
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Entrer", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Quoi de neuf\u00a0?")


@pytest.fixture
def live_space(live_server, transactional_db, settings, tmp_path) -> Space:
    """The space of Jeanne, 82, and of Léo, her grandson whom she represents."""
    settings.CARNET_DOCUMENTS_URL = tmp_path
    now = timezone.now() - timedelta(minutes=20)
    jeanne = live("jeanne", now=now - timedelta(days=900))
    leo = live("leo", family="DELACROIX", given="LÉO", born="20180501", now=now)
    accounts.represent(
        LOADER, jeanne.patient_id, leo.patient_id, since=now, until=now + timedelta(days=900)
    )
    cda = letter(jeanne, title=TITLE, days=0, now=now, body=pdf("Madame, reposez-vous.", 2))
    document = publish(jeanne, now=now, cda=cda)
    synthesis = publish(
        jeanne,
        now=now,
        cda=structured(
            jeanne,
            now,
            "<paragraph>Bon état général.</paragraph><table><thead><tr><th>Examen</th>"
            "<th>Résultat</th></tr></thead><tbody><tr><td>Créatinine</td><td>98 µmol/L</td></tr>"
            "</tbody></table>",
        ),
    )
    publish(jeanne, now=now, title="Radiographie", days=30, confidentiality=[MASKED])
    write_to(
        jeanne,
        now=now,
        subject="Votre sortie d’hospitalisation",
        package=package_of(cda, now),
        pdfs=[("Lettre de sortie.pdf", "application/pdf", pdf())],
    )
    reference = [DocumentRef(settings.CARNET_REPOSITORY_OID, reading.read(cda).id.root)]
    record.retrieve(DOCTOR, reference, patient=jeanne.ins, now=now)
    record.authorise(jeanne.actor, jeanne.patient_id, DOCTOR.ps_idnat, Authorisation.VALID, now=now)
    record.retrieve(DOCTOR, reference, patient=jeanne.ins, now=now)
    with Reader() as reader:
        read_all(reader)
    return Space(live_server.url, jeanne, document, synthesis)


def test_the_letter_the_message_and_the_accesses_are_found(live_space, in_browser):
    def scenario(page: Page) -> None:
        live_space.sign_in(page)
        page.get_by_role("link", name=TITLE, exact=True).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
        expect(page.get_by_role("img", name="Image de la page 1 sur 2")).to_be_visible()
        page.get_by_text("Lire le texte de la page 1").click()
        expect(page.get_by_text("Madame, reposez-vous.").first).to_be_visible()

        page.get_by_role("link", name="Messages").first.click()
        page.get_by_role("link", name=TITLE).click()
        expect(page.get_by_text("Voici votre lettre.")).to_be_visible()
        expect(page.get_by_text("Votre sortie d’hospitalisation")).not_to_be_visible()
        page.get_by_text("Objet d’origine").click()
        expect(page.get_by_text("Votre sortie d’hospitalisation")).to_be_visible()
        page.get_by_role("link", name="Voir dans mes documents").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)

        page.get_by_role("link", name="Accès", exact=True).click()
        expect(
            page.get_by_text(f"Vous avez ouvert le document «\u00a0{TITLE}\u00a0».")
        ).to_be_visible()
        expect(page.get_by_text("Accès refusé", exact=True)).to_be_visible()

        page.get_by_text("Jeanne", exact=False).last.click()
        page.get_by_role("button", name="Se déconnecter").last.click()
        expect(page.get_by_text("Votre session est fermée.")).to_be_visible()

    in_browser(scenario)


def test_a_document_is_found_by_a_word_in_it_with_the_keyboard_alone(live_space, in_browser):
    def scenario(page: Page) -> None:
        live_space.sign_in(page)
        page.goto(f"{live_space.url}/documents/")
        page.get_by_role("searchbox", name="Chercher dans mes documents").focus()
        page.keyboard.type("créatinines")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("1 document pour")
        expect(page.locator("mark").first).to_have_text("Créatinine")
        page.get_by_role("link", name="Synthèse").first.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("98 µmol/L").first).to_be_visible()

    in_browser(scenario)


def addresses(space: Space, page: Page) -> list[str]:
    page.goto(f"{space.url}/messages/")
    conversation = page.locator(".row__title a").first.get_attribute("href") or ""
    return [
        "/",
        "/documents/",
        "/documents/?mots=introuvable",
        "/documents/?mots=creatinine",
        "/documents/?mots=reposezz",
        f"/documents/{space.letter}/",
        f"/documents/{space.synthesis}/",
        "/messages/",
        conversation,
        "/acces/",
        "/acces/?voir=refus",
        "/rien/",
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_on_any_page(live_space, in_browser, width, scheme, language):
    def scenario(page: Page) -> list[str]:
        found = []
        page.goto(f"{live_space.url}/connexion/")
        found += faults(page)
        page.get_by_role("button", name="Entrer", exact=True).click()
        found += faults(page)
        live_space.sign_in(page)
        if language == "en":
            page.get_by_role("button", name="English").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("What is new?")
        for address in addresses(live_space, page):
            page.goto(f"{live_space.url}{address}")
            found += faults(page)
            assert overflow(page) <= 0, address
        return found

    assert in_browser(scenario, width=width, scheme=scheme) == []


def test_text_at_200_percent_needs_no_sideways_scroll(live_space, in_browser):
    def scenario(page: Page) -> None:
        live_space.sign_in(page)
        for address in addresses(live_space, page):
            page.goto(f"{live_space.url}{address}")
            page.evaluate("document.documentElement.style.fontSize = '212.5%'")
            assert overflow(page) <= 0, address

    for width in (320, 1280):
        in_browser(scenario, width=width)


def test_the_whole_way_is_done_by_keyboard(live_space, in_browser):
    def tab_to(page: Page, name: str) -> None:
        for _press in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.innerText || ''").strip().startswith(name):
                return
        pytest.fail(f"the keyboard never reaches {name}")

    def scenario(page: Page) -> None:
        page.goto(f"{live_space.url}/connexion/")
        page.get_by_label("Identifiant").focus()
        page.keyboard.type(live_space.jeanne.login)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Quoi de neuf\u00a0?")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
        expect(page.get_by_role("link", name="Aller au contenu")).to_be_in_viewport()
        page.keyboard.press("Enter")
        tab_to(page, TITLE)
        outline = page.evaluate(
            "getComputedStyle(document.activeElement.closest('.row')).outlineStyle"
        )
        assert outline == "solid"
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
        tab_to(page, "Lire le texte de la page 1")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Madame, reposez-vous.").first).to_be_visible()

    in_browser(scenario)


def test_a_document_is_three_actions_from_home_on_a_phone(live_space, in_browser):
    """R-158."""

    def scenario(page: Page) -> None:
        live_space.sign_in(page)
        page.get_by_role("navigation", name="Rubriques").get_by_role(
            "link", name="Documents"
        ).click()
        page.get_by_role("link", name="Radiographie").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Radiographie")

    in_browser(scenario, width=390)


def test_another_space_is_opened_from_the_menu(live_space, in_browser):
    def scenario(page: Page) -> None:
        live_space.sign_in(page)
        page.locator(".rail__foot summary").click()
        page.locator(".rail__foot").get_by_role("button", name="Leo DELACROIX").click()
        expect(page.get_by_text("Vous êtes dans l’espace de")).to_be_visible()

    in_browser(scenario)


def test_fonts_and_icons_are_served(live_space, in_browser):
    def scenario(page: Page) -> None:
        answers: dict[str, int] = {}
        page.on("response", lambda got: answers.update({got.url.rsplit("/", 1)[-1]: got.status}))
        live_space.sign_in(page)
        assert page.evaluate("document.fonts.check('16px \"Atkinson Hyperlegible\"')")
        for name in ("tokens.css", "carnet.css", "icons.svg"):
            assert answers[name] == 200
        assert page.locator(".place .icon").first.bounding_box()["width"] > 10

    in_browser(scenario)
