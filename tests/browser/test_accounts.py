"""The ways into the space as a citizen meets them: codes, passkeys, activation, carers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import zxingcpp
from django.db import connection
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect

from carnet.national.accounts import actions as accounts
from carnet.national.accounts.models import Account, SpaceStatus
from tests.browser.conftest import faults, overflow
from tests.national.clients.provider import CLIENT_ID, CLIENT_SECRET, serving
from tests.national.doors.space.entering import SERIAL, card_of, mailed
from tests.national.doors.space.lives import LOADER, PASSWORD, Life, live

HOME = "Quoi de neuf\u00a0?"
NEW = "cinq autres mots bien longs"


@pytest.fixture
def jeanne(transactional_db, settings, tmp_path) -> Life:
    settings.CARNET_DOCUMENTS_URL = tmp_path
    life = live("jeanne", now=timezone.now() - timedelta(days=9))
    card_of(life)
    return life


@pytest.fixture
def lucie(jeanne) -> Life:
    return live("lucie", family="AUBERT", given="LUCIE", now=timezone.now())


@pytest.fixture
def at(live_server) -> Callable[[str], str]:
    """The address of a page, by a name rather than a number: passkeys want one."""
    return lambda path: live_server.url.replace("127.0.0.1", "localhost") + path


@pytest.fixture
def code(_thread: Any) -> Callable[[], str]:
    """Reads the code in the last mail. A scenario runs in the browser's thread, where Django
    refuses the database: another thread reads."""
    from concurrent.futures import ThreadPoolExecutor

    def read() -> str:
        try:
            body = mailed()[-1].body
        finally:
            connection.close()
        return re.findall(r" : (\d{6}|[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2})\b", str(body))[-1]

    def asked() -> str:
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(read).result()

    return asked


def sign_in(page: Page, at: Callable[[str], str], login: str = "jeanne") -> None:
    page.goto(at("/connexion/"))
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Entrer", exact=True).click()


def sign_out(page: Page) -> None:
    page.locator(".rail__foot summary").click()
    page.locator(".rail__foot").get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_text("Votre session est fermée.")).to_be_visible()


def home(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(HOME)


def title(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def virtual_authenticator(page: Page) -> None:
    """A telephone that verifies its owner, as Chromium's own protocol makes one."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_a_passkey_is_added_opens_the_space_and_is_removed(jeanne, at, in_browser):
    def scenario(page: Page) -> None:
        virtual_authenticator(page)
        sign_in(page, at)
        home(page)
        page.goto(at("/compte/"))
        page.get_by_label("Nom de la clé").fill("mon téléphone")
        page.get_by_role("button", name="Ajouter une clé d’accès").click()
        expect(page.get_by_text("La clé d’accès est ajoutée.")).to_be_visible()
        expect(page.get_by_text("mon téléphone").first).to_be_visible()

        page.context.clear_cookies()
        page.goto(at("/connexion/?next=/documents/"))
        page.get_by_role("button", name="Utiliser une clé d’accès").click()
        title(page, "Mes documents")

        page.goto(at("/compte/"))
        page.get_by_role("button", name="Retirer mon téléphone").click()
        expect(page.get_by_text("La clé d’accès est retirée.")).to_be_visible()
        page.context.clear_cookies()
        page.goto(at("/connexion/"))
        page.get_by_role("button", name="Utiliser une clé d’accès").click()
        expect(page.get_by_role("alert").filter(has_text="n’ouvre pas d’espace")).to_be_visible()

    in_browser(scenario)


def test_a_code_is_asked_until_the_browser_is_trusted_and_again_once_revoked(
    jeanne, at, code, in_browser, settings
):
    settings.CARNET_SECOND_FACTOR = "required"

    def scenario(page: Page) -> None:
        sign_in(page, at)
        title(page, "Votre code")
        page.get_by_label("Code à six chiffres").fill(code())
        page.get_by_label("Faire confiance à ce navigateur").check()
        page.get_by_role("button", name="Entrer").click()
        home(page)
        sign_out(page)
        sign_in(page, at)
        home(page)
        page.goto(at("/compte/"))
        page.get_by_role("button", name="Ne plus faire confiance").click()
        expect(page.get_by_text("Ce navigateur n’est plus de confiance")).to_be_visible()
        sign_out(page)
        sign_in(page, at)
        title(page, "Votre code")

    in_browser(scenario)


def test_the_picture_of_an_application_is_read_and_its_codes_open(jeanne, at, in_browser, tmp_path):
    def scenario(page: Page) -> None:
        sign_in(page, at)
        home(page)
        page.goto(at("/compte/application/"))
        picture = tmp_path / "qr.png"
        page.get_by_role("img", name="Dessin à lire par l’application").screenshot(path=picture)
        read = zxingcpp.read_barcode(Image.open(picture))
        application = pyotp.parse_uri(read.text)
        assert (application.name, application.issuer) == ("jeanne", "Carnet")
        page.get_by_label("Code à six chiffres").fill(application.now())
        page.get_by_role("button", name="Confirmer").click()
        expect(page.get_by_text("Un code de votre application sera demandé")).to_be_visible()
        page.context.clear_cookies()
        sign_in(page, at)
        next_code = application.at(timezone.now() + timedelta(seconds=30))
        page.get_by_label("Code à six chiffres").fill(next_code)
        page.get_by_role("button", name="Entrer").click()
        home(page)

    in_browser(scenario)


