"""A real browser beside Django's own server.

Playwright runs an event loop in the thread that starts it, and Django refuses to touch a database
in such a thread. So the browser lives in a thread of its own: a test hands its scenario over.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.waiting import LONG

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

expect.set_options(timeout=LONG * 1000)

_NAMES = ("chromium", "chromium-browser", "google-chrome")

Scenario = Callable[[Page], Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def _thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1, "browser") as thread:
        yield thread


@pytest.fixture(scope="session")
def _browser(_thread: ThreadPoolExecutor) -> Iterator[Browser]:
    installed = filter(None, map(shutil.which, _NAMES))
    path = os.environ.get("CARNET_CHROMIUM") or next(installed, None)
    if not path:
        pytest.skip("no Chromium here: install it, or set CARNET_CHROMIUM to its path")
    playwright = _thread.submit(sync_playwright().start).result()
    browser = _thread.submit(
        playwright.chromium.launch, executable_path=path, args=list(_ARGUMENTS)
    ).result()
    yield browser
    _thread.submit(browser.close).result()
    _thread.submit(playwright.stop).result()


@pytest.fixture
def in_browser(_thread: ThreadPoolExecutor, _browser: Browser) -> Callable[..., Any]:
    """`in_browser(scenario, width=…, scheme=…)`: play it on a fresh page; gives what it gives.

    What a page asks from another host, an error in its console, or a policy that it breaks, fails
    the test.
    """

    def play(scenario: Scenario, *, width: int = 1280, scheme: str = "light") -> Any:
        context = _browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="fr-FR",
        )
        try:
            page = context.new_page()
            page.set_default_timeout(LONG * 1000)
            told: list[str] = []
            page.on("console", lambda said: told.extend(_complaint(said)))
            page.on("pageerror", lambda error: told.append(str(error)))
            page.on("request", lambda asked: told.extend(_stranger(asked.url)))
            result = scenario(page)
            page.wait_for_load_state()  # no request is under way when the tables are emptied
            assert told == []
            return result
        finally:
            context.close()

    return lambda scenario, **options: _thread.submit(play, scenario, **options).result()


def _complaint(said: ConsoleMessage) -> list[str]:
    # an answer of 400 or 404 is told here too, and a scenario may well ask for one
    expected = said.text.startswith("Failed to load resource: the server responded")
    return [said.text] if said.type in ("error", "warning") and not expected else []


def _stranger(address: str) -> list[str]:
    ours = address.startswith(("http://localhost:", "http://127.0.0.1:", "data:"))
    return [] if ours else [f"asked from elsewhere: {address}"]


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it is, a line each."""
    return [
        f"{page.url}: {found['id']}: {node['html'][:160]} ({node['failureSummary']})"
        for found in Axe().run(page).response["violations"]
        for node in found["nodes"]
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
