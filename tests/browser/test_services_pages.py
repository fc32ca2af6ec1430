"""Web-PS and the exchange log in a real browser: entered as they are, and what axe finds."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from carnet.national.exchanges import queries as exchanges
from carnet.national.record import actions as record
from carnet.ops.exchanges.pages import ticket
from carnet.standards.ids import Ins
from carnet.standards.vihf import Mode
from carnet.standards.vihf.assertion import Purpose
from tests.browser.conftest import faults, overflow
from tests.national import certificates, world
from tests.national.doors.soap.callers import header
from tests.national.doors.space.lives import pdf

READER = world.PHYSICIAN_READER.ps_idnat


@pytest.fixture
def patient(transactional_db: None, settings: Any, tmp_path: Any) -> Ins:
    """Somebody with two letters, one of which they must not see yet."""
    settings.CARNET_DOCUMENTS_URL = tmp_path
    settings.CARNET_EXCHANGES_HOURS = 24
    world.make_hospital()
    _patient_id, ins = world.make_patient()
    for codes in ((), ("INVISIBLE_PATIENT",)):
        request = world.request(
            ins, world.letter(ins, pdf=pdf()), confidentiality=world.visibility(*codes)
        )
        record.publish(world.HOSPITAL_SYSTEM, request, patient=ins, now=world.NOW)
    return ins


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> certificates.Papers:
    return certificates.make(tmp_path_factory.mktemp("papers") / "authority")


@pytest.fixture
def trusting(papers: certificates.Papers, settings: Any) -> certificates.Papers:
    settings.CARNET_TRUST_CA = papers.authority.ca_path
    settings.CARNET_TRUST_CRL = papers.authority.crl_path
    return papers


@pytest.fixture
def enter(live_server: Any, trusting: certificates.Papers, patient: Ins) -> Callable[..., None]:
    """Post the form of a software, whose page is on another site."""

    def enter(page: Page, **changes: Any) -> None:
        vihf = certificates.vihf(
            patient,
            **{
                "mode": Mode.INDIRECTE_RENFORCEE,
                "name_id": READER,
                "authn_decl": "CONF_EXI_PGSSIS",
                **changes,
            },
        )
        context = base64.b64encode(certificates.signed(trusting, vihf)).decode()
        page.set_content(
            f'<form method="post" action="{live_server.url}/AccesDirect/Documents/">'
            f'<input type="hidden" name="VIHF" value="{context}"></form>'
        )
        with page.expect_navigation():
            page.evaluate("document.forms[0].submit()")

    return enter


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_physician_sent_by_their_software_declares_consent_and_reads(
    enter: Callable[..., None], in_browser: Callable[..., Any], width: int, scheme: str
) -> None:
    def scenario(page: Page) -> list[str]:
        found = []

        def look() -> None:
            found.extend(faults(page))
            assert overflow(page) <= 0, page.url

        enter(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Accès refusé")
        look()
        page.get_by_role("button", name="J’ai recueilli le consentement du patient").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Documents du dossier")
        look()
        for row in (0, 1):
            page.locator("tbody a").nth(row).click()
            expect(page.locator(".leaf img")).to_be_visible()
            look()
            page.locator(".back").click()
        page.get_by_role("button", name="Quitter le dossier").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Consultation terminée")
        look()
        enter(page, purpose=Purpose.BRIS_DE_GLACE)
        expect(page.get_by_role("status").first).to_contain_text("bris de glace")
        look()
        enter(page, structure="1690000001")
        expect(page.get_by_role("heading", level=1)).to_have_text("Contexte refusé")
        look()
        return found

    assert in_browser(scenario, width=width, scheme=scheme) == []


@pytest.fixture
def kept(trusting: certificates.Papers, patient: Ins, client: Any) -> str:
    """The address of an exchange that went wrong."""
    client.post(
        "/si-dmp-server/v2/services/patients",
        data=b"<Envelope/>",
        content_type="application/soap+xml",
        headers=header(trusting.client),
    )
    (line,) = exchanges.lines()
    return reverse("exchanges-exchange", args=[line.id])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_exchange_log_is_read_in_a_browser(
    live_server: Any, kept: str, in_browser: Callable[..., Any], width: int, scheme: str
) -> None:
    link = f"{live_server.url}{reverse('exchanges-enter')}?jeton={ticket()}"

    def scenario(page: Page) -> list[str]:
        page.goto(link)
        found = faults(page)
        assert overflow(page) <= 0
        page.locator(f'a[href="{kept}"]').click()
        expect(page.get_by_text("only SOAP 1.2 is spoken here").first).to_be_visible()
        assert overflow(page) <= 0
        return found + faults(page)

    assert in_browser(scenario, width=width, scheme=scheme) == []