def test_france_connect_opens_the_space(jeanne, live_server, at, in_browser, settings):
    settings.CARNET_SPACE_URL = at("")
    with serving(at("/connexion/franceconnect/retour/")) as provider:
        settings.CARNET_FRANCECONNECT_ISSUER = provider.http
        settings.CARNET_FRANCECONNECT_CLIENT_ID = CLIENT_ID
        settings.CARNET_FRANCECONNECT_CLIENT_SECRET = CLIENT_SECRET

        def scenario(page: Page) -> None:
            page.goto(at("/connexion/?next=/documents/"))
            page.get_by_role("link", name="Entrer avec FranceConnect").click()
            title(page, "Mes documents")
            page.goto(at("/compte/"))
            expect(page.get_by_text("Votre identité FranceConnect est reliée")).to_be_visible()

        in_browser(scenario)


def test_a_space_is_activated(jeanne, at, code, in_browser):
    Account.objects.all().delete()
    SpaceStatus.objects.all().delete()
    provisional = accounts.invite(LOADER, jeanne.patient_id, "letter", now=timezone.now())

    def scenario(page: Page) -> None:
        page.goto(at("/connexion/"))
        page.get_by_role("link", name="Activer mon espace").click()
        page.get_by_label("Code provisoire").fill(provisional.lower())
        page.get_by_label("Numéro de la carte Vitale").fill(jeanne.ins.matricule)
        page.get_by_label("Numéro de série").fill(SERIAL)
        page.get_by_label("Premier prénom de naissance").fill("Jeanne")
        page.get_by_label("Date de naissance").fill("1944-03-02")
        page.get_by_role("button", name="Continuer").click()
        title(page, "Choisir comment entrer")
        page.get_by_label("Identifiant").fill("jeannette")
        page.get_by_label("Mot de passe").fill(NEW)
        page.get_by_label("Adresse électronique").fill("jeannette@courriel.invalid")
        page.get_by_role("button", name="Continuer").click()
        title(page, "Confirmer mon adresse")
        page.get_by_label("Code à six chiffres").fill(code())
        page.get_by_role("button", name="Ouvrir mon espace").click()
        home(page)

    in_browser(scenario, width=390)


def test_a_carer_is_invited_helps_and_is_thanked(jeanne, lucie, at, code, in_browser):
    def scenario(page: Page) -> None:
        sign_in(page, at)
        home(page)
        page.goto(at("/compte/aidants/"))
        page.get_by_role("link", name="Proposer à quelqu’un de m’aider").click()
        page.get_by_label("Son nom de naissance").fill("Aubert")
        page.get_by_label("Son adresse électronique").fill("lucie@courriel.invalid")
        page.get_by_label("répondre à vos messages en votre nom").check()
        page.get_by_role("button", name="Envoyer l’invitation").click()
        expect(page.get_by_text("en attente")).to_be_visible()

        page.context.clear_cookies()
        sign_in(page, at, "lucie")
        home(page)
        page.goto(at("/compte/aidants/"))
        page.get_by_label("Code reçu").fill(code())
        page.get_by_role("button", name="Accepter d’aider").click()
        expect(page.locator("main").get_by_text("Jeanne DELACROIX").first).to_be_visible()
        page.locator(".rail__foot summary").click()
        page.locator(".rail__foot").get_by_role("button", name="Jeanne DELACROIX").click()
        expect(page.get_by_text("Vous êtes dans l’espace de Jeanne DELACROIX")).to_be_visible()

        page.context.clear_cookies()
        sign_in(page, at)
        home(page)
        page.goto(at("/compte/aidants/"))
        page.get_by_role("button", name="Mettre fin : Lucie AUBERT").click()
        expect(page.get_by_text("Personne pour le moment.").first).to_be_visible()

    in_browser(scenario)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.usefixtures("jeanne", "lucie")
def test_axe_finds_nothing_on_any_page_of_the_account(at, in_browser, width, scheme, language):
    def look(page: Page, *addresses: str) -> list[str]:
        found = []
        for address in addresses:
            if address:
                page.goto(at(address))
            found += faults(page)
            assert overflow(page) <= 0, page.url
        return found

    def scenario(page: Page) -> list[str]:
        page.goto(at("/connexion/"))
        if language == "en":
            page.get_by_role("button", name="English").click()
        outside = ("/activation/", "/activation/code/", "/recuperation/", "/opposition/")
        found = look(page, "/connexion/", "/connexion/?fin=temps", *outside)
        page.locator("main form button").last.click()
        found += look(page, "")  # every field says what it lacks
        page.goto(at("/connexion/"))
        page.locator("#id_login").fill("jeanne")
        page.locator("#id_password").fill(PASSWORD)
        page.locator("main form button").first.click()
        page.wait_for_url(at("/"))
        inside = ("mot-de-passe", "adresse", "application", "fermer", "aidants/inviter")
        found += look(page, "/compte/", *(f"/compte/{name}/" for name in inside))
        page.locator("#id_birth_name").fill("Aubert")
        page.locator("#id_email").fill("lucie@courriel.invalid")
        page.locator("main form button").last.click()
        page.wait_for_url(at("/compte/aidants/"))
        return found + look(page, "", "/compte/enfants/", "/compte/preuve/")

    assert in_browser(scenario, width=width, scheme=scheme) == []
