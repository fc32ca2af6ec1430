"""Governing who reads, in a browser, and what software then gets at its own door (R-157)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from carnet.national.directory import actions as directory
from carnet.national.record import actions as record
from carnet.national.record import tasks
from carnet.national.record.rules import Authorisation
from carnet.standards.ids import PsIdNat, StructIdNat
from carnet.standards.xds import iti18
from carnet.standards.xds.iti18 import FindDocuments
from carnet.standards.xds.metadata import Code, Status
from tests.browser.conftest import faults, overflow
from tests.national.certificates import Papers
from tests.national.conftest import papers, trusting  # noqa: F401 - fixtures
from tests.national.doors.soap.callers import Call, as_reader
from tests.national.doors.soap.conftest import call  # noqa: F401 - a fixture
from tests.national.doors.space.lives import (
    DOCTOR,
    ESTABLISHMENT,
    HOSPITAL,
    LOADER,
    MASKED,
    PASSWORD,
    STRUCTURE,
    Life,
    live,
    publish,
)
from tests.national.doors.space.test_visibility import read
from tests.national.world import PHYSICIAN_READER

#: Who calls by `as_reader`: Dr Camille DURAND.
READER = replace(PHYSICIAN_READER, structure=STRUCTURE, structure_name=HOSPITAL.name)
RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
TITLE = "Lettre de sortie de cardiologie"
Browser = Callable[..., Any]


@dataclass(frozen=True)
class Space:
    """A running space, and what is in it."""

    url: str
    jeanne: Life
    letter: UUID

    def sign_in(self, page: Page) -> None:
        page.goto(f"{self.url}/connexion/")
        page.get_by_label("Identifiant").fill(self.jeanne.login)
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Entrer", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Quoi de neuf\u00a0?")


@pytest.fixture
def space(live_server: Any, transactional_db: None, settings: Any, tmp_path: Any) -> Space:
    """The space of Jeanne, whom a hospital follows; two physicians and a nurse have come."""
    settings.CARNET_DOCUMENTS_URL = tmp_path
    now = timezone.now() - timedelta(minutes=20)
    jeanne = live("jeanne", now=now - timedelta(days=900))
    directory.register_structure(
        LOADER, StructIdNat(STRUCTURE), name=HOSPITAL.name, kind="EG", now=now
    )
    for actor, family, given, profession in (
        (DOCTOR, "MAX", "Libre", "10"),
        (READER, "DURAND", "Camille", "10"),
        (replace(DOCTOR, ps_idnat="899900063507"), "MAXIMIN", "Zoé", "60"),
    ):
        directory.register_professional(
            LOADER,
            PsIdNat(actor.ps_idnat),
            family_name=family,
            given_name=given,
            title="Dr" if profession == "10" else "",
            profession=Code(profession, "1.2.250.1.71.1.2.7"),
            specialty=READER.specialty if profession == "10" else None,
            structures=[StructIdNat(STRUCTURE)],
            now=now,
        )
    letter = publish(jeanne, now=now, title=TITLE)
    publish(jeanne, now=now, title="Radiographie", days=30, confidentiality=[MASKED])
    holder = (jeanne.actor, jeanne.patient_id)
    for actor in (DOCTOR, READER):
        record.authorise(*holder, actor.ps_idnat, Authorisation.VALID, now=now)
        read(jeanne, letter, now=now, actor=actor)
    record.declare_medecin_traitant(*holder, DOCTOR.ps_idnat, now=now)
    record.recognise(*holder, "899900063507", now=now)
    record.open_episode(ESTABLISHMENT, jeanne.patient_id, now=now)
    record.authorise(*holder, "899900099999", Authorisation.BLOCKED, now=now)
    emergency = replace(
        READER, ps_idnat="899900088888", name="Dr Alex ROY", purpose="bris_de_glace"
    )
    read(jeanne, letter, now=now, actor=emergency)
    while tasks.drain(now=now):
        pass
    return Space(live_server.url, jeanne, letter)


def refusals(ask: Call, known: Papers, life: Life) -> list[str]:
    """The errors that Dr DURAND, with a card, gets at the SOAP door (TD3.1)."""
    query = iti18.write(FindDocuments(life.ins.cx, (Status.APPROVED,)))
    reply = ask("registry", iti18.ACTION, query, **as_reader(known, life.ins))
    return [each.get("errorCode") for each in reply.envelope.payload.iter(f"{{{RS}}}RegistryError")]


def test_who_is_blocked_is_refused_at_the_door_of_software_and_let_in_when_it_is_undone(
    space: Space,
    in_browser: Browser,
    call: Call,  # noqa: F811
    trusting: Papers,  # noqa: F811
) -> None:
    assert refusals(call, trusting, space.jeanne) == []

    def block(page: Page) -> None:
        space.sign_in(page)
        notice = (
            page.get_by_role("listitem")
            .filter(has_text="Camille DURAND")
            .filter(has_text="pour la première fois")
        )
        notice.get_by_role("link", name="Bloquer ce professionnel").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Dr Camille DURAND")
        page.get_by_role("button", name="Bloquer ce professionnel").click()
        expect(page.get_by_role("status")).to_contain_text("ne peut plus rien lire")
        expect(page.get_by_role("button", name="Annuler")).to_be_visible()

    in_browser(block)
    assert refusals(call, trusting, space.jeanne) == ["DMPAccessDeniedByRightsService"]

    def let_in(page: Page) -> None:
        space.sign_in(page)
        page.goto(f"{space.url}/acces/")
        expect(page.get_by_text("Vous avez bloqué Dr Camille DURAND.")).to_be_visible()
        page.get_by_role("link", name="Qui peut voir").click()
        page.get_by_role("link", name="Dr Camille DURAND").click()
        page.get_by_role("button", name="Débloquer").click()
        page.get_by_label("Pendant").select_option("un an")
        page.get_by_role("button", name="Autoriser").click()
        expect(page.get_by_role("status")).to_contain_text("peut maintenant lire votre dossier")

    in_browser(let_in, width=390)
    assert refusals(call, trusting, space.jeanne) == []


def test_a_professional_never_met_is_found_by_name_and_blocked(
    space: Space, in_browser: Browser
) -> None:
    def scenario(page: Page) -> None:
        space.sign_in(page)
        page.goto(f"{space.url}/acces/lecteurs/")
        page.get_by_role("searchbox", name="Nom du professionnel").fill("maximin z")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Zoé MAXIMIN").click()
        page.get_by_role("button", name="Bloquer ce professionnel").click()
        expect(page.get_by_role("status")).to_contain_text("Zoé MAXIMIN ne peut plus rien lire")
        page.get_by_role("button", name="Annuler").click()
        expect(page.get_by_role("status")).to_contain_text("n’est plus bloqué")

    in_browser(scenario)


def test_masking_changes_what_a_nurse_would_see(space: Space, in_browser: Browser) -> None:
    def scenario(page: Page) -> None:
        space.sign_in(page)
        page.goto(f"{space.url}/acces/voir-comme/")
        page.get_by_role("link", name="Un infirmier").click()
        expect(page.get_by_text("1 document ouvert sur 2")).to_be_visible()
        page.get_by_role("link", name=TITLE).click()
        page.get_by_role("button", name="Masquer aux professionnels").click()
        expect(page.get_by_role("status")).to_contain_text("masqué aux professionnels")
        page.get_by_text("Métier par métier").click()
        expect(page.get_by_text("Un infirmier\u00a0: non")).to_be_visible()
        expect(page.get_by_text("Son auteur\u00a0: oui")).to_be_visible()
        page.get_by_role("link", name="Voir tout mon dossier comme…").click()
        page.get_by_role("link", name="Un infirmier").click()
        expect(page.get_by_text("Aucun document ouvert")).to_be_visible()

    in_browser(scenario)


def test_a_choice_for_emergencies_is_saved_alone(space: Space, in_browser: Browser) -> None:
    def scenario(page: Page) -> None:
        space.sign_in(page)
        page.goto(f"{space.url}/acces/urgence/")
        page.get_by_role("button", name="Refuser : Le médecin du 15").click()
        expect(page.get_by_role("status")).to_contain_text("Il ne peut pas le lire")
        expect(page.get_by_role("button", name="Permettre")).to_have_count(2)

    in_browser(scenario, width=390)


def test_everything_is_taken_home(space: Space, in_browser: Browser, tmp_path: Any) -> None:
    def scenario(page: Page) -> None:
        space.sign_in(page)
        page.goto(f"{space.url}/compte/donnees/")
        page.get_by_role("link", name="Préparer ma copie").click()
        with page.expect_download() as taken:
            page.get_by_role("button", name="Télécharger ma copie").click()
        taken.value.save_as(tmp_path / "copie.zip")

    in_browser(scenario)
    with ZipFile(tmp_path / "copie.zip") as archive:
        assert len(json.loads(archive.read("manifest.json"))["documents"]) == 2


def addresses(space: Space) -> list[str]:
    return [
        "/",
        "/acces/",
        "/acces/lecteurs/",
        "/acces/lecteurs/chercher/?nom=max",
        "/acces/lecteurs/chercher/?nom=personne",
        f"/acces/lecteurs/{DOCTOR.ps_idnat}/?fait=autoriser",
        "/acces/lecteurs/899900099999/",
        f"/acces/lecteurs/{STRUCTURE}/",
        "/acces/urgence/?fait=samu",
        "/acces/voir-comme/?comme=infirmier",
        f"/documents/{space.letter}/?fait=demasquer",
        "/compte/donnees/",
        "/compte/donnees/copie/",
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_on_any_page(
    space: Space, in_browser: Browser, width: int, scheme: str, language: str
) -> None:
    def scenario(page: Page) -> list[str]:
        found = []
        space.sign_in(page)
        if language == "en":
            page.get_by_role("button", name="English").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("What is new?")
        for address in addresses(space):
            answer = page.goto(f"{space.url}{address}")
            assert answer is not None
            assert answer.status == 200, address
            for folded in page.locator("main details:not(.menu) > summary").all():
                folded.click()
            found += faults(page)
            assert overflow(page) <= 0, address
        return found

    assert in_browser(scenario, width=width, scheme=scheme) == []


def test_text_at_200_percent_needs_no_sideways_scroll(space: Space, in_browser: Browser) -> None:
    def scenario(page: Page) -> None:
        space.sign_in(page)
        for address in addresses(space):
            page.goto(f"{space.url}{address}")
            page.evaluate("document.documentElement.style.fontSize = '212.5%'")
            assert overflow(page) <= 0, address

    for width in (320, 1280):
        in_browser(scenario, width=width)
