"""The exchange log as whoever runs a sandbox meets it: the command and the pages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from django.core import signing
from django.test import Client

from carnet.national.exchanges import actions, queries
from carnet.national.exchanges.actions import Heard
from carnet.ops.exchanges import command
from carnet.standards.soap import envelope
from carnet.standards.soap.envelope import Addressing
from carnet.standards.xds import iti18, registry_response
from carnet.standards.xds.errors import ErrorCode, RegistryError
from carnet.standards.xds.iti18 import FindDocuments
from carnet.standards.xds.metadata import Status
from tests.national import world

pytestmark = pytest.mark.django_db

SOAP = "application/soap+xml; charset=UTF-8"


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> Any:
    settings.CARNET_EXCHANGES_HOURS = 24
    return settings


@pytest.fixture
def kept() -> UUID:
    """A search without assertion, refused."""
    asked = iti18.write(FindDocuments(world.new_ins().cx, (Status.APPROVED,)))
    told = registry_response.write(
        (RegistryError(ErrorCode.DMP_ACCESS_DENIED, "no right to do this"),)
    )
    addressing = Addressing(iti18.ACTION, f"urn:uuid:{uuid4()}")
    actions.keep(
        Heard(
            service="registry",
            request_type=SOAP,
            request=envelope.write(addressing, asked),
            status=200,
            answer_type=SOAP,
            answer=envelope.write(addressing.answer(iti18.RESPONSE_ACTION, "urn:x"), told),
            milliseconds=3.0,
            action=iti18.ACTION,
            caller="CN=logiciel",
            outcome="DMPAccessDeniedByRightsService",
        ),
        now=datetime.now(UTC),
    )
    (line,) = queries.lines()
    return line.id


@pytest.fixture
def opened(client: Client, capsys: pytest.CaptureFixture[str]) -> Client:
    """A browser that followed the link of the command."""
    command.print_link()
    link = urlsplit(capsys.readouterr().out.strip())
    response = client.get(f"{link.path}?{link.query}")
    assert response.headers["Location"] == "/echanges/"
    return client


def test_the_command_lists_the_exchanges(kept: UUID, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.list_exchanges(service="", limit=10, as_json=False) == 0
    assert f"{kept}" in (out := capsys.readouterr().out)
    assert "RegistryStoredQuery  DMPAccessDeniedByRightsService" in out
    command.list_exchanges(service="registry", limit=10, as_json=True)
    assert json.loads(capsys.readouterr().out)["caller"] == "CN=logiciel"
    command.list_exchanges(service="patients", limit=10, as_json=False)
    assert capsys.readouterr().out == ""


def test_the_command_tells_what_is_wrong_rule_by_rule(
    kept: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.show_exchange(str(kept), raw="", as_json=False) == 1
    out = capsys.readouterr().out
    assert "vihf-absent" in out
    assert "no right to do this" in out
    command.show_exchange(str(kept), raw="", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["request"]["findings"][0]["requirement"] == "dmp §4"


def test_the_command_gives_the_bytes(kept: UUID, capfdbinary: Any) -> None:
    command.show_exchange(str(kept), raw="request", as_json=False)
    assert capfdbinary.readouterr().out == queries.exchange(kept).request


@pytest.mark.parametrize("given", ["nothing", "019a0000-0000-7000-8000-000000000000"])
def test_the_command_says_that_there_is_no_such_exchange(
    given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.show_exchange(given, raw="", as_json=False) == 2
    assert capsys.readouterr().err.startswith("carnet: ")


def test_the_pages_list_and_explain_an_exchange(opened: Client, kept: UUID) -> None:
    """R-041, R-129."""
    listed = opened.get("/echanges/").content.decode()
    assert f"/echanges/{kept}/" in listed
    page = opened.get(f"/echanges/{kept}/")
    assert "vihf-absent" in page.content.decode()
    assert "AdhocQueryRequest" in page.content.decode()
    assert page.headers["Cache-Control"] == "no-store, private"
    raw = opened.get(f"/echanges/{kept}/request/")
    assert raw.content == queries.exchange(kept).request
    assert raw.headers["Content-Disposition"].startswith("attachment")


def test_an_exchange_that_is_no_more_is_not_found(opened: Client) -> None:
    assert opened.get(f"/echanges/{uuid4()}/").status_code == 404


@pytest.mark.parametrize("place", ["", "{kept}/", "{kept}/request/"])
def test_the_pages_are_closed_to_who_has_no_link(place: str, client: Client, kept: UUID) -> None:
    assert client.get(f"/echanges/{place.format(kept=kept)}").status_code == 403


@pytest.mark.parametrize("salt", ["", "another"])
@pytest.mark.parametrize("ticket", ["", "open"])
def test_a_forged_link_opens_nothing(ticket: str, salt: str, client: Client) -> None:
    if salt:
        ticket = signing.TimestampSigner(salt=salt).sign(ticket)
    assert client.get("/echanges/entrer/", {"jeton": ticket}).status_code == 403
    assert client.get("/echanges/").status_code == 403


def test_there_are_no_pages_in_production(sandbox: Any, opened: Client, kept: UUID) -> None:
    sandbox.CARNET_EXCHANGES_HOURS = 0
    for place in ("", "entrer/", f"{kept}/"):
        assert opened.get(f"/echanges/{place}").status_code == 404
