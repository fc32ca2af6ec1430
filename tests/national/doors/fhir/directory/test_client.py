"""A client that is not ours (fhirpy) asks the directory, over a real connection."""

from __future__ import annotations

import pytest
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError, OperationOutcome, ResourceNotFound
from pytest_django.live_server_helper import LiveServer

from carnet.national.directory import actions
from carnet.standards.ids import PsIdNat
from tests.national.doors.fhir.directory.conftest import BASE, HELENE
from tests.national.world import NOW, PHYSICIAN, SITE, TESTS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(live_server: LiveServer, directory: None, settings: object) -> SyncFHIRClient:
    settings.CARNET_DIRECTORY_KEYS = ("a-key",)  # type: ignore[attr-defined]
    return SyncFHIRClient(f"{live_server.url}{BASE}", extra_headers={"ESANTE-API-KEY": "a-key"})


def test_a_client_finds_reads_and_follows_references(client: SyncFHIRClient) -> None:
    practitioners = client.resources("Practitioner")
    (helene,) = practitioners.search(identifier=HELENE[1:]).fetch_all()
    assert helene["name"][0]["family"] == "ARNOUX-DE LA TOUR"
    assert client.reference("Practitioner", helene["id"]).to_resource() == helene
    (role,) = client.resources("PractitionerRole").search(practitioner=helene["id"]).fetch_all()
    assert role["organization"].to_resource()["name"] == "Hôpital Sainte-Aurore"
    assert practitioners.search(**{"qualification-code": "SM04"}).count() == 1


def test_a_client_follows_all_pages(client: SyncFHIRClient) -> None:
    for order in range(25):
        actions.register_professional(
            TESTS,
            PsIdNat(f"89991{order:07d}"),
            family_name=f"PAGE{order}",
            given_name="Lou",
            profession=PHYSICIAN,
            structures=[SITE],
            now=NOW,
        )
    found = client.resources("Practitioner").search(family="page").limit(10).fetch_all()
    assert len({each["id"] for each in found}) == 25


def test_a_client_understands_refusals(client: SyncFHIRClient, live_server: LiveServer) -> None:
    with pytest.raises(OperationOutcome, match="not a parameter"):
        client.resources("Practitioner").search(colour="red").fetch()
    with pytest.raises(ResourceNotFound):
        client.reference("Practitioner", "003-999999").to_resource()
    stranger = SyncFHIRClient(f"{live_server.url}{BASE}")
    with pytest.raises(AuthorizationError, match="ESANTE-API-KEY"):
        stranger.resources("Practitioner").fetch()
