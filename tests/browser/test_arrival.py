"""A patient arrives at the desk: by the keyboard alone, with INSi, with a datamatrix."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from carnet.establishment.doors.desk.pages import arrival
from carnet.establishment.exchange import actions
from carnet.establishment.exchange.models import Feed
from carnet.establishment.patients import doubles, operators
from carnet.establishment.patients.models import Patient
from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.ins import Traits, datamatrix
from tests.browser.conftest import faults, overflow
from tests.browser.test_desk import PASSWORD, sign_in
from tests.establishment.insi import Scripted
from tests.establishment.messages import wire
from tests.establishment.people import NOW, OTHER_INS, QUALIFIED, adt, ipp

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("carnet.ops.urls_establishment"),
]

PAT = Traits.of(
    "PAT-TROIS", "DOMINIQUE", "F", "19790328", given_names="DOMINIQUE", birth_place="63220"
)
#: What a reader types: the separator as it is set to send it.
SCAN = datamatrix.write(Ins("279035121518989", INS_NIR_TEST), PAT).replace("\x1d", "<GS>")


@pytest.fixture
def desk(live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A desk that reaches INSi; its address."""
    operators.create("claire", "Claire Martin", PASSWORD)
    settings.CARNET_INSI_URL = "https://localhost:1/lps"
    monkeypatch.setattr(arrival.insi, "client", lambda **_: Scripted())
    return str(live_server.url)


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def test_an_arrival_takes_the_keyboard_alone_and_less_than_a_minute(
    desk: str, in_browser: Callable[..., Any]
) -> None:
    """R-227."""

    def arrive(page: Page) -> float:
        sign_in(page, desk)
        page.goto(f"{desk}/arrivee/")
        begun = time.monotonic()
        expect(page.locator("[name=scan]")).to_be_focused()
        page.keyboard.type(SCAN)
        keys(page, "Enter")
        expect(page.get_by_text("Personne de connu ici.")).to_be_visible()
        page.get_by_role("button", name="Créer l’identité").focus()
        keys(page, "Enter")
        expect(page.get_by_text("Identité provisoire").first).to_be_visible()
        expect(page.get_by_role("button", name="Interroger INSi")).to_be_focused()
        keys(page, "Enter")
        expect(page.get_by_role("button", name="Accepter")).to_be_focused()
        keys(page, "Enter")
        expect(page.get_by_text("Identité récupérée").first).to_be_visible()
        expect(page.get_by_label("Nationalité")).to_be_focused()
        page.keyboard.type("Fran")
        keys(page, "Tab")
        page.keyboard.type("Carte nationale d’identité")
        keys(page, "Enter")
        page.get_by_role("button", name="J’ai vérifié l’identité").focus()
        keys(page, "Enter")
        expect(page.get_by_text("L’identité est qualifiée")).to_be_visible()
        return time.monotonic() - begun

    assert in_browser(arrive) < 60
    patient = Patient.objects.get()
    assert (patient.status, patient.ins_matricule) == ("qualifiée", "279035121518989")


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
)
def test_every_page_of_identity_vigilance_is_accessible(
    desk: str, in_browser: Callable[..., Any], settings: Any, width: int, scheme: str
) -> None:
    settings.CARNET_PAM_SUBSCRIBERS = {"LABO": ("127.0.0.1", 1)}
    second = replace(QUALIFIED, local_ids=(ipp("IPP2"),), ins=None, reliability=("PROV",))
    third = replace(QUALIFIED, local_ids=(ipp("IPP3"),), ins=OTHER_INS)
    for number, patient in enumerate((QUALIFIED, second, third)):
        actions.receive("test", wire(adt("A28", patient, control_id=f"M{number}")), now=NOW)
    while doubles.compare_next(now=NOW):
        pass
    Feed.objects.update(state="stuck", reason="subscriber", detail="AE: unknown ward")
    first, other, _ = Patient.objects.order_by("id")

    def visit(page: Page) -> list[str]:
        sign_in(page, desk)
        found = []

        def look(what: str) -> None:
            found.extend(faults(page))
            if overflow(page) > 0:
                found.append(f"{what}: {overflow(page)} px too wide")

        for path in (
            "/arrivee/",
            f"/arrivee/{first.id}/",
            f"/identites/{first.id}/traits/",
            f"/identites/{first.id}/",
            f"/identites/{first.id}/fusionner/{other.id}/",
            "/vigilance/",
        ):
            page.goto(f"{desk}{path}")
            look(path)
        page.goto(f"{desk}/arrivee/")
        page.locator("[name=scan]").fill(SCAN)
        page.locator("[name=scan]").press("Enter")
        page.get_by_role("button", name="Créer l’identité").wait_for()
        look("results")
        page.locator("[name=birth_name]").fill("P4T")
        page.get_by_role("button", name="Créer l’identité").click()
        page.get_by_text("Seuls lettres").first.wait_for()
        look("refused")
        page.locator("[name=birth_name]").fill("PAT-TROIS")
        page.locator("[name=birth_place]").fill("75056")
        page.get_by_role("button", name="Créer l’identité").click()
        page.get_by_role("button", name="Interroger INSi").click()
        page.get_by_role("button", name="Accepter").wait_for()
        look("answer")
        return found

    assert in_browser(visit, width=width, scheme=scheme) == []
