"""A merge that was wrong, undone at the desk: what the officer reads, on both screens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from carnet.establishment.exchange.models import Attribution
from carnet.establishment.patients import operators
from carnet.establishment.patients.models import Merge
from tests.browser.conftest import faults, overflow
from tests.browser.test_desk import PASSWORD, sign_in
from tests.establishment.merging import OTHER, letter, merged
from tests.establishment.people import QUALIFIED, adt
from tests.establishment.working import receive

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("carnet.ops.urls_establishment"),
]


@pytest.fixture
def desk(live_server: Any) -> str:
    """A desk where two people were taken for one, and a letter came since; its address."""
    operators.create("claire", "Claire Martin", PASSWORD)
    receive(adt("A28", QUALIFIED), adt("A28", OTHER), letter(2))
    merged()
    receive(letter(3))
    return str(live_server.url)


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
)
def test_an_officer_undoes_a_merge_and_says_whose_the_letter_is(
    desk: str, in_browser: Callable[..., Any], width: int, scheme: str
) -> None:
    merge = Merge.objects.get()

    def undo(page: Page) -> list[str]:
        found: list[str] = []

        def look() -> None:
            found.extend(faults(page))
            if overflow(page) > 0:
                found.append(f"{page.url}: {overflow(page)} px too wide")

        sign_in(page, desk)
        page.goto(f"{desk}/identites/{merge.survivor_id}/")
        page.get_by_role("link", name="Annuler la fusion IPP2").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Annuler cette fusion ?")
        look()
        page.get_by_role("button", name="Annuler la fusion").click()
        expect(page.get_by_text("1 document attend une réponse")).to_be_visible()
        look()
        page.goto(f"{desk}/vigilance/")
        look()
        page.get_by_role("link", name="Dire à qui ils sont").click()
        page.get_by_role("button", name="Il est à AUTRE LOUISE").click()
        expect(page.get_by_text("le document est dans le bon dossier")).to_be_visible()
        look()
        return found

    assert in_browser(undo, width=width, scheme=scheme) == []
    assert Attribution.objects.get(document__title="Lettre 3").state == "given"
