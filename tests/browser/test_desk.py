"""The desk as an operator meets it: signed in, dense, in both lights and on a narrow screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from carnet.establishment.exchange import actions
from carnet.establishment.exchange.models import Circuit, Delivery, Inbound
from carnet.establishment.patients import operators
from carnet.standards.hl7v2.messages import LocalId
from tests.browser.conftest import faults, overflow
from tests.establishment.messages import document, wire
from tests.establishment.people import NOW, OTHER_INS, QUALIFIED, adt, ipp, movement

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("carnet.ops.urls_establishment"),
]

PASSWORD = "un mot de passe assez long"


@pytest.fixture
def desk(live_server: Any) -> str:
    """A desk with something of everything; its address."""
    operators.create("claire", "Claire Martin", PASSWORD)
    second = replace(QUALIFIED, local_ids=(ipp("IPP2"),), ins=OTHER_INS)
    third = replace(QUALIFIED, local_ids=(ipp("IPP3"),), ins=OTHER_INS)
    for event in (
        adt("A28", QUALIFIED),
        adt(
            "A01",
            replace(QUALIFIED, account=LocalId("N1", "CH-AUBRE", "1.2.250.1.999.7.4", "AN")),
            movement=movement(medical_unit="CARDIO", nature="HMS"),
            patient_class="I",
            visit=LocalId("V1", "CH-AUBRE", "1.2.250.1.999.7.3", "VN"),
            control_id="M2",
        ),
        document(),
        adt("A28", second, control_id="M3"),
        adt("A28", third, control_id="M4"),
        adt("A40", QUALIFIED, prior_ids=(ipp("IPP9"),), control_id="M5"),
    ):
        actions.receive("test", wire(event), now=NOW)
    actions.receive("test", b"not a message", now=NOW)
    Delivery.objects.filter(destination="record").update(
        state="stuck", reason="registry", detail="XDSUnknownPatientId"
    )
    assert [i.errors for i in Inbound.objects.filter(state="rejected", type__gt="")] == []
    Circuit.objects.create(
        name="record", state="open", failures=3, openings=1, since=NOW, next_probe_at=NOW
    )
    return str(live_server.url)


def sign_in(page: Page, desk: str) -> None:
    page.goto(f"{desk}/connexion/")
    page.get_by_label("Identifiant").fill("claire")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Entrer").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
)
def test_every_page_of_the_desk_is_accessible(
    desk: str, in_browser: Callable[..., Any], width: int, scheme: str
) -> None:
    letter = Inbound.objects.get(type="MDM^T02")
    stuck = Delivery.objects.get(destination="record")
    paths = [
        "/",
        "/?etat=livres",
        "/bloques/",
        f"/messages/{letter.id}/",
        f"/messages/{letter.id}/brut/",
        f"/messages/{Inbound.objects.get(state='rejected').id}/",
        f"/livraisons/{stuck.id}/relancer/",
        f"/livraisons/{stuck.id}/annuler/",
        "/identites/",
        f"/identites/{letter.patient_id}/",
        f"/identites/{letter.patient_id}/volontes/",
        "/alertes/",
        "/destinations/",
    ]

    def visit(page: Page) -> list[str]:
        page.goto(f"{desk}/connexion/")
        found = faults(page)
        sign_in(page, desk)
        for path in paths:
            page.goto(f"{desk}{path}")
            found += faults(page)
            if overflow(page) > 0:
                found.append(f"{path}: {overflow(page)} px too wide")
        return found

    assert in_browser(visit, width=width, scheme=scheme) == []


def test_an_operator_finds_what_is_stuck_and_sends_it_again(
    desk: str, in_browser: Callable[..., Any]
) -> None:
    def repair(page: Page) -> None:
        sign_in(page, desk)
        page.get_by_role("link", name="Bloqués").click()
        page.get_by_role("link", name="MDM^T02").click()
        expect(page.get_by_text("Le dossier partagé a refusé le document.").first).to_be_visible()
        page.get_by_role("link", name="Relancer : Dossier partagé (DMP)").click()
        page.get_by_role("button", name="Relancer l’envoi").click()
        expect(page.get_by_text("L’envoi est relancé.")).to_be_visible()

    in_browser(repair)
    assert Delivery.objects.get(destination="record").state == "ready"
