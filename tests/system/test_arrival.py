"""An arrival at the desk of the running ecosystem: INSi is asked for true, over mutual TLS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from carnet.ops.region.logins import OPERATOR
from tests.system.conftest import Ecosystem
from tests.system.test_letter_in_browser import looked_at, sign_in

pytestmark = pytest.mark.browser


def test_somebody_unknown_is_qualified_at_the_desk(
    ecosystem: Ecosystem, in_browser: Callable[..., Any]
) -> None:
    with ecosystem() as scene:
        desk = scene.stage.addresses.desk

        def arrive(page: Page) -> list[str]:
            sign_in(page, desk, OPERATOR)
            page.goto(f"{desk}/arrivee/")
            page.get_by_label("Date de naissance").fill("28/03/1979")
            page.get_by_label("Premières lettres du nom").fill("pat")
            page.keyboard.press("Enter")
            page.locator("[name=birth_name]").fill("Pat-Trois")
            page.locator("[name=first_given_name]").fill("Dominique")
            page.locator("[name=sex]").select_option("F")
            page.locator("[name=birth_place]").fill("Mazoires")
            page.get_by_role("button", name="Créer l’identité").click()
            page.get_by_role("button", name="Interroger INSi").click()
            page.get_by_role("button", name="Accepter").click()
            page.get_by_label("Nationalité").select_option("FRENCH")
            page.get_by_label("Ce qui a été montré").select_option("passport")
            page.get_by_role("button", name="J’ai vérifié l’identité").click()
            expect(page.get_by_text("L’identité est qualifiée")).to_be_visible()
            return looked_at(page)

        assert in_browser(arrive) == []
        held = scene.ask(
            "establishment",
            "SELECT status, ins_matricule FROM patients_patient WHERE birth_name = 'PAT-TROIS'",
        )
        assert held == [("qualifiée", "279035121518989")]
